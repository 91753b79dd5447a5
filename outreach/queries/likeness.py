"""Rows of a file that count as someone known by their likeness, where the importer chose so.

Never where anything speaks against it, where an address passes for another's, where two people
are as alike, or where another row is that person already: such rows stay new, and are put up for a
look.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from outreach.advice.duplicates import Pair
from outreach.db import reading
from outreach.dialect import among
from outreach.intake.addresses import Address
from outreach.intake.person_row import PersonRow, Problem
from outreach.models.imports import Rule
from outreach.models.stakeholder import Stakeholder
from outreach.queries.known_people import EVERYONE
from outreach.queries.recognised import Likely, Recognised
from outreach.queries.recognition import Recogniser
from outreach.queries.suggestions import MOST_FOR_ONE, likely_known

AGAINST = frozenset({"different organisations", "different countries"})
"""Reasons of a pair that speak against its being one person."""


class LikelyRecogniser(Recogniser):
    """A Recogniser to whom a likeness of so many points is enough.

    before  only who was known then is anyone's likeness; None for everyone
    Cost of a chunk: up to three SELECTs by index more.
    """

    def __init__(
        self,
        list_id: int,
        repeated: set[int],
        rules: Mapping[str, str],
        score: int,
        before: datetime | None,
    ) -> None:
        super().__init__(list_id, repeated, rules, before)
        self._score = score
        self._taken: set[int] = set()
        """Whom rows of the file are already: nobody is two rows."""

    def _looked_at_again(self, lines: list[Recognised]) -> list[Recognised]:
        self._taken.update(ln.stakeholder_id for ln in lines if ln.stakeholder_id is not None)
        new = [
            (-place, line)
            for place, line in enumerate(lines, 1)
            if line.stakeholder_id is None and self._is_own(line.person.address)
        ]
        meant = self._meant(pair for pair, _, _ in likely_known(new, self._before))
        if not meant:
            return lines
        rows = {
            row.id: row
            for row in reading().execute(
                EVERYONE.where(among(Stakeholder.id, {pair.second_id for pair in meant.values()}))
            )
        }
        on_list = self._on_list(set(rows))
        found = list(lines)
        for place, pair in meant.items():
            line, row = lines[place - 1], rows[pair.second_id]
            if pair.second_id in self._taken or _contradicts(line.person, row):
                continue
            self._taken.add(row.id)
            found[place - 1] = self._as_likely(line, row, on_list.get(row.id), pair)
        return found

    def _is_own(self, address: Address | None) -> bool:
        """Whether an address passes for no other, and is no other row's as well."""
        if address is None:
            return True
        return not address.is_lookalike and hash(address.key) not in self._repeated

    def _meant(self, pairs: Iterable[Pair]) -> dict[int, Pair]:
        """{place of the row, from 1: its pair} where one person alone is meant."""
        several: dict[int, list[Pair]] = {}
        for pair in pairs:
            several.setdefault(-pair.first_id, []).append(pair)
        meant = {}
        for place, alike in several.items():
            enough = [pair for pair in alike if pair.score >= self._score]
            if len(enough) != 1 or len(alike) >= MOST_FOR_ONE:
                continue
            if not enough[0].is_lookalike and AGAINST.isdisjoint(enough[0].reasons):
                meant[place] = enough[0]
        return meant

    def _as_likely(self, line: Recognised, row: Any, target: Any, pair: Pair) -> Recognised:
        person, address = line.person, line.person.address
        known = self._known_one(person, line.name_key, row, target, [])
        reason = f"Likely {row.full_name} ({pair.score} of 100: {', '.join(pair.reasons)})"
        if address and row.email and self._rules.get("email", Rule.FILL) is Rule.FILL:
            others = (*person.other_addresses, address)
            known = known._replace(person=person._replace(address=None, other_addresses=others))
            reason += f"; {address.email} becomes another address of theirs"
        remark = Problem(person.row, "", f"{reason}.", True)
        likely = Likely(pair.score, tuple(pair.reasons), address.email if address else "")
        return known._replace(likely=likely, remarks=(remark, *known.remarks))


def _contradicts(person: PersonRow, row: Any) -> bool:
    """Whether what the row states is something else than what we know."""
    said = (
        (person.external_id, row.external_id),
        (person.gender, row.gender),
        (person.country, row.country_code),
    )
    return any(one and other and one != other for one, other in said)
