"""People of a file without an address or number: who of those we know without one they are."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, true

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.dialect import among
from outreach.intake.person_row import PersonRow
from outreach.models.stakeholder import Stakeholder


def known_without_address(
    people: Iterable[PersonRow], everyone: Select[Any], before: datetime | None
) -> dict[int, Any]:
    """{number of a row: whom we know without an address by this name, at this organisation}.

    everyone  the columns that are wanted of people, their organisations joined
    before    only who was known then: two such rows of one file are two people
    Nobody where two are so named there, or where country or number differ. One SELECT by an index,
    none where every row has an address.
    """
    rows = {person.row: person for person in people if person.name}
    if not rows:
        return {}
    keys = {number: fold(person.name) for number, person in rows.items()}
    there: dict[tuple[str, str], list[Any]] = {}
    wanted = everyone.where(
        among(Stakeholder.name_key, set(keys.values())),
        Stakeholder.email_key.is_(None),
        Stakeholder.merged_into_id.is_(None),
        true() if before is None else Stakeholder.created_at < before,
    )
    for row in reading().execute(wanted.order_by(Stakeholder.id)):
        there.setdefault((row.name_key, row.organisation_key or ""), []).append(row)
    found = {}
    for number, person in rows.items():
        same = there.get((keys[number], fold(person.organisation)), [])
        if len(same) == 1 and not _is_another(person, same[0]):
            found[number] = same[0]
    return found


def _is_another(person: PersonRow, known: Any) -> bool:
    pairs = ((person.country, known.country_code), (person.external_id, known.external_id))
    return any(said and held and said != held for said, held in pairs)
