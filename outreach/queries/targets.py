"""Targets: who is wanted on a list, in which order, and where each stands."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, select

from outreach.db import reading
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import Target, TargetList
from outreach.queries.keyset import PAGE, Page, page
from outreach.queries.stakeholders import matching

_STARS_FIRST: ColumnElement[int] = case((Target.is_star, 0), else_=1)

SORTS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "rank": (Target.rank.expression, Target.id.expression),
    "name": (Stakeholder.name_key.expression, Target.id.expression),
    "tier": (Target.tier.expression, Target.rank.expression, Target.id.expression),
    "star": (_STARS_FIRST, Target.rank.expression, Target.id.expression),
}
"""The orders of a list; with a hyphen before it, the same falling."""


@dataclass(frozen=True, slots=True)
class TargetLine:
    """Someone wanted on a list."""

    id: int
    stakeholder_id: int
    name: str
    office: str
    organisation: str | None
    country_code: str | None
    email: str | None
    is_star: bool
    tier: int
    why: str
    wave: int
    is_alternate: bool
    """Asked only when a place is freed; not any more once that has happened."""
    state: InvitationState | None
    """Of the invitation to the list's event; None for someone not asked yet."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of a list's people are shown, and in which order."""

    sort: str = "rank"
    """One of SORTS, with a hyphen before it for falling."""
    words: str = ""
    stars_only: bool = False
    tier: int | None = None

    @property
    def is_whole(self) -> bool:
        """Nobody is left out."""
        return not (self.words.strip() or self.stars_only or self.tier)


EVERYONE = Selection()


def targets(
    list_id: int,
    selection: Selection = EVERYONE,
    *,
    after: str | None = None,
    limit: int = PAGE,
) -> Page[TargetLine]:
    """A page of a list.

    Cost by rank: the rows of the page. By another order, or with words: the list once through.
    """
    statement = _lines(list_id)
    if selection.stars_only:
        statement = statement.where(Target.is_star)
    if selection.tier is not None:
        statement = statement.where(Target.tier == selection.tier)
    wanted = matching(selection.words)
    if wanted is not None:
        statement = statement.where(wanted)
    order = SORTS.get(selection.sort.removeprefix("-"), SORTS["rank"])
    falling = selection.sort.startswith("-")
    rows, following = page(statement, order, after, limit=limit, falling=falling)
    width = len(TargetLine.__dataclass_fields__)
    return Page([TargetLine(*row[:width]) for row in rows], following)


def target_line(list_id: int, target_id: int) -> TargetLine | None:
    """One person of a list. Cost: some rows by key."""
    row = reading().execute(_lines(list_id).where(Target.id == target_id)).one_or_none()
    return TargetLine(*row) if row else None


def addressees(list_id: int, target_ids: list[int]) -> list[tuple[int, str]]:
    """(target, name) of those of these that are on the list, by rank. Cost: the rows named."""
    rows = reading().execute(
        select(Target.id, Stakeholder.full_name)
        .join(Target.stakeholder)
        .where(Target.list_id == list_id, Target.id.in_(target_ids))
        .order_by(Target.rank, Target.id)
    )
    return [(id_, name) for id_, name in rows]


def _lines(list_id: int) -> Select[*tuple[Any, ...]]:
    return _joined(
        select(
            Target.id,
            Target.stakeholder_id,
            Stakeholder.full_name,
            Stakeholder.office,
            Organisation.name,
            Stakeholder.country_code,
            Stakeholder.email,
            Target.is_star,
            Target.tier,
            Target.why,
            Target.wave,
            and_(Target.is_alternate, Target.promoted_at.is_(None)),
            Invitation.state,
        )
    ).where(Target.list_id == list_id)


def _joined(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(Target)
        .join(TargetList, Target.list_id == TargetList.id)
        .join(Stakeholder, Target.stakeholder_id == Stakeholder.id)
        .outerjoin(Organisation, Stakeholder.organisation_id == Organisation.id)
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == Target.stakeholder_id,
                Invitation.event_id == TargetList.event_id,
            ),
        )
    )
