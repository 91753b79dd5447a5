"""New people of a file who may be someone we know under another address: to be looked at."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, true

from outreach.advice.duplicates import Known, Pair, judge
from outreach.advice.folding import fold
from outreach.db import reading
from outreach.dialect import among
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.queries.recognised import Recognised

MOST_FOR_ONE = 3
"""A name that half the world bears says nothing."""


def anyone_before(at: datetime) -> bool:
    """Whether we knew anyone before an instant. One row by key."""
    first = select(Stakeholder.created_at).order_by(Stakeholder.id).limit(1)
    created_at = reading().scalar(first)
    return created_at is not None and created_at < at


def likely_known(
    lines: Sequence[tuple[int, Recognised]], before: datetime | None
) -> Iterator[tuple[Pair, Recognised, str]]:
    """(pair, row, the name that we know) of new people who are named like someone we knew, or whose
    address passes for that of someone, or the other way round (case A09).

    lines   (id, row); the number that the new person has, or will have
    before  only who was known then; None for everyone
    Names are the same, in this or another order; whether that is enough, the matcher says.
    Cost: one SELECT by an index for some thousands of them, one more where an address is odd.
    """
    by_name: dict[str, list[tuple[int, Recognised]]] = {}
    by_look: dict[str, list[tuple[int, Recognised]]] = {}
    for id_, line in lines:
        for key in orders_of(line.name_key):
            by_name.setdefault(key, []).append((id_, line))
        address = line.person.address
        if address is not None and address.is_lookalike:
            by_look.setdefault(address.skeleton, []).append((id_, line))
        if line.looked_like:
            by_look.setdefault(line.looked_like, []).append((id_, line))
    found: dict[int, int] = {}
    told: set[tuple[int, int]] = set()
    for column, new in ((Stakeholder.email_key, by_look), (Stakeholder.name_key, by_name)):
        for row in _known(column, new, before) if new else ():
            id_, name_key, email_key, organisation_id, country, full_name, bank = row
            for new_id, line in new[row[2 if new is by_look else 1]]:
                if found.get(new_id, 0) >= MOST_FOR_ONE or (id_, new_id) in told:
                    continue
                looks_like = _key(line) if email_key == line.looked_like else email_key
                known = Known(id_, name_key, email_key, looks_like, organisation_id, country)
                if pair := judge(known, _as_known(new_id, line, organisation_id, bank)):
                    found[new_id] = found.get(new_id, 0) + 1
                    told.add((id_, new_id))
                    yield pair, line, full_name


def _known(column: Any, keys: Collection[str], before: datetime | None) -> Any:
    """Those we know by one of these names, or addresses."""
    return reading().execute(
        select(
            Stakeholder.id,
            Stakeholder.name_key,
            Stakeholder.email_key,
            Stakeholder.organisation_id,
            Stakeholder.country_code,
            Stakeholder.full_name,
            Organisation.name_key,
        )
        .outerjoin(Stakeholder.organisation)
        .where(
            among(column, keys),
            true() if before is None else Stakeholder.created_at < before,
            Stakeholder.merged_into_id.is_(None),
        )
        .order_by(Stakeholder.id)
    )


def orders_of(name_key: str) -> set[str]:
    """The name as it is, and with its last word first or its first word last."""
    words = name_key.split()
    return {name_key, " ".join(words[-1:] + words[:-1]), " ".join(words[1:] + words[:1])} - {""}


def _as_known(id_: int, line: Recognised, other_id: int | None, other_bank: str | None) -> Known:
    """The new person, whose organisation has perhaps no number yet."""
    person, address = line.person, line.person.address
    organisation = fold(person.organisation)
    organisation_id = None
    if organisation:
        organisation_id = other_id if organisation == other_bank else -1
    key = _key(line)
    looks_like = address.skeleton if address and address.is_lookalike else key
    return Known(id_, line.name_key, key, looks_like, organisation_id, person.country)


def _key(line: Recognised) -> str | None:
    return line.person.address.key if line.person.address else None
