"""Wish: how a person or an organisation is wanted on a list, as somebody says it."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from outreach.errors import Refusal
from outreach.models.delegation import MOST_MEMBERS

MOST_RANK = 1_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """How someone is wanted on a list."""

    tier: int
    rank: int
    wave: int
    why: str
    owner_id: int | None
    decide_on: date | None

    def check(self) -> None:
        """Raises Refusal where a number is none of those that there are."""
        if self.tier not in (1, 2, 3) or self.wave not in range(1, 10):
            raise Refusal("A tier is 1 to 3, a wave 1 to 9.")
        if not 0 <= self.rank <= MOST_RANK:
            raise Refusal(f"A rank is a number up to {MOST_RANK:,}.")

    def give_to(self, target: Any) -> list[str]:
        """Let the row of a list say this; gives the names of what changed."""
        said = asdict(self)
        changed = [name for name, value in said.items() if getattr(target, name) != value]
        for name in changed:
            setattr(target, name, said[name])
        return [name.removesuffix("_id") for name in changed]


@dataclass(frozen=True, slots=True)
class OrganisationWish(Wish):
    """How an organisation is wanted, and how many it may send."""

    most_members: int = 6

    def check(self) -> None:
        """Raises Refusal where a number is none of those that there are."""
        Wish.check(self)
        if not 1 <= self.most_members <= MOST_MEMBERS:
            raise Refusal(f"A delegation has 1 to {MOST_MEMBERS:,} members.")
