"""What came of a hand-over, recorded in one transaction and only under our token."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from outreach.db import transaction
from outreach.delivery.breaker import note_answer
from outreach.delivery.claims import FIRST_WAIT, Claim, sibling_of, take_unit
from outreach.delivery.ledger import move_by_id, recount
from outreach.delivery.mailer import Accepted, Busy, Outcome, Refused, Silent, Unfit
from outreach.models.activity import PROVIDER, Activity
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.message import Attempt, Message, MessageState, Unit, UnitState
from outreach.prepared import Prepared

LONGEST_WAIT = timedelta(minutes=30)
ODD_TRIES = 8
"""How often an odd busy answer ("other 4xx") is taken before the message is held."""

TAKEN_BACK = (MessageState.HELD, MessageState.CANCELLED, MessageState.LEFT_OUT)
TOO_LATE = "The provider had it before it could be taken back."

_DONE = Prepared(
    update(Unit)
    .where(
        Unit.id == bindparam("unit"), Unit.token == bindparam("fence"),
        Unit.state == UnitState.HANDING_OVER,
    )
    .values(state=UnitState.DONE, leased_until=None, leased_by=None)
)  # fmt: skip
_ACCEPTED = Prepared(
    update(Message)
    .where(Message.unit_id == bindparam("unit"), Message.state == MessageState.WAITING)
    .values(
        state=MessageState.ACCEPTED, reason="", changed_at=bindparam("at"),
        attempt_id=bindparam("attempt"), attempts_count=Message.attempts_count + 1,
    )
)  # fmt: skip
_CLOSED = Prepared(
    update(Attempt)
    .where(Attempt.id == bindparam("attempt"))
    .values(ended_at=bindparam("at"), result=bindparam("outcome"), detail=bindparam("details"))
)


@dataclass
class Sorted:
    """Outcomes by what they mean for the ledger: {reason: message ids}."""

    accepted: dict[str, list[int]] = field(default_factory=dict)
    refused: dict[str, list[int]] = field(default_factory=dict)
    held: dict[str, list[int]] = field(default_factory=dict)
    unknown: dict[str, list[int]] = field(default_factory=dict)
    busy: dict[str, list[int]] = field(default_factory=dict)
    retry_after: timedelta | None = None
    is_limited: bool = False
    is_down: bool = False
    """It said that it cannot do its work, or nobody was there."""
    configuration: str = ""

    def ids(self) -> Iterator[list[int]]:
        """All of them, by outcome."""
        for reasons in (self.accepted, self.refused, self.held, self.unknown, self.busy):
            yield from reasons.values()

    @property
    def shows_a_fault(self) -> bool:
        """The provider as a whole did not do its work: down, or of the whole call no sensible word,
        a time-out or a page in place of an answer. Of what it is given next nobody would know."""
        return self.is_down or (bool(self.unknown) and not (self.accepted or self.refused))

    def words(self) -> str:
        """`accepted`, `busy`, `refused`, `silent` or `mixed`, for the attempt."""
        names = {
            "accepted": self.accepted,
            "busy": self.busy,
            "refused": self.refused,
            "held": self.held,
            "silent": self.unknown,
        }
        present = [name for name, ids in names.items() if ids]
        return present[0] if len(present) == 1 else "mixed"

    def detail(self) -> str:
        """Counts and reasons, nothing personal."""
        parts = [
            f"{sum(map(len, ids.values()))} {name}: {'; '.join(list(ids)[:3])[:300]}"
            for name, ids in (
                ("refused", self.refused),
                ("held", self.held),
                ("unknown", self.unknown),
                ("busy", self.busy),
            )
            if ids
        ]
        return " | ".join(parts)


def sort_outcomes(outcomes: Mapping[str, Outcome], ids: Mapping[str, int]) -> Sorted:
    """Put each outcome where it belongs.

    ids  {public id: message id} of everyone who was handed over; whoever the mailer forgot to
         speak of is unknown
    """
    found = Sorted()
    if outcomes.keys() == ids.keys() and set(map(type, outcomes.values())) == {Accepted}:
        found.accepted[""] = list(ids.values())
        return found
    for public_id, message_id in ids.items():
        outcome = outcomes.get(public_id) or Silent("The mailer said nothing.")
        if isinstance(outcome, Accepted):
            found.accepted.setdefault("", []).append(message_id)
        elif isinstance(outcome, Unfit):
            found.held.setdefault(outcome.reason, []).append(message_id)
        elif isinstance(outcome, Refused) and outcome.is_configuration:
            found.configuration = outcome.reason
            found.busy.setdefault(outcome.reason, []).append(message_id)
        elif isinstance(outcome, Refused):
            found.refused.setdefault(outcome.reason, []).append(message_id)
        elif isinstance(outcome, Busy):
            found.busy.setdefault(outcome.reason, []).append(message_id)
            found.is_limited = found.is_limited or outcome.is_limited
            found.is_down = found.is_down or outcome.is_provider_down
            if outcome.retry_after is not None:
                found.retry_after = max(found.retry_after or timedelta(0), outcome.retry_after)
        else:
            found.unknown.setdefault(outcome.reason, []).append(message_id)
    return found


class Recorded(NamedTuple):
    """What came of writing an outcome down."""

    is_ours: bool
    """False, and nothing written, when the lease is lost."""
    next: Claim | None = None
    """The unit that was claimed with it."""


def record(
    claim: Claim,
    attempt_id: int,
    found: Sorted,
    *,
    at: datetime,
    mailer_name: str,
    places: Counter[tuple[Any, ...]] | None = None,
    next_for: str = "",
) -> Recorded:
    """Write what became of the unit.

    places    where its messages count, if they are all that wait in it
    next_for  the worker who goes on: claims the next unit in the same transaction, which saves it
              one of its own; nobody when empty
    """

    def written(write: Callable[[Session], bool]) -> Recorded:
        with transaction() as session:
            if not write(session):
                return Recorded(is_ours=False)
            _close_attempt(session, attempt_id, found, mailer_name, at)
            if not next_for:
                return Recorded(is_ours=True)
            session.flush()  # the breaker may have opened just now
            following = take_unit(session, next_for, at=at, mailer_name=mailer_name)
            return Recorded(is_ours=True, next=following)

    if places is not None and found.words() == "accepted":
        with suppress(_Overtaken):
            return written(lambda session: _all_accepted(session, claim, attempt_id, places, at))
    return written(lambda session: _one_by_one(session, claim, attempt_id, found, at))


class _Overtaken(Exception):
    """Something was told or done to a message meanwhile: each is looked at by itself."""


def _all_accepted(
    session: Session, claim: Claim, attempt_id: int, places: Counter[tuple[Any, ...]], at: datetime
) -> bool:
    """The usual case: all of the unit that is under way, without naming a thousand ids."""
    connection = session.connection()
    if not _DONE.count(connection, {"unit": claim.unit_id, "fence": claim.token}):
        return False
    ours = {"unit": claim.unit_id, "attempt": attempt_id, "at": at}
    if _ACCEPTED.count(connection, ours) != places.total():
        raise _Overtaken
    recount(session, places, MessageState.WAITING, MessageState.ACCEPTED)
    return True


def _close_attempt(
    session: Session, attempt_id: int, found: Sorted, mailer_name: str, at: datetime
) -> None:
    why = "; ".join(found.unknown or found.busy)[:300]
    note_answer(
        session, mailer_name, is_down=found.shows_a_fault, reason=why, at=at,
        retry_after=found.retry_after,
    )  # fmt: skip
    outcome = {"outcome": found.words(), "details": found.detail()}
    _CLOSED.count(session.connection(), {"attempt": attempt_id, "at": at} | outcome)


def _one_by_one(
    session: Session, claim: Claim, attempt_id: int, found: Sorted, at: datetime
) -> bool:
    unit = session.scalar(
        select(Unit)
        .where(
            Unit.id == claim.unit_id,
            Unit.token == claim.token,
            Unit.state == UnitState.HANDING_OVER,
        )
        .with_for_update()
    )
    if unit is None:
        return False
    _count_attempt(session, attempt_id, found, at)
    _move(session, found, at)
    busy_unit = _put_back(session, unit, found, at) if found.busy else None
    _close(unit, found, keeps_waiting=busy_unit is unit)
    if found.configuration and unit.campaign_id is not None:
        _pause(session, unit.campaign_id, found.configuration, at)
    session.flush()
    return True


def _count_attempt(session: Session, attempt_id: int, found: Sorted, at: datetime) -> None:
    """The attempt to each message that went with it, whatever has become of it meanwhile; an event
    that came first has done so itself (actions.receipt_effects)."""
    for ids in found.ids():
        session.execute(
            update(Message)
            .where(Message.id.in_(ids), Message.attempt_id.is_distinct_from(attempt_id))
            .values(attempt_id=attempt_id, attempts_count=Message.attempts_count + 1)
            .execution_options(synchronize_session=False)
        )


def _move(session: Session, found: Sorted, at: datetime) -> None:
    """Each message to the state that its outcome means; those a busy provider left stay."""
    old = MessageState.WAITING
    for states, new in (
        (found.accepted, MessageState.ACCEPTED),
        (found.refused, MessageState.REFUSED),
        (found.held, MessageState.HELD),
        (found.unknown, MessageState.UNKNOWN),
    ):
        for reason, ids in states.items():
            move_by_id(session, ids, old, new, at=at, reason=reason)
    for ids in found.accepted.values():
        for taken_back in TAKEN_BACK:  # too late: it has gone
            move_by_id(session, ids, taken_back, MessageState.ACCEPTED, at=at, reason=TOO_LATE)


def _close(unit: Unit, found: Sorted, *, keeps_waiting: bool) -> None:
    unit.leased_until = unit.leased_by = None
    if keeps_waiting:
        return
    unit.state = UnitState.UNKNOWN if found.unknown else UnitState.DONE


def _put_back(session: Session, unit: Unit, found: Sorted, at: datetime) -> Unit | None:
    """Messages that a busy provider did not take wait again, in a unit of their own if need be."""
    ids = [message_id for some in found.busy.values() for message_id in some]
    reason = "; ".join(found.busy)[:500]
    if found.is_limited and unit.busy_count + 1 >= ODD_TRIES:
        why = f"Not taken after {ODD_TRIES} tries: {reason}"
        move_by_id(session, ids, MessageState.WAITING, MessageState.HELD, at=at, reason=why)
        return None
    is_whole = not (found.accepted or found.refused or found.held or found.unknown)
    back = unit if is_whole else sibling_of(session, unit, next_at=at)
    back.busy_count = unit.busy_count + 1
    back.state = UnitState.WAITING
    back.next_at = at + (found.retry_after or back_off(back.busy_count))
    session.flush()
    session.execute(
        update(Message)
        .where(Message.id.in_(ids), Message.state == MessageState.WAITING)
        .values(unit_id=back.id, reason=reason, changed_at=at)
        .execution_options(synchronize_session=False)
    )
    return back


def back_off(tries: int) -> timedelta:
    """How long to wait before the next try: doubling, half of it by chance, at most 30 minutes."""
    longest: timedelta = min(FIRST_WAIT * 2 ** min(tries - 1, 12), LONGEST_WAIT)
    return longest / 2 + longest / 2 * random.random()


def _pause(session: Session, campaign_id: int, because: str, at: datetime) -> None:
    """The fault is ours for everyone: staff must look before anything more is tried."""
    campaign = session.get_one(Campaign, campaign_id, with_for_update=True)
    if campaign.state not in (CampaignState.SCHEDULED, CampaignState.RUNNING):
        return
    campaign.pause(because)
    session.execute(
        update(Unit)
        .where(Unit.campaign_id == campaign_id, Unit.state == UnitState.WAITING)
        .values(state=UnitState.PAUSED)
    )
    session.add(Activity.of("paused", PROVIDER, at, campaign_id=campaign_id, because=because))
