"""People of a file who were made ready as new ones: whether they are, the database says."""

from collections.abc import Collection
from datetime import datetime

from outreach.importing.ready import Ready
from outreach.intake.person_row import PersonRow
from outreach.queries.known_keys import known_addresses, known_external_ids, known_names
from outreach.queries.suggestions import orders_of


def told_apart(
    ready: Ready, *, same_offices: bool, before: datetime | None, passing: Collection[str] = ()
) -> tuple[Ready | None, list[PersonRow]]:
    """(those whom indeed nobody knows, the others as they were read)

    same_offices  what follows from an office is as it was when they were made ready
    passing       addresses for which those of others pass: there is something to tell
    before        who was known then may be named like one of them; None where nobody was
    """
    places = set(range(len(ready.addresses)))
    if same_offices:
        places = _known(ready, before)
        if passing:
            places |= {n for n, key in enumerate(ready.addresses) if key in passing}
    if not places:
        return ready, []
    rest = ready.without(places) if len(places) < len(ready.addresses) else None
    return rest, ready.rows(places)


def _known(ready: Ready, before: datetime | None) -> set[int]:
    addresses = known_addresses(ready.addresses)
    places = {place for place, key in enumerate(ready.addresses) if key in addresses}
    numbers = known_external_ids([number for number in ready.external_ids if number])
    places |= {place for place, number in enumerate(ready.external_ids) if number in numbers}
    if before is not None:
        orders = [orders_of(key) for key in ready.name_keys]
        names = known_names(set().union(*orders), before)
        places |= {place for place, keys in enumerate(orders) if not names.isdisjoint(keys)}
    return places
