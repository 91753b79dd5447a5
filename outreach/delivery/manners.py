"""No more to one recipient domain than its servers take kindly: the rest of a unit waits."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.delivery.claims import move_to_unit, sibling_of
from outreach.delivery.rate import take_some
from outreach.models.heartbeat import TO
from outreach.models.message import Message, MessageState, Unit


def hold_back_domains(session: Session, unit: Unit, per_second: int, at: datetime) -> int:
    """Put whoever's domain has had its share into a unit that goes a second later; says how many.

    per_second  messages to any one domain, over all workers
    """
    by_domain: dict[str, list[int]] = defaultdict(list)
    for message_id, address in session.execute(
        select(Message.id, Message.address)
        .where(Message.unit_id == unit.id, Message.state == MessageState.WAITING)
        .order_by(Message.id)
    ):
        by_domain[address.rpartition("@")[2].lower()].append(message_id)
    later: list[int] = []
    for domain, ids in sorted(by_domain.items()):  # in one order: nobody waits in a ring
        share = take_some(session, TO + domain, len(ids), per_second, at=at)
        later += ids[share:]
    if later:
        sibling = sibling_of(session, unit, next_at=at + timedelta(seconds=1))
        session.flush()
        move_to_unit(session, later, sibling.id)
    return len(later)
