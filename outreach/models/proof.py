"""Proof: what an answer rests on that staff recorded."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key, Zero


class Way(StrEnum):
    """How an answer reached the team."""

    LETTER = "letter"
    NOTE_VERBALE = "note_verbale"
    PHONE = "phone"
    IN_PERSON = "in_person"
    EMAIL = "email"


class Proof(Base):
    """How and when an answer came, who recorded it, and the paper if there is one.

    The answer is one to an invitation or one about a seat.
    """

    __tablename__ = "proofs"

    id: Mapped[Key]
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"), unique=True)
    seat_answer_id: Mapped[int | None] = mapped_column(ForeignKey("seat_answers.id"), unique=True)
    way: Mapped[Way]
    came_on: Mapped[date]
    reference: Mapped[str] = mapped_column(default="", server_default="")
    """The number of the note, who called, …"""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    stored_name: Mapped[str | None]
    """In INSTANCE_DIR/proofs; a name of ours."""
    file_name: Mapped[str] = mapped_column(default="", server_default="")
    """As the person's machine called it; only ever shown."""
    media_type: Mapped[str] = mapped_column(default="", server_default="")
    bytes_count: Mapped[Zero]
