"""The facets of a person as such: group, place, language, kind, tag, owner, words, own fields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select

from outreach.advice.folding import fold
from outreach.advice.segments import Condition
from outreach.db import reading
from outreach.models.conference import ConstituentGroup, MemberState, Region
from outreach.models.custom_field import CustomSubject, CustomValue
from outreach.models.event import Event
from outreach.models.kind import Kind, StakeholderKind
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.tag import StakeholderTag, Tag
from outreach.models.target import Target, TargetList
from outreach.queries.known_addresses import corrected_address, is_known_domain
from outreach.queries.known_words import has_index
from outreach.queries.own_facets import wanted_values
from outreach.queries.shapes import Ground, Shape, as_set, either
from outreach.queries.words import (
    Wording,
    corrected,
    holds,
    ids,
    is_any_known,
    wording,
)


def _group(one: Condition, ground: Ground) -> Shape:
    """As the organisation stands at the conference, or as a list on which the person is wanted."""
    codes = select(ConstituentGroup.id).where(ConstituentGroup.code.in_(one.values))
    organisations = select(Standing.organisation_id).where(
        Standing.conference_id == ground.conference_id, Standing.group_id.in_(codes)
    )
    lists = (
        select(TargetList.id)
        .join(TargetList.event)
        .where(Event.conference_id == ground.conference_id, TargetList.group_id.in_(codes))
    )
    wanted = select(Target.stakeholder_id).where(Target.list_id.in_(lists))
    by_office = _by_office(organisations, Standing.organisation_id)
    on_list = as_set(wanted, Target.stakeholder_id)
    return Shape(or_(by_office.holds, on_list.holds), either(by_office.ids, wanted))


def _region(one: Condition, ground: Ground) -> Shape:
    """Of the person's own country; where none is known, of the organisation's."""
    codes, organisations = in_regions(one.values, ground)
    return _own_or_office(Stakeholder.country_code, codes, organisations)


def in_regions(regions: Sequence[str], ground: Ground) -> tuple[list[str], Select[Any]]:
    """The countries of some regions of the conference, and SELECT of their organisations."""
    region_ids = select(Region.id).where(
        Region.conference_id == ground.conference_id, Region.code.in_(regions)
    )
    countries = select(MemberState.country_code).where(MemberState.region_id.in_(region_ids))
    codes = list(reading().scalars(countries))
    organisations = (
        select(Organisation.id)
        .outerjoin(
            Standing,
            and_(
                Standing.organisation_id == Organisation.id,
                Standing.conference_id == ground.conference_id,
            ),
        )
        .where(
            or_(
                Standing.region_id.in_(region_ids),
                and_(Standing.region_id.is_(None), Organisation.country_code.in_(codes)),
            )
        )
    )
    return codes, organisations


def _country(one: Condition, _ground: Ground) -> Shape:
    offices = select(Organisation.id).where(Organisation.country_code.in_(one.values))
    return _own_or_office(Stakeholder.country_code, one.values, offices)


def _own_or_office(column: Any, values: Sequence[str], offices: Select[Any]) -> Shape:
    """What the person has there; what the organisation has where nothing is known."""
    own, by_office = column.in_(values), _by_office(offices, Organisation.id)
    people = select(Stakeholder.id).where(own)
    return Shape(
        or_(own, and_(column.is_(None), by_office.holds)),
        either(people, by_office.ids.where(column.is_(None))),
        either(people, by_office.ids),  # without a look at all of whom nothing is known
    )


@dataclass(frozen=True, slots=True)
class _ByOffice:
    """Of one person at a time, at the cost of a look at their organisation, however many there are;
    and those of these organisations together."""

    holds: ColumnElement[bool]
    ids: Select[Any]


def _by_office(offices: Select[Any], id_: Any) -> _ByOffice:
    """offices  SELECT of organisations, by the column that is their id"""
    own = offices.where(id_ == Stakeholder.organisation_id).correlate(Stakeholder)
    ids_ = select(Stakeholder.id).where(Stakeholder.organisation_id.in_(offices))
    return _ByOffice(own.exists(), ids_)


def _language(one: Condition, _ground: Ground) -> Shape:
    """The person's own; the organisation's where none is known, as mail is written."""
    offices = select(Organisation.id).where(Organisation.language.in_(one.values))
    return _own_or_office(Stakeholder.language, one.values, offices)


def _gender(one: Condition, _ground: Ground) -> Shape:
    # No index holds it: whoever gathered them would read the whole table first.
    return Shape(Stakeholder.gender.in_(["" if v == "unstated" else v for v in one.values]))


def _kind(one: Condition, _ground: Ground) -> Shape:
    kinds = [Kind(value) for value in one.values if value in set(Kind)]
    wanted = select(StakeholderKind.stakeholder_id).where(StakeholderKind.kind.in_(kinds))
    return as_set(wanted, StakeholderKind.stakeholder_id)


def _tag(one: Condition, _ground: Ground) -> Shape:
    tags = select(Tag.id).where(Tag.name_key.in_([fold(value) for value in one.values]))
    wanted = select(StakeholderTag.stakeholder_id).where(
        StakeholderTag.tag_id.in_(list(reading().scalars(tags)))
    )
    return as_set(wanted, StakeholderTag.stakeholder_id)


def _owner(one: Condition, _ground: Ground) -> Shape:
    """Who looks after the person, or follows them up on a list."""
    accounts = [int(value) for value in one.values if value != "nobody"]
    own = Stakeholder.owner_id.in_(accounts)
    on_list = select(Target.stakeholder_id).where(Target.owner_id.in_(accounts))
    looked_after = or_(own, on_list.where(Target.stakeholder_id == Stakeholder.id).exists())
    if "nobody" not in one.values:
        return Shape(looked_after, either(select(Stakeholder.id).where(own), on_list))
    followed = exists().where(Target.stakeholder_id == Stakeholder.id, Target.owner_id.is_not(None))
    return Shape(or_(and_(Stakeholder.owner_id.is_(None), not_(followed)), looked_after))


def _address(_one: Condition, _ground: Ground) -> Shape:
    return Shape(Stakeholder.email.is_not(None))


def _words(one: Condition, _ground: Ground) -> Shape:
    """A word that no name holds stands for the known ones nearest to it."""
    wanted = [meant for value in one.values if (meant := as_meant(value)) is not None]
    if not wanted:
        return Shape(false())
    found = [ids(meant) for meant in wanted]
    is_gathered = all(part is not None for part in found)
    gathered = either(*[part for part in found if part is not None]) if is_gathered else None
    return Shape(or_(*[holds(meant) for meant in wanted]), gathered)


def as_meant(typed: str) -> Wording | None:
    """What someone typed, typos corrected where a word is in no name, or an address nobody's.

    The domain of somebody's address is no words.
    """
    wanted = wording(typed)
    if wanted is not None and wanted.domain and is_known_domain(wanted.domain):
        return replace(wanted, words=())
    if wanted is not None and "@" in wanted.address.strip("@"):
        near = corrected_address(wanted.address)
        return wording(near) if near else wanted
    if wanted is None or "@" in typed or not has_index():
        return wanted
    if all(is_any_known(word) for word in wanted.words):
        return wanted
    return corrected(wanted) or wanted


def custom(one: Condition, _ground: Ground) -> Shape:
    """Of a custom field of the person's own, or of their organisation."""
    subject, wanted = wanted_values(one)
    if subject is None:
        return Shape(false())
    if subject is CustomSubject.ORGANISATION:
        offices = select(CustomValue.organisation_id).where(*wanted)
        of_them = _by_office(offices, CustomValue.organisation_id)
        return Shape(of_them.holds, of_them.ids)
    own = select(CustomValue.stakeholder_id).where(*wanted, CustomValue.stakeholder_id.is_not(None))
    return as_set(own, CustomValue.stakeholder_id)


BUILDERS: dict[str, Callable[[Condition, Ground], Shape]] = {
    "group": _group,
    "region": _region,
    "country": _country,
    "language": _language,
    "gender": _gender,
    "kind": _kind,
    "tag": _tag,
    "owner": _owner,
    "address": _address,
    "words": _words,
}
"""{facet: what a condition on it becomes}"""
