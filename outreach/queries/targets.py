"""Targets: who is wanted on a list, in which order, and where each stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.dialect import among
from outreach.models.account import Account
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.tally import Tally, TallyKind
from outreach.models.target import Target, TargetList
from outreach.queries.asked_facets import IS_WAITING, OF_TARGETS
from outreach.queries.keyset import PAGE, By, Page, ordered
from outreach.queries.organisations import Genders, genders_of
from outreach.queries.person_columns import add_columns
from outreach.queries.segments import shape_of
from outreach.queries.shapes import WALK, Ground, Shape, fewest
from outreach.queries.target_orders import (
    NAME,
    Stretch,
    place_among,
    place_of,
    stretches_of,
    turned,
)

COLUMNS: dict[str, str] = {
    "organisation": "Organisation",
    "country": "Country",
    "star": "Star",
    "tier": "Tier",
    "status": "Where it stands",
    "email": "Email",
    "owner": "Owner",
    "deadline": "Decide by",
    "wave": "Wave",
    "why": "Why",
    "language": "Language",
    "gender": "Gender",
    "kinds": "Kind",
    "tags": "Tags",
    "written": "Last written to",
}
"""{column that may be shown: its head}; the name always is."""
SHOWN_AT_FIRST = ("organisation", "country", "star", "tier", "status", "email")


@dataclass(slots=True)
class TargetLine:
    """Someone wanted on a list."""

    id: int
    stakeholder_id: int
    name: str
    office: str
    organisation: str | None
    country_code: str | None
    language: str | None
    email: str | None
    gender: str
    is_star: bool
    tier: int
    why: str
    wave: int
    is_alternate: bool
    """Asked only when a place is freed; not any more once that has happened."""
    owner: str | None
    """Who follows the person up here; else who looks after them."""
    decide_on: date | None
    approved_at: datetime | None
    state: InvitationState | None
    """Of the invitation to the list's event; None for someone not asked yet."""
    is_withdrawn: bool | None
    kinds: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    written_at: datetime | None = None
    own: dict[str, str] = field(default_factory=dict)


_WIDTH = 19
EVERYONE = Rule()
_NOWHERE = Ground(0, datetime.max.replace(tzinfo=UTC))


def targets(
    list_id: int,
    rule: Rule = EVERYONE,
    ground: Ground = _NOWHERE,
    *,
    sort: str = "rank",
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
    columns: Sequence[str] = (),
) -> Page[TargetLine]:
    """A page of a list: of those who fit, in one of `SORTS`.

    ground  what the rule's words refer to; of this list are its `star`, `tier`, `wave`, `decision`
    Cost: by rank, tier and deadline the rows of the page. With a rule, by name and by status at
    most 3,000 rows are looked at in the order of the page; where too few of them fit, those who do
    are gathered, from the condition that the fewest meet. Of lists up to that length, one SELECT
    for each stretch of the order.
    """
    statement = _lines(list_id)
    is_simple = not rule and sort.removeprefix("-") == "rank"
    about = None if is_simple else reading().execute(_about(list_id)).one_or_none()
    event_id, size = about or (0, 0)
    ways = stretches_of(sort, event_id)
    is_backwards = before is not None and after is None
    start, place = place_among(before if is_backwards else after, ways)
    if is_backwards:
        ways, start = turned(ways), len(ways) - 1 - start
    shapes = [(one, _shape_on_list(one, list_id, ground)) for one in rule.conditions]
    found: list[tuple[int, Any]] = []
    for number in range(start, len(ways)):
        walk = _Walk(list_id, ways[number], shapes, is_short=(size or 0) <= WALK)
        there = place if number == start else None
        found += [(number, row) for row in walk.rows(statement, there, limit + 1 - len(found))]
        if len(found) > limit:
            break
    has_more, found = len(found) > limit, found[:limit]
    ends = [_end(each, ways, is_backwards=is_backwards) for each in (found[:1], found[-1:])]
    first, last = (ends[1], ends[0]) if is_backwards else ends
    rows = [row for _, row in (found[::-1] if is_backwards else found)]
    lines = [TargetLine(*row[:_WIDTH]) for row in rows]
    add_columns({line.stakeholder_id: line for line in lines}, columns)
    return Page(
        lines,
        last if has_more or (is_backwards and place is not None) else None,
        first if (has_more if is_backwards else place is not None) else None,
    )


def target_count(list_id: int, rule: Rule, ground: Ground) -> int:
    """How many fit. Cost: the list once through, or those whom an index gathers."""
    wanted = target_ids(list_id, rule, ground)
    return reading().scalar(select(func.count()).select_from(wanted.subquery())) or 0


def target_ids(list_id: int, rule: Rule, ground: Ground) -> Select[Any]:
    """SELECT of the targets of those who fit."""
    return (
        select(Target.id)
        .join(Stakeholder, Stakeholder.id == Target.stakeholder_id)
        .where(Target.list_id == list_id)
        .where(*_gathered(list_id, rule, ground))
    )


def genders_on_list(list_id: int, rule: Rule, ground: Ground) -> Genders:
    """Those who fit by gender as they stated it. Cost: the list once through."""
    of = target_ids(list_id, rule, ground).with_only_columns(Target.stakeholder_id)
    return genders_of(Stakeholder.id.in_(of))


def target_line(list_id: int, target_id: int, columns: Sequence[str] = ()) -> TargetLine | None:
    """One person of a list. Cost: some rows by key."""
    row = reading().execute(_lines(list_id).where(Target.id == target_id)).one_or_none()
    if row is None:
        return None
    line = TargetLine(*row)
    add_columns({line.stakeholder_id: line}, columns)
    return line


@dataclass(frozen=True, slots=True)
class Wanted:
    """How someone is wanted on a list, as a form shows it."""

    id: int
    stakeholder_id: int
    name: str
    tier: int
    rank: int
    wave: int
    why: str
    owner_id: int | None
    decide_on: date | None
    mark: int


def wanted(list_id: int, target_id: int) -> Wanted | None:
    """One person of a list. Two rows by key."""
    target = reading().get(Target, target_id, populate_existing=True)
    if target is None or target.list_id != list_id:
        return None
    return Wanted(
        target.id, target.stakeholder_id, target.stakeholder.full_name, target.tier, target.rank,
        target.wave, target.why, target.owner_id, target.decide_on, target.mark,
    )  # fmt: skip


def addressees(list_id: int, target_ids: list[int]) -> list[tuple[int, str]]:
    """(target, name) of those of these that are on the list, by rank. Cost: the rows named."""
    rows = reading().execute(
        select(Target.id, Stakeholder.full_name)
        .join(Target.stakeholder)
        .where(Target.list_id == list_id, Target.id.in_(target_ids))
        .order_by(Target.rank, Target.id)
    )
    return [(id_, name) for id_, name in rows]


@dataclass(frozen=True, slots=True)
class _Walk:
    """How the rows of a stretch are found: in its order as far as that goes, else gathered."""

    list_id: int
    way: Stretch
    shapes: Sequence[tuple[Condition, Shape]]
    is_short: bool

    def rows(
        self, statement: Select[*tuple[Any, ...]], place: list[Any] | None, limit: int
    ) -> list[Any]:
        holds = [shape.lacks if one.is_not else shape.holds for one, shape in self.shapes]
        holds += self.way.holds
        keys: Sequence[By] = self.way.keys
        is_plain = self.way.is_indexed and not self.shapes
        if not (self.is_short or is_plain):
            near = ordered(statement, keys, None).where(self._near(place), *holds)
            rows = self._read(near, limit)
            if len(rows) == limit:
                return rows
            holds += self._gathers()
        if self._is_by_name:
            # Said so that no index answers it: all people would be walked for those of one list.
            name = func.coalesce(Stakeholder.name_key, "")
            keys = [replace(keys[0], column=name), *keys[1:]]
        return self._read(ordered(statement, keys, place).where(*holds), limit)

    def _read(self, statement: Select[*tuple[Any, ...]], limit: int) -> list[Any]:
        return list(reading().execute(statement.limit(limit)))

    @property
    def _is_by_name(self) -> bool:
        return self.way.keys[0].column is NAME[0].column

    def _near(self, place: list[Any] | None) -> ColumnElement[bool]:
        """Among the next 3,000 in this order. One SELECT by name, for which each person's target is
        looked up: a database that joins would rather read all targets there are."""
        if self._is_by_name:
            walk = ordered(select(Stakeholder.id), self.way.keys, place).limit(WALK).subquery()
            of_list = select(Target.id).where(
                Target.list_id == self.list_id, Target.stakeholder_id == walk.c.id
            )
            looked_up = select(of_list.correlate(walk).scalar_subquery()).select_from(walk)
            ids = reading().scalars(looked_up)
            return among(Target.id, [id_ for id_ in ids if id_ is not None])
        here = select(Target.id).where(Target.list_id == self.list_id)
        # Where an index holds just these, it is walked; else the list itself.
        here = here.where(*self.way.holds) if self.way.is_indexed else here
        walk = ordered(here, self.way.keys, place).limit(WALK).subquery()
        return Target.id.in_(select(walk.c.id))

    def _gathers(self) -> list[ColumnElement[bool]]:
        shapes = [shape for one, shape in self.shapes if not one.is_not]
        if self.way.ids is not None:
            shapes.append(Shape(self.way.holds[0], self.way.ids))
        few = fewest(shapes)
        return [] if few is None else [Target.stakeholder_id.in_(few.correlate(None))]


def _end(
    found: Sequence[tuple[int, Any]], ways: Sequence[Stretch], *, is_backwards: bool
) -> str | None:
    """The place of a row, counted in the order forwards."""
    for number, row in found:
        return place_of(len(ways) - 1 - number if is_backwards else number, row, ways[number])
    return None


def _shape_on_list(one: Condition, list_id: int, ground: Ground) -> Shape:
    """A condition as it is meant on a list: what is said of targets is said of its own."""
    if one.facet in OF_TARGETS and one.of in ("", ground.list_code):
        holds = OF_TARGETS[one.facet](one.values)
        there = select(Target.stakeholder_id).where(Target.list_id == list_id, holds)
        return Shape(holds, there)
    if one.facet == "owner":
        accounts = [int(value) for value in one.values if value != "nobody"]
        follows = func.coalesce(Target.owner_id, Stakeholder.owner_id)
        nobody = "nobody" in one.values
        return Shape(follows.in_(accounts) | follows.is_(None) if nobody else follows.in_(accounts))
    return shape_of(one, ground)


def _gathered(list_id: int, rule: Rule, ground: Ground) -> Iterable[ColumnElement[bool]]:
    for one in rule.conditions:
        shape = _shape_on_list(one, list_id, ground)
        if one.is_not:
            yield shape.lacks
        elif shape.ids is None or one.facet in OF_TARGETS:
            yield shape.holds
        else:
            yield Stakeholder.id.in_(shape.ids.correlate(None))


def _about(list_id: int) -> Select[*tuple[Any, ...]]:
    """(event, people) of a list."""
    is_counted = and_(
        Tally.kind == TallyKind.LIST_TARGETS,
        Tally.subject_id == TargetList.id,
        Tally.state == "wanted",
    )
    return (
        select(TargetList.event_id, func.sum(Tally.count))
        .outerjoin(Tally, is_counted)
        .where(TargetList.id == list_id)
        .group_by(TargetList.event_id)
    )


def _lines(list_id: int) -> Select[*tuple[Any, ...]]:
    owner = aliased(Account)
    return (
        select(
            Target.id,
            Target.stakeholder_id,
            Stakeholder.full_name,
            Stakeholder.office,
            Organisation.name,
            Stakeholder.country_code,
            Stakeholder.language,
            Stakeholder.email,
            Stakeholder.gender,
            Target.is_star,
            Target.tier,
            Target.why,
            Target.wave,
            IS_WAITING,
            owner.name,
            Target.decide_on,
            Target.approved_at,
            Invitation.state,
            Invitation.withdrawn_at.is_not(None),
        )
        .select_from(Target)
        .join(TargetList, Target.list_id == TargetList.id)
        .join(Stakeholder, Target.stakeholder_id == Stakeholder.id)
        .outerjoin(Organisation, Stakeholder.organisation_id == Organisation.id)
        .outerjoin(owner, owner.id == func.coalesce(Target.owner_id, Stakeholder.owner_id))
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == Target.stakeholder_id,
                Invitation.event_id == TargetList.event_id,
            ),
        )
        .where(Target.list_id == list_id)
    )
