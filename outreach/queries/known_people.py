"""Whom we know of the people of a file: by an address, by a number, or by name alone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, true

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.dialect import among
from outreach.intake.person_row import PersonRow
from outreach.models.answering_address import AnsweringAddress
from outreach.models.stakeholder import Organisation, Stakeholder

OWN = {
    "given_name": "given_name",
    "family_name": "family_name",
    "title": "title",
    "salutation": "salutation",
    "office": "office",
    "language": "language",
    "country": "country_code",
    "gender": "gender",
    "notes": "notes",
    "external_id": "external_id",
    "pronouns": "pronouns",
    "time_zone": "time_zone",
}
"""{field of a file: column of a person} where the one is simply the other."""

COLUMNS = (
    Stakeholder.id,
    Stakeholder.full_name,
    Stakeholder.name_key,
    Stakeholder.email,
    Stakeholder.email_key,
    Stakeholder.organisation_id,
    Stakeholder.owner_id,
    Stakeholder.protocol_category,
    Stakeholder.precedence,
    Stakeholder.is_protocol_by_hand,
    *(getattr(Stakeholder, name) for name in OWN.values()),
    Organisation.name_key.label("organisation_key"),
)


EVERYONE = select(*COLUMNS).outerjoin(Stakeholder.organisation)


def known_by_address(people: Sequence[PersonRow]) -> dict[str, list[Any]]:
    """{address: everyone whom we know at it, be it their preferred one or another}"""
    keys = [person.address.key for person in people if person.address]
    if not keys:
        return {}
    known: dict[str, list[Any]] = {}
    preferred = EVERYONE.where(among(Stakeholder.email_key, keys)).order_by(Stakeholder.id)
    for row in reading().execute(preferred):
        known.setdefault(row.email_key, []).append(row)
    for key, row in _at_other_addresses(keys):
        there = known.setdefault(key, [])
        if all(each.id != row.id for each in there):
            there.append(row)
    return known


def known_by_number(people: Sequence[PersonRow]) -> dict[str, Any]:
    """{number in another system: the person who has it}; the first where several have."""
    numbers = [person.external_id for person in people if person.external_id]
    if not numbers:
        return {}
    rows = reading().execute(
        EVERYONE.where(
            among(Stakeholder.external_id, numbers), Stakeholder.merged_into_id.is_(None)
        ).order_by(Stakeholder.id.desc())
    )
    return {row.external_id: row for row in rows}


def known_without_address(people: Iterable[PersonRow], before: datetime | None) -> dict[int, Any]:
    """{number of a row: whom we know without an address by this name, at this organisation}.

    before  only who was known then: two such rows of one file are two people
    Nobody where two are so named there, or where country or number differ. One SELECT by an index,
    none where every row has an address.
    """
    rows = {person.row: person for person in people if person.name}
    if not rows:
        return {}
    keys = {number: fold(person.name) for number, person in rows.items()}
    there: dict[tuple[str, str], list[Any]] = {}
    wanted = EVERYONE.where(
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


def _at_other_addresses(keys: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """(address, person) of those who have one of the addresses beside their preferred one.

    The addresses first, alone: joined, SQLite would go through all people to find the few.
    """
    holders = reading().execute(
        select(AnsweringAddress.email_key, AnsweringAddress.stakeholder_id).where(
            among(AnsweringAddress.email_key, keys), AnsweringAddress.is_assistant.is_(False)
        )
    )
    addresses: dict[int, list[str]] = {}
    for key, id_ in holders:
        addresses.setdefault(id_, []).append(key)
    if not addresses:
        return
    ids = among(Stakeholder.id, list(addresses))
    found = EVERYONE.where(ids, Stakeholder.merged_into_id.is_(None)).order_by(Stakeholder.id)
    for row in reading().execute(found):
        for key in addresses[row.id]:
            yield key, row
