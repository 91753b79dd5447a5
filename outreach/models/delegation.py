"""Delegation: whom an organisation sends to an event, as its focal point names them."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.errors import Refusal
from outreach.languages import marked
from outreach.models.base import AT_ONCE, Base, Key, LinkKey, No, Zero, mark_of
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.stakeholder import Organisation, Stakeholder

DAYS_TO_ANSWER = timedelta(days=10)
MOST_MEMBERS = 1_000


class MemberRole(StrEnum):
    """What someone is within the delegation."""

    HEAD = "head"
    DEPUTY = "deputy"
    MEMBER = "member"


class DelegationClosed(Refusal):
    """Its date has passed, or the team took the question back."""

    status = 410

    def __init__(self) -> None:
        super().__init__(marked("The delegation can no longer be named on this page."))


class DelegationFull(Refusal):
    """Everybody that there is room for is named."""

    def __init__(self) -> None:
        super().__init__(
            marked("There is no more room in this delegation. Take someone out of it first.")
        )


class Delegation(Base):
    """The delegation of one organisation to one event.

    That it is named says nothing of its members' answers, nor of their registration.
    """

    __tablename__ = "delegations"
    __table_args__ = (UniqueConstraint("event_id", "organisation_id"),)

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("constituent_groups.id"))
    """On which its members are invited."""
    focal_point_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
    authorised_by: Mapped[str] = mapped_column(default="", server_default="")
    """Who said that this person speaks for the organisation, and how: a letter, a note verbale."""
    authorised_on: Mapped[date | None]
    most_members: Mapped[int]
    name_by: Mapped[datetime]
    """Members are named until this instant (UTC)."""
    link_key: Mapped[LinkKey]
    asked_at: Mapped[datetime]
    version: Mapped[Zero]
    """Rises whenever a member is named or taken out, or it is called complete."""
    completed_at: Mapped[datetime | None]
    """The focal point said that this is everybody."""
    withdrawn_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    organisation: Mapped[Organisation] = relationship()
    focal_point: Mapped[Stakeholder] = relationship()

    @property
    def limits_mark(self) -> int:
        """Another number once the limits are others."""
        return mark_of(self.most_members, self.name_by.isoformat())

    def check_open(self, at: datetime) -> None:
        """Raises DelegationClosed."""
        if self.withdrawn_at is not None or at >= self.name_by:
            raise DelegationClosed

    def check_room(self, member_count: int) -> None:
        """Raises DelegationFull where nobody can be added to so many."""
        if member_count >= self.most_members:
            raise DelegationFull

    def answers_by(self, at: datetime) -> datetime:
        """Until when a member who is named now may answer: ten days at least, while there are."""
        return min(max(self.name_by, at + DAYS_TO_ANSWER), self.event.starts_at)

    def change(self) -> None:
        """Its members are others now, so nobody has called it complete."""
        self.version, self.completed_at = (self.version or 0) + 1, None


class DelegationMember(Base):
    """Someone of a delegation; their answer is that of their invitation."""

    __tablename__ = "delegation_members"
    __table_args__ = (UniqueConstraint("delegation_id", "invitation_id"),)

    id: Mapped[Key]
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegations.id"))
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    role: Mapped[MemberRole]
    is_invited_by_it: Mapped[No]
    """Was asked to the event only because the delegation names them."""
    typed_name: Mapped[str] = mapped_column(default="", server_default="")
    """As the focal point typed it, and the next three: their page says nothing else of a member,
    since whom an address belongs to is nobody's to learn."""
    typed_address: Mapped[str] = mapped_column(default="", server_default="")
    typed_office: Mapped[str] = mapped_column(default="", server_default="")
    typed_gender: Mapped[str] = mapped_column(default="", server_default="")
    named_at: Mapped[datetime]
    left_at: Mapped[datetime | None]

    invitation: Mapped[Invitation] = relationship()
