"""What a file says of people beside their own row: phones, kinds, tags, other addresses, words in
each language, the team's own fields; compared with what stands there already."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select

from outreach.advice.folding import fold
from outreach.db import reading
from outreach.dialect import among
from outreach.intake.person_row import PersonRow
from outreach.models.answering_address import AnsweringAddress
from outreach.models.custom_field import COLUMNS, PREFIX, CustomSubject, CustomValue
from outreach.models.form_of_address import FormOfAddress
from outreach.models.imports import Rule
from outreach.models.kind import StakeholderKind
from outreach.models.phone import Phone
from outreach.models.tag import StakeholderTag, Tag
from outreach.queries.custom_fields import FieldLine, custom_fields

MODELS: dict[str, Any] = {
    "phones": Phone,
    "stakeholder_kinds": StakeholderKind,
    "stakeholder_tags": StakeholderTag,
    "answering_addresses": AnsweringAddress,
    "forms_of_address": FormOfAddress,
    "custom_values": CustomValue,
}
_KEYS = {
    "phones": Phone.number_key,
    "stakeholder_kinds": StakeholderKind.kind,
    "stakeholder_tags": Tag.name_key,
    "answering_addresses": AnsweringAddress.email_key,
    "forms_of_address": FormOfAddress.language,
    "custom_values": CustomValue.field_id,
}


class Detail(NamedTuple):
    """A row beside a person's own, as the file wants it."""

    code: str
    """Of the field that says so."""
    table: str
    key: Any
    """What tells it from the person's other rows of the table; a tag's is its folded name."""
    values: Mapping[str, Any]


class DetailChange(NamedTuple):
    """A row that is there and gets other values."""

    table: str
    id: int
    changes: Mapping[str, tuple[Any, Any]]


class Found(NamedTuple):
    """What becomes of someone's details."""

    added: tuple[Detail, ...] = ()
    changed: tuple[DetailChange, ...] = ()

    @property
    def codes(self) -> list[str]:
        """The fields concerned."""
        tables = [change.table.replace("_", " ") for change in self.changed]
        return list(dict.fromkeys([*(detail.code for detail in self.added), *tables]))


@dataclass(slots=True)
class PersonDetails:
    """Compares what a file says with what stands there, under one set of rules.

    Cost of a chunk: nothing where the file says nothing, else a SELECT by index for each table.
    """

    rules: Mapping[str, Rule]
    _fields: dict[str, FieldLine] | None = None

    def wanted(self, person: PersonRow) -> list[Detail]:
        """The rows that the file wants."""
        if not (
            person.phone
            or person.kind
            or person.tags
            or person.more
            or person.other_addresses
            or person.assistant_address
            or person.assistants
        ):
            return []
        found: list[Detail] = []
        for place, (number, key, label) in enumerate(person.phone):
            values = {"number": number, "label": label, "is_preferred": place == 0}
            found.append(Detail("phone", "phones", key, values))
        found += [Detail("kind", "stakeholder_kinds", kind, {}) for kind in person.kind]
        for tag in person.tags:
            key = fold(tag) or tag.casefold()
            found.append(Detail("tags", "stakeholder_tags", key, {"name": tag}))
        found += self._addresses(person)
        if person.more:
            found += self._more(person.more)
        return found

    def compared(self, people: Sequence[tuple[int, PersonRow]]) -> dict[int, Found]:
        """{stakeholder: what becomes of their details} for people whom we know."""
        wanted = {id_: self.wanted(person) for id_, person in people}
        tables = {detail.table for details in wanted.values() for detail in details}
        there = {table: _there(table, list(wanted)) for table in tables}
        return {id_: self._found(id_, details, there) for id_, details in wanted.items() if details}

    def _found(
        self, id_: int, details: list[Detail], there: Mapping[str, dict[tuple[int, Any], Any]]
    ) -> Found:
        added, changed = [], []
        for detail in details:
            rule = self.rules.get(detail.code, Rule.FILL)
            row = there[detail.table].get((id_, detail.key))
            if row is None and rule is not Rule.KEEP:
                values = dict(detail.values)
                if detail.table == "phones" and any(k[0] == id_ for k in there["phones"]):
                    values["is_preferred"] = False
                added.append(detail._replace(values=values))
            elif row is not None and (changes := _changes(detail, row, rule)):
                changed.append(DetailChange(detail.table, row.id, changes))
        return Found(tuple(added), tuple(changed))

    def _addresses(self, person: PersonRow) -> Iterator[Detail]:
        own = person.address.key if person.address else ""
        for address in person.other_addresses:
            if address.key != own:
                values = {"email": address.email, "is_assistant": False, "name": ""}
                yield Detail("other_emails", "answering_addresses", address.key, values)
        helper = person.assistant_address
        if helper and helper.key != own:
            values = {"email": helper.email, "is_assistant": True, "name": person.assistant_name}
            yield Detail("assistant_email", "answering_addresses", helper.key, values)
        for address, name, gets_copies in person.assistants:
            if address.key != own:
                values = {"email": address.email, "is_assistant": True, "name": name}
                values["gets_copies"] = gets_copies
                code = "assistants" if gets_copies else "quiet_assistants"
                yield Detail(code, "answering_addresses", address.key, values)

    def _more(self, more: Mapping[str, Any]) -> Iterator[Detail]:
        forms: dict[str, dict[str, str]] = {}
        for code, value in more.items():
            if code.startswith(PREFIX):
                field = self._field(code)
                if field is not None:
                    values = {COLUMNS[field.kind]: value}
                    if isinstance(value, str):
                        values["text_key"] = fold(value) or value.casefold()
                    yield Detail(code, "custom_values", field.id, values)
            else:
                part, _, language = code.rpartition("_")
                forms.setdefault(language, {})[part] = value
        for language, words in forms.items():
            yield Detail(f"{next(iter(words))}_{language}", "forms_of_address", language, words)

    def _field(self, code: str) -> FieldLine | None:
        if self._fields is None:
            self._fields = {field.name: field for field in custom_fields(CustomSubject.PERSON)}
        return self._fields.get(code)


def _changes(detail: Detail, row: Any, rule: Rule) -> dict[str, tuple[Any, Any]]:
    """The columns that get another value; which of several phones is preferred stays."""
    if rule is Rule.KEEP or detail.table == "stakeholder_tags":
        return {}
    changes = {}
    for name, value in detail.values.items():
        now = getattr(row, name)
        may = rule is Rule.OVERWRITE or now in ("", None)
        if name not in ("is_preferred", "is_assistant", "email") and may and value != now:
            changes[name] = (now, value)
    return changes


def _there(table: str, ids: Collection[int]) -> dict[tuple[int, Any], Any]:
    """{(stakeholder, key): row} of a table."""
    model, key = MODELS[table], _KEYS[table]
    statement = select(key.label("the_key"), *model.__table__.columns)
    if model is StakeholderTag:
        statement = statement.join(Tag, Tag.id == StakeholderTag.tag_id)
    rows = reading().execute(statement.where(among(model.stakeholder_id, ids)))
    return {(row.stakeholder_id, row.the_key): row for row in rows}
