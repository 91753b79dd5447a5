"""InboundMail: a mail that came to us, kept raw as it came, and what became of it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.errors import Conflict
from outreach.models.base import AT_ONCE, Base, Key, No, Zero

MOST_TRIES = 3
"""A mail that cannot be read is tried so often, then set aside for a person, with its raw file."""


class InboundState(StrEnum):
    NEW = "new"
    READ = "read"
    FAILED = "failed"


class InboundKind(StrEnum):
    """What sort of mail it is."""

    REPLY = "reply"
    """Written by a person."""
    CALENDAR = "calendar"
    """A calendar program answers an invitation."""
    OUT_OF_OFFICE = "out_of_office"
    BOUNCE = "bounce"
    """A server says that one of our mails did not arrive."""
    AUTOMATIC = "automatic"
    """Another machine's doing: a ticket number, a newsletter."""
    OWN = "own"
    """Our own mail, come back to us."""
    AGAIN = "again"
    """The same mail once more."""


class Desk(StrEnum):
    """How far the team is with a reply."""

    OPEN = "open"
    ANSWERED = "answered"
    DONE = "done"


class NotAReply(Conflict):
    """Only what a person wrote is answered."""

    def __init__(self) -> None:
        super().__init__("This mail has not been read yet, or no person wrote it.")


class InboundMail(Base):
    """One mail; the raw bytes stand in INSTANCE_DIR/inbound under `stored_name`."""

    __tablename__ = "inbound_mails"
    __table_args__ = (
        UniqueConstraint("digest"),
        UniqueConstraint("mail_key"),
        Index("ix_inbound_mails_state", "state", "id"),
        Index("ix_inbound_mails_desk", "kind", "desk", "id"),
        Index("ix_inbound_mails_stakeholder", "stakeholder_id", "id"),
    )

    id: Mapped[Key]
    stored_name: Mapped[str]
    content_type: Mapped[str]
    """Of the raw bytes, as the provider's request said."""
    digest: Mapped[str]
    """SHA-256 of the raw bytes: a request that is told again is kept once."""
    bytes_count: Mapped[int]
    received_at: Mapped[datetime]
    state: Mapped[InboundState] = mapped_column(default=InboundState.NEW, server_default="new")
    tries_count: Mapped[Zero]
    problem: Mapped[str] = mapped_column(default="", server_default="")

    kind: Mapped[InboundKind | None]
    """None until it has been read."""
    mail_key: Mapped[str | None]
    """SHA-256 of its Message-ID: a mail that comes in two requests is read once."""
    mail_id: Mapped[str] = mapped_column(default="", server_default="")
    """Its Message-ID, for the answer's In-Reply-To."""
    sender: Mapped[str] = mapped_column(default="", server_default="")
    sender_name: Mapped[str] = mapped_column(default="", server_default="")
    subject: Mapped[str] = mapped_column(default="", server_default="")
    text: Mapped[str] = mapped_column(default="", server_default="")
    calendar: Mapped[str] = mapped_column(default="", server_default="")
    """The calendar part, as text."""
    dkim: Mapped[str] = mapped_column(default="", server_default="")
    spf: Mapped[str] = mapped_column(default="", server_default="")
    envelope_sender: Mapped[str] = mapped_column(default="", server_default="")
    """The verdicts of the provider on who sent it, in its words."""
    attachments_count: Mapped[Zero]
    is_cut: Mapped[No]
    """There was more than is kept here; the raw file has all of it."""
    returns_on: Mapped[date | None]
    """Out of office until this day, where the mail says so."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    """Our mail that it answers."""
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholders.id", info=AT_ONCE))
    is_known_sender: Mapped[No]
    """The address is the one that we have of the person."""

    desk: Mapped[Desk] = mapped_column(default=Desk.OPEN, server_default="open")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    desk_changed_at: Mapped[datetime | None]

    def put(self, desk: Desk, at: datetime) -> bool:
        """Say how far the team is with it; whether that changed anything. Raises NotAReply."""
        if self.state is not InboundState.READ or self.kind is not InboundKind.REPLY:
            raise NotAReply
        if self.desk is desk:
            return False
        self.desk, self.desk_changed_at = desk, at
        return True
