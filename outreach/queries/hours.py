"""When a step goes to each person of its audience, as SQL: at once, or at their own hour."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, String, and_, column, func, literal, values

from outreach.models.base import UTCDateTime
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.step import GRACE, MANNERS, RELATIVE, Step

AHEAD = timedelta(minutes=15)
"""Steps that people join one by one are frozen this long before, so that none goes late."""

LATE = GRACE + timedelta(hours=24)
"""Whoever is found later than this for such a step waits for a person's decision. Longer than
GRACE, since who was just written to waits as well."""

DAYS_AROUND = range(-5, 3)
"""A weekend, a date line and the lateness that passes: no day outside can be due now."""


@dataclass(frozen=True, slots=True)
class Going:
    """goes_at, and quiet_from: after that instant no other mail of the campaign may have gone."""

    goes_at: ColumnElement[datetime]
    quiet_from: ColumnElement[datetime]
    own: CTE | None = None
    known: CTE | None = None
    """For each day that people's time is counted from, when it goes to whose country is unknown."""

    def join(self, statement: Select[Any], anchored_at: ColumnElement[Any] | None) -> Select[Any]:
        """The statement with what the columns need; it knows Stakeholder and Organisation."""
        if self.own is None:
            return statement
        country = func.coalesce(Stakeholder.country_code, Organisation.country_code)
        is_there = self.own.c.country == country
        if self.known is None:
            return statement.outerjoin(self.own, is_there)
        assert anchored_at is not None
        return statement.join(
            self.known,
            and_(
                self.known.c.country == "",
                anchored_at >= self.known.c.from_at,
                anchored_at < self.known.c.to_at,
            ),
        ).outerjoin(self.own, and_(is_there, self.own.c.from_at == self.known.c.from_at))


def going(step: Step, at: datetime) -> Going:
    """When a step goes to each of those in it, found at an instant."""
    if step.is_personal and not step.is_at_once:
        rows = list(_day_by_day(step, at))
        own, known = _table(rows, "own"), _table(rows, "known")
        return Going(
            func.coalesce(own.c.goes_at, known.c.goes_at),
            func.coalesce(own.c.quiet_from, known.c.quiet_from),
            own,
            known,
        )
    date_of = step.counted_from()
    if step.anchor in RELATIVE and step.is_local and date_of is not None:
        everywhere = step.timing.everywhere(date_of)
        elsewhere = max(everywhere.pop(""), at)
        rows = [
            (code, at, at, max(goes_at, at), max(goes_at, at) - MANNERS)
            for code, goes_at in everywhere.items()
        ]
        own = _table(rows, "own")
        return Going(
            func.coalesce(own.c.goes_at, instant(elsewhere)),
            func.coalesce(own.c.quiet_from, instant(elsewhere - MANNERS)),
            own,
        )
    return Going(instant(at), instant(at - MANNERS))


def _day_by_day(step: Step, at: datetime) -> Iterator[tuple[Any, ...]]:
    """(country, a day from its begin to its end, when it goes to those counted from that day).

    What is counted from the days before them is one row: so late a person is asked.
    """
    timing = step.timing
    today = at.astimezone(timing.zone).date() + timedelta(days=timing.days_before)
    starts = [
        datetime.combine(today + timedelta(days=days), time(), timing.zone).astimezone(UTC)
        for days in DAYS_AROUND
    ]
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    late = at - LATE - timedelta(minutes=1)
    yield "", long_ago, starts[0], late, at - MANNERS
    for start, end in pairwise(starts):
        for code, goes_at in timing.everywhere(start).items():
            # Who was just written to at that hour joins once this is long enough ago.
            yield code, start, end, goes_at, max(goes_at, at) - MANNERS


def _table(rows: list[tuple[Any, ...]], name: str) -> CTE:
    return (
        values(
            column("country", String), column("from_at", UTCDateTime), column("to_at", UTCDateTime),
            column("goes_at", UTCDateTime), column("quiet_from", UTCDateTime), name=name,
        )
        .data(rows)
        .cte(name)
    )  # fmt: skip


def instant(at: datetime) -> ColumnElement[datetime]:
    """An instant as SQL."""
    return literal(at, UTCDateTime())
