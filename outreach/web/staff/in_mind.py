"""The event that someone looked at last: where pages of one event open until another is chosen."""

from flask import session

from outreach.queries.events import EventLine

NAME = "event"


def keep_in_mind(event: EventLine) -> None:
    """Remember the event whose page is open."""
    session[NAME] = event.id


def in_mind(events: list[EventLine]) -> int | None:
    """The id of the event looked at last; else of the first, the conference itself."""
    ids = [event.id for event in events]
    chosen = session.get(NAME)
    return chosen if chosen in ids else next(iter(ids), None)
