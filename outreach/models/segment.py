"""Segment: a rule that says which people are meant, kept under a name."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from outreach.advice.segments import Rule
from outreach.errors import NotAllowed
from outreach.models.base import Base, Key, No


class Segment(Base):
    """Who fits its rule is in it, from the moment they do until they no longer do."""

    __tablename__ = "segments"

    id: Mapped[Key]
    name: Mapped[str]
    rule: Mapped[dict[str, Any]]
    """`Rule.to_json`; reading it back checks it again."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    """Nobody where the operator's console made it."""
    is_shared: Mapped[No]
    """The whole team sees it; else its owner alone does."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    def as_rule(self) -> Rule:
        """The rule, checked."""
        return Rule.from_json(self.rule)

    @property
    def state(self) -> dict[str, Any]:
        """What one changes of it, as it stands now."""
        return {"name": self.name, "rule": self.rule, "is_shared": self.is_shared}

    def check_owner(self, account_id: int | None) -> None:
        """Raises NotAllowed for anyone but its owner; the console may always."""
        if account_id is not None and account_id != self.owner_id:
            raise NotAllowed("This segment is someone else’s. Save one of your own.")
