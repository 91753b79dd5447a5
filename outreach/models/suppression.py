"""Suppression: an address that we must not write to, and why."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import Base, Key

REASONS = ("bounced", "unsubscribed", "complained", "staff")
"""From the weakest: a mended mailbox gives way to its owner's word, and that to a complaint."""


def digest_of(email_key: str) -> str:
    """What a list of those not to write to keeps of an address: SHA-256 of its key, hexadecimal.

    Not keyed by a secret of ours: the list must hold when the secret is changed. It hides an
    address from a glance, not from someone who guesses addresses.
    """
    return sha256(email_key.encode()).hexdigest()


def weaker_than(reason: str) -> tuple[str, ...]:
    """The reasons that this one takes the place of."""
    return REASONS[: REASONS.index(reason)]


class Suppression(Base):
    """An address kept as a digest, so that it outlives the address; campaign mail never goes to it.

    Compared with `outreach.dialect.key_digest(Stakeholder.email_key)` in questions.
    """

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[Key]
    digest: Mapped[str]
    reason: Mapped[str]
    """One of REASONS."""
    source: Mapped[str]
    """`one-click`, `page`, `provider`, `mail`, `staff`."""
    since: Mapped[datetime]
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholders.id"), index=True)
    """Whose it was, as long as we know."""
