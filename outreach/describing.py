"""What belongs to a person beside their row: written as a whole, within the caller's transaction.

Phones, kinds, tags, forms of address and the team's own fields each stand in a table of theirs; a
form or an import says what is wanted, and rows are added, changed and taken out accordingly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.advice.protocol import Offices, Protocol
from outreach.db import is_postgresql
from outreach.models.base import Base
from outreach.models.custom_field import COLUMNS, CustomField, CustomSubject, CustomValue
from outreach.models.form_of_address import FormOfAddress
from outreach.models.kind import Kind, StakeholderKind
from outreach.models.office import Office, ProtocolCategory, place_by_hand
from outreach.models.phone import Phone
from outreach.models.stakeholder import Stakeholder
from outreach.models.tag import StakeholderTag, Tag

LONGEST_TAG = 60


@dataclass(frozen=True, slots=True)
class Details:
    """All that is kept of a person beside their own row.

    phones  (number, its key, what it is for), the preferred one first
    forms   {language: (title, salutation)}
    custom  {field id: value}; a field that is not named here stays as it is
    """

    pronouns: str = ""
    time_zone: str | None = None
    owner_id: int | None = None
    protocol: ProtocolCategory | None = None
    """Set by hand; None lets it follow from the office."""
    phones: Sequence[tuple[str, str, str]] = ()
    kinds: Sequence[Kind] = ()
    tags: Sequence[str] = ()
    forms: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    custom: Mapping[int, Any] = field(default_factory=dict)


def describe(session: Session, stakeholder_id: int, details: Details) -> list[str]:
    """Write the details of a person; gives what changed, by its name in the form."""
    whose = {"stakeholder_id": stakeholder_id}
    phones = {
        key: {"number": number, "label": label, "is_preferred": place == 0}
        for place, (number, key, label) in enumerate(details.phones)
    }
    tags: dict[Any, dict[str, Any]] = {id_: {} for id_ in tag_ids(session, details.tags).values()}
    forms = {
        language: {"title": title, "salutation": salutation}
        for language, (title, salutation) in details.forms.items()
        if title or salutation
    }
    kinds: dict[Any, dict[str, Any]] = {kind: {} for kind in details.kinds}
    changed = {
        "phones": _replace(session, Phone, whose, "number_key", phones),
        "kinds": _replace(session, StakeholderKind, whose, "kind", kinds),
        "tags": _replace(session, StakeholderTag, whose, "tag_id", tags),
        "forms of address": _replace(session, FormOfAddress, whose, "language", forms),
    }
    names = [name for name, is_changed in changed.items() if is_changed]
    return names + customise(session, CustomSubject.PERSON, stakeholder_id, details.custom)


def customise(
    session: Session, subject: CustomSubject, id_: int, values: Mapping[int, Any]
) -> list[str]:
    """Write the team's own fields of a person or an organisation; gives the changed ones' labels.

    values  {field id: str, float, date, bool, or None for nothing}; other fields stay
    """
    owner = "stakeholder_id" if subject is CustomSubject.PERSON else "organisation_id"
    changed = []
    for row in session.scalars(select(CustomField).where(CustomField.id.in_(list(values)))).all():
        if row.subject is subject:
            value = values[row.id]
            wanted = {} if value is None else {row.id: value_columns(row, value)}
            if _replace(session, CustomValue, {owner: id_}, "field_id", wanted, only=row.id):
                changed.append(row.label)
    return changed


def value_columns(row: CustomField, value: Any) -> dict[str, Any]:
    """The columns of a CustomValue that hold a value; the others are empty."""
    columns: dict[str, Any] = dict.fromkeys(("text", "text_key", "number", "day", "is_yes"))
    columns[COLUMNS[row.kind]] = value
    if isinstance(value, str):
        columns["text_key"] = fold(value) or value.casefold()
    return columns


def tag_ids(session: Session, names: Iterable[str]) -> dict[str, int]:
    """{folded name: id} of the tags; new ones are made."""
    wanted: dict[str, str] = {}
    for name in names:
        shown = " ".join(name.split())[:LONGEST_TAG]
        if shown:
            wanted.setdefault(fold(shown) or shown.casefold(), shown)
    if not wanted:
        return {}
    dialect = postgresql if is_postgresql() else sqlite
    session.execute(
        dialect.insert(Tag).on_conflict_do_nothing(index_elements=["name_key"]),
        [{"name": wanted[key], "name_key": key} for key in sorted(wanted)],
    )
    rows = session.execute(select(Tag.name_key, Tag.id).where(Tag.name_key.in_(wanted)))
    return {row.name_key: row.id for row in rows}


def offices(session: Session) -> Offices:
    """The offices that carry a protocol category."""
    rows = session.execute(select(Office.name_key, Office.category, Office.precedence))
    return Offices((row.name_key, row.category, row.precedence) for row in rows)


def receive_as(person: Stakeholder, known: Offices, by_hand: ProtocolCategory | None) -> None:
    """Let the protocol category follow from the office, or be what a person of the team said.

    by_hand  None for what follows from the office
    """
    follows = known.protocol_of(person.office)
    if by_hand is not None and by_hand != follows.category:
        follows = Protocol(by_hand, place_by_hand(by_hand))
        person.is_protocol_by_hand = True
    else:
        person.is_protocol_by_hand = False
    person.protocol_category = ProtocolCategory(follows.category) if follows.category else None
    person.precedence = follows.precedence


def _replace(
    session: Session,
    model: type[Base],
    whose: Mapping[str, Any],
    key: str,
    wanted: Mapping[Any, Mapping[str, Any]],
    *,
    only: Any = None,
) -> bool:
    """Leave exactly the rows that are wanted, {key: other columns}; say whether any changed.

    only  of this key alone; rows with another one stay
    """
    conditions = [getattr(model, name) == value for name, value in whose.items()]
    if only is not None:
        conditions.append(getattr(model, key) == only)
    there = {
        getattr(row, key): row for row in session.scalars(select(model).where(*conditions)).all()
    }
    is_changed = False
    for value, row in there.items():
        if value not in wanted:
            session.delete(row)
            is_changed = True
    for value, columns in wanted.items():
        if value not in there:
            session.add(model(**whose, **{key: value}, **columns))
            is_changed = True
            continue
        for name, column in columns.items():
            if getattr(there[value], name) != column:
                setattr(there[value], name, column)
                is_changed = True
    if is_changed:
        session.flush()
    return is_changed
