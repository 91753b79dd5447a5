"""Confirmations of what was answered on the page: written here, after the answer."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from outreach.answering import confirm, locked_alone
from outreach.db import savepoint, transaction
from outreach.models.confirmation import ConfirmationDue
from outreach.models.invitation import Invitation

AT_ONCE = 100
"""Their invitations are ours until all are written: who answers again waits no longer for it than
for a page."""
AGAIN = timedelta(minutes=10)
"""When one that failed is tried again."""
OF_AN_ANSWER = (
    ArithmeticError, AttributeError, LookupError, TypeError, ValueError, DataError, IntegrityError,
)  # fmt: skip
"""Faults of what was answered itself, not of the database or the machine."""

log = logging.getLogger("outreach.confirmations")


def confirm_answers(*, at: datetime, limit: int = AT_ONCE) -> int:
    """Write the confirmations that are due; says how many were looked at. The same again writes
    none.

    Two at once never take the same: each passes over what the other has. One that fails is found by
    halves and tried later, so that it holds up no other.
    """
    try:
        with transaction() as session:
            due = _due(session, at, limit)
            if len(due) == 1:
                return _write_one(session, due[0], at)
            return _write(session, due, at)
    except OF_AN_ANSWER:
        if limit == 1:
            raise
        return confirm_answers(at=at, limit=limit // 2)


def _due(session: Session, at: datetime, limit: int) -> Sequence[Any]:
    return session.execute(
        select(
            ConfirmationDue.invitation_id,
            func.coalesce(Invitation.merged_into_id, Invitation.id).label("stands_as"),
        )
        .join(Invitation, Invitation.id == ConfirmationDue.invitation_id)
        .where(ConfirmationDue.since <= at)
        .order_by(ConfirmationDue.invitation_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def _write_one(session: Session, row: Any, at: datetime) -> int:
    try:
        with savepoint(session):
            return _write(session, [row], at)
    except OF_AN_ANSWER:
        log.exception("the confirmation for invitation %s could not be written", row.stands_as)
        session.execute(
            update(ConfirmationDue)
            .where(ConfirmationDue.invitation_id == row.invitation_id)
            .values(since=at + AGAIN)
        )
        return 1


def _write(session: Session, due: Sequence[Any], at: datetime) -> int:
    for row in due:
        invitation = locked_alone(session, row.stands_as)
        if invitation is not None:
            confirm(session, invitation, at=at)
    taken = [row.invitation_id for row in due]
    session.execute(delete(ConfirmationDue).where(ConfirmationDue.invitation_id.in_(taken)))
    return len(taken)
