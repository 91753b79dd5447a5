"""Before a mail that waits is taken back: its unit is held still, so that no call begins."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from outreach.models.message import RESTING, TO_OTHERS, Message, MessageState, Unit


def hold_still(session: Session, *which: ColumnElement[bool]) -> None:
    """Lock the units in which these messages wait until we commit.

    Whoever hands a unit over locks it first and its messages later, and so must we. What a call has
    begun for by then is under way (`models.message.is_under_way`), and is not taken back.
    """
    units = select(Message.unit_id).where(*which, Message.state == MessageState.WAITING)
    session.execute(
        select(Unit.id).where(Unit.id.in_(units)).order_by(Unit.id).with_for_update(read=True)
    )


def own_waiting(session: Session, stakeholder_id: int) -> list[ColumnElement[bool]]:
    """What waits for someone at their own address, held still until we commit; conditions."""
    hold_still(session, Message.stakeholder_id == stakeholder_id)
    return [
        Message.stakeholder_id == stakeholder_id,
        Message.state == MessageState.WAITING,
        Message.purpose.not_in(TO_OTHERS),
        Message.unit_id.in_(select(Unit.id).where(Unit.state.in_(RESTING))),
    ]
