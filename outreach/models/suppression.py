"""Suppression: an address that we must not write to; CampaignStop, NewsStop: not with these."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.models.base import AT_ONCE, Base, Key

UNSUBSCRIBED, WANTS_NOTHING = "unsubscribed", "wants_nothing"
"""What its owner chose: no mail of campaigns (invitations, reminders, news), or no mail at all, not
even what confirms an answer."""

NO_NEWS = "no_news"
"""Beside those: no news, though invitations may come. It is kept apart (`NewsStop`), so that
neither a mailbox that bounces nor one that is mended takes it away.
"""

OWN = (UNSUBSCRIBED, WANTS_NOTHING)
REASONS = ("bounced", *OWN, "complained", "staff")
"""From the weakest: a mended mailbox gives way to its owner's word, and that to a complaint."""


class Wish(StrEnum):
    """What the owner of an address wants of us."""

    ALL = "all"
    NOT_THIS = "campaign"
    """No more of the campaign whose mail it was."""
    NO_NEWS = "news"
    """No promotion: what invites to nothing. Invitations and their reminders still come."""
    NO_CAMPAIGNS = "stop"
    """No invitations, reminders or news; what concerns one's own answer still comes."""
    NOTHING = "nothing"


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
    stakeholder_id: Mapped[int | None] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
    """Whose it was, as long as we know."""


class CampaignStop(Base):
    """The owner of an address wants no more of one campaign; everything else may still go."""

    __tablename__ = "campaign_stops"
    __table_args__ = (UniqueConstraint("campaign_id", "digest"),)

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    digest: Mapped[str]
    since: Mapped[datetime]
    stakeholder_id: Mapped[int | None] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )


class NewsStop(Base):
    """The owner of an address wants no more news; invitations may still go."""

    __tablename__ = "news_stops"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[Key]
    digest: Mapped[str]
    source: Mapped[str]
    """`one-click`, `page`, `merged`."""
    since: Mapped[datetime]
    stakeholder_id: Mapped[int | None] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
