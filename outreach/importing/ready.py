"""Rows of a file made ready for the database, as far as the file alone says what becomes of them.

Most rows of a large file are people whom nobody knows yet, with a name, an address, an organisation
and an office. What has to be written of them is worked out column by column, by a process of its
own while the database is busy with the rows before; all others are looked at one by one.
"""

import pickle
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from outreach.advice.folding import fold_many
from outreach.advice.protocol import Offices
from outreach.intake.addresses import Address
from outreach.intake.person_row import EMPTY, PersonRow
from outreach.models.target import LOWEST_TIER
from outreach.pouring import Lines, lines_of
from outreach.queries.recognised import name_of

MANY = 1_000

_BESIDE = (
    "star", "kind", "tags", "phone", "other_addresses", "owner", "assistant_address", "more",
    "warnings",
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

    addresses: list[str]
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
    """The rows themselves, in case: {field: values}, pickled."""

    def rows(self, places: Collection[int]) -> list[PersonRow]:
        """Some of them as they were read."""
        whole = pickle.loads(self.columns)  # our own child's
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


_ALL = {"row": 0, **EMPTY}


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

    def ready(self, people: Sequence[PersonRow]) -> tuple[Ready | None, list[PersonRow]]:
        """(those that can be made ready, the others)"""
        if not people:
            return None, []
        odd = self._odd(people)
        plain = [row for place, row in enumerate(people) if place not in odd] if odd else people
        rest = [people[place] for place in sorted(odd)]
        return (self._made(sorted(plain, key=itemgetter(0))) if plain else None), rest

    def _odd(self, people: Sequence[PersonRow]) -> set[int]:
        """The places of those about whom something must be asked, or written elsewhere."""
        columns = _columns(people)
        odd: set[int] = set()
        for name in _BESIDE:
            values, empty = columns[name], EMPTY[name]
            if values.count(empty) < len(values):
                odd.update(place for place, value in enumerate(values) if value)
        for place, address in enumerate(columns["address"]):
            if address is None or address.is_lookalike:
                odd.add(place)
        if self.repeated:
            odd.update(
                place
                for place, address in enumerate(columns["address"])
                if address is not None and hash(address.key) in self.repeated
            )
        return odd

    def _made(self, people: Sequence[PersonRow]) -> Ready:
        columns = _columns(people)
        countries: dict[str, str | None] = {}
        for name, country in zip(columns["organisation"], columns["country"], strict=True):
            if name and not countries.get(name):
                countries[name] = country
        names = _names(people, columns)
        folded = zip(fold_many(names), names, strict=True)
        keys = [key or name.casefold() for key, name in folded]
        in_order = in_order_of(keys)
        columns = {name: _turned(values, in_order) for name, values in columns.items()}
        names, keys = ([values[place] for place in in_order] for values in (names, keys))
        has_numbers = any(columns["external_id"])
        return Ready(
            [address.key for address in columns["address"]],
            list(columns["external_id"]) if has_numbers else [],
            keys,
            countries,
            [name or None for name in columns["organisation"]],
            self._people(columns, names, keys),
            self._places(columns),
            pickle.dumps(_kept(columns)),
        )

    def _people(self, columns: Columns, names: list[str], keys: list[str]) -> Lines:
        offices = columns["office"]
        follows = {office: self.offices.protocol_of(office) for office in set(offices)}
        whole: dict[str, Sequence[Any]] = {"full_name": names, "name_key": keys}
        whole |= {column: columns[name] for name, column in _OWN.items()}
        whole["external_id"] = [number or None for number in columns["external_id"]]
        whole["email"] = [address.email for address in columns["address"]]
        whole["email_key"] = [address.key for address in columns["address"]]
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


def _columns(people: Sequence[PersonRow]) -> dict[str, Sequence[Any]]:
    return dict(zip(_ALL, zip(*people, strict=True), strict=True))


def _turned(values: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """The values in another order; as they are where all are alike, as in most columns."""
    if values.count(values[0]) == len(values):
        return values
    return [values[place] for place in places]


def _kept(columns: Columns) -> Columns:
    """What is not empty, plain texts alone."""
    kept = {name: v for name, v in columns.items() if v.count(_ALL[name]) < len(v)}
    return kept | {"address": [address.email for address in columns["address"]]}


def _names(people: Sequence[PersonRow], columns: Columns) -> list[str]:
    """`name_of` each; of most files put together from its two columns."""
    given, family = columns["given_name"], columns["family_name"]
    if any(columns["full_name"]) or _EAST_ASIAN.search("".join(family)):
        return list(map(name_of, people))
    halves = zip(given, family, columns["address"], strict=True)
    return [f"{one} {other}".strip() or address.email for one, other, address in halves]


def in_order_of(name_keys: Sequence[str]) -> Sequence[int]:
    """Places; of many in the order of names, as they stand in three indexes, the pages of which are
    then turned once each."""
    if len(name_keys) < MANY:
        return range(len(name_keys))
    return sorted(range(len(name_keys)), key=name_keys.__getitem__)
