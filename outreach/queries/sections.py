"""The conditional sections of a letter, asked of an audience: which of them hold for whom."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select

from outreach.advice.sections import Condition, Facts, UnfitSection, conditions_in
from outreach.db import reading
from outreach.models.conference import ConstituentGroup
from outreach.models.kind import KINDS, StakeholderKind
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import Target, TargetList
from outreach.models.template import TemplateText
from outreach.queries.stakeholders import matching


def conditions_of(version_id: int) -> list[Condition]:
    """The distinct conditions of a version's texts, in all its languages. One SELECT."""
    rows = reading().execute(
        select(TemplateText.subject, TemplateText.body).where(TemplateText.version_id == version_id)
    )
    found: set[Condition] = set()
    for row in rows:
        try:
            found |= set(conditions_in(row.subject, row.body))
        except UnfitSection:
            continue  # its mails are held, with this reason (delivery.render)
    return sorted(found)


def held_sections(
    conditions: Sequence[Condition], is_star: ColumnElement[bool], group_id: ColumnElement[Any]
) -> ColumnElement[Any]:
    """What `Facts.held` says, for each row of a statement over Stakeholder and Organisation."""
    if not conditions:
        return literal("")
    # In the order of their keys, each with what parts it from the one before, whichever that is.
    written: ColumnElement[Any] = literal("")
    for one in sorted(conditions, key=lambda condition: condition.key):
        written = written + case(
            (holds(one, is_star, group_id), literal("; " + one.key)), else_=literal("")
        )
    return func.substr(written, 3)


def holds(
    condition: Condition, is_star: ColumnElement[bool], group_id: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whether a condition holds, as SQL; never NULL."""
    if condition.what == "star":
        return func.coalesce(is_star, False)
    if condition.what == "group":
        ids = select(ConstituentGroup.id).where(ConstituentGroup.code.in_(condition.values))
        return func.coalesce(group_id.in_(ids), False)
    if condition.what == "language":
        return func.coalesce(reads().in_(condition.values), False)
    is_of_kind = (
        select(StakeholderKind.id)
        .where(
            StakeholderKind.stakeholder_id == Stakeholder.id,
            StakeholderKind.kind.in_(condition.values),
        )
        .correlate_except(StakeholderKind)
    )
    return is_of_kind.exists()


def reads() -> ColumnElement[Any]:
    """The language that someone reads, as far as we know; "" where nothing is known."""
    return func.coalesce(
        func.nullif(Stakeholder.language, ""), func.nullif(Organisation.language, ""), ""
    )


def facts_of_person(stakeholder_id: int) -> Facts:
    """What sections may ask of someone, by the latest list they stand on. Two SELECTs by key."""
    language = reading().scalar(
        select(reads())
        .select_from(Stakeholder)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .where(Stakeholder.id == stakeholder_id)
    )
    target = (
        reading()
        .execute(
            select(Target.is_star, ConstituentGroup.code)
            .join(TargetList, TargetList.id == Target.list_id)
            .join(ConstituentGroup, ConstituentGroup.id == TargetList.group_id)
            .where(Target.stakeholder_id == stakeholder_id)
            .order_by(Target.is_star.desc(), Target.id.desc())
            .limit(1)
        )
        .one_or_none()
    )
    is_star, group = (bool(target[0]), target[1]) if target else (False, "")
    kinds = reading().scalars(
        select(StakeholderKind.kind).where(StakeholderKind.stakeholder_id == stakeholder_id)
    )
    return Facts(is_star, group, [kind.value for kind in kinds], language or "")


def codes() -> dict[str, list[tuple[str, str]]]:
    """{what a section asks for: its (code, words)}, for those who write one. One SELECT."""
    groups = reading().execute(
        select(ConstituentGroup.code, ConstituentGroup.name).order_by(ConstituentGroup.position)
    )
    return {
        "kind": [(kind.value, words) for kind, words in KINDS.items()],
        "group": [(code, name) for code, name in groups],
    }


def people_to_read_as(words: str, *, limit: int = 8) -> list[tuple[int, str, str]]:
    """(id, name, organisation) of people of this name, for a preview. Cost: see `matching`."""
    statement = (
        select(Stakeholder.id, Stakeholder.full_name, func.coalesce(Organisation.name, ""))
        .outerjoin(Stakeholder.organisation)
        .where(Stakeholder.merged_into_id.is_(None))
        .order_by(Stakeholder.name_key, Stakeholder.id)
        .limit(limit)
    )
    if (wanted := matching(words)) is not None:
        statement = statement.where(wanted)
    return [(id_, name, organisation) for id_, name, organisation in reading().execute(statement)]
