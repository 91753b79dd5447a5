"""The board: how many of each group are wanted, were asked and answered what; the stars.

Numbers come from the summary rows that change with the rows they count, never from counting.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.campaign import Campaign
from outreach.models.conference import ConstituentGroup
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.star import UNDER_WAY, Star, StarStage, column_of
from outreach.models.tally import NUMBERS, Tally, TallyKind
from outreach.models.target import Target, TargetList
from outreach.queries.organisations import Genders, genders_of
from outreach.queries.tiles import BEST_FIRST

STATES = (
    InvitationState.ACCEPTED, InvitationState.TENTATIVE, InvitationState.DELEGATED,
    InvitationState.DECLINED, InvitationState.UNDELIVERABLE, InvitationState.SILENT,
)  # fmt: skip
"""In the order in which a bar shows them; together they are everyone invited."""

ANSWERS = STATES[:4]

STARS_SHOWN = 60
RECENT = timedelta(days=7)
RECENT_SHOWN = 1_000


@dataclass(slots=True)
class GroupStanding:
    """One constituent group at one event."""

    id: int
    code: str
    name: str
    wanted: int = 0
    stars: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))

    @property
    def invited(self) -> int:
        """Everyone who was asked: the states add up to it."""
        return sum(self.counts.values())

    @property
    def answered(self) -> int:
        """Whoever said anything, be it no."""
        return sum(self.counts[state] for state in ANSWERS)

    @property
    def not_asked(self) -> int:
        """Wanted, and not asked with this group so far."""
        return max(self.wanted - self.invited, 0)


def group_standings(event_id: int) -> list[GroupStanding]:
    """Each group that is wanted at or was asked to an event, in the order of the groups.

    Cost: two SELECTs of summary rows, some six for each group, with their shares, and two for each
    list.
    """
    found: dict[int, GroupStanding] = {}
    asked = select(NUMBERS.group_id, NUMBERS.state, NUMBERS.count).where(
        NUMBERS.kind == TallyKind.EVENT_INVITATIONS, NUMBERS.subject_id == event_id
    )
    wanted = (
        select(TargetList.group_id, Tally.state, func.sum(Tally.count))
        .join(Tally, and_(Tally.subject_id == TargetList.id, Tally.kind == TallyKind.LIST_TARGETS))
        .where(TargetList.event_id == event_id)
        .group_by(TargetList.group_id, Tally.state)
    )
    groups = {group.id: group for group in _groups()}
    for group_id, state, count in reading().execute(asked):
        standing = found.setdefault(group_id, groups[group_id])
        standing.counts[state] = standing.counts.get(state, 0) + count
    for group_id, state, count in reading().execute(wanted):
        standing = found.setdefault(group_id, groups[group_id])
        if state == "star":
            standing.stars += int(count)
        else:
            standing.wanted += int(count)
    return [
        groups[id_] for id_ in groups if id_ in found and (found[id_].wanted or found[id_].invited)
    ]


def _groups() -> list[GroupStanding]:
    rows = reading().execute(
        select(ConstituentGroup.id, ConstituentGroup.code, ConstituentGroup.name).order_by(
            ConstituentGroup.position
        )
    )
    return [GroupStanding(*row) for row in rows]


def together(standings: list[GroupStanding]) -> GroupStanding:
    """All groups as one."""
    whole = GroupStanding(0, "", "All groups")
    for standing in standings:
        whole.wanted += standing.wanted
        whole.stars += standing.stars
        for state, count in standing.counts.items():
            whole.counts[state] = whole.counts.get(state, 0) + count
    return whole


def recent_answers(event_id: int, at: datetime) -> dict[str, int]:
    """How many gave each answer within a week. Cost: an index range, 1,000 rows at the most."""
    recent = (
        select(Invitation.state)
        .where(
            Invitation.event_id == event_id,
            Invitation.answered_at > at - RECENT,
            Invitation.merged_into_id.is_(None),
        )
        .limit(RECENT_SHOWN)
        .subquery()
    )
    rows = reading().execute(select(recent.c.state, func.count()).group_by(recent.c.state))
    return {state.value: count for state, count in rows}


@dataclass(frozen=True, slots=True)
class StarLine:
    """Someone of the short list."""

    stakeholder_id: int
    name: str
    office: str
    organisation: str | None
    owner: str | None
    state: str
    invited_at: datetime | None
    answered_at: datetime | None
    reply_by: datetime | None
    stage: StarStage | None
    next_step: str | None
    next_on: date | None

    @property
    def has_answered(self) -> bool:
        """Whether anything was heard."""
        return self.state in ANSWERS

    def is_at_risk(self, at: datetime) -> bool:
        """Whether the date of the next step, or the reply-by, has passed while we still wait."""
        answer = None if self.state == "not_asked" else self.state
        if column_of(self.stage, answer) not in UNDER_WAY:
            return False
        is_due = self.next_on is not None and self.next_on < at.date()
        return is_due or (self.reply_by is not None and self.reply_by <= at)


def stars(event_id: int, at: datetime, *, limit: int = STARS_SHOWN) -> list[StarLine]:
    """The short list of an event: whoever is at risk first, then who has not answered.

    Cost: the stars, by index.
    """
    rows = reading().execute(_stars(event_id).limit(limit * 2))
    found: dict[int, StarLine] = {}
    for id_, name, office, organisation, owner, state, *rest in rows:
        shown = state.value if state else "not_asked"
        line = StarLine(id_, name, office, organisation, owner, shown, *rest)
        if id_ not in found or line.is_at_risk(at):
            found[id_] = line
    return sorted(
        found.values(),
        key=lambda star: (
            not star.is_at_risk(at), star.has_answered, _furthest_last(star.state)
        ),
    )[:limit]  # fmt: skip


def _furthest_last(state: str) -> int:
    return -BEST_FIRST.index(state) if state not in ANSWERS else BEST_FIRST.index(state)


def _stars(event_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Stakeholder.id,
            Stakeholder.full_name,
            Stakeholder.office,
            Organisation.name,
            Account.name,
            Invitation.state,
            Invitation.invited_at,
            Invitation.answered_at,
            Invitation.reply_by,
            Star.stage,
            Star.next_step,
            Star.next_on,
        )
        .select_from(Target)
        .join(TargetList, TargetList.id == Target.list_id)
        .join(Target.stakeholder)
        .outerjoin(Stakeholder.organisation)
        .outerjoin(Account, Account.id == Target.owner_id)
        .outerjoin(Star, Star.target_id == Target.id)
        .outerjoin(Invitation, is_invitation_of(Stakeholder.id, event_id))
        .where(Target.is_star, TargetList.event_id == event_id)
        .order_by(Stakeholder.name_key, Stakeholder.id)
    )


def is_invitation_of(stakeholder_id: Any, event_id: int) -> ColumnElement[bool]:
    """The one invitation of a person to an event."""
    return and_(Invitation.stakeholder_id == stakeholder_id, Invitation.event_id == event_id)


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What has been done of the three things that come first."""

    has_list: bool
    has_people: bool
    has_campaign: bool

    @property
    def are_done(self) -> bool:
        """Whether the board has something to show."""
        return self.has_list and self.has_people and self.has_campaign


def first_steps() -> FirstSteps:
    """Whether there is a list, anyone on one, and a campaign. One SELECT of three lookups."""
    row = (
        reading()
        .execute(
            select(
                select(TargetList.id).exists(),
                select(Target.id).exists(),
                select(Campaign.id).exists(),
            )
        )
        .one()
    )
    return FirstSteps(*map(bool, row))


def genders_coming(event_id: int) -> Genders:
    """Those who have accepted, by gender as they stated it. Cost: they, by an index."""
    coming = select(Invitation.stakeholder_id).where(
        Invitation.event_id == event_id,
        Invitation.state == InvitationState.ACCEPTED,
        Invitation.withdrawn_at.is_(None),
    )
    return genders_of(Stakeholder.id.in_(coming))
