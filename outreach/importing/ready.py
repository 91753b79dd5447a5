"""Rows of a file made ready for the database, as far as the file alone says what becomes of them.

Most rows of a large file are people whom nobody knows yet, with a name, an address, an organisation
and an office. What has to be written of them is worked out column by column, by a process of its
own while the database is busy with the rows before; all others are looked at one by one.
"""

import marshal
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, NamedTuple

from outreach.advice.folding import fold_many
from outreach.advice.protocol import Offices
from outreach.importing.cells import turned
from outreach.importing.order import Row
from outreach.intake.addresses import Address
from outreach.intake.person_row import EMPTY, PersonRow, RefusedRow
from outreach.models.target import LOWEST_TIER
from outreach.pouring import Lines, lines_of
from outreach.queries.recognised import name_of

MANY = 1_000

_BESIDE = (
    "star", "decide_on", "alternate", "follower", "kind", "tags", "phone", "other_addresses",
    "owner", "assistant_address", "assistants", "protocol", "more", "warnings",
)  # fmt: skip
"""What more than the two rows of a person follows from."""
_OWN = {
    "given_name": "given_name", "family_name": "family_name", "title": "title",
    "salutation": "salutation", "office": "office", "language": "language",
    "country": "country_code", "gender": "gender", "pronouns": "pronouns", "notes": "notes",
}  # fmt: skip
"""{field of a file: column of a person}"""
_EAST_ASIAN = re.compile("[\u3400-\u9fff\uac00-\ud7a3]")

Columns = Mapping[str, Sequence[Any]]
"""{field of a person: its value in each row}"""


class Ready(NamedTuple):
    """People who are new if nobody is known by what stands here: row by row in the same order."""

    addresses: Sequence[str]
    external_ids: list[str]
    """None at all where no row has one."""
    name_keys: list[str]
    countries: dict[str, str | None]
    """{organisation: the country of the first of its people who has one}"""
    organisations: list[str | None]
    people: Lines
    """All but the organisation's id."""
    places: Lines
    """On the list, all but the person's id."""
    columns: bytes
    """The rows themselves, in case: {field: values}, by marshal."""

    def rows(self, places: Collection[int]) -> list[PersonRow]:
        """Some of them as they were read."""
        whole = marshal.loads(self.columns)  # our own child's
        pairs = zip(whole["address"], self.addresses, strict=True)
        whole["address"] = [Address(email, key, False) for email, key in pairs]
        columns = [whole.get(name, repeat(empty)) for name, empty in _ALL.items()]
        people = list(map(PersonRow._make, zip(*columns, strict=False)))
        return [people[place] for place in sorted(places)]

    def without(self, places: set[int]) -> "Ready":
        """The others, to be written."""

        def others(values: list[Any]) -> list[Any]:
            return [value for place, value in enumerate(values) if place not in places]

        organisations = others(self.organisations)
        return self._replace(
            organisations=organisations,
            countries={name: self.countries[name] for name in set(organisations) - {None}},
            people=self.people.without(places),
            places=self.places.without(places),
        )


class People(NamedTuple):
    """Rows of a file as they were read."""

    columns: Columns
    """{field: a value for each row}; of "row" the rows' numbers."""
    others: Mapping[int, Row]
    """{place: the row itself, where its columns do not say all}"""
    row_count: int


_ALL = {"row": 0, **EMPTY}


def people_of(rows: Sequence[Row]) -> People:
    """The same, which were read one by one."""
    others = {place: row for place, row in enumerate(rows) if isinstance(row, RefusedRow)}
    people = [PersonRow(0) if isinstance(row, RefusedRow) else row for row in rows]
    parts = zip(*people, strict=True) if people else repeat(())
    return People(dict(zip(_ALL, parts, strict=False)), others, len(rows))


@dataclass(frozen=True, slots=True)
class Preparing:
    """What has to be known of an import so that its rows can be made ready.

    place_before  of row 0 of the file on the list
    bound_at      its instant as the driver takes it
    as_copy       for PostgreSQL
    """

    list_id: int
    place_before: int
    bound_at: Any
    offices: Offices
    as_copy: bool
    repeated: Collection[int] = field(default=())

    def ready(self, people: People) -> tuple[Ready | None, list[Row]]:
        """(those that can be made ready, the others)"""
        columns, rest = people.columns, list(people.others.values())
        odd = self._odd(columns) - people.others.keys()
        rest += [_row_at(columns, place) for place in sorted(odd)]
        if apart := odd | people.others.keys():
            places = [place for place in range(people.row_count) if place not in apart]
            columns = {name: turned(values, places) for name, values in columns.items()}
        return (self._made(columns) if len(apart) < people.row_count else None), rest

    def _odd(self, columns: Columns) -> set[int]:
        """The places of those about whom something must be asked, or written elsewhere."""
        odd: set[int] = set()
        for name in _BESIDE:
            values, empty = columns.get(name, ()), EMPTY[name]
            if values and values.count(empty) < len(values):
                odd.update(place for place, value in enumerate(values) if value)
        addresses = columns.get("address") or [None] * len(columns["row"])
        for place, address in enumerate(addresses):
            if address is None or address.is_lookalike:
                odd.add(place)
        if self.repeated:
            odd.update(
                place
                for place, address in enumerate(addresses)
                if address is not None and hash(address.key) in self.repeated
            )
        return odd

    def _made(self, columns: Columns) -> Ready:
        count = len(columns["row"])
        names = _names(columns)
        folded = zip(fold_many(names), names, strict=True)
        keys = [key or name.casefold() for key, name in folded]
        whole = {name: columns.get(name) or [empty] * count for name, empty in _ALL.items()}
        kept = {name: v for name, v in whole.items() if v.count(_ALL[name]) < count}
        emails, addresses, _ = zip(*whole["address"], strict=True)
        return Ready(
            addresses,
            list(whole["external_id"]) if "external_id" in kept else [],
            keys,
            _countries(whole),
            [name or None for name in whole["organisation"]],
            self._people(whole, names, keys, emails, addresses),
            self._places(whole),
            marshal.dumps({**kept, "address": emails}, 2),
        )

    def _people(
        self,
        columns: Columns,
        names: Sequence[str],
        keys: Sequence[str],
        emails: Sequence[str],
        email_keys: Sequence[str],
    ) -> Lines:
        offices = columns["office"]
        follows = {office: self.offices.protocol_of(office) for office in set(offices)}
        whole: dict[str, Sequence[Any]] = {"full_name": names, "name_key": keys}
        whole |= {column: columns[name] for name, column in _OWN.items()}
        if any(columns["time_zone"]):
            whole["time_zone"] = columns["time_zone"]
        whole["external_id"] = [number or None for number in columns["external_id"]]
        whole |= {"email": emails, "email_key": email_keys}
        whole["protocol_category"] = [follows[office].category for office in offices]
        whole["precedence"] = [follows[office].precedence for office in offices]
        at = {"created_at": self.bound_at, "changed_at": self.bound_at}
        return lines_of(whole, at, self.as_copy)

    def _places(self, columns: Columns) -> Lines:
        ranks = zip(columns["rank"], columns["row"], strict=True)
        differing = {
            "tier": [min(tier or 2, LOWEST_TIER) for tier in columns["tier"]],
            "why": columns["why"],
            "rank": [rank or self.place_before + row for rank, row in ranks],
        }
        if any(columns["wave"]):
            differing["wave"] = [wave or 1 for wave in columns["wave"]]
        same = {"list_id": self.list_id, "is_star": False, "created_at": self.bound_at}
        return lines_of(differing, same, self.as_copy)


def _countries(columns: Columns) -> dict[str, str | None]:
    """{organisation: the country of the first of its people in the file who has one}"""
    pairs = set(zip(columns["organisation"], columns["country"], strict=True))
    countries = dict(pairs)
    if len(countries) < len(pairs):
        in_order = sorted(range(len(columns["row"])), key=columns["row"].__getitem__)
        countries = {}
        for place in in_order:
            name, country = columns["organisation"][place], columns["country"][place]
            countries[name] = countries.get(name) or country
    countries.pop("", None)
    return countries


def _row_at(columns: Columns, place: int) -> PersonRow:
    return PersonRow(**{name: values[place] for name, values in columns.items() if name in _ALL})


def _names(columns: Columns) -> list[str]:
    """`name_of` each; of most files put together from its two columns."""
    count = len(columns["row"])
    given, family, full = (
        columns.get(name) or [""] * count for name in ("given_name", "family_name", "full_name")
    )
    if any(full) or _EAST_ASIAN.search("".join(family)):
        return [name_of(_row_at(columns, place)) for place in range(count)]
    names = map(str.strip, map(" ".join, zip(given, family, strict=True)))
    return [name or row.email for name, row in zip(names, columns["address"], strict=True)]


def in_order_of(name_keys: Sequence[str]) -> Sequence[int]:
    """Places; of many in the order of names, as they stand in three indexes, the pages of which are
    then turned once each."""
    if len(name_keys) < MANY:
        return range(len(name_keys))
    return sorted(range(len(name_keys)), key=name_keys.__getitem__)
