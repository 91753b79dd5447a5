"""The unsubscribe page of a mail: to which address it went, and whether mail to it is stopped."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from outreach.db import reading
from outreach.intake.addresses import MalformedAddress, read_address
from outreach.models.closed_link import ClosedLink
from outreach.models.conference import Conference
from outreach.models.event import Event
from outreach.models.message import TO_OTHERS, Message, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import (
    OWN,
    WANTS_NOTHING,
    CampaignStop,
    NewsStop,
    Suppression,
    Wish,
    digest_of,
)


@dataclass(frozen=True, slots=True)
class UnsubscribePage:
    """What the page says, and what its buttons act on."""

    message_id: int
    stakeholder_id: int
    campaign_id: int | None
    event_id: int
    address: str
    conference: str
    host: str
    reply_to: str
    keys: tuple[str, ...]
    """Of the address that the mail went to, and of the person's present one if that is another;
    of a mail to an assistant the first alone."""
    wish: Wish
    """What holds now."""
    is_stopped: bool
    """Whether invitations do not go to it, whoever stopped them."""
    is_without_news: bool
    """Whether news does not go to it, beside what holds."""
    is_news: bool
    """Whether the mail invited to nothing: one click then stops news alone."""
    can_choose: bool
    """False where a spam report, a bounce or the team stopped it: that stays so."""


def unsubscribe_page(public_id: str) -> UnsubscribePage | None:
    """The page of the mail with this id, unless its link was closed. Four statements by key."""
    row: Any = reading().execute(_mail(public_id)).one_or_none()
    keys = _keys(row.address, row.email_key, row.purpose) if row else ()
    if row is None or not keys:
        return None
    digests = [digest_of(key) for key in keys]
    reasons = set(
        reading().scalars(select(Suppression.reason).where(Suppression.digest.in_(digests)))
    )
    is_without_news = _wants_none(NewsStop, row.stakeholder_id, digests)
    wish = Wish.NO_NEWS if is_without_news else Wish.ALL
    if reasons:
        wish = Wish.NOTHING if WANTS_NOTHING in reasons else Wish.NO_CAMPAIGNS
    elif row.campaign_id is not None:
        of_this = CampaignStop.campaign_id == row.campaign_id
        if _wants_none(CampaignStop, row.stakeholder_id, digests, of_this):
            wish = Wish.NOT_THIS
    values: list[Any] = [
        *row[:8], keys, wish, bool(reasons), is_without_news, row.purpose is Purpose.PROMOTION,
        reasons <= set(OWN),
    ]  # fmt: skip
    return UnsubscribePage(*values)


def _mail(public_id: str) -> Any:
    """SELECT of the mail with this id, unless its link was closed."""
    return (
        select(
            Message.id, Message.stakeholder_id, Message.campaign_id, Message.event_id,
            Message.address, Conference.name, Conference.host, Conference.reply_to,
            Stakeholder.email_key, Message.purpose,
        )
        .join(Stakeholder, Stakeholder.id == Message.stakeholder_id)
        .join(Event, Event.id == Message.event_id)
        .join(Conference, Conference.id == Event.conference_id)
        .where(
            Message.public_id == public_id,
            ~exists().where(ClosedLink.message_id == Message.id),
        )
    )  # fmt: skip


def _wants_none(
    stop: type[CampaignStop] | type[NewsStop],
    stakeholder_id: int,
    digests: list[str],
    *holds: ColumnElement[bool],
) -> bool:
    """Whether such a stop stands for the person, or for one of the addresses."""
    theirs = stop.digest.in_(digests) | (stop.stakeholder_id == stakeholder_id)
    return reading().scalar(select(stop.id).where(theirs, *holds).limit(1)) is not None


def _keys(mailed_to: str, present_key: str | None, purpose: Purpose) -> tuple[str, ...]:
    # An assistant chooses for their own mailbox alone.
    keys = {present_key} if present_key and purpose not in TO_OTHERS else set()
    with suppress(MalformedAddress):  # a row without a mail has no address
        keys.add(read_address(mailed_to).key)
    return tuple(sorted(keys))
