"""The conference itself: named, placed, and moved in time."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.errors import ChangedMeanwhile
from outreach.models.activity import Activity, Actor
from outreach.models.base import mark_of
from outreach.models.conference import Conference
from outreach.models.event import Event, EventKind
from outreach.moving import (
    Shift,
    campaigns_to_move,
    lapsed_before,
    move_with_event,
)


def move_conference(
    conference_id: int, opens_on: date, *, seen_on: date | None = None, by: Actor, at: datetime
) -> None:
    """Move the opening; every event of the conference moves by as many days, hours kept.

    Every open deadline moves along: reply-bys, steps counted from a date, seats to be filled,
    delegations to be named.
    seen_on  the opening when it was shown what would move. Raises ChangedMeanwhile.
    """
    with transaction() as session:
        conference = session.get_one(Conference, conference_id, with_for_update=True)
        if seen_on is not None and conference.opens_on != seen_on:
            raise ChangedMeanwhile
        days = opens_on - conference.opens_on
        conference.opens_on += days
        conference.closes_on += days
        for event in session.scalars(select(Event).where(Event.conference_id == conference_id)):
            lapsed = lapsed_before(session, event.id)
            shift = Shift(event.zone, event.zone, days)
            event.starts_at, event.ends_at = shift(event.starts_at), shift(event.ends_at)
            event.sequence += 1
            move_with_event(session, event, shift, at, lapsed)
        session.add(Activity.of("moved_conference", by, at, days=days.days))


def describe_conference(
    conference_id: int,
    *,
    name: str,
    city: str,
    country_code: str,
    time_zone: str,
    venue: str,
    host: str,
    reply_to: str,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """What it is called, where it is held, who invites.

    In another zone every open deadline keeps its hour of the clock on the wall; in another country
    other days are off. What is counted from either moves along, as with another date.
    seen  the mark of what the form showed. Raises ChangedMeanwhile.
    """
    with transaction() as session:
        conference = session.get_one(Conference, conference_id, with_for_update=True)
        event = session.scalars(
            select(Event).where(
                Event.conference_id == conference_id, Event.kind == EventKind.CONFERENCE
            )
        ).one()
        if seen is not None and conference.mark(event.venue) != seen:
            raise ChangedMeanwhile
        before = _known_to_calendars(event)
        _move_to_zone(session, conference, event, ZoneInfo(time_zone), at)
        # What letters say changes after that, so that it is not taken for approved with the times.
        is_abroad = event.country_code != country_code
        conference.host, conference.reply_to = host, reply_to
        conference.name = event.name = name
        conference.city = event.city = city
        conference.country_code = event.country_code = country_code
        if is_abroad:
            for campaign in campaigns_to_move(session, event.id):
                if campaign.scheduled_at is not None:
                    campaign.recount(at)
        event.venue = venue
        if _known_to_calendars(event) != before:
            event.sequence += 1
        session.add(Activity.of("described_conference", by, at, event_id=event.id))


def _move_to_zone(
    session: Session, conference: Conference, event: Event, zone: ZoneInfo, at: datetime
) -> None:
    """The same hours by another clock."""
    if zone.key == event.time_zone:
        return
    shift, lapsed = Shift(event.zone, zone), lapsed_before(session, event.id)
    event.starts_at, event.ends_at = shift(event.starts_at), shift(event.ends_at)
    conference.time_zone = event.time_zone = zone.key
    move_with_event(session, event, shift, at, lapsed)


def cap_mails(
    conference_id: int, mails: int | None, days: int | None, *, seen: int | None = None, by: Actor,
    at: datetime,
) -> None:  # fmt: skip
    """At most so many campaign mails to one person in so many days, over all campaigns.

    Without both numbers there is no limit.
    seen  the mark of both as the form showed them. Raises ChangedMeanwhile.
    """
    with transaction() as session:
        conference = session.get_one(Conference, conference_id, with_for_update=True)
        if seen is not None and mark_of(conference.cap_mails, conference.cap_days) != seen:
            raise ChangedMeanwhile
        has_limit = mails is not None and days is not None
        conference.cap_mails = mails if has_limit else None
        conference.cap_days = days if has_limit else None
        session.add(Activity.of("capped_mails", by, at, mails=mails, days=days))


def _known_to_calendars(event: Event) -> tuple[object, ...]:
    """What those who come must learn of when it changes."""
    place = event.venue, event.city, event.country_code
    return event.name, *place, event.starts_at, event.ends_at, event.time_zone
