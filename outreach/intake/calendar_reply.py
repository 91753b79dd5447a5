"""iCalendar text that came by mail, read within bounds: who answers what about which event.

Only what an answer needs is read: the METHOD, and of events their UID, SEQUENCE, DTSTAMP,
ATTENDEEs and COMMENT. Rules of recurrence are never worked out, zones never looked up.
Source: RFC 5545 section 3.1 (content lines), RFC 5546 section 3.2.3 (REPLY), RFC 6868.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from outreach.errors import Refusal
from outreach.intake.addresses import MalformedAddress, read_address

LONGEST_TEXT = 256 * 1024
MOST_LINES = 5_000
MOST_EVENTS = 20
MOST_ATTENDEES = 20
LONGEST_VALUE = 2_000
MOST_DEPTH = 5

_NAME = re.compile(r"[A-Z0-9-]{1,60}")
_MARKS = re.compile(r'[";:]')
_STAMP = re.compile(r"(\d{8}T\d{6})Z?")
_ESCAPES = {"n": "\n", "N": "\n"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class UnreadableCalendar(Refusal):
    """The text is no calendar."""


@dataclass(frozen=True, slots=True)
class Answering:
    """An ATTENDEE of a reply. Addresses are normalised keys; empty where there is none."""

    key: str
    name: str
    partstat: str
    """In capitals; NEEDS-ACTION where nothing is said."""
    sent_by: str
    delegated_to: str
    """The addresses as they stand there."""


@dataclass(frozen=True, slots=True)
class ReplyEvent:
    """What a reply says of one event."""

    uid: str
    sequence: int
    stamped_at: datetime | None
    attendees: tuple[Answering, ...]
    comment: str
    is_occurrence: bool
    """It speaks of one occurrence only (RECURRENCE-ID), which our events do not have."""


@dataclass(frozen=True, slots=True)
class CalendarText:
    """A calendar, read."""

    method: str
    """In capitals; empty where there is none."""
    events: tuple[ReplyEvent, ...]


@dataclass(slots=True)
class _Reading:
    """An event while its lines come."""

    values: dict[str, str] = field(default_factory=dict)
    attendees: list[Answering] = field(default_factory=list)

    def take(self, name: str, params: list[str], value: str) -> None:
        if name == "ATTENDEE":
            if len(self.attendees) < MOST_ATTENDEES:
                self.attendees.append(_attendee(params, value))
        elif name in ("UID", "SEQUENCE", "DTSTAMP", "COMMENT", "RECURRENCE-ID"):
            self.values.setdefault(name, value[:LONGEST_VALUE])

    def event(self) -> ReplyEvent:
        sequence = self.values.get("SEQUENCE", "0").strip()
        is_number = sequence.isascii() and sequence.isdigit() and len(sequence) < 10
        return ReplyEvent(
            uid=self.values.get("UID", "").strip()[:200],
            sequence=int(sequence) if is_number else 0,
            stamped_at=_stamp(self.values.get("DTSTAMP", "")),
            attendees=tuple(self.attendees),
            comment=_text(self.values.get("COMMENT", "")),
            is_occurrence="RECURRENCE-ID" in self.values,
        )


def read_calendar(text: str) -> CalendarText:
    """Read what a calendar program sent. Raises UnreadableCalendar.

    Cost: the text once, up to LONGEST_TEXT, MOST_LINES and MOST_EVENTS; what is beyond is left.
    """
    method, events = "", list[ReplyEvent]()
    where: list[str] = []
    current: _Reading | None = None
    for line in _lines(text):
        name, params, value = line
        if name == "BEGIN" and len(where) < MOST_DEPTH:
            where.append(value.strip().upper())
            if where[-1] == "VEVENT" and len(where) == 2:
                current = _Reading()
        elif name == "END":
            if where and where[-1] == value.strip().upper():
                where.pop()
            if current is not None and len(where) == 1:
                events.append(current.event())
                current = None
                if len(events) >= MOST_EVENTS:
                    break
        elif name == "METHOD" and len(where) == 1:
            method = method or value.strip().upper()[:20]
        elif current is not None and len(where) == 2:
            current.take(name, params, value)
    if not events:
        raise UnreadableCalendar("The mail holds a calendar in which there is no event.")
    return CalendarText(method, tuple(events))


def _lines(text: str) -> Iterator[tuple[str, list[str], str]]:
    """(NAME, parameters, value) of each content line, unfolded."""
    whole = text[:LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n")
    whole = whole.removeprefix("\ufeff").replace("\n ", "").replace("\n\t", "")
    for line in whole.split("\n", MOST_LINES)[:MOST_LINES]:
        pieces, value = _cut(line[: LONGEST_VALUE * 4])
        name = pieces[0].upper()
        if value is not None and _NAME.fullmatch(name):
            yield name, pieces[1:], value


def _cut(line: str) -> tuple[list[str], str | None]:
    """The name with its parameters, and the value; a quoted `;` or `:` parts nothing."""
    pieces, start, is_quoted = list[str](), 0, False
    for mark in _MARKS.finditer(line):
        if mark[0] == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            pieces.append(line[start : mark.start()])
            start = mark.end()
            if mark[0] == ":":
                return pieces, line[start:]
    return pieces or [""], None


def _attendee(params: list[str], value: str) -> Answering:
    pairs = (param.partition("=") for param in params[:30])
    known = {name.upper(): found for name, _, found in pairs}
    return Answering(
        key=_key(value),
        name=_text(_unquoted(known.get("CN", "")))[:200],
        partstat=_unquoted(known.get("PARTSTAT", "")).strip().upper()[:40] or "NEEDS-ACTION",
        sent_by=_key(_unquoted(known.get("SENT-BY", ""))),
        delegated_to=_text(_unquoted(known.get("DELEGATED-TO", "")))[:300],
    )


def _unquoted(value: str) -> str:
    plain = value.replace('"', "")
    return plain.replace("^'", '"').replace("^n", " ").replace("^^", "^")


def _key(address: str) -> str:
    """The normalised address of `mailto:…`, in whatever letters."""
    plain = re.sub(r"(?i)^\s*mailto:", "", address[:400]).strip().strip("<>")
    try:
        return read_address(plain).key
    except MalformedAddress:
        return ""


def _stamp(value: str) -> datetime | None:
    """DTSTAMP is in UTC (RFC 5545, 3.8.7.2); one without the Z is taken for it."""
    match = _STAMP.fullmatch(value.strip())
    try:
        return datetime.fromisoformat(match[1]).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def _text(value: str) -> str:
    plain = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), value)
    return _CONTROLS.sub("", plain).strip()
