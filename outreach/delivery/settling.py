"""Settling the unknown by evidence: found → accepted; not found → one more try, marked."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.db import db, transaction
from outreach.delivery.ledger import move_by_id
from outreach.delivery.mailer import Mailer
from outreach.delivery.recording import back_off
from outreach.models.message import Attempt, Message, MessageState, Unit, UnitState

GRACE = timedelta(minutes=15)
"""How long a provider's event may take to settle it before its log, or we, do."""

PATIENCE = timedelta(hours=6)
"""How long a mail log that does not answer is asked again before we go by no evidence at all."""


def settle_unknown(mailer: Mailer, *, at: datetime, grace: timedelta = GRACE) -> int:
    """Settle what can be settled now; says how many units.

    The file mailer's evidence is certain at once. Elsewhere the grace time passes first, for the
    provider's events; what is still unknown then is sent once more, marked as a possible double,
    or held where the campaign is for VIPs or this was the second time.
    """
    unit_ids = db.session.scalars(
        select(Unit.id).where(Unit.state == UnitState.UNKNOWN).order_by(Unit.id).limit(1000)
    ).all()
    db.session.rollback()
    return sum(_settle(unit_id, mailer, at, grace) for unit_id in unit_ids)


def _settle(unit_id: int, mailer: Mailer, at: datetime, grace: timedelta) -> bool:
    knows = _knows_of_all(unit_id, mailer)
    is_certain = knows and mailer.name == "file"
    rows = db.session.execute(
        select(Message.id, Message.public_id, Message.changed_at).where(
            Message.unit_id == unit_id, Message.state == MessageState.UNKNOWN
        )
    ).all()
    db.session.rollback()
    newest = max((row.changed_at for row in rows), default=at)
    if rows and not is_certain and newest > at - grace:
        return False
    evidence = mailer.evidence([row.public_id for row in rows])
    went = [row.id for row in rows if evidence.get(row.public_id)]
    missing = [row.id for row in rows if not evidence.get(row.public_id)]
    is_asking = knows and getattr(mailer, "has_mail_log", False) and newest > at - PATIENCE
    if is_asking and any(evidence.get(row.public_id) is None for row in rows):
        missing = []  # the log has not told of everyone yet: it is asked again
        if not went:
            return False
    with transaction() as session:
        unit = session.scalar(
            select(Unit)
            .where(Unit.id == unit_id, Unit.state == UnitState.UNKNOWN)
            .with_for_update()
        )
        if unit is None:
            return False
        move_by_id(
            session,
            went,
            MessageState.UNKNOWN,
            MessageState.ACCEPTED,
            at=at,
            reason="Found by evidence after an interrupted hand-over.",
        )
        if missing or len(went) == len(rows):
            _once_more(session, unit, missing, at, is_certain=is_certain)
    return True


def _knows_of_all(unit_id: int, mailer: Mailer) -> bool:
    """Whether this mailer made every call of which nobody knows: of another one's, as after the
    setting was changed, its folder or its log shows nothing."""
    doubtful = select(Attempt.mailer).where(
        Attempt.unit_id == unit_id, Attempt.result.in_(("silent", "mixed"))
    )
    made_by = set(db.session.scalars(doubtful))
    db.session.rollback()
    return made_by <= {mailer.name}


def _once_more(
    session: Session, unit: Unit, ids: list[int], at: datetime, *, is_certain: bool
) -> None:
    """One more try for those of whom there is no trace, or a person's look."""
    if not ids:
        unit.state = UnitState.DONE
        return
    if not is_certain and (unit.is_vip or unit.is_retry_of_unknown):
        why = "Unknown twice" if unit.is_retry_of_unknown else "Unknown, in a campaign for VIPs"
        move_by_id(
            session,
            ids,
            MessageState.UNKNOWN,
            MessageState.HELD,
            at=at,
            reason=f"{why}: look whether it arrived before it is sent again.",
        )
        unit.state = UnitState.DONE
        return
    move_by_id(
        session,
        ids,
        MessageState.UNKNOWN,
        MessageState.WAITING,
        at=at,
        reason="No trace of the first try.",
    )
    if not is_certain:
        session.execute(
            update(Message)
            .where(Message.id.in_(ids), Message.state == MessageState.WAITING)
            .values(possible_double=True)
            .execution_options(synchronize_session=False)
        )
        unit.is_retry_of_unknown = True
    unit.unknown_count += 1
    unit.state = UnitState.WAITING
    unit.next_at = at if is_certain else at + back_off(1)
