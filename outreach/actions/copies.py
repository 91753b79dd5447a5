"""Copies: an assistant gets what the person got, as a mail and with a link of their own.

A copy is written once the original has left, in a unit of its own: it is no member of the audience,
so it counts nowhere, and whatever befalls it says nothing of the person.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from outreach.db import transaction
from outreach.models.answering_address import AnsweringAddress
from outreach.models.evidence import WRITTEN_ANEW
from outreach.models.message import Attempt, Message, MessageState, Purpose, Unit, UnitState
from outreach.models.restore import Restore
from outreach.tokens import new_key

COPIED = (
    Purpose.INVITATION, Purpose.REMINDER, Purpose.LAST_CALL, Purpose.THANK_YOU,
    Purpose.CONFIRMATION, Purpose.PRACTICAL, Purpose.DELEGATION, Purpose.MOVED, Purpose.WITHDRAWN,
    Purpose.NEW_LINK, Purpose.MEMBER, Purpose.FOCAL_POINT, Purpose.SEAT, Purpose.SEAT_ANSWER,
)  # fmt: skip
HAS_LEFT = (MessageState.ACCEPTED, MessageState.DELIVERED)
LATEST = timedelta(days=7)
"""What left longer ago is copied no more: a clock that stood still does not flood anyone."""
AT_ONCE = 500


def copy_to_assistants(*, at: datetime, limit: int = AT_ONCE) -> int:
    """Write the copies that are due; says how many. The same again writes none.

    Cost: the mails of a week of those who have an assistant with copies, by an index.
    """
    with transaction() as session:
        restored_at = session.scalar(select(func.max(Restore.at)))
        rows = session.execute(_due(at).limit(limit)).all()
        for row in rows:
            unit = Unit(
                text_id=row.text_id, event_id=row.event_id, purpose=Purpose.COPY, next_at=at
            )
            how: dict[str, Any] = {"state": MessageState.WAITING}
            if restored_at is not None and _left_before(restored_at, row):
                unit.state = UnitState.DONE
                how = {"state": MessageState.HELD, "reason": WRITTEN_ANEW}
            session.add(unit)
            session.flush()
            session.add(
                Message(
                    public_id=new_key(), unit_id=unit.id, stakeholder_id=row.stakeholder_id,
                    invitation_id=row.invitation_id, offer_id=row.offer_id,
                    delegation_id=row.delegation_id, text_id=row.text_id, event_id=row.event_id,
                    purpose=Purpose.COPY, address=row.email,
                    name=row.name or row.email, values=row.values, copy_of_id=row.id,
                    created_at=at, changed_at=at, **how,
                )
            )  # fmt: skip
        return len(rows)


def _left_before(restored_at: datetime, row: Any) -> bool:
    """Whether the original left before the restore, as far as we know; and with it, perhaps, the
    copy."""
    went_since = row.started_at is not None and row.started_at > restored_at
    return row.created_at <= restored_at and not went_since


def _due(at: datetime) -> Any:
    """Mails that left to someone whose assistant gets copies and has none of this one yet."""
    copied = aliased(Message)
    return (
        select(
            Message.id, Message.text_id, Message.event_id, Message.stakeholder_id,
            Message.invitation_id, Message.offer_id, Message.delegation_id, Message.values,
            AnsweringAddress.email, AnsweringAddress.name, Message.created_at, Attempt.started_at,
        )
        .outerjoin(Attempt, Attempt.id == Message.attempt_id)
        .join(AnsweringAddress, AnsweringAddress.stakeholder_id == Message.stakeholder_id)
        .where(
            AnsweringAddress.is_assistant,
            AnsweringAddress.gets_copies,
            AnsweringAddress.created_at <= Message.created_at,
            Message.created_at > at - LATEST,
            Message.purpose.in_(COPIED),
            func.coalesce(
                Message.invitation_id, Message.offer_id, Message.delegation_id
            ).is_not(None),
            Message.state.in_(HAS_LEFT),
            Message.text_id.is_not(None),
            ~exists().where(
                copied.copy_of_id == Message.id, copied.address == AnsweringAddress.email
            ),
        )
        .order_by(Message.id, AnsweringAddress.id)
        .with_for_update(of=AnsweringAddress, skip_locked=True)
    )  # fmt: skip
