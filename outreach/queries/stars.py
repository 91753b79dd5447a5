"""Stars: on the board by how far they are; one with what comes next."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.base import mark_of
from outreach.models.invitation import Invitation
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.star import (
    UNDECIDED,
    UNDER_WAY,
    Star,
    StarStage,
    column_of,
    follows_answer,
)
from outreach.models.target import Target, TargetList
from outreach.queries.person_facets import as_meant
from outreach.queries.words import holds, ids

SHOWN = 500


@dataclass(frozen=True, slots=True)
class StarCard:
    """A star, or someone nominated."""

    target_id: int
    list_id: int
    list: str
    event_id: int
    stakeholder_id: int
    name: str
    office: str
    organisation: str | None
    why: str
    owner_id: int | None
    owner: str | None
    answer: str | None
    stage: StarStage | None
    stage_at: datetime | None
    reason: str | None
    nominated_by_id: int | None
    nominated_by: str | None
    nominated_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    next_step: str
    next_on: date | None

    @property
    def column(self) -> StarStage:
        """Where the card stands."""
        return column_of(self.stage, self.answer)

    @property
    def is_moved_by_hand(self) -> bool:
        """Whether someone of the team says where the card stands."""
        return self.stage not in UNDECIDED and not follows_answer(self.stage, self.answer)

    @property
    def mark(self) -> int:
        """As Star.plan_mark."""
        return mark_of(self.owner_id, self.next_step, self.next_on)

    def is_late(self, at: datetime) -> bool:
        """Whether the date of the next step has passed while nothing came of it."""
        return self.next_on is not None and self.next_on < at.date() and self.column in UNDER_WAY


def star_cards(conference_event_ids: list[int]) -> list[StarCard]:
    """Everyone on the short list or nominated for it, whose date comes first on top.

    Cost: the stars of these events, by index.
    """
    statement = _cards().where(
        TargetList.event_id.in_(conference_event_ids), or_(Target.is_star, Star.id.is_not(None))
    )
    cards = _read(statement.order_by(Target.tier, Target.rank, Target.id).limit(SHOWN))
    return sorted(cards, key=lambda card: card.next_on or date.max)


def star_card(target_id: int) -> StarCard | None:
    """One star, or nomination. One row by key."""
    found = _read(_cards().where(Target.id == target_id, or_(Target.is_star, Star.id.is_not(None))))
    return found[0] if found else None


def nominees(
    event_ids: list[int], words: str, *, target_id: int | None = None, limit: int = 10
) -> list[tuple[int, str, str]]:
    """(target, name, list) of those on a list who could be nominated: by name, or this one.

    Cost: those who are meant, by the index of words; of one by key.
    """
    meant = as_meant(words) if target_id is None else None
    if meant is not None:
        found = ids(meant)
        wanted = holds(meant) if found is None else Stakeholder.id.in_(found)
    elif target_id is not None:
        wanted = Target.id == target_id
    else:
        return []
    rows = reading().execute(
        select(Target.id, Stakeholder.full_name, TargetList.name)
        .join(Target.stakeholder)
        .join(Target.list)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(Star, Star.target_id == Target.id)
        .where(
            TargetList.event_id.in_(event_ids),
            wanted,
            ~Target.is_star,
            or_(Star.id.is_(None), Star.stage == StarStage.REJECTED),
        )
        .order_by(Stakeholder.name_key, Target.id)
        .limit(limit)
    )
    return [(id_, name, of) for id_, name, of in rows]


def _cards() -> Select[*tuple[Any, ...]]:
    owner, nominator, decider = aliased(Account), aliased(Account), aliased(Account)
    return (
        select(
            Target.id,
            Target.list_id,
            TargetList.name,
            TargetList.event_id,
            Stakeholder.id,
            Stakeholder.full_name,
            Stakeholder.office,
            Organisation.name,
            Target.why,
            owner.id,
            owner.name,
            Invitation.state,
            Star.stage,
            Star.stage_at,
            Star.reason,
            nominator.id,
            nominator.name,
            Star.nominated_at,
            decider.name,
            Star.decided_at,
            Star.decision,
            Star.next_step,
            Star.next_on,
        )
        .select_from(Target)
        .join(TargetList, TargetList.id == Target.list_id)
        .join(Stakeholder, Stakeholder.id == Target.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(Star, Star.target_id == Target.id)
        .outerjoin(owner, owner.id == Target.owner_id)
        .outerjoin(nominator, nominator.id == Star.nominated_by_id)
        .outerjoin(decider, decider.id == Star.decided_by_id)
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == Target.stakeholder_id,
                Invitation.event_id == TargetList.event_id,
            ),
        )
    )


def _read(statement: Select[*tuple[Any, ...]]) -> list[StarCard]:
    rows: Any = reading().execute(statement)
    cards = []
    for row in rows:
        values = list(row)
        values[11] = row[11].value if row[11] else None
        values[21] = row[21] or ""
        cards.append(StarCard(*values))
    return cards
