"""How the way out is doing: for the operators' page, and as figures for /metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from outreach.db import reading
from outreach.models.breaker import Breaker
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.heartbeat import Heartbeat
from outreach.models.message import RESTING, Attempt, Message, MessageState, Unit, UnitState
from outreach.models.tally import Tally, TallyKind
from outreach.queries.audit import LastAudit, last_audit
from outreach.queries.health import OLDEST_TICK
from outreach.queries.imports import ImportLine, imports_in_trouble
from outreach.queries.messages import first_ids

RECENT = timedelta(hours=24)
RATE_SPAN = timedelta(minutes=10)
MOST_HELD = 10_000
"""Of more held mails than this, of campaigns or outside them, the reasons are counted for the
latest."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One job of the clock: its last run, on which machine, and what went wrong in it."""

    name: str
    ticked_at: datetime
    ticked_by: str
    error: str


@dataclass(frozen=True, slots=True)
class BreakerLine:
    """A mailer's circuit breaker."""

    name: str
    down_count: int
    opened_at: datetime | None
    probe_at: datetime | None
    rests_until: datetime | None
    """Until when the provider asked to be left alone; nothing where that is over."""
    reason: str

    @property
    def state(self) -> str:
        """`closed` or `open`."""
        return "closed" if self.opened_at is None else "open"


@dataclass(frozen=True, slots=True)
class Operations:
    """The operators' page."""

    due_units: int
    waiting_units: int
    oldest_due_at: datetime | None
    per_second: float
    """Messages a second that a provider took, over the last ten minutes."""
    states: dict[str, int]
    """Messages of campaigns by state."""
    single_unknowns: int
    """Mails outside campaigns, each in a unit of its own, of which nobody knows."""
    single_held: int
    """Of the held mails those outside campaigns; counted up to MOST_HELD."""
    held: list[tuple[str, int]]
    """(reason, how many), the most frequent first."""
    ticks: list[Tick]
    stands_still: bool
    """The clock ticked once, and has not lately."""
    breakers: list[BreakerLine]
    answers: list[tuple[str, str, int, int]]
    """(mailer, class, calls, messages) of the last 24 hours."""
    paused: list[tuple[int, str, str]]
    """(campaign id, name, why) of those that paused by themselves."""
    imports: list[ImportLine]
    """Those that failed, and are tried again or wait for a person."""
    audit: LastAudit | None

    @property
    def ticked_at(self) -> datetime | None:
        """The newest tick of any job."""
        return max((one.ticked_at for one in self.ticks), default=None)

    @property
    def failing(self) -> list[Tick]:
        """The jobs whose last tick ended in an error."""
        return [one for one in self.ticks if one.error]

    @property
    def held_count(self) -> int:
        """Waiting for a person; of campaigns or not."""
        return self.states.get(MessageState.HELD.value, 0) + self.single_held

    @property
    def unknown_count(self) -> int:
        """Handed over without an answer, and not settled yet; of campaigns or not."""
        return self.states.get(MessageState.UNKNOWN.value, 0) + self.single_unknowns


def operations(at: datetime) -> Operations:
    """Everything for the page. Eleven SELECTs by index, of summary rows or a day's attempts."""
    session = reading()
    due = (Unit.state == UnitState.WAITING, Unit.next_at <= at)
    due_units, oldest = session.execute(
        select(func.count(), func.min(Unit.next_at)).where(*due)
    ).one()
    is_unknown = Unit.state == UnitState.UNKNOWN
    waiting, unknown = session.execute(
        select(
            func.count().filter(~is_unknown),
            func.count().filter(is_unknown, Unit.campaign_id.is_(None)),
        ).where(Unit.state.in_([*RESTING, UnitState.UNKNOWN]))
    ).one()
    sent = session.scalar(
        select(func.coalesce(func.sum(Attempt.messages_count), 0)).where(
            Attempt.id > _first_attempt_id(at - RATE_SPAN),
            Attempt.started_at > at - RATE_SPAN,
            Attempt.result.in_(("accepted", "mixed")),
        )
    )
    single_held, held = _held()
    ticked = ticks()
    return Operations(
        due_units=due_units,
        waiting_units=waiting,
        oldest_due_at=oldest,
        per_second=round((sent or 0) / RATE_SPAN.total_seconds(), 2),
        states=message_states(),
        single_unknowns=unknown,
        single_held=single_held,
        held=held,
        ticks=ticked,
        stands_still=bool(ticked) and max(one.ticked_at for one in ticked) < at - OLDEST_TICK,
        breakers=breakers(at),
        answers=_answers(at),
        paused=_paused(),
        imports=imports_in_trouble(),
        audit=last_audit(),
    )


def message_states() -> dict[str, int]:
    """{state: messages of campaigns}. Cost: the summary rows of steps."""
    rows = reading().execute(
        select(Tally.state, func.sum(Tally.count))
        .where(Tally.kind == TallyKind.STEP_MESSAGES)
        .group_by(Tally.state)
    )
    return {state: int(count) for state, count in rows if count}


def ticks() -> list[Tick]:
    """The last run of every job. A dozen rows."""
    rows = reading().execute(
        select(Heartbeat.name, Heartbeat.ticked_at, Heartbeat.ticked_by, Heartbeat.error).order_by(
            Heartbeat.name
        )
    )
    return [Tick(*row) for row in rows]


def breakers(at: datetime) -> list[BreakerLine]:
    """The breaker of every mailer that was ever down or busy. A row or two."""
    columns = (
        Breaker.name,
        Breaker.down_count,
        Breaker.opened_at,
        Breaker.probe_at,
        case((Breaker.rests_until > at, Breaker.rests_until)),
        Breaker.reason,
    )
    rows = reading().execute(select(*columns).order_by(Breaker.name))
    return [BreakerLine(*row) for row in rows]


def _answers(at: datetime) -> list[tuple[str, str, int, int]]:
    rows = reading().execute(
        select(Attempt.mailer, Attempt.result, func.count(), func.sum(Attempt.messages_count))
        .where(Attempt.id > _first_attempt_id(at - RECENT), Attempt.started_at > at - RECENT)
        .group_by(Attempt.mailer, Attempt.result)
        .order_by(Attempt.mailer, Attempt.result)
    )
    return [(mailer, result or "under way", calls, int(n)) for mailer, result, calls, n in rows]


def _first_attempt_id(since: datetime) -> int:
    """An id before which no attempt began since then: found by halving, a dozen rows by key."""
    session = reading()
    low, high = 0, session.scalar(select(func.max(Attempt.id))) or 0
    while low < high:
        middle = (low + high) // 2
        began = session.scalar(
            select(Attempt.started_at).where(Attempt.id > middle).order_by(Attempt.id).limit(1)
        )
        # Clocks of several machines differ by seconds; a minute of slack costs nothing.
        if began is not None and began < since - timedelta(minutes=1):
            low = middle + 1
        else:
            high = middle
    return low


def _held() -> tuple[int, list[tuple[str, int]]]:
    """(how many mails outside campaigns are held, the reasons of all with how many they hold)."""
    # Asked by itself: PostgreSQL chooses by which campaigns it is told, and else reads every mail.
    steps = list(
        reading().scalars(
            select(Tally.subject_id).where(
                Tally.kind == TallyKind.STEP_MESSAGES,
                Tally.state == MessageState.HELD.value,
                Tally.count > 0,
            )
        )
    )
    rows = (
        reading()
        .execute(
            select(Message.reason, func.count(), func.count().filter(Message.step_id.is_(None)))
            .where(Message.id.in_(first_ids(MessageState.HELD, steps, MOST_HELD, is_latest=True)))
            .group_by(Message.reason)
            .order_by(func.count().desc(), Message.reason)
        )
        .all()
    )
    return sum(single for _, _, single in rows), [(reason, count) for reason, count, _ in rows]


def _paused() -> list[tuple[int, str, str]]:
    rows = reading().execute(
        select(Campaign.id, Campaign.name, Campaign.paused_because)
        .where(Campaign.state == CampaignState.PAUSED, Campaign.paused_because != "")
        .order_by(Campaign.id)
    )
    return [(id_, name, why) for id_, name, why in rows]
