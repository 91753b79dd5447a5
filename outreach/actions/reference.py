"""Reference facts: groups, a conference to begin with, its regions and meetings, first letters."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach import clock
from outreach.advice.folding import fold
from outreach.db import transaction
from outreach.models.conference import (
    Conference,
    ConstituentGroup,
    LegalStatus,
    MemberState,
    Region,
)
from outreach.models.event import Event, EventKind
from outreach.models.office import Office, ProtocolCategory
from outreach.models.template import Template, TemplateText, TemplateVersion

REFERENCE = Path(__file__).parent.parent / "reference"

WTDC17_OPENED_ON = date(2017, 10, 9)
"""Before every opening the preparatory meetings stand as far ahead (reference/README.md)."""

REGIONS = {
    "AFR": "Africa",
    "AMS": "Americas",
    "ARB": "Arab States",
    "ASP": "Asia and the Pacific",
    "CIS": "Commonwealth of Independent States",
    "EUR": "Europe",
}
ZONES = {
    "Bishkek": "Asia/Bishkek",
    "Kigali": "Africa/Kigali",
    "Khartoum": "Africa/Khartoum",
    "Asuncion": "America/Asuncion",
    "Bali": "Asia/Makassar",
    "Vilnius": "Europe/Vilnius",
}
LETTERS = {
    "save_the_date": "Save the date",
    "invitation": "Invitation",
    "reminder": "Reminder to the silent",
    "last_call": "Last call, before answers close",
    "thank_you": "Thanks for an answer",
    "practical": "Practical information, before the event",
    "miss_you": "We will miss you, after a decline",
    "to_assistant": "To the assistant, when an address bounced",
    "promotion": "News of the conference, inviting to nothing",
    "seat": "Request to take a seat",
    "seat_answer": "Confirmation of an answer about a seat",
    "new_link": "To someone whose link was replaced",
    "confirmation": "Confirmation of an answer",
    "moved": "To those who come, when an event changes",
    "withdrawn": "To someone whose invitation is withdrawn",
    "delegation": "To someone who is sent in an invitee's place",
    "focal_point": "Request to name a delegation",
    "member": "To a member of a delegation",
}


def load_reference(at: datetime | None = None) -> None:
    """Load what is missing; does nothing the second time."""
    at = at or clock.now()
    with transaction() as session:
        if session.scalar(select(func.count()).select_from(ConstituentGroup)) == 0:
            session.add_all(_groups())
        if session.scalar(select(func.count()).select_from(Office)) == 0:
            session.add_all(_offices())
        known = set(session.scalars(select(Template.code)))
        session.add_all(template for template in _templates(at) if template.code not in known)
        if session.scalar(select(func.count()).select_from(Conference)) == 0:
            _found(session, at)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _groups() -> Iterator[ConstituentGroup]:
    for position, row in enumerate(_rows("constituent_groups.csv")):
        yield ConstituentGroup(
            code=row["code"],
            name=row["name_en"],
            legal_basis=row["legal_basis"],
            status=LegalStatus(row["status"]),
            source=row["source"],
            position=position,
            typical_count=int(row["typical_count"]) if row["typical_count"] else None,
        )


def _offices() -> Iterator[Office]:
    for row in _rows("offices.csv"):
        category = ProtocolCategory(row["category"]) if row["category"] else None
        yield Office(
            name=row["name"], name_key=fold(row["name"]), category=category,
            precedence=int(row["precedence"]),
        )  # fmt: skip


def _templates(at: datetime) -> Iterator[Template]:
    for code, name in LETTERS.items():
        texts = []
        for path in sorted((REFERENCE / "letters").glob(f"{code}.*.md")):
            subject, _, body = path.read_text(encoding="utf-8").partition("\n")
            language = path.name.split(".")[1]
            texts.append(TemplateText(language=language, subject=subject, body=body.strip() + "\n"))
        version = TemplateVersion(number=1, created_at=at, texts=texts)
        yield Template(
            code=code, name=name, kind=code, latest_version=1, created_at=at, versions=[version]
        )


def _found(session: Session, at: datetime) -> None:
    """A conference to begin with, a year away, with the six preparatory meetings before it."""
    opens_on = (at + timedelta(days=365)).date()
    opens_on -= timedelta(days=opens_on.weekday())
    conference = Conference(
        code=f"WDC-{opens_on:%y}",
        name="World Development Conference",
        opens_on=opens_on,
        closes_on=opens_on + timedelta(days=11),
        city="Geneva",
        country_code="CH",
        time_zone="Europe/Zurich",
        language="en",
        host="The Conference Secretariat",
        reply_to="secretariat@outreach.example.org",
    )
    session.add(conference)
    session.flush()
    regions = {
        code: Region(conference_id=conference.id, code=code, name=name)
        for code, name in REGIONS.items()
    }
    session.add_all(regions.values())
    session.flush()
    session.add_all(
        MemberState(
            conference_id=conference.id,
            region_id=regions[row["itu_region"]].id,
            country_code=row["iso3166_alpha2"],
            name=row["name_en"],
        )
        for row in _rows("itu_member_states.csv")
    )
    session.add(_conference_event(conference))
    session.add_all(_meetings(conference, regions))


def _conference_event(conference: Conference) -> Event:
    zone = ZoneInfo(conference.time_zone)
    return Event(
        conference_id=conference.id,
        code=conference.code,
        kind=EventKind.CONFERENCE,
        name=conference.name,
        time_zone=conference.time_zone,
        venue="",
        city=conference.city,
        country_code=conference.country_code,
        starts_at=datetime.combine(conference.opens_on, time(9), zone),
        ends_at=datetime.combine(conference.closes_on, time(18), zone),
    )


def _meetings(conference: Conference, regions: dict[str, Region]) -> Iterator[Event]:
    moved = conference.opens_on - WTDC17_OPENED_ON
    for row in _rows("wtdc17_preparatory_meetings.csv"):
        zone = ZoneInfo(ZONES[row["city"]])
        starts_on, ends_on = (date.fromisoformat(row[name]) for name in ("starts_on", "ends_on"))
        yield Event(
            conference_id=conference.id,
            code=row["code"],
            kind=EventKind.PREPARATORY,
            name=row["name"].removeprefix("WTDC-17 "),
            time_zone=str(zone),
            city=row["city"],
            country_code=row["country_alpha2"],
            region_id=regions[row["region"]].id,
            starts_at=datetime.combine(starts_on + moved, time(9), zone),
            ends_at=datetime.combine(ends_on + moved, time(18), zone),
        )
