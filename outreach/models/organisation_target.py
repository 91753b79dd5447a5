"""OrganisationTarget: an organisation wanted for a list; it comes through those whom it sends."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.models.base import Base, Key, mark_of
from outreach.models.stakeholder import Organisation
from outreach.models.target import TargetList


class OrganisationTarget(Base):
    """An organisation wanted for a list. It takes no place itself: the people whom it sends do."""

    __tablename__ = "organisation_targets"
    __table_args__ = (
        UniqueConstraint("list_id", "organisation_id"),
        Index("ix_organisation_targets_list_rank", "list_id", "rank", "id"),
    )

    id: Mapped[Key]
    list_id: Mapped[int] = mapped_column(ForeignKey("target_lists.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    tier: Mapped[int] = mapped_column(default=2, server_default="2")
    """As of a person (`Target`); so too what follows."""
    rank: Mapped[int] = mapped_column(default=0, server_default="0")
    """Place among the people of the list."""
    wave: Mapped[int] = mapped_column(default=1, server_default="1")
    why: Mapped[str] = mapped_column(default="", server_default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decide_on: Mapped[date | None]
    most_members: Mapped[int] = mapped_column(default=6, server_default="6")
    """How many it may send, where its focal point is asked from the list or by a campaign."""
    approved_at: Mapped[datetime | None]
    """When an approver said that it is to be asked; on record, it holds no mail back."""
    created_at: Mapped[datetime]

    list: Mapped[TargetList] = relationship()
    organisation: Mapped[Organisation] = relationship()

    @property
    def mark(self) -> int:
        """Another number once anything that a person edits is another."""
        return mark_of(
            self.tier, self.rank, self.wave, self.why, self.owner_id, self.decide_on,
            self.most_members,
        )  # fmt: skip
