"""Addresses that we must not write to: stopped by their owners, and started again."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from outreach.db import is_postgresql, transaction
from outreach.errors import NotFound
from outreach.models.activity import INVITEE, Activity, Actor
from outreach.models.suppression import Suppression
from outreach.queries.unsubscribes import UNSUBSCRIBED, UnsubscribePage, unsubscribe_page


def unsubscribe(public_id: str, *, source: str, at: datetime, by: Actor = INVITEE) -> bool:
    """Stop campaign mail to the person of this message; say whether that changed anything.

    public_id  of the message whose link was used
    source     `one-click` (RFC 8058) or `page`
    """
    with transaction() as session:
        page = _page(public_id)
        values = [
            {"email_key": key, "reason": UNSUBSCRIBED, "source": source, "since": at}
            for key in page.keys
        ]
        stopped = list(filter(None, [session.scalar(_stop(value)) for value in values]))
        if stopped:
            session.add(_line("unsubscribed", page, by, at, source=source))
        return bool(stopped)


def resubscribe(public_id: str, *, at: datetime, by: Actor = INVITEE) -> bool:
    """Take back an unsubscribe; what a spam report, a bounce or the team stopped stays stopped."""
    with transaction() as session:
        page = _page(public_id)
        started = session.scalars(
            delete(Suppression)
            .where(Suppression.email_key.in_(page.keys), Suppression.reason == UNSUBSCRIBED)
            .returning(Suppression.id)
        ).all()
        if started:
            session.add(_line("resubscribed", page, by, at))
        return bool(started)


def _page(public_id: str) -> UnsubscribePage:
    page = unsubscribe_page(public_id)
    if page is None:
        raise NotFound("mail")
    return page


def _stop(values: dict[str, Any]) -> Any:
    """One address; a bounce gives way, since the person's own word outlives a mended mailbox."""
    insert = (postgresql if is_postgresql() else sqlite).insert(Suppression).values(values)
    return insert.on_conflict_do_update(
        index_elements=["email_key"],
        set_={name: values[name] for name in ("reason", "source", "since")},
        where=Suppression.reason == "bounced",
    ).returning(Suppression.id)


def _line(verb: str, page: UnsubscribePage, by: Actor, at: datetime, **detail: str) -> Activity:
    return Activity.of(
        verb, by, at, stakeholder_id=page.stakeholder_id, campaign_id=page.campaign_id,
        event_id=page.event_id, message_id=page.message_id, **detail,
    )
