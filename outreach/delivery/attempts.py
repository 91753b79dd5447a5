"""The last look at a unit and the attempt that is written before its call, in one transaction.

It runs for every thousand mails: its statements are built once and read plain columns.
"""

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.delivery.again import hold_for_stars
from outreach.delivery.checks import Look, campaign_stands, leave_out_the_changed, look_at
from outreach.delivery.claims import Claim, release
from outreach.delivery.ledger import move_by_id, move_messages
from outreach.delivery.mailer import Mailer
from outreach.delivery.manners import hold_back_domains
from outreach.delivery.quiet import hold_back_the_night
from outreach.delivery.rate import Rates, Wait, wait_of_sender
from outreach.delivery.render import Rendered
from outreach.dialect import joined
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.message import LEASE, Attempt, Message, MessageState, Unit, UnitState
from outreach.prepared import Prepared

LIVE = (None, CampaignState.SCHEDULED, CampaignState.RUNNING)

_WAITING = select(joined(Message.id)).where(
    Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING
)
_ATTEMPT = Prepared(
    insert(Attempt), ["unit_id", "token", "mailer", "sender", "messages_count", "started_at"]
)
_UNDER_WAY = Prepared(
    update(Unit)
    .where(Unit.id == bindparam("unit"))
    .values(
        state=UnitState.HANDING_OVER, leased_until=bindparam("until"), leases_count=0,
        attempts_count=Unit.attempts_count + 1,
    )
)  # fmt: skip
"""With it all that wait in the unit are being handed over (`models.message.standing`)."""

UNREADY = "It could not be made ready for the hand-over."


class Begun(NamedTuple):
    """An attempt that is written."""

    attempt_id: int
    ids: dict[str, int]
    """{public id: message id} of those who go."""
    places: Counter[tuple[Any, ...]] | None
    """Where they count, if they are all who were made ready."""


def begin(
    claim: Claim, rendered: Rendered, mailer: Mailer, rates: Rates, at: datetime
) -> Begun | Wait | None:
    """Look once more and write the attempt; committed before any call. None: nobody is to go."""
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
        ids, places = _who_goes(session, claim, look, rendered, rates, at)
        if not ids:
            release(session, claim, UnitState.DONE, look.next_at)
            return None
        sender = rendered.letter.sender.email.lower()
        if wait := wait_of_sender(session, rates, sender, len(ids), at=at):
            release(session, claim, UnitState.WAITING, at + wait.span)
            is_for_all = wait.is_for_all or _all_due_are_of(session, sender, at)
            return wait._replace(is_for_all=is_for_all)
        attempt_id = _write_attempt(session, claim, mailer.name, sender, len(ids), at)
        return Begun(attempt_id, ids, places)


def _all_due_are_of(session: Session, sender: str, at: datetime) -> bool:
    """Whether something is due, and nothing that another address of ours sends, or no campaign.
    Cost: the due units up to the first such."""
    due = (
        select(Unit.id)
        .outerjoin(Campaign, Campaign.id == Unit.campaign_id)
        .where(Unit.state == UnitState.WAITING, Unit.next_at <= at)
        .limit(1)
    )
    of_others = Unit.campaign_id.is_(None) | (func.lower(Campaign.sender_address) != sender)
    return session.scalar(due.where(of_others)) is None and session.scalar(due) is not None


def _who_goes(
    session: Session, claim: Claim, look: Look, rendered: Rendered, rates: Rates, at: datetime
) -> tuple[dict[str, int], Counter[tuple[Any, ...]] | None]:
    """{public id: message id} of those who still wait once everyone else was put aside, and where
    they count if nobody had to be."""
    everyone = dict(zip(rendered.recipients.public_ids, rendered.ids, strict=True))
    # Who is left out needs nobody's look, whatever else is missing.
    crowd = leave_out_the_changed(session, claim.unit_id, look, at)
    if look.may_lack_a_signature and hold_for_stars(session, claim.unit_id, look.event_id, at):
        crowd = None
    if look.goes_by_their_hour and hold_back_the_night(session, claim.unit_id, at):
        crowd = None
    if not (rates.domain or rendered.held) and crowd and crowd.is_of(rendered.ids):
        return everyone, crowd.places
    for reason, ids in rendered.held.items():
        move_by_id(session, ids, MessageState.WAITING, MessageState.HELD, at=at, reason=reason)
    if rates.domain:
        hold_back_domains(session, session.get_one(Unit, claim.unit_id), rates.domain, at)
    written = session.connection().scalar(_WAITING, {"unit": claim.unit_id})
    waiting = set(map(int, written.split(","))) if written else set()
    unready = sorted(waiting.difference(rendered.ids))
    move_by_id(session, unready, MessageState.WAITING, MessageState.HELD, at=at, reason=UNREADY)
    return {public_id: one for public_id, one in everyone.items() if one in waiting}, None


def _write_attempt(
    session: Session, claim: Claim, mailer: str, sender: str, count: int, at: datetime
) -> int:
    connection = session.connection()
    attempt = {
        "unit_id": claim.unit_id, "token": claim.token, "mailer": mailer, "sender": sender,
        "messages_count": count, "started_at": at,
    }  # fmt: skip
    attempt_id = _ATTEMPT.key(connection, attempt)
    _UNDER_WAY.count(connection, {"unit": claim.unit_id, "until": at + LEASE})
    return attempt_id


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
