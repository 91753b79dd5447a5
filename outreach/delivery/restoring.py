"""After a restore from a backup: what was pending may have left since, so nothing leaves by itself.

The rows say "waiting"; the provider may have had the mail an hour before the crash. Everything
pending is held first, then settled by evidence, and only what provably did not leave, or what a
person takes upon themselves, goes out.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select, update
from sqlalchemy.orm import Session

from outreach.db import db, transaction
from outreach.delivery.claims import move_to_unit, sibling_of
from outreach.delivery.ledger import move_by_id, move_messages
from outreach.delivery.mailer import Mailer
from outreach.models.activity import CONSOLE, Activity
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.evidence import CERTAIN, MAY_HAVE_LEFT, WRITTEN_ANEW
from outreach.models.message import (
    RESTING,
    UNIT_SIZE,
    Attempt,
    Message,
    MessageState,
    Unit,
    UnitState,
    carried,
    is_under_way,
)
from outreach.models.restore import Restore
from outreach.models.step import Step, StepState

BEFORE, BEFORE_ANEW = f" {MAY_HAVE_LEFT}", f" {WRITTEN_ANEW}"
"""Behind the reason of what was held before: a person may have let it go since the backup."""
FREE = (MAY_HAVE_LEFT, WRITTEN_ANEW)
"""Nothing else holds it."""

FOUND = "Found by evidence after a restore."
PENDING = (
    MessageState.WAITING,
    MessageState.LEASED,
    MessageState.HANDING_OVER,
    MessageState.UNKNOWN,
)
LIVE = (CampaignState.SCHEDULED, CampaignState.RUNNING)


@dataclass(frozen=True, slots=True)
class HeldAll:
    """What `outbox hold-all` stopped."""

    messages: int
    campaigns: int
    steps: int
    """Due between the backup and now: they may have gone out; each asks a person."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What `outbox reconcile` found."""

    accepted: int
    """Left before the crash: the provider's log, its events or the file say so."""
    released: int
    """Provably did not leave, or was released without proof: they wait again."""
    held: int
    """Nobody can know; a person decides."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def hold_all(*, at: datetime) -> HeldAll:
    """Hold everything pending and pause every campaign, in one transaction.

    What was written at this very instant, jobs wrote anew (jobs.hold_everything).
    """
    with transaction() as session:
        session.add(Restore(at=at))
        campaigns = session.scalars(
            select(Campaign).where(Campaign.state.in_(LIVE)).with_for_update()
        ).all()
        for campaign in campaigns:
            campaign.pause("Paused after a restore from a backup. Reconcile, then resume.")
            session.add(Activity.of("paused", CONSOLE, at, campaign_id=campaign.id))
        steps = session.scalars(
            select(Step).where(Step.state == StepState.WAITING, Step.due_at <= at)
        ).all()
        for step in steps:
            step.state = StepState.MISSED
        session.execute(
            update(Message)
            .where(is_under_way())
            .values(carried())
            .execution_options(synchronize_session=False)
        )
        count = _hold_what_waits(session, at)
        session.execute(
            update(Unit)
            .where(Unit.state != UnitState.DONE)
            .values(state=UnitState.DONE, token=Unit.token + 1, leased_until=None, leased_by=None)
            .execution_options(synchronize_session=False)
        )
        return HeldAll(count, len(campaigns), len(steps))


def _hold_what_waits(session: Session, at: datetime) -> int:
    is_anew = Message.created_at >= at
    count = sum(
        move_messages(
            session, and_(Message.unit_id.is_not(None), which), state, MessageState.HELD,
            at=at, reason=reason,
        )
        for state in PENDING
        for which, reason in ((is_anew, WRITTEN_ANEW), (~is_anew, MAY_HAVE_LEFT))
    )  # fmt: skip
    session.execute(
        update(Message)
        .where(Message.state == MessageState.HELD, ~Message.reason.endswith(MAY_HAVE_LEFT))
        .values(reason=Message.reason + case((is_anew, BEFORE_ANEW), else_=BEFORE))
        .execution_options(synchronize_session=False)
    )
    return count


def reconcile(mailer: Mailer, *, at: datetime, releases_unproven: bool = False) -> Reconciled:
    """Ask for evidence of everyone held by `hold_all`; may be run again and again.

    releases_unproven  of whom nobody can know: send once more, marked as a possible double
    What was held before stays so, unless it left.
    """
    accepted = released = held = 0
    last = 0
    while rows := _held_after(last):
        last = rows[-1].id
        evidence = mailer.evidence([row.public_id for row in rows])
        by_answer: dict[tuple[bool | None, bool], list[Any]] = defaultdict(list)
        for row in rows:
            answer = _told_of(row, evidence.get(row.public_id), mailer.name)
            by_answer[answer, row.reason not in FREE].append(row)
        went = [row.id for was in (False, True) for row in by_answer[True, was]]
        unproven = [row.id for row in by_answer[None, False]]
        doubtful = [row.id for row in by_answer[False, False] if _is_in_doubt(row)]
        did_not = [row.id for row in by_answer[False, False] if not _is_in_doubt(row)]
        with transaction() as session:
            accepted += _accept(session, went, at)
            released += _release(session, did_not, at, is_double=False)
            released += _release(session, doubtful, at, is_double=True)
            _hold_as_before(session, [row.id for row in by_answer[False, True]])
            if releases_unproven:
                released += _release(session, unproven, at, is_double=True)
                unproven = []
            held += len(unproven) + len(by_answer[None, True]) + len(by_answer[False, True])
    return Reconciled(accepted, released, held)


def _told_of(row: Any, answer: bool | None, mailer_name: str) -> bool | None:
    """The evidence; what one mailer does not know of, another may have taken."""
    if row.reason.endswith(WRITTEN_ANEW):
        return None
    is_foreign = row.mailer not in (None, mailer_name)
    return None if answer is False and is_foreign else answer


def _is_in_doubt(row: Any) -> bool:
    """Nobody knew of its last hand-over: a log that has no trace is no proof, as a folder is."""
    return row.mailer not in (None, "file") and row.result not in CERTAIN


def _held_after(message_id: int) -> list[Any]:
    rows = db.session.execute(
        select(Message.id, Message.public_id, Message.reason, Attempt.mailer, Attempt.result)
        .outerjoin(Attempt, Attempt.id == Message.attempt_id)
        .where(
            Message.id > message_id,
            Message.state == MessageState.HELD,
            Message.reason.endswith(MAY_HAVE_LEFT),
        )
        .order_by(Message.id)
        .limit(UNIT_SIZE)
    ).all()
    db.session.rollback()
    return list(rows)


def _hold_as_before(session: Session, ids: list[int]) -> None:
    """What provably did not leave waits for a person, as it did."""
    if ids:
        session.execute(
            update(Message)
            .where(Message.id.in_(ids), Message.state == MessageState.HELD)
            .values(reason=func.replace(Message.reason, BEFORE, ""))
            .execution_options(synchronize_session=False)
        )


def _accept(session: Session, ids: list[int], at: datetime) -> int:
    """They left; the attempt itself was lost with what the backup did not have."""
    return move_by_id(
        session,
        ids,
        MessageState.HELD,
        MessageState.ACCEPTED,
        at=at,
        reason=FOUND,
        attempts_count=Message.attempts_count + 1,
    )


def _release(session: Session, ids: list[int], at: datetime, *, is_double: bool) -> int:
    """They wait again, in the units that they had; a paused campaign's wait for its resumption.

    A unit that is on its way meanwhile stays as it is: what is released late goes by a new one.
    """
    if not ids:
        return 0
    # Whoever was released or told of meanwhile has a unit of their own, or none to wait in.
    those = (
        Message.id.in_(ids),
        Message.state == MessageState.HELD,
        Message.reason.in_(FREE),
    )
    theirs = select(Message.unit_id).where(*those)
    units = session.scalars(
        select(Unit).where(Unit.id.in_(theirs)).order_by(Unit.id).with_for_update()
    ).all()
    by_unit: dict[int | None, list[int]] = defaultdict(list)
    for message_id, unit_id in session.execute(
        select(Message.id, Message.unit_id).where(*those).order_by(Message.id).with_for_update()
    ):
        by_unit[unit_id].append(message_id)
    marks = {"possible_double": True} if is_double else {}
    count = move_by_id(
        session,
        [one for some in by_unit.values() for one in some],
        MessageState.HELD,
        MessageState.WAITING,
        at=at,
        reason="Released after a restore.",
        **marks,
    )
    paused = set(session.scalars(select(Campaign.id).where(Campaign.state == CampaignState.PAUSED)))
    for unit in units:
        back = unit
        if unit.state not in (UnitState.DONE, *RESTING):
            back = sibling_of(session, unit, next_at=at)
            session.flush()
            move_to_unit(session, by_unit[unit.id], back.id)
        back.state = UnitState.PAUSED if unit.campaign_id in paused else UnitState.WAITING
        back.next_at = at
        back.attempts_count += 1  # of which the backup may know nothing
        back.is_retry_of_unknown = back.is_retry_of_unknown or is_double
    session.flush()
    return count
