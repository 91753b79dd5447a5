"""One person of a list corrected: how much they are wanted, where in line, why, by when."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from outreach.db import transaction
from outreach.errors import ChangedMeanwhile, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.target import Target
from outreach.queries.accounts import colleague

MOST_RANK = 1_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person is wanted on a list."""

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


def edit_target(
    list_id: int, target_id: int, wish: Wish, *, seen: int, by: Actor, at: datetime
) -> None:
    """Say how someone is wanted. seen  the `mark` of what the page showed.

    Raises ChangedMeanwhile, Refusal, NotFound.
    """
    wish.check()
    with transaction() as session:
        target = session.get(Target, target_id, with_for_update=True)
        if target is None or target.list_id != list_id:
            raise NotFound("person on this list")
        if target.mark != seen:
            raise ChangedMeanwhile
        if wish.owner_id != target.owner_id:
            colleague(session, wish.owner_id)
        said = asdict(wish)
        changed = [name for name, value in said.items() if getattr(target, name) != value]
        if not changed:
            return
        for name in changed:
            setattr(target, name, said[name])
        session.add(
            Activity.of(
                "edited_target", by, at, stakeholder_id=target.stakeholder_id,
                event_id=target.list.event_id, list_id=list_id, list=target.list.name,
                fields=[name.removesuffix("_id") for name in changed],
            )
        )  # fmt: skip
