"""Who fits a rule (`outreach.advice.segments`): the one place where a rule becomes SQL.

`people_matching` is the SELECT that campaigns, letters, pages, bulk actions and exports use. A
rule that names what is not there (a list that was deleted, a region of another conference) fits
nobody, or with `not` everybody, and `unknown_names` says what it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    not_,
    or_,
    select,
    true,
    union_all,
)

from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.models.attendance import Attendance
from outreach.models.conference import ConstituentGroup, MemberState, Region
from outreach.models.event import Event, EventKind
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, MessageState
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.star import Star, StarStage
from outreach.models.step import GIVEN
from outreach.models.target import Target, TargetList
from outreach.queries.stakeholders import matching

HAVE_LEFT = (
    MessageState.ACCEPTED,
    MessageState.DELIVERED,
    MessageState.BOUNCED,
    MessageState.COMPLAINED,
)
"""Mail in these states went out: its person was written to."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A condition in two shapes; which is cheaper depends on how many it fits."""

    holds: ColumnElement[bool]
    """Of one stakeholder at a time: for statements that walk through people in some order."""
    ids: Select[Any] | None = None
    """Those whom it fits, gathered by an index; None where only a walk finds them."""

    @property
    def lacks(self) -> ColumnElement[bool]:
        """Where it does not hold, or nothing is known."""
        return self.holds.is_not(true())


@dataclass(frozen=True, slots=True)
class Ground:
    """What a rule's words refer to."""

    conference_id: int
    at: datetime
    list_code: str = ""
    """Where the rule stands on a list's page: of which its `star`, `tier` and `wave` are."""
    event_code: str = ""
    """The event that is meant where a condition names none; the conference itself else."""

    def event_id(self, code: str) -> int | None:
        """The event of a code; with none, the one that is meant."""
        code = code or self.event_code
        wanted = Event.code == code if code else Event.kind == EventKind.CONFERENCE
        return reading().scalar(
            select(Event.id)
            .where(Event.conference_id == self.conference_id, wanted)
            .order_by(Event.id)
            .limit(1)
        )


def people_matching(rule: Rule, *, conference_id: int, at: datetime) -> Select[Any]:
    """SELECT of the ids of those who fit; never someone merged into another.

    Use it as `Stakeholder.id.in_(people_matching(…))` or in INSERT … SELECT. It is one statement
    whatever the rule; building it asks for the ids of the events that the rule names.
    """
    ground = Ground(conference_id, at)
    return select(Stakeholder.id).where(
        Stakeholder.merged_into_id.is_(None), *conditions_of(rule, ground)
    )


def conditions_of(rule: Rule, ground: Ground) -> list[ColumnElement[bool]]:
    """The rule as conditions on `Stakeholder`, each gathered by an index where one is there."""
    return [_gathered(one, ground) for one in rule.conditions]


def _gathered(one: Condition, ground: Ground) -> ColumnElement[bool]:
    shape = shape_of(one, ground)
    if one.is_not:
        return shape.lacks
    if shape.ids is None:
        return shape.holds
    return Stakeholder.id.in_(shape.ids.correlate(None))


def shape_of(one: Condition, ground: Ground) -> Shape:
    """A condition, as if it were wanted, in both shapes."""
    builder = _BUILDERS.get(one.facet)
    return builder(one, ground) if builder else Shape(false())


def _plain(column: Any, values: Sequence[str]) -> Shape:
    holds = column.in_(values)
    return Shape(holds, select(Stakeholder.id).where(holds))


def _set(ids: Select[Any], column: Any) -> Shape:
    """Of a SELECT of stakeholder ids, and the column that it selects."""
    return Shape(ids.where(column == Stakeholder.id).exists(), ids)


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
    by_office = Stakeholder.organisation_id.in_(organisations)
    holds = or_(by_office, wanted.where(Target.stakeholder_id == Stakeholder.id).exists())
    return Shape(holds, _either(select(Stakeholder.id).where(by_office), wanted))


def _region(one: Condition, ground: Ground) -> Shape:
    """Of the person's own country; where none is known, of the organisation's."""
    region_ids = select(Region.id).where(
        Region.conference_id == ground.conference_id, Region.code.in_(one.values)
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
    return _of_own_or_office(codes, organisations)


def _country(one: Condition, _ground: Ground) -> Shape:
    offices = select(Organisation.id).where(Organisation.country_code.in_(one.values))
    return _of_own_or_office(one.values, offices)


def _of_own_or_office(codes: Sequence[str], organisations: Select[Any]) -> Shape:
    own = Stakeholder.country_code.in_(codes)
    by_office = and_(
        Stakeholder.country_code.is_(None), Stakeholder.organisation_id.in_(organisations)
    )
    people = select(Stakeholder.id)
    return Shape(or_(own, by_office), _either(people.where(own), people.where(by_office)))


def _language(one: Condition, _ground: Ground) -> Shape:
    """The person's own; the organisation's where none is known, as mail is written."""
    own = Stakeholder.language.in_(one.values)
    offices = select(Organisation.id).where(Organisation.language.in_(one.values))
    by_office = and_(Stakeholder.language.is_(None), Stakeholder.organisation_id.in_(offices))
    people = select(Stakeholder.id)
    return Shape(or_(own, by_office), _either(people.where(own), people.where(by_office)))


def _gender(one: Condition, _ground: Ground) -> Shape:
    return _plain(Stakeholder.gender, ["" if v == "unstated" else v for v in one.values])


def _owner(one: Condition, _ground: Ground) -> Shape:
    """Whoever follows the person up on a list."""
    ids = [int(value) for value in one.values if value != "nobody"]
    shape = _set(
        select(Target.stakeholder_id).where(Target.owner_id.in_(ids)), Target.stakeholder_id
    )
    if "nobody" not in one.values:
        return shape
    nobody = not_(
        exists().where(Target.stakeholder_id == Stakeholder.id, Target.owner_id.is_not(None))
    )
    return Shape(or_(nobody, shape.holds))


def _list(one: Condition, _ground: Ground) -> Shape:
    ids = list(reading().scalars(select(TargetList.id).where(TargetList.code.in_(one.values))))
    return _set(select(Target.stakeholder_id).where(Target.list_id.in_(ids)), Target.stakeholder_id)


def _on_list(one: Condition, ground: Ground, *wanted: ColumnElement[bool]) -> Shape:
    """Of the list that is named, or any of the conference."""
    code = one.of or ground.list_code
    lists = select(TargetList.id).join(TargetList.event)
    meant = TargetList.code == code if code else Event.conference_id == ground.conference_id
    ids = select(Target.stakeholder_id).where(Target.list_id.in_(lists.where(meant)), *wanted)
    return _set(ids, Target.stakeholder_id)


def _star(one: Condition, ground: Ground) -> Shape:
    nominated = select(Star.target_id).where(Star.stage == StarStage.NOMINATED)
    wanted: list[Any] = []
    if "yes" in one.values:
        wanted.append(Target.is_star)
    if "nominated" in one.values:
        wanted.append(Target.id.in_(nominated))
    return _on_list(one, ground, or_(*wanted))


def _tier(one: Condition, ground: Ground) -> Shape:
    return _on_list(one, ground, Target.tier.in_([int(value) for value in one.values]))


def _wave(one: Condition, ground: Ground) -> Shape:
    return _on_list(one, ground, Target.wave.in_([int(value) for value in one.values]))


def _answer(one: Condition, ground: Ground) -> Shape:
    event_id = ground.event_id(one.of)
    if event_id is None:
        return Shape(false())
    of_event = select(Invitation.stakeholder_id).where(
        Invitation.event_id == event_id,
        Invitation.withdrawn_at.is_(None),
        Invitation.merged_into_id.is_(None),
    )
    states = [InvitationState(value) for value in one.values if value in set(InvitationState)]
    states += GIVEN if "answered" in one.values else ()
    shape = _set(of_event.where(Invitation.state.in_(states)), Invitation.stakeholder_id)
    if "not_asked" not in one.values:
        return shape
    asked = exists().where(
        Invitation.event_id == event_id, Invitation.stakeholder_id == Stakeholder.id
    )
    return Shape(or_(not_(asked), shape.holds))


def _due(one: Condition, ground: Ground) -> Shape:
    """Silent, with a reply-by in some days, or in the past."""
    event_id = ground.event_id(one.of)
    spans: list[ColumnElement[bool]] = []
    for value in one.values:
        if value == "past":
            spans.append(Invitation.reply_by <= ground.at)
        else:
            until = ground.at + timedelta(days=int(value.partition("-")[2]))
            spans.append(and_(Invitation.reply_by > ground.at, Invitation.reply_by <= until))
    ids = select(Invitation.stakeholder_id).where(
        Invitation.event_id == (event_id or 0),
        Invitation.state == InvitationState.SILENT,
        Invitation.withdrawn_at.is_(None),
        Invitation.merged_into_id.is_(None),
        or_(*spans),
    )
    return _set(ids, Invitation.stakeholder_id)


def _contacted(one: Condition, ground: Ground) -> Shape:
    """When mail last went out to the person, whatever it was about."""
    found: list[ColumnElement[bool]] = []
    for value in one.values:
        how, _, days = value.partition("-")
        if how == "never":
            found.append(not_(_written()))
        elif how == "ever":
            found.append(_written())
        else:
            lately = _written(ground.at - timedelta(days=int(days)))
            found.append(lately if how == "within" else and_(_written(), not_(lately)))
    return Shape(or_(*found))


def _written(since: datetime | None = None) -> ColumnElement[bool]:
    sent = [Message.stakeholder_id == Stakeholder.id, Message.state.in_(HAVE_LEFT)]
    if since is not None:
        sent.append(Message.changed_at > since)
    return exists().where(*sent)


def _attended(one: Condition, ground: Ground) -> Shape:
    events = select(Event.id).where(
        Event.conference_id == ground.conference_id, Event.code.in_(one.values)
    )
    ids = (
        select(Invitation.stakeholder_id)
        .join(Attendance, Attendance.invitation_id == Invitation.id)
        .where(Attendance.event_id.in_(events))
    )
    return _set(ids, Invitation.stakeholder_id)


def _address(_one: Condition, _ground: Ground) -> Shape:
    return Shape(Stakeholder.email.is_not(None))


def _words(one: Condition, _ground: Ground) -> Shape:
    """Every word in the name, the address or the organisation's name."""
    found = [condition for value in one.values if (condition := matching(value)) is not None]
    ids = select(Stakeholder.id).outerjoin(Stakeholder.organisation).where(or_(false(), *found))
    return Shape(Stakeholder.id.in_(ids.correlate(None)), ids)


def _either(*parts: Select[Any]) -> Select[Any]:
    together = union_all(*parts).subquery()
    return select(together.c[0])


_BUILDERS = {
    "group": _group, "region": _region, "country": _country, "language": _language,
    "gender": _gender, "owner": _owner, "list": _list, "star": _star, "tier": _tier,
    "wave": _wave, "answer": _answer, "due": _due, "contacted": _contacted,
    "attended": _attended, "address": _address, "words": _words,
}  # fmt: skip
