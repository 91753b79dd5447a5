"""People as the rows of a file: everything that an import reads again, and how they answered."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, select
from sqlalchemy.orm import aliased

from outreach.advice.segments import Rule
from outreach.db import reading
from outreach.intake.fields import FIELDS
from outreach.intake.several import in_one_cell, line_of
from outreach.intake.words import fold
from outreach.models.account import Account
from outreach.models.answering_address import AnsweringAddress
from outreach.models.custom_field import CustomSubject, as_text
from outreach.models.form_of_address import FormOfAddress
from outreach.models.invitation import Invitation
from outreach.models.kind import KINDS, Kind, StakeholderKind
from outreach.models.office import CATEGORIES, ProtocolCategory
from outreach.models.phone import Phone
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.tag import StakeholderTag, Tag
from outreach.models.target import Target, TargetList
from outreach.queries.custom_fields import FieldLine, custom_fields, custom_values, headings_of
from outreach.queries.keyset import page
from outreach.queries.segments import conditions_of
from outreach.queries.shapes import IS_KEPT, Ground

Cell = str | int | date | None
BATCH = 1_000

_FOLLOWER = aliased(Account)

_OWN: dict[str, Any] = {
    "Name": Stakeholder.full_name,
    "Given name": Stakeholder.given_name,
    "Family name": Stakeholder.family_name,
    "Title": Stakeholder.title,
    "Salutation": Stakeholder.salutation,
    "Office": Stakeholder.office,
    "Email": Stakeholder.email,
    "Organisation": Organisation.name,
    "Country": Stakeholder.country_code,
    "Language": Stakeholder.language,
    "Gender": Stakeholder.gender,
    "Pronouns": Stakeholder.pronouns,
    "Time zone": Stakeholder.time_zone,
}
_WANTED: dict[str, Any] = {
    "Star": case((Target.is_star, "yes"), else_=""),
    "Tier": Target.tier,
    "Rank": Target.rank,
    "Why": Target.why,
    "Wave": Target.wave,
    "Decide by": Target.decide_on,
    "Alternate": case((Target.is_alternate, "yes"), else_=""),
    "Followed up by": func.coalesce(_FOLLOWER.email, ""),
}
_MORE: dict[str, Any] = {"Notes": Stakeholder.notes, "External id": Stakeholder.external_id}
_ANSWER: dict[str, Any] = {"Answer": Invitation.state}
_BESIDE = (
    "Phone", "Kind", "Tags", "Other e-mail addresses", FIELDS["assistants"].label,
    FIELDS["quiet_assistants"].label, "Owner", FIELDS["protocol"].label,
)  # fmt: skip
_FORMS = {
    code: field.label
    for code, field in FIELDS.items()
    if code.startswith(("title_", "salutation_"))
}
"""{what is written of a form of address in one language: its heading}; as an import reads it."""


def export_fields() -> list[FieldLine]:
    """The team's own fields of people, which an export holds too."""
    return custom_fields(CustomSubject.PERSON)


def headers(fields: Sequence[FieldLine], *, of_list: bool) -> list[str]:
    """The first line of the file. All but `Answer` are read again by an import."""
    whole = _OWN | _WANTED | _MORE | _ANSWER if of_list else _OWN | _MORE
    return [*whole, *_BESIDE, *_FORMS.values(), *headings_of(fields, is_heading)]


def is_heading(text: str) -> bool:
    """Whether a column of our own export is called so."""
    return fold(text) in _headings()


@cache
def _headings() -> frozenset[str]:
    ours = (*_OWN, *_WANTED, *_MORE, *_ANSWER, *_BESIDE, *_FORMS.values())
    return frozenset(map(fold, ours))


def rows_of_list(list_id: int, fields: Sequence[FieldLine]) -> Iterator[tuple[Cell, ...]]:
    """A whole list by rank. Cost: each row once, a thousand at a time; eight SELECTs for each."""
    columns: list[Any] = [Stakeholder.id, *(_OWN | _WANTED | _MORE | _ANSWER).values()]
    statement = (
        select(*columns)
        .select_from(Target)
        .join(TargetList, Target.list_id == TargetList.id)
        .join(Stakeholder, Target.stakeholder_id == Stakeholder.id)
        .outerjoin(Organisation, Stakeholder.organisation_id == Organisation.id)
        .outerjoin(_FOLLOWER, _FOLLOWER.id == Target.owner_id)
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == Target.stakeholder_id,
                Invitation.event_id == TargetList.event_id,
            ),
        )
        .where(Target.list_id == list_id)
    )
    return _rows(statement, (Target.rank.expression, Target.id.expression), fields)


def rows_of_people(
    rule: Rule, ground: Ground, fields: Sequence[FieldLine]
) -> Iterator[tuple[Cell, ...]]:
    """Those who fit, in the order in which they were added. Cost: see `rows_of_list`."""
    columns: list[Any] = [Stakeholder.id, *(_OWN | _MORE).values()]
    statement = (
        select(*columns)
        .outerjoin(Organisation, Stakeholder.organisation_id == Organisation.id)
        .where(IS_KEPT, *conditions_of(rule, ground))
    )
    return _rows(statement, (Stakeholder.id.expression,), fields)


def _rows(
    statement: Select[Any], order: tuple[Any, ...], fields: Sequence[FieldLine]
) -> Iterator[tuple[Cell, ...]]:
    after: str | None = None
    while True:
        rows, after = page(statement, order, after, limit=BATCH)
        ids = [row[0] for row in rows]
        beside = _beside(ids)
        own = custom_values(CustomSubject.PERSON, ids) if fields else {}
        for row in rows:
            held = own.get(row[0], {})
            yield (
                *row[1 : len(row) - len(order)],
                *[part.get(row[0], "") for part in beside],
                *[as_text(held.get(field.id)) for field in fields],
            )
        if after is None:
            return


def _beside(ids: Sequence[int]) -> list[dict[int, str]]:
    """{whose: text} for each of _BESIDE and _FORMS."""
    session = reading()
    phones = (
        select(Phone.stakeholder_id, Phone.number, Phone.label)
        .where(Phone.stakeholder_id.in_(ids))
        .order_by(Phone.is_preferred.desc(), Phone.id)
    )
    kinds = select(StakeholderKind.stakeholder_id, StakeholderKind.kind).where(
        StakeholderKind.stakeholder_id.in_(ids)
    )
    tags = (
        select(StakeholderTag.stakeholder_id, Tag.name)
        .join(Tag, Tag.id == StakeholderTag.tag_id)
        .where(StakeholderTag.stakeholder_id.in_(ids))
        .order_by(Tag.name_key)
    )
    own = (
        select(
            Stakeholder.id, Account.email,
            case((Stakeholder.is_protocol_by_hand, Stakeholder.protocol_category)),
        )
        .outerjoin(Account, Account.id == Stakeholder.owner_id)
        .where(Stakeholder.id.in_(ids))
    )  # fmt: skip
    own_rows = list(session.execute(own))
    return [
        _joined(((id_, line_of(*phone)) for id_, *phone in session.execute(phones)), "\n"),
        _joined(sorted((id_, KINDS[Kind(kind)]) for id_, kind in session.execute(kinds))),
        _joined((id_, in_one_cell([name])) for id_, name in session.execute(tags)),
        *_addresses(ids),
        {id_: owner for id_, owner, _ in own_rows if owner},
        {id_: CATEGORIES[ProtocolCategory(code)] for id_, _, code in own_rows if code},
        *_forms(ids),
    ]


def _addresses(ids: Sequence[int]) -> list[dict[int, str]]:
    """{whose: text} of their other addresses, of assistants who get copies, and of the others."""
    rows = reading().execute(
        select(
            AnsweringAddress.stakeholder_id, AnsweringAddress.email, AnsweringAddress.name,
            AnsweringAddress.is_assistant, AnsweringAddress.gets_copies,
        )
        .where(AnsweringAddress.stakeholder_id.in_(ids))
        .order_by(AnsweringAddress.id)
    )  # fmt: skip
    addresses, assistants, quiet = (
        list[tuple[int, str]](),
        list[tuple[int, str]](),
        list[tuple[int, str]](),
    )
    for id_, email, name, is_assistant, gets_copies in rows:
        if is_assistant:
            (assistants if gets_copies else quiet).append((id_, line_of(email, name)))
        else:
            addresses.append((id_, email))
    return [_joined(addresses), _joined(assistants, "\n"), _joined(quiet, "\n")]


def _forms(ids: Sequence[int]) -> list[dict[int, str]]:
    """{whose: text} for each of _FORMS."""
    found: dict[str, dict[int, str]] = {code: {} for code in _FORMS}
    rows = select(FormOfAddress).where(FormOfAddress.stakeholder_id.in_(ids))
    for form in reading().scalars(rows):
        for part in ("title", "salutation"):
            if (code := f"{part}_{form.language}") in found:
                found[code][form.stakeholder_id] = getattr(form, part)
    return list(found.values())


def _joined(pairs: Iterable[tuple[int, str]], between: str = ", ") -> dict[int, str]:
    found: dict[int, str] = {}
    for id_, word in pairs:
        found[id_] = f"{found[id_]}{between}{word}" if id_ in found else word
    return found


def list_count(list_id: int) -> int:
    """How many stand on a list. Cost: they, by an index."""
    wanted = select(func.count(literal(1))).where(Target.list_id == list_id)
    return reading().scalar(wanted) or 0
