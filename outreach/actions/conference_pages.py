"""The public page of a conference: written, put out, taken back."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from outreach.db import transaction
from outreach.errors import ChangedMeanwhile, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.conference import Conference
from outreach.models.conference_page import ConferencePage


def write_conference_page(
    conference_id: int,
    about: Mapping[str, str],
    *,
    is_published: bool,
    takes_requests: bool,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Write the page, and say whether anyone may read it and ask there to be invited.

    about  {language: what the conference is about}; an empty text gives way to ours
    seen   the mark of what the form showed. Raises ChangedMeanwhile.
    """
    with transaction() as session:
        if session.get(Conference, conference_id, with_for_update=True) is None:
            raise NotFound("conference")
        page = session.scalar(
            select(ConferencePage).where(ConferencePage.conference_id == conference_id)
        )
        if page is None:
            page = ConferencePage(conference_id=conference_id)
            session.add(page)
        if seen is not None and page.mark != seen:
            raise ChangedMeanwhile
        page.about = {code: text.strip() for code, text in about.items() if text.strip()}
        page.takes_requests = takes_requests
        was_published = page.published_at is not None
        if is_published is not was_published:
            page.published_at = at if is_published else None
            verb = "published_page" if is_published else "withdrew_page"
        else:
            verb = "wrote_page"
        session.add(Activity.of(verb, by, at, conference_id=conference_id))
