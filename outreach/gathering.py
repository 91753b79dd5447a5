"""Deciding a step's audience: who gets its mail, who is left out and why, in one statement.

A small audience is gathered where it is written down at once (`frozen`); a crowd is kept, a narrow
row each, and written down after that, some thousand at a time (`outreach.freezing`): so that it is
decided in seconds, and nobody else waits to write for longer.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    text,
)
from sqlalchemy import Sequence as NumberSequence
from sqlalchemy.orm import Session

from outreach.advice.sections import Condition
from outreach.db import is_postgresql, touched
from outreach.frozen import frozen
from outreach.models.audience_member import AudienceMember
from outreach.models.campaign import Campaign, CampaignExclusion, CampaignState
from outreach.models.invitation import Invitation
from outreach.models.message import Message
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Audience, Step
from outreach.models.target import Target
from outreach.queries.audience import audience, joining_texts, texts_of
from outreach.queries.audience_members import EXCLUDED
from outreach.queries.invited_elsewhere import INVITED
from outreach.queries.reasons import MERGED, NO_ADDRESS, has_messages
from outreach.queries.sections import conditions_of

CROWD = 20_000
"""People who are written down in one transaction; of more, so many at a time."""
CANCELLED = "The campaign was cancelled before this left."

_INVITATION_IDS = NumberSequence("invitations_id_seq")
_KEPT = (
    "stakeholder_id", "group_id", "is_star", "invitation_id", "text_id", "sections", "reason",
    "goes_at", "is_first",
)  # fmt: skip


def is_crowd(count: int) -> bool:
    """Whether so many people are more than one transaction writes down."""
    return count > CROWD


def may_be_crowd(session: Session, campaign: Campaign) -> bool:
    """Whether the audience may be more than CROWD. Cost: so many entries of an index at most."""
    people = select(Stakeholder.id).limit(CROWD + 1)
    if not campaign.reaches_segments:
        lists = [entry.list_id for entry in campaign.lists]
        people = select(Target.id).where(Target.list_id.in_(lists)).limit(CROWD + 1)
    count = session.scalar(select(func.count()).select_from(people.subquery()))
    return is_crowd(count or 0)


def gather(session: Session, step: Step, at: datetime) -> None:
    """Fill `frozen` with the whole audience."""
    chosen = _in_order(step, at)
    columns = list(_KEPT)
    if is_postgresql():
        columns.append("fresh_id")
        chosen = chosen.add_columns(_INVITATION_IDS.next_value())
    session.execute(insert(frozen).from_select(columns, chosen))
    look_at_frozen(session)


def keep(session: Session, step: Step, at: datetime) -> int:
    """Keep the whole audience as its AudienceMembers; says how many."""
    chosen = _in_order(step, at, literal(step.id))
    kept = insert(AudienceMember).from_select(["step_id", *_KEPT], chosen, include_defaults=False)
    session.execute(kept)
    # What SQLite's driver counts by itself it does not where a statement begins with WITH.
    count = session.scalar(select(func.count()).select_from(AudienceMember).where(_is_left(step)))
    return count or 0


def take(session: Session, step: Step) -> int:
    """Put the next of the members into `frozen`, and strike them off; says how many.

    Each is looked at once more: invited, stopped for, or without an address, since the audience
    was decided.
    """
    mine = _is_left(step)
    places = (
        select(AudienceMember.place).where(mine).order_by(AudienceMember.place).limit(CROWD)
    ).subquery()
    last = session.scalar(select(func.max(places.c.place)))
    if last is None:
        return 0
    mine = and_(mine, AudienceMember.place <= last)
    step.written_to = last
    of_event = Invitation.event_id == step.campaign.event_id
    columns: dict[str, Any] = {name: getattr(AudienceMember, name) for name in _KEPT}
    columns["invitation_id"] = func.coalesce(Invitation.id, AudienceMember.invitation_id)
    columns["reason"] = func.coalesce(AudienceMember.reason, _since(step), _invited_since(step))
    if is_postgresql():
        columns["fresh_id"] = _INVITATION_IDS.next_value()
    chosen = (
        select(*columns.values())
        .join(Stakeholder, Stakeholder.id == AudienceMember.stakeholder_id)
        .outerjoin(Invitation, and_(Invitation.stakeholder_id == Stakeholder.id, of_event))
        .where(mine)
        .order_by(AudienceMember.place)
    )
    session.execute(insert(frozen).from_select(list(columns), chosen))
    look_at_frozen(session)
    return touched(session, delete(AudienceMember).where(mine))


def _is_left(step: Step) -> ColumnElement[bool]:
    """Of the step, and not written down."""
    return and_(AudienceMember.step_id == step.id, AudienceMember.place > step.written_to)


def conditions(step: Step) -> list[Condition]:
    """Those of its letter, and of the invitation where some get that with it."""
    versions = {step.version_id}
    if joining_texts(step):
        versions |= {one.version_id for one in step.campaign.steps if one.invites}
    return sorted({one for id_ in versions for one in conditions_of(id_)})


def look_at_frozen(session: Session) -> None:
    """PostgreSQL else takes a million rows for a thousand."""
    if is_postgresql():
        session.execute(text("ANALYZE frozen"))


def _in_order(step: Step, at: datetime, *first: ColumnElement[Any]) -> Select[Any]:
    """The columns of _KEPT, those of one text, time and sections one after another."""
    asked = conditions(step)
    people = audience(
        step, texts_of(step.version_id), at, is_narrow=True, conditions=asked
    ).subquery()
    is_first: Any = literal(True)
    if has_messages(step.campaign_id):
        is_first = ~exists().where(
            Message.campaign_id == step.campaign_id,
            Message.stakeholder_id == people.c.stakeholder_id,
        )
    columns: dict[str, Any] = {name: people.c[name] for name in _KEPT[:-1]}
    columns |= {"is_star": people.c.is_star == 1, "is_first": is_first}
    return select(*first, *(columns[name] for name in _KEPT)).order_by(
        people.c.text_id, people.c.reason.is_(None),
        *([people.c.sections] if asked else []),
        people.c.goes_at, people.c.stakeholder_id,
    )  # fmt: skip


def _invited_since(step: Step) -> ColumnElement[Any]:
    """Why whom somebody else has invited meanwhile does not get the invitation, or nothing."""
    if not step.invites or step.campaign.asks_again:
        return null()
    is_new = and_(AudienceMember.invitation_id.is_(None), Invitation.id.is_not(None))
    return case((is_new, INVITED), else_=null())


def _since(step: Step) -> ColumnElement[Any]:
    """What has come between: why someone who was to get the mail does not."""
    if step.campaign.state is CampaignState.CANCELLED:
        return literal(CANCELLED)
    is_stopped = exists().where(
        CampaignExclusion.campaign_id == step.campaign_id,
        CampaignExclusion.stakeholder_id == Stakeholder.id,
    )
    reasons: list[Any] = [
        (Stakeholder.merged_into_id.is_not(None), MERGED),
        (is_stopped.correlate(Stakeholder), EXCLUDED),
    ]
    if step.audience is not Audience.BOUNCED:
        reasons.append((Stakeholder.email.is_(None), NO_ADDRESS))
    return case(*reasons, else_=None)
