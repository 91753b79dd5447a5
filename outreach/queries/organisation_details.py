"""What a file says of organisations beside their own row: fields of the team, focal points."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.dialect import among
from outreach.intake.organisation_row import OrganisationRow
from outreach.models.custom_field import COLUMNS, CustomSubject, CustomValue
from outreach.models.focal_point import FocalPoint
from outreach.models.imports import Rule
from outreach.models.stakeholder import Stakeholder
from outreach.queries.custom_fields import custom_fields
from outreach.queries.organisation_lines import Appointed, OrganisationLine


class OwnFields:
    """The team's own fields of known organisations. Two SELECTs."""

    def __init__(self, ids: Collection[int], rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._fields = {line.name: line for line in custom_fields(CustomSubject.ORGANISATION)}
        rows = reading().scalars(select(CustomValue).where(among(CustomValue.organisation_id, ids)))
        self._there = {(row.organisation_id, row.field_id): row for row in rows}

    def compare(self, line: OrganisationLine) -> None:
        """Note what is filled in or changed."""
        added: list[tuple[int, Mapping[str, Any]]] = []
        changed = []
        for code, said in line.said.more.items():
            own, rule = self._fields.get(code), self._rules.get(code, Rule.FILL)
            there = self._there.get((line.organisation_id, own.id)) if own else None
            now = there.value if there else None
            if own is None or not rule.allows(now is not None, now, said):
                continue
            columns = {COLUMNS[own.kind]: said}
            if isinstance(said, str):
                columns["text_key"] = fold(said) or said.casefold()
            if there is None:
                added.append((own.id, columns))
            else:
                changes = {name: (getattr(there, name), new) for name, new in columns.items()}
                changed.append((there.id, changes))
            line.fields.append(own.label)
        line.own_added, line.own_changed = added, changed


class Appointments:
    """Who speaks for organisations, and whom a file names. Two SELECTs, where it names anyone."""

    def __init__(
        self,
        rows: Sequence[OrganisationRow],
        ids: Collection[int],
        conference_id: int | None,
        rules: Mapping[str, Rule],
    ) -> None:
        self._rule = rules.get("focal_point", Rule.FILL)
        self._conference_id = conference_id
        keys = {row.focal_point.key for row in rows if row.focal_point}
        self._people: dict[str, list[int]] = {}
        self._current: dict[int, FocalPoint] = {}
        if not keys:
            return
        people = select(Stakeholder.email_key, Stakeholder.id).where(
            among(Stakeholder.email_key, keys), Stakeholder.merged_into_id.is_(None)
        )
        for key, id_ in reading().execute(people.order_by(Stakeholder.id)):
            self._people.setdefault(key or "", []).append(id_)
        current = select(FocalPoint).where(
            FocalPoint.conference_id == (conference_id or 0),
            among(FocalPoint.organisation_id, ids),
            FocalPoint.ended_at.is_(None),
        )
        self._current = {row.organisation_id: row for row in reading().scalars(current)}

    def compare(self, line: OrganisationLine) -> None:
        """Note who is to speak for it, or why nobody is."""
        said = line.said
        if said.focal_point is None or self._conference_id is None:
            return
        there = self._current.get(line.organisation_id or 0)
        people = self._people.get(said.focal_point.key, [])
        if not people:
            reason = "is nobody’s address whom we know; import people first"
        elif len(people) > 1:
            reason = f"is the address of {len(people)} people; name the focal point on its page"
        elif not self._may_speak(people[0], there):
            return
        elif not (said.focal_authorised_by and said.focal_authorised_on):
            reason = "cannot speak for it: say who authorised that, and on which day"
        else:
            line.appointed = Appointed(
                people[0], said.focal_authorised_by, said.focal_authorised_on,
                there.id if there else None,
            )  # fmt: skip
            line.fields.append("focal point")
            return
        line.remark(f"{said.focal_point.email} {reason}.")

    def _may_speak(self, person: int, there: FocalPoint | None) -> bool:
        current = there.stakeholder_id if there else None
        return person != current and self._rule.allows(current, current, person)
