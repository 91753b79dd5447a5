"""TargetList and Target: who is wanted, for which event and group, how much, why, by when."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import AT_ONCE, UNHELD, Base, Code, Key, No, mark_of
from outreach.models.conference import ConstituentGroup
from outreach.models.event import Event
from outreach.models.stakeholder import Stakeholder


class TargetList(Base):
    """The people of one constituent group who are wanted at one event."""

    __tablename__ = "target_lists"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Key]
    code: Mapped[Code]
    name: Mapped[str]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("constituent_groups.id"), index=True)
    allotment_id: Mapped[int | None] = mapped_column(ForeignKey("allotments.id"), index=True)
    """Whose places its people take; nothing where there is no limit."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Rises with every change of the list itself."""
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    group: Mapped[ConstituentGroup] = relationship()


LOWEST_TIER = 3


class Target(Base):
    """A stakeholder wanted for a list. A star is a target of the short list."""

    __tablename__ = "targets"
    __table_args__ = (
        UniqueConstraint("list_id", "stakeholder_id"),
        Index("ix_targets_list_rank", "list_id", "rank", "id"),
        Index(
            "ix_targets_star",
            "list_id",
            "rank",
            "id",
            sqlite_where=text("is_star = 1"),
            postgresql_where=text("is_star"),
        ),
        Index(
            "ix_targets_waiting",
            "list_id",
            "rank",
            "id",
            sqlite_where=text("is_alternate = 1 AND promoted_at IS NULL"),
            postgresql_where=text("is_alternate AND promoted_at IS NULL"),
        ),
        Index(
            "ix_targets_approved",
            "list_id",
            "rank",
            "id",
            sqlite_where=text("approved_at IS NOT NULL"),
            postgresql_where=text("approved_at IS NOT NULL"),
        ),
        Index(
            "ix_targets_deadline",
            "list_id",
            "decide_on",
            "id",
            sqlite_where=text("decide_on IS NOT NULL"),
            postgresql_where=text("decide_on IS NOT NULL"),
        ),
        Index(
            "ix_targets_owner",
            "owner_id",
            "stakeholder_id",
            sqlite_where=text("owner_id IS NOT NULL"),
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
        Index(
            "ix_targets_tier",
            "list_id",
            "tier",
            "rank",
            "id",
            sqlite_where=text("tier <> 2"),
            postgresql_where=text("tier <> 2"),
        ),
    )

    id: Mapped[Key]
    list_id: Mapped[int] = mapped_column(ForeignKey("target_lists.id", info=AT_ONCE))
    stakeholder_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholders.id", info=UNHELD), index=True
    )
    is_star: Mapped[No]
    tier: Mapped[int] = mapped_column(default=2, server_default="2")
    """1 is who matters most, LOWEST_TIER who would be welcome."""
    rank: Mapped[int] = mapped_column(default=0, server_default="0")
    """Place within the list; no invitee ever sees it."""
    why: Mapped[str] = mapped_column(default="", server_default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", info=UNHELD))
    """Who of the team follows this person up."""
    decide_on: Mapped[date | None]
    wave: Mapped[int] = mapped_column(default=1, server_default="1")
    """In which round the person is asked."""
    is_alternate: Mapped[No]
    """Asked only when a place is freed, in the order of rank."""
    promoted_at: Mapped[datetime | None]
    """When an alternate was given a freed place."""
    approved_at: Mapped[datetime | None]
    """When an approver said that this person is to be asked; on record, it holds no mail back."""
    created_at: Mapped[datetime]

    list: Mapped[TargetList] = relationship()
    stakeholder: Mapped[Stakeholder] = relationship()

    @property
    def mark(self) -> int:
        """Another number once anything that a person edits is another."""
        return mark_of(self.tier, self.rank, self.wave, self.why, self.owner_id, self.decide_on)
