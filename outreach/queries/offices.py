"""Offices that carry a protocol category, who holds them, and what another rule would change."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from outreach.advice.folding import fold
from outreach.advice.protocol import Offices, Protocol
from outreach.db import reading
from outreach.models.office import Office, ProtocolCategory
from outreach.models.stakeholder import Stakeholder

IS_HELD = (
    Stakeholder.office != "",
    Stakeholder.merged_into_id.is_(None),
    Stakeholder.is_protocol_by_hand.is_(False),
)
"""Of people whose category follows from their office."""


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """Words with which an office begins, and what follows from it."""

    id: int
    name: str
    category: ProtocolCategory | None
    precedence: int
    holders: int
    """Whose category follows from it; 0 where it gives none."""


@dataclass(frozen=True, slots=True)
class OfficeSaid:
    """What an administrator says of an office."""

    name: str
    category: ProtocolCategory | None
    precedence: int

    @property
    def key(self) -> str:
        """The name as it is found."""
        return fold(self.name)


@dataclass(frozen=True, slots=True)
class Consequence:
    """An office that people hold, and what would follow from it."""

    office: str
    count: int
    before: Protocol
    after: Protocol


def office_lines() -> list[OfficeLine]:
    """All of them in the order of precedence. Cost: they, and those who have a category."""
    rows = list(_rows())
    known = Offices((row.key, row.category, row.precedence) for _, row in rows)
    held = reading().execute(
        select(Stakeholder.office, func.count())
        .where(*IS_HELD, Stakeholder.protocol_category.is_not(None))
        .group_by(Stakeholder.office)
    )
    counts: dict[str, int] = {}
    for office, count in held:
        beginning = known.beginning_of(office)
        counts[beginning] = counts.get(beginning, 0) + count
    lines = [
        OfficeLine(id_, row.name, row.category, row.precedence, counts.get(row.key, 0))
        for id_, row in rows
    ]
    return sorted(lines, key=lambda line: (line.precedence, line.name.casefold()))


def office(office_id: int) -> OfficeSaid | None:
    """One of them. A row by key."""
    return next((row for id_, row in _rows(office_id)), None)


def consequences(office_id: int | None, said: OfficeSaid | None) -> list[Consequence]:
    """Whose category or place would change, the most first.

    office_id  None for a new one
    said       None where it is retired
    Cost: all people once, for their offices.
    """
    now = dict(_rows())
    then: list[OfficeSaid] = [row for id_, row in now.items() if id_ != office_id]
    return changed_by(now.values(), [*then, said] if said else then)


def changed_by(now: Iterable[OfficeSaid], then: Iterable[OfficeSaid]) -> list[Consequence]:
    """The same, of two whole lists of offices."""
    before = Offices((row.key, row.category, row.precedence) for row in now)
    after = Offices((row.key, row.category, row.precedence) for row in then)
    held = reading().execute(
        select(Stakeholder.office, func.count()).where(*IS_HELD).group_by(Stakeholder.office)
    )
    found = []
    for text, count in held:
        was, becomes = before.protocol_of(text), after.protocol_of(text)
        if was != becomes:
            found.append(Consequence(text, count, was, becomes))
    return sorted(found, key=lambda one: (-one.count, one.office))


def _rows(office_id: int | None = None) -> Iterable[tuple[int, OfficeSaid]]:
    wanted = select(Office.id, Office.name, Office.category, Office.precedence)
    if office_id is not None:
        wanted = wanted.where(Office.id == office_id)
    for id_, name, category, precedence in reading().execute(wanted.order_by(Office.id)):
        yield id_, OfficeSaid(name, category, precedence)
