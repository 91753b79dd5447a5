"""Duplicates: everyone to compare, the pairs that were found, two people side by side, merges."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import desc, func, select
from sqlalchemy.orm import aliased

from outreach.advice.duplicates import Known
from outreach.db import reading
from outreach.intake.scripts import skeleton
from outreach.joining import counts_before
from outreach.models.duplicate import Duplicate, DuplicateSearch, DuplicateState, Merge
from outreach.models.event import Event
from outreach.models.invitation import Invitation
from outreach.models.stakeholder import Organisation, Stakeholder

PAGE = 50
_first, _second = aliased(Stakeholder), aliased(Stakeholder)
_bank, _other_bank = aliased(Organisation), aliased(Organisation)


def people_to_compare() -> Iterator[Known]:
    """Everyone who is not merged away. Cost: all people once through; 1,000 in memory at a time."""
    rows = reading().execute(
        select(
            Stakeholder.id,
            Stakeholder.name_key,
            Stakeholder.email_key,
            Stakeholder.email,
            Stakeholder.organisation_id,
            Stakeholder.country_code,
        )
        .where(Stakeholder.merged_into_id.is_(None))
        .order_by(Stakeholder.id)
        .execution_options(yield_per=1_000)
    )
    for id_, name_key, email_key, email, organisation_id, country_code in rows:
        is_plain = email_key is None or (email_key.isascii() and "xn--" not in email_key)
        looks_like = email_key if is_plain else skeleton(email or "")
        yield Known(id_, name_key, email_key, looks_like, organisation_id, country_code)


@dataclass(frozen=True, slots=True)
class Side:
    """One of a pair, as far as it helps to tell them apart."""

    id: int
    name: str
    email: str | None
    office: str
    organisation: str | None


@dataclass(frozen=True, slots=True)
class PairLine:
    """Two who may be one."""

    id: int
    score: int
    reasons: list[str]
    is_lookalike: bool
    state: DuplicateState
    first: Side
    second: Side


def duplicates(
    state: DuplicateState = DuplicateState.FOUND, *, before: tuple[int, int] | None = None
) -> list[PairLine]:
    """The pairs in a state, the surest first, PAGE and one at the most. Cost: the rows shown.

    before  (score, id) of the last one of the page before
    """
    statement = _pairs().where(
        Duplicate.state == state,
        _first.merged_into_id.is_(None),
        _second.merged_into_id.is_(None),
    )
    if before is not None:
        score, id_ = before
        later = (Duplicate.score == score) & (Duplicate.id < id_)
        statement = statement.where((Duplicate.score < score) | later)
    statement = statement.order_by(Duplicate.score.desc(), Duplicate.id.desc()).limit(PAGE + 1)
    return [_line(row) for row in reading().execute(statement)]


def duplicates_of(stakeholder_id: int) -> list[PairLine]:
    """Who else may be this person. Cost: their pairs, by two indexes."""
    statement = _pairs().where(
        Duplicate.state == DuplicateState.FOUND,
        (Duplicate.first_id == stakeholder_id) | (Duplicate.second_id == stakeholder_id),
        _first.merged_into_id.is_(None),
        _second.merged_into_id.is_(None),
    )
    return [_line(row) for row in reading().execute(statement.limit(PAGE))]


def duplicate(duplicate_id: int) -> PairLine | None:
    """One pair. Rows by key."""
    row = reading().execute(_pairs().where(Duplicate.id == duplicate_id)).one_or_none()
    return _line(row) if row else None


def whole_person(stakeholder_id: int) -> dict[str, Any] | None:
    """Every column of a person. One row by key."""
    table = Stakeholder.__table__
    row = reading().execute(select(table).where(table.c.id == stakeholder_id)).one_or_none()
    return dict(row._mapping) if row else None


def merged_into(stakeholder_id: int) -> int | None:
    """Whom someone turned out to be; None for everyone who is one person. One row by key."""
    return reading().scalar(
        select(Stakeholder.merged_into_id).where(Stakeholder.id == stakeholder_id)
    )


@dataclass(frozen=True, slots=True)
class TwiceInvited:
    """An event to which both of two people are invited: one invitation stands after a merge."""

    event: str
    stands: Any
    """The invitation of the two that stands: `state`, `answered_at`."""
    goes: Any
    is_kept_ones: bool


def invited_twice(kept_id: int, gone_id: int) -> list[TwiceInvited]:
    """What a merge makes of two invitations to one event. Cost: their invitations."""
    rows = reading().execute(
        select(
            Invitation.stakeholder_id, Invitation.state, Invitation.answered_at,
            Invitation.reply_by, Invitation.withdrawn_at, Event.id.label("event_id"),
            Event.name.label("event"),
        )
        .join(Event, Event.id == Invitation.event_id)
        .where(Invitation.stakeholder_id.in_([kept_id, gone_id]))
        .order_by(Event.starts_at, Event.id)
    )  # fmt: skip
    of_events: dict[int, dict[int, Any]] = {}
    for row in rows:
        of_events.setdefault(row.event_id, {})[row.stakeholder_id] = row
    both = [of for of in of_events.values() if len(of) == 2]
    return [
        TwiceInvited(of[kept_id].event, of[gone_id], of[kept_id], False)
        if counts_before(of[gone_id], of[kept_id])
        else TwiceInvited(of[kept_id].event, of[kept_id], of[gone_id], True)
        for of in both
    ]


def answered_while_one(merge_id: int) -> list[tuple[str, str, str]]:
    """(name, event, answer) of what came, by either link, while the two of an undone merge were
    one, where both are invited: it stays with one of them. Cost: their invitations."""
    other = aliased(Invitation)
    people = Merge.kept_id, Merge.gone_id
    rows = reading().execute(
        select(Stakeholder.full_name, Event.name, Invitation.state)
        .select_from(Merge)
        .join(Invitation, Invitation.stakeholder_id.in_(people))
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .join(Event, Event.id == Invitation.event_id)
        .join(other, (other.event_id == Event.id) & (other.id != Invitation.id))
        .where(
            Merge.id == merge_id, other.stakeholder_id.in_(people),
            Invitation.answered_at > Merge.merged_at, Invitation.answered_at <= Merge.undone_at,
        )
        .order_by(Invitation.id)
    )  # fmt: skip
    return [(name, event, state.value) for name, event, state in rows]


def organisation_names(ids: set[int]) -> dict[int, str]:
    """{id: name}. Rows by key."""
    rows = reading().execute(
        select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    )
    return {row.id: row.name for row in rows}


@dataclass(frozen=True, slots=True)
class LastSearch:
    """When everyone was compared last, and what that gave."""

    at: datetime
    people_count: int
    found_count: int
    seconds: float


def last_search() -> LastSearch | None:
    """The latest comparison. One row by an index."""
    row = (
        reading()
        .execute(
            select(
                DuplicateSearch.at,
                DuplicateSearch.people_count,
                DuplicateSearch.found_count,
                DuplicateSearch.seconds,
            )
            .order_by(DuplicateSearch.at.desc())
            .limit(1)
        )
        .one_or_none()
    )
    return LastSearch(*row) if row else None


def found_count() -> int:
    """How many pairs wait for a look, 1,000 at the most. Cost: those, by an index."""
    some = select(Duplicate.id).where(Duplicate.state == DuplicateState.FOUND).limit(1_000)
    return reading().scalar(select(func.count()).select_from(some.subquery())) or 0


@dataclass(frozen=True, slots=True)
class MergeLine:
    """Two who were made one."""

    id: int
    kept_id: int
    kept: str
    gone: str
    merged_at: datetime
    undone_at: datetime | None


def latest_merges(limit: int = 20) -> list[MergeLine]:
    """What was merged last, newest first. Cost: the rows shown."""
    rows = reading().execute(_merges().order_by(desc(Merge.id)).limit(limit))
    return [MergeLine(*row) for row in rows]


def merge_line(merge_id: int) -> MergeLine | None:
    """One merge. One row by key."""
    row = reading().execute(_merges().where(Merge.id == merge_id)).one_or_none()
    return MergeLine(*row) if row else None


def _merges() -> Any:
    return (
        select(
            Merge.id,
            Merge.kept_id,
            _first.full_name,
            _second.full_name,
            Merge.merged_at,
            Merge.undone_at,
        )
        .join(_first, _first.id == Merge.kept_id)
        .join(_second, _second.id == Merge.gone_id)
    )


def _pairs() -> Any:
    return (
        select(
            Duplicate.id,
            Duplicate.score,
            Duplicate.reasons,
            Duplicate.is_lookalike,
            Duplicate.state,
            _first.id,
            _first.full_name,
            _first.email,
            _first.office,
            _bank.name,
            _second.id,
            _second.full_name,
            _second.email,
            _second.office,
            _other_bank.name,
        )
        .join(_first, _first.id == Duplicate.first_id)
        .join(_second, _second.id == Duplicate.second_id)
        .outerjoin(_bank, _bank.id == _first.organisation_id)
        .outerjoin(_other_bank, _other_bank.id == _second.organisation_id)
    )


def _line(row: Any) -> PairLine:
    values: list[Any] = [*row[:5], Side(*row[5:10]), Side(*row[10:15])]
    return PairLine(*values)
