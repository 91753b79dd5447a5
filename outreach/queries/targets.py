"""Targets: who is wanted on a list, in which order, and where each stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from outreach.advice.segments import Rule
from outreach.db import reading
from outreach.models.account import Account
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import Target, TargetList
from outreach.queries.asked_facets import IS_WAITING, OF_TARGETS
from outreach.queries.keyset import PAGE, Page
from outreach.queries.person_columns import add_columns
from outreach.queries.shapes import Ground
from outreach.queries.target_walks import shape_on_list, walk

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
    Cost: by rank, tier, star and deadline the rows of the page. With a rule, by name and by status
    at most 3,000 people are looked at in the order of the page; where too few of them fit, those
    who do are gathered, from a condition that few meet; where there is none, the page says where it
    goes on. Of lists up to that length, one SELECT for each stretch of the order, and one for those
    who fit the rule.
    """
    walked = walk(
        list_id, target_rows(), rule, ground, sort=sort, after=after, before=before,
        limit=limit,
    )  # fmt: skip
    found, following, earlier = walked.cut(limit)
    lines = target_lines([row for _, row in found], columns)
    return Page(lines, following, earlier, walked.looked if len(lines) < limit else 0)


def target_lines(rows: Sequence[Any], columns: Sequence[str]) -> list[TargetLine]:
    """The rows of `target_rows`, whatever columns follow, as they are shown."""
    lines = [TargetLine(*row[:_WIDTH]) for row in rows]
    add_columns({line.stakeholder_id: line for line in lines}, columns)
    return lines


def target_count(list_id: int, rule: Rule, ground: Ground) -> int:
    """How many fit, all of them counted. Cost: the list once through, or those whom an index
    gathers."""
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


def target_line(list_id: int, target_id: int, columns: Sequence[str] = ()) -> TargetLine | None:
    """One person of a list. Cost: some rows by key."""
    row = (
        reading()
        .execute(target_rows().where(Target.id == target_id, Target.list_id == list_id))
        .one_or_none()
    )
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


def _gathered(list_id: int, rule: Rule, ground: Ground) -> Iterable[ColumnElement[bool]]:
    for one in rule.conditions:
        shape = shape_on_list(one, list_id, ground)
        if one.is_not:
            yield shape.lacks
        elif shape.ids is None or one.facet in OF_TARGETS:
            yield shape.holds
        else:
            yield Stakeholder.id.in_(shape.ids.correlate(None))


def target_rows() -> Select[*tuple[Any, ...]]:
    """SELECT of what a line of a list shows, for `target_lines`; of all lists there are."""
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
    )
