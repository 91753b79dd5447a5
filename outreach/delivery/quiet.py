"""Nobody is written to at night whom a step meets at an hour of their own: a late mail waits."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from outreach.delivery.claims import move_to_unit, sibling_of
from outreach.dialect import joined
from outreach.models.message import Message, MessageState, Unit
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.step import Step

MORNING_COMES = "It is late where they are: it goes in their morning."


def hold_back_the_night(session: Session, unit_id: int, at: datetime) -> set[int]:
    """Put those for whom it is night, or a day off, into units that go in their morning.

    A pause, a slow rate or a provider that is down made the mail late. Whoever's morning comes
    only after the reply-by, or the opening, gets it now: a last call at night is better than none.
    Returns the messages that wait.
    """
    unit = session.get_one(Unit, unit_id)
    step = session.get(Step, unit.step_id)
    if step is None or not step.is_local:
        return set()
    later: dict[datetime, list[int]] = defaultdict(list)
    for country_code, ids in session.execute(_by_country(unit_id)):
        until = step.timing.waits_until(at, country_code)
        ends = (step.campaign.reply_by, step.campaign.event.starts_at)
        if until is not None and not any(at < end <= until for end in ends):
            later[until] += map(int, ids.split(","))
    for until, some in sorted(later.items()):
        sibling = sibling_of(session, unit, next_at=until)
        session.flush()
        move_to_unit(session, some, sibling.id, reason=MORNING_COMES)
    return {one for some in later.values() for one in some}


def _by_country(unit_id: int) -> Select[str, str]:
    country = func.coalesce(Stakeholder.country_code, Organisation.country_code, "")
    return (
        select(country, joined(Message.id))
        .join(Stakeholder, Stakeholder.id == Message.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .where(Message.unit_id == unit_id, Message.state == MessageState.WAITING)
        .group_by(country)
    )
