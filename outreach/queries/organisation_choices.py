"""Organisations to choose for a list: found by words, or by the names of a pasted column."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select, true

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.models.conference import ConstituentGroup
from outreach.models.event import Event
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.stakeholder import Organisation, Standing
from outreach.models.target import TargetList
from outreach.queries.words import corrected, office_ids, wording

FOUND = 20


@dataclass(frozen=True, slots=True)
class OrganisationFound:
    """An organisation that may be put on a list."""

    id: int
    name: str
    group: str | None
    country_code: str | None
    target_id: int | None
    """Where it is on the list already."""


def organisations_for(list_id: int, words: str) -> list[OrganisationFound]:
    """Organisations whose names hold the words, or the words nearest to them; 20 at the most.

    Cost: the organisations by name until 20 are found; once through where there are fewer.
    """
    found = _found(list_id, _hold_words(words))
    wanted = wording(words)
    if found or wanted is None:
        return found
    meant = corrected(wanted)
    return _found(list_id, Organisation.id.in_(office_ids(meant.words))) if meant else []


def _hold_words(words: str) -> ColumnElement[bool]:
    keys = fold(words[:100].replace("\0", "")).split()[:6]
    return and_(true(), *[Organisation.name_key.contains(key, autoescape=True) for key in keys])


def _found(list_id: int, these: ColumnElement[bool]) -> list[OrganisationFound]:
    of = OrganisationTarget
    rows = reading().execute(
        select(
            Organisation.id, Organisation.name, ConstituentGroup.name, Organisation.country_code,
            of.id,
        )
        .select_from(TargetList)
        .join(Event, Event.id == TargetList.event_id)
        .join(Organisation, these)
        .outerjoin(
            Standing,
            and_(
                Standing.organisation_id == Organisation.id,
                Standing.conference_id == Event.conference_id,
            ),
        )
        .outerjoin(ConstituentGroup, ConstituentGroup.id == Standing.group_id)
        .outerjoin(of, and_(of.organisation_id == Organisation.id, of.list_id == TargetList.id))
        .where(TargetList.id == list_id)
        .order_by(Organisation.name_key)
        .limit(FOUND)
    )  # fmt: skip
    return [OrganisationFound(*row) for row in rows]


def organisations_named(names: Sequence[str]) -> dict[str, int]:
    """{name as given: id} of those that there are, however they are spelt. One SELECT by index."""
    keys = {name: fold(name) or name.casefold() for name in names}
    rows = reading().execute(
        select(Organisation.name_key, Organisation.id).where(
            Organisation.name_key.in_(set(keys.values()))
        )
    )
    known = {row.name_key: row.id for row in rows}
    return {name: known[key] for name, key in keys.items() if key in known}
