"""Star: how a target came to the short list, how far the talks with them are, what comes next."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.errors import Conflict, NotAllowed, Refusal
from outreach.models.base import Base, Key, mark_of
from outreach.models.target import Target


class StarStage(StrEnum):
    """How far it is, as the team says; an answer to the invitation says more (`column_of`)."""

    NOMINATED = "nominated"
    APPROVED = "approved"
    ASKED = "asked"
    TALKING = "talking"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REJECTED = "rejected"


COLUMNS = tuple(stage for stage in StarStage if stage is not StarStage.REJECTED)
"""Of the board, from left to right."""
BY_HAND = COLUMNS[1:]
"""Where a card may be put by hand once the star is approved."""
UNDECIDED = (StarStage.NOMINATED, StarStage.REJECTED)
UNDER_WAY = (StarStage.APPROVED, StarStage.ASKED, StarStage.TALKING)
_ANSWERS = {
    "accepted": StarStage.ACCEPTED,
    "delegated": StarStage.ACCEPTED,
    "declined": StarStage.DECLINED,
}


class OwnNomination(NotAllowed):
    """Who nominates does not approve."""

    def __init__(self) -> None:
        super().__init__("You nominated this star. Someone else decides about it.")


def follows_answer(stage: StarStage | None, answer: str | None) -> bool:
    """Whether the answer on record alone says where a star stands: no hand moves its card."""
    return stage not in UNDECIDED and answer in _ANSWERS


def column_of(stage: StarStage | None, answer: str | None) -> StarStage:
    """Where a star stands on the board.

    stage   None for a star that was marked on its list, without a nomination
    answer  the state of the invitation, None where nobody was invited; an answer overrides
            whatever was decided, and waits for a decision that is still to come
    """
    if stage in UNDECIDED:
        return stage
    if answer in _ANSWERS:
        return _ANSWERS[answer]
    if stage in (None, StarStage.APPROVED):
        return StarStage.ASKED if answer else StarStage.APPROVED
    return stage


class Star(Base):
    """A target of the short list: nominated by one, approved by another."""

    __tablename__ = "stars"
    __table_args__ = (UniqueConstraint("target_id"), Index("ix_stars_next", "stage", "next_on"))

    id: Mapped[Key]
    target_id: Mapped[int] = mapped_column(ForeignKey("targets.id", ondelete="CASCADE"))
    stage: Mapped[StarStage]
    stage_at: Mapped[datetime]
    reason: Mapped[str]
    nominated_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    nominated_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(default="", server_default="")
    """Why not, where it was rejected."""
    next_step: Mapped[str] = mapped_column(default="", server_default="")
    next_on: Mapped[date | None]

    target: Mapped[Target] = relationship()

    def decide(self, is_star: bool, why: str, account_id: int | None, at: datetime) -> None:
        """Approve or reject, by someone other than who nominated; or take a star off the list."""
        if self.stage is StarStage.REJECTED or (is_star and self.stage is not StarStage.NOMINATED):
            raise Conflict("This nomination has been decided already.")
        is_own = account_id is not None and account_id == self.nominated_by_id
        if is_own and self.stage is StarStage.NOMINATED:
            raise OwnNomination
        if not is_star and not why.strip():
            raise Refusal("Say why not: whoever nominated this person will ask.")
        self.stage = StarStage.APPROVED if is_star else StarStage.REJECTED
        self.stage_at = self.decided_at = at
        self.decided_by_id, self.decision = account_id, why.strip()

    def plan_mark(self, owner_id: int | None) -> int:
        """Another number once the plan, of which the target's owner is a part, is another."""
        return mark_of(owner_id, self.next_step, self.next_on)

    def move(self, stage: StarStage, at: datetime) -> None:
        """The team says how far it is."""
        if self.stage in UNDECIDED:
            raise Conflict("Only an approved star is moved. An approver decides about it first.")
        if stage not in BY_HAND:
            raise Conflict("An approved star is not nominated again.")
        self.stage, self.stage_at = stage, at
