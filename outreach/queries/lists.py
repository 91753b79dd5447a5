"""Target lists: what there is, whom each wants at what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from outreach.db import reading
from outreach.models.conference import ConstituentGroup, LegalStatus
from outreach.models.event import Event
from outreach.models.tally import Tally, TallyKind
from outreach.models.target import TargetList


@dataclass(frozen=True, slots=True)
class ListLine:
    """A target list with its event, its group and its numbers."""

    id: int
    code: str
    name: str
    group: str
    status: LegalStatus
    legal_basis: str
    conference_id: int
    event_id: int
    event_code: str
    event: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    wanted_count: int
    """People; organisations are counted apart."""
    star_count: int
    organisation_count: int


def target_lists() -> list[ListLine]:
    """Every list, by event and group. Cost: the lists, and two summary rows for each."""
    rows = reading().execute(
        _lines().order_by(Event.starts_at, ConstituentGroup.position, TargetList.name)
    )
    numbers = _numbers()
    return [_line(tuple(row), numbers) for row in rows]


def target_list(list_id: int) -> ListLine | None:
    """One list. Cost: three rows by key."""
    row = reading().execute(_lines().where(TargetList.id == list_id)).one_or_none()
    return _line(tuple(row), _numbers(list_id)) if row else None


def list_names(conference_id: int) -> list[tuple[int, str]]:
    """(id, name) of the lists for a conference and its events, by name. Cost: the lists."""
    rows = reading().execute(
        select(TargetList.id, TargetList.name)
        .join(TargetList.event)
        .where(Event.conference_id == conference_id)
        .order_by(TargetList.name, TargetList.id)
    )
    return [(id_, name) for id_, name in rows]


def list_id_of(code: str) -> int | None:
    """The list with this code. One row by key."""
    return reading().scalar(select(TargetList.id).where(TargetList.code == code))


def free_code(group_code: str, event_code: str) -> str:
    """A code that no list has yet, made of the group and the event: `academia-wdc-27`."""
    start = f"{group_code}-{event_code}".lower().replace("_", "-")
    taken = set(
        reading().scalars(
            select(TargetList.code).where(TargetList.code.startswith(start, autoescape=True))
        )
    )
    number, code = 1, start
    while code in taken:
        number += 1
        code = f"{start}-{number}"
    return code


def event_choices(conference_id: int) -> list[tuple[str, str]]:
    """(code, name) of the events that people can be invited to, the first one first."""
    rows = reading().execute(
        select(Event.code, Event.name)
        .where(Event.conference_id == conference_id)
        .order_by(Event.kind != "conference", Event.starts_at)
    )
    return [(code, name) for code, name in rows]


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            TargetList.id,
            TargetList.code,
            TargetList.name,
            ConstituentGroup.name,
            ConstituentGroup.status,
            ConstituentGroup.legal_basis,
            Event.conference_id,
            Event.id,
            Event.code,
            Event.name,
            Event.starts_at,
            Event.ends_at,
            Event.time_zone,
        )
        .join(TargetList.group)
        .join(TargetList.event)
    )


def _line(row: tuple[Any, ...], numbers: dict[int, tuple[int, ...]]) -> ListLine:
    return ListLine(*(row + numbers.get(row[0], (0, 0, 0))))


_COUNTED = (
    (TallyKind.LIST_TARGETS, "wanted"),
    (TallyKind.LIST_TARGETS, "star"),
    (TallyKind.LIST_ORGANISATIONS, "wanted"),
)


def _numbers(list_id: int | None = None) -> dict[int, tuple[int, ...]]:
    """{list: (wanted, stars, organisations)} from the summary rows."""
    kinds = {kind for kind, _ in _COUNTED}
    statement = (
        select(Tally.subject_id, Tally.kind, Tally.state, func.sum(Tally.count))
        .where(Tally.kind.in_(kinds))
        .group_by(Tally.subject_id, Tally.kind, Tally.state)
    )
    if list_id is not None:
        statement = statement.where(Tally.subject_id == list_id)
    found: dict[int, dict[tuple[TallyKind, str], int]] = {}
    for subject_id, kind, state, count in reading().execute(statement):
        found.setdefault(subject_id, {})[kind, state] = int(count)
    return {key: tuple(of.get(one, 0) for one in _COUNTED) for key, of in found.items()}
