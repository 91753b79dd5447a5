"""The last look at a unit and the attempt that is written before its call, in one transaction.

It runs for every thousand mails: its statements are built once and read plain columns.
"""

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.delivery.checks import Look, campaign_stands, leave_out_the_changed, look_at
from outreach.delivery.claims import Claim, release
from outreach.delivery.ledger import move_by_id, move_messages
from outreach.delivery.mailer import Mailer
from outreach.delivery.manners import hold_back_domains
from outreach.delivery.quiet import hold_back_the_night
from outreach.delivery.rate import Rates, take
from outreach.delivery.recording import messages_of
from outreach.delivery.render import Rendered
from outreach.dialect import joined
from outreach.models.campaign import CampaignState
from outreach.models.message import LEASE, Attempt, Message, MessageState, Unit, UnitState

LIVE = (None, CampaignState.SCHEDULED, CampaignState.RUNNING)

_WAITING = select(joined(Message.id)).where(
    Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING
)
_ATTEMPT = insert(Attempt).returning(Attempt.id)
_HANDING_OVER = (
    update(Message)
    .where(Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING)
    .values(
        state=MessageState.HANDING_OVER, reason="", changed_at=bindparam("at"),
        attempt_id=bindparam("attempt"), attempts_count=Message.attempts_count + 1,
    )
)  # fmt: skip
"""Counted as waiting still, so that no summary row changes."""

_UNDER_WAY = (
    update(Unit)
    .where(Unit.id == bindparam("unit"))
    .values(
        state=UnitState.HANDING_OVER, leased_until=bindparam("until"), leases_count=0,
        attempts_count=Unit.attempts_count + 1,
    )
)  # fmt: skip


def begin(
    claim: Claim, rendered: Rendered, mailer: Mailer, rates: Rates, at: datetime
) -> tuple[int, dict[str, int]] | None:
    """Look once more and write the attempt; committed before any call. None: nothing to call for.

    Returns the attempt's id and {public id: message id} of those who go.
    """
    with transaction() as session:
        look = look_at(session, claim.unit_id, claim.token)
        if look is None:
            return None
        stands = campaign_stands(session, look.campaign_id)
        if stands not in LIVE:
            _set_aside(session, claim, stands, at)
            return None
        if look.is_held:
            release(session, claim, UnitState.HELD, look.next_at)
            return None
        waiting = _who_goes(session, claim, look, rendered, rates, at)
        if not waiting:
            release(session, claim, UnitState.DONE, look.next_at)
            return None
        if rates.sender and (wait := take(session, "sender", len(waiting), rates.sender, at=at)):
            release(session, claim, UnitState.WAITING, at + wait)
            return None
        attempt_id, count = _write_attempt(session, claim, mailer, len(waiting), at)
        if count == len(waiting) and waiting.issubset(rendered.ids):
            # The usual case: those who were made ready are those who go.
            everyone = zip(rendered.recipients.public_ids, rendered.ids, strict=True)
            return attempt_id, {public_id: one for public_id, one in everyone if one in waiting}
        return attempt_id, messages_of(session, claim.unit_id)


def _who_goes(
    session: Session, claim: Claim, look: Look, rendered: Rendered, rates: Rates, at: datetime
) -> set[int]:
    """The messages of the unit that still wait once everyone else was put aside."""
    # Who is left out needs nobody's look, whatever else is missing.
    waiting = leave_out_the_changed(session, claim.unit_id, look, at)
    if look.goes_by_their_hour:
        waiting -= hold_back_the_night(session, claim.unit_id, at)
    for reason, ids in rendered.held.items():
        move_by_id(session, ids, MessageState.WAITING, MessageState.HELD, at=at, reason=reason)
        waiting.difference_update(ids)
    if rates.domain:
        hold_back_domains(session, session.get_one(Unit, claim.unit_id), rates.domain, at)
        ids = session.connection().scalar(_WAITING, {"unit": claim.unit_id})
        return set(map(int, ids.split(","))) if ids else set()
    return waiting


def _write_attempt(
    session: Session, claim: Claim, mailer: Mailer, count: int, at: datetime
) -> tuple[int, int]:
    """The attempt's id, and how many messages are in it."""
    connection = session.connection()
    attempt = {
        "unit_id": claim.unit_id, "token": claim.token, "mailer": mailer.name,
        "messages_count": count, "started_at": at,
    }  # fmt: skip
    attempt_id = int(connection.execute(_ATTEMPT, attempt).scalar_one())
    moved = {"unit": claim.unit_id, "attempt": attempt_id, "at": at}
    count = connection.execute(_HANDING_OVER, moved).rowcount
    connection.execute(_UNDER_WAY, {"unit": claim.unit_id, "until": at + LEASE})
    return attempt_id, count


def _set_aside(session: Session, claim: Claim, stands: CampaignState | None, at: datetime) -> None:
    """The campaign was paused or ended while the unit was being made ready."""
    if stands is CampaignState.PAUSED:
        release(session, claim, UnitState.PAUSED, at)
        return
    move_messages(
        session,
        Message.unit_id == claim.unit_id,
        MessageState.WAITING,
        MessageState.CANCELLED,
        at=at,
        reason="The campaign was cancelled before this left.",
    )
    release(session, claim, UnitState.DONE, at)
