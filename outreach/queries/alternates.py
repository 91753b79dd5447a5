"""Who comes next where places are allotted: who waits, who gave one back, what would happen if."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from outreach.advice.alternates import next_moves, reply_by_for
from outreach.db import reading
from outreach.dialect import key_digest
from outreach.models.allotment import Placement, PlacementState, Vacancy, VacancyState
from outreach.models.invitation import Invitation
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.suppression import Suppression
from outreach.models.target import Target, TargetList
from outreach.queries.allotments import AllotmentLine

SHOWN = 100
MOST_DECLINES = 50


@dataclass(frozen=True, slots=True)
class AlternateLine:
    """Someone who is asked when a place is freed."""

    target_id: int
    list_id: int
    list: str
    stakeholder_id: int
    name: str
    office: str
    organisation: str | None
    can_be_asked: bool
    """Has an address to which we may write, and was not asked to the event otherwise."""


@dataclass(frozen=True, slots=True)
class VacancyLine:
    """A place that was given back."""

    id: int
    why: str
    freed_at: datetime
    state: VacancyState
    stakeholder_id: int
    left_by: str
    filled_by_stakeholder_id: int | None
    filled_by: str | None


@dataclass(frozen=True, slots=True)
class Supposed:
    """What one more decline would bring."""

    number: int
    goes_to: str | None
    """Who gets the place, or is asked for it; nobody where nobody is left."""
    stakeholder_id: int | None
    waited: bool
    """Had said yes already."""


def alternates_of(allotment_id: int, *, limit: int = SHOWN) -> list[AlternateLine]:
    """Alternates who still wait, by rank. Cost: the alternates of its lists."""
    can_be_asked = and_(
        Stakeholder.email.is_not(None),
        ~Stakeholder.is_mail_stopped,
        Suppression.id.is_(None),
        Invitation.id.is_(None),
    )
    rows: Any = reading().execute(
        select(
            Target.id,
            Target.list_id,
            TargetList.name,
            Stakeholder.id,
            Stakeholder.full_name,
            Stakeholder.office,
            Organisation.name,
            can_be_asked,
        )
        .join(TargetList, TargetList.id == Target.list_id)
        .join(Stakeholder, Stakeholder.id == Target.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(Suppression, Suppression.digest == key_digest(Stakeholder.email_key))
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == Stakeholder.id,
                Invitation.event_id == TargetList.event_id,
            ),
        )
        .where(
            TargetList.allotment_id == allotment_id,
            Target.is_alternate,
            Target.promoted_at.is_(None),
        )
        .order_by(Target.rank, Target.id)
        .limit(limit)
    )
    return [AlternateLine(*row) for row in rows]


def vacancies_of(allotment_id: int, *, limit: int = SHOWN) -> list[VacancyLine]:
    """Places given back, the open ones first, then the latest. Cost: they, by index."""
    left, filled = aliased(Invitation), aliased(Invitation)
    who, other = aliased(Stakeholder), aliased(Stakeholder)
    rows: Any = reading().execute(
        select(
            Vacancy.id,
            Vacancy.why,
            Vacancy.freed_at,
            Vacancy.state,
            who.id,
            who.full_name,
            other.id,
            other.full_name,
        )
        .join(left, left.id == Vacancy.left_by_id)
        .join(who, who.id == left.stakeholder_id)
        .outerjoin(filled, filled.id == Vacancy.filled_by_id)
        .outerjoin(other, other.id == filled.stakeholder_id)
        .where(Vacancy.allotment_id == allotment_id)
        .order_by(Vacancy.state != VacancyState.OPEN, Vacancy.id.desc())
        .limit(limit)
    )
    return [VacancyLine(*row) for row in rows]


def waiting_for_places(allotment_id: int, *, limit: int = SHOWN) -> list[tuple[int, str]]:
    """(person, name) of those who said yes and wait, the longest first. Cost: they, by index."""
    return [(person, name) for _, person, name, _ in _waiting(allotment_id, limit)]


def supposing(line: AllotmentLine, declines: int, at: datetime) -> list[Supposed]:
    """What would follow if the next so many of those with a place declined, one after the other.

    By the same rules as in earnest (advice/alternates.py); nothing is written.
    """
    waiting = [(person, was_away) for _, person, _, was_away in _waiting(line.id, MOST_DECLINES)]
    names = {person: name for _, person, name, _ in _waiting(line.id, MOST_DECLINES)}
    queue = [one for one in alternates_of(line.id, limit=MOST_DECLINES * 2) if one.can_be_asked]
    names |= {one.stakeholder_id: one.name for one in queue}
    alternates = list(dict.fromkeys(one.stakeholder_id for one in queue))
    if reply_by_for(at, line.starts_at, line.answer_days, line.closing_days) is None:
        alternates = []
    standing, found = line.standing, []
    # Freed before, and one click away from the first of them.
    promised = min(standing.vacancies, standing.free, len(alternates))
    alternates = alternates[promised:]
    standing = replace(
        standing, asked=standing.asked + promised, vacancies=standing.vacancies - promised
    )
    for number in range(1, min(declines, MOST_DECLINES, standing.taken + standing.asked) + 1):
        left = replace(standing, asked=standing.asked - 1)
        if not standing.asked:
            left = replace(standing, taken=standing.taken - 1)
        gained = 1 if left.free > left.vacancies else 0
        left = replace(left, vacancies=left.vacancies + gained)
        moves = next_moves(left, waiting, alternates[:1])
        if moves.takes:
            left = replace(left, taken=left.taken + 1, waiting=left.waiting - 1)
            waiting = [one for one in waiting if one[0] != moves.takes[0]]
        if moves.promotes:
            left = replace(left, asked=left.asked + 1, vacancies=left.vacancies - 1)
            alternates = alternates[1:]
        who = next(iter((*moves.takes, *moves.promotes)), None)
        found.append(Supposed(number, names.get(who or 0), who, bool(moves.takes)))
        standing = left
    return found


def _waiting(allotment_id: int, limit: int) -> list[tuple[int, int, str, bool]]:
    rows = reading().execute(
        select(Placement.id, Stakeholder.id, Stakeholder.full_name, Placement.was_away)
        .join(Invitation, Invitation.id == Placement.invitation_id)
        .join(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
        .where(Placement.allotment_id == allotment_id, Placement.state == PlacementState.WAITING)
        .order_by(Placement.since, Placement.id)
        .limit(limit)
    )
    return [(id_, person, name, was_away) for id_, person, name, was_away in rows]
