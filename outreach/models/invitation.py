"""Invitation: stakeholder × event, its link and its answer; Answer: every answer ever given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from outreach.errors import Refusal
from outreach.languages import marked
from outreach.models.base import Base, BigId, Key, LinkKey, No, Zero
from outreach.models.event import Event
from outreach.models.stakeholder import Stakeholder


class Reply(StrEnum):
    """What an invitee can answer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    DELEGATED = "delegated"


class InvitationState(StrEnum):
    """Where an invitation stands; exactly one of these, so that the counts add up."""

    SILENT = "silent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    DELEGATED = "delegated"
    UNDELIVERABLE = "undeliverable"


TOLD = "questions"
"""In the particulars of an Answer, not of its invitation: {question id: value}, all that was
answered to the event's questions when it was given."""
IN_CALENDAR = (InvitationState.SILENT, InvitationState.ACCEPTED, InvitationState.TENTATIVE)
"""While an invitation stands like this, the event belongs into the person's calendar."""


class AnswersClosed(Refusal):
    """The reply-by has passed."""

    status = 410

    def __init__(self, closed_at: datetime) -> None:
        super().__init__(f"Answers closed on {closed_at:%d %B %Y}.")
        self.closed_at = closed_at


class InvitationWithdrawn(Refusal):
    """The invitation was withdrawn by the team."""

    status = 410

    def __init__(self) -> None:
        super().__init__(marked("This invitation is no longer open."))


class SomeoneIsSent(Refusal):
    """Somebody else was named and has the invitation now; that is taken back first."""

    status = 410

    def __init__(self) -> None:
        super().__init__(
            marked("Someone else was named in answer to this invitation. Take that back first.")
        )


class Invitation(Base):
    """One stakeholder asked to one event."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("stakeholder_id", "event_id"),
        Index("ix_invitations_event_state", "event_id", "state", "group_id"),
        Index(
            "ix_invitations_event_answered",
            "event_id",
            "answered_at",
            sqlite_where=text("answered_at IS NOT NULL"),
            postgresql_where=text("answered_at IS NOT NULL"),
        ),
        Index(
            "ix_invitations_withdrawn",
            "event_id",
            sqlite_where=text("withdrawn_at IS NOT NULL"),
            postgresql_where=text("withdrawn_at IS NOT NULL"),
        ),
        Index(
            "ix_invitations_delegate",
            "delegate_id",
            sqlite_where=text("delegate_id IS NOT NULL"),
            postgresql_where=text("delegate_id IS NOT NULL"),
        ),
        Index(
            "ix_invitations_merged",
            "merged_into_id",
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index(
            "ix_invitations_to_be_confirmed",
            "answered_at",
            sqlite_where=text("is_to_be_confirmed"),
            postgresql_where=text("is_to_be_confirmed"),
        ),
    )

    # No foreign keys, as in Message: a campaign writes a million rows in one transaction.
    id: Mapped[Key]
    stakeholder_id: Mapped[int] = mapped_column(BigId)
    event_id: Mapped[int] = mapped_column(BigId)
    group_id: Mapped[int] = mapped_column(BigId)
    """The constituent group on whose list the person was first asked."""
    is_star: Mapped[No]
    state: Mapped[InvitationState] = mapped_column(
        default=InvitationState.SILENT, server_default="silent"
    )
    reply_by: Mapped[datetime]
    """Answers are taken until this instant (UTC); shown in the event's time zone."""
    invited_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="", server_default="")
    particulars: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """What else the answer says; only what was said is there. `reason` (a code) of a decline,
    `sends` (a name, as typed) where someone is sent, `decide_on` (a day, ISO 8601) where undecided,
    `attendance` (`in_person`, `remote`), `party` (how many come along), `needs` (codes),
    `needs_note` (in the person's words); who comes in part: `days` (ISO 8601) or `sessions` (codes
    of events)."""
    is_to_be_confirmed: Mapped[No]
    """The answer came from a person whose answers the team confirms (`CampaignVip`), and nobody has
    confirmed it yet; it counts all the same."""
    delegate_id: Mapped[int | None] = mapped_column(BigId)
    """The invitation of the person who is sent; while it stands, this one only reads."""
    delegated_by_id: Mapped[int | None] = mapped_column(BigId)
    """Where this invitation was made because another invitee sends the person: that one's."""
    link_key: Mapped[LinkKey]
    sequence: Mapped[Zero]
    """Added to the event's for this person's calendar (RFC 5545, 3.8.7.4)."""
    told_sequence: Mapped[Zero]
    """The event's sequence of which the person was told last, once they come."""
    withdrawn_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(BigId)
    """The same person's other invitation to the event, which counts and which this link opens."""

    stakeholder: Mapped[Stakeholder] = relationship(
        primaryjoin=lambda: foreign(Invitation.stakeholder_id) == Stakeholder.id
    )
    event: Mapped[Event] = relationship(
        primaryjoin=lambda: foreign(Invitation.event_id) == Event.id
    )

    def is_open(self, at: datetime) -> bool:
        """Whether an answer is still taken."""
        return self.withdrawn_at is None and at < self.reply_by

    def take(
        self, reply: Reply, note: str, at: datetime, particulars: Mapping[str, Any] | None = None
    ) -> bool:
        """Take the answer; say whether it changed anything."""
        self.check_open(at)
        if self.delegate_id is not None:
            raise SomeoneIsSent
        state, said = InvitationState(reply), dict(particulars or {})
        if (self.state, self.note, self.particulars) == (state, note, said):
            return False
        self.state, self.note, self.particulars, self.answered_at = state, note, said, at
        return True

    def tell_calendars(self, old: InvitationState, event_sequence: int) -> None:
        """Count a change that puts the event into the person's calendar or takes it out."""
        if (old in IN_CALENDAR) != (self.state in IN_CALENDAR):
            self.sequence += 1
        self.told_sequence = event_sequence

    def take_back(self, before: "Answer | None", at: datetime) -> None:
        """Be again as the answer before left it; silent where there was none."""
        self.check_open(at)
        if before is None or before.reply is None:
            self.state, self.note, self.particulars = InvitationState.SILENT, "", {}
            self.answered_at = None
        else:
            self.state, self.note = InvitationState(before.reply), before.note
            said = {name: said for name, said in before.particulars.items() if name != TOLD}
            self.particulars, self.answered_at = said, at
        self.delegate_id = None

    def check_open(self, at: datetime) -> None:
        """Raises InvitationWithdrawn, AnswersClosed."""
        if self.withdrawn_at is not None:
            raise InvitationWithdrawn
        if at >= self.reply_by:
            raise AnswersClosed(self.reply_by)


_OF_ONE_ANSWER = ("reason", "decide_on", "sends")
"""Of the particulars, what a different answer no longer says."""


def still_said(said: Mapping[str, Any], old: InvitationState, reply: Reply) -> dict[str, Any]:
    """Of the particulars, what holds on after an answer that cannot speak of them: a letter or a
    calendar says yes, and the wheelchair is still needed."""
    if old == InvitationState(reply):
        return dict(said)
    if reply not in (Reply.ACCEPTED, Reply.TENTATIVE):
        return {}
    return {name: value for name, value in said.items() if name not in _OF_ONE_ANSWER}


@dataclass(slots=True)
class Standing:
    """How an invitation was read, beside the session, by the same rules: what the ORM does for each
    value takes longer than all else that is done with them on the way of an answer."""

    id: int
    stakeholder_id: int
    event_id: int
    group_id: int
    is_star: bool
    state: InvitationState
    reply_by: datetime
    answered_at: datetime | None
    sequence: int
    told_sequence: int
    delegate_id: int | None
    delegated_by_id: int | None
    withdrawn_at: datetime | None
    merged_into_id: int | None
    note: str
    particulars: dict[str, Any]
    is_to_be_confirmed: bool

    take: ClassVar[Any] = Invitation.take
    check_open: ClassVar[Any] = Invitation.check_open
    tell_calendars: ClassVar[Any] = Invitation.tell_calendars


class Answer(Base):
    """An answer as it was given; never changed, only followed by another."""

    __tablename__ = "answers"

    id: Mapped[Key]
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    reply: Mapped[Reply | None]
    """Nothing where the only answer was taken back."""
    note: Mapped[str] = mapped_column(default="", server_default="")
    particulars: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """As in Invitation; and TOLD, where the event asked questions."""
    given_at: Mapped[datetime]
    channel: Mapped[str]
    """How it came: `link`, `staff`, `calendar`, `letter`; `undo` where the one before was taken
    back, and then this row holds what stands again."""
    given_by: Mapped[str] = mapped_column(default="", server_default="")
    """Who gave it, where that was not the invitee."""
