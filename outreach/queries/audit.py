"""The promises of sending, recomputed from the rows: what is kept, what is broken, by name.

Everything is read in one snapshot, so that a campaign in full flight is no false alarm.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, reading
from outreach.models.audit import Audit
from outreach.models.message import Message
from outreach.queries.hand_overs import (
    attempts_under_one_token,
    calls_at_once,
    doubles_without_mark,
    lost_rows,
    more_than_one_blind_retry,
    never_ended,
)
from outreach.queries.heeded import (
    events_overlooked,
    events_without_effect,
    outcomes_nobody_told,
    outcomes_without_attempt,
)
from outreach.queries.histories import (
    answers_without_history,
    histories_out_of_order,
    histories_with_gaps,
)
from outreach.queries.mailed_after import (
    mailed_after_a_stop,
    mailed_after_cancel,
    mailed_after_suppression,
    mailed_after_the_answer,
    mailed_in_a_pause,
)
from outreach.queries.orphans import orphans
from outreach.queries.over_rates import over_the_rate
from outreach.queries.promises import (
    left_resting,
    left_unconfirmed,
    left_unwritten,
    not_one_outcome,
    stuck_messages,
    stuck_units,
    without_reason,
)
from outreach.queries.recounts import wrong_tallies

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one promise.

    broken    how many rows break it; 0 is what is promised
    examples  the first of them
    """

    promise: str
    what: str
    broken: int
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """All checks, and everyone who may have got a mail twice."""

    at: datetime
    seconds: float
    findings: list[Finding]
    messages: int
    possible_doubles: int
    doubles: list[dict[str, Any]]

    @property
    def is_sound(self) -> bool:
        """No promise is broken."""
        return not any(finding.broken for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"ok": self.is_sound, **asdict(self), "at": self.at.isoformat()}


Check = Callable[[Session, datetime], Iterable[dict[str, Any]]]

CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("P1", "Every message is final, held, or in a unit that will be taken.", stuck_messages),
    ("P1", "No unit is under a lease that ended long ago, unknown for days, or put off for ever.",
     stuck_units),
    ("P1", "Nothing rests whose campaign or step goes on.", left_resting),
    ("P1", "Everyone of an audience that was decided is written down.", left_unwritten),
    ("P1", "Every answer that is to be confirmed is, within a day.", left_unconfirmed),
    ("P1", "Whoever is held, left out, refused or cancelled has a reason.", without_reason),
    ("P1", "Of all that was accepted the rows are there.", lost_rows),
    ("P1", "Every hand-over that began has ended, or is under way.", never_ended),
    ("P2", "Every second try after an unknown or accepted one is marked a possible double.",
     doubles_without_mark),
    ("P2", "Nothing is tried again by itself after a second unknown.", more_than_one_blind_retry),
    ("P3", "Nothing left after its campaign was cancelled.", mailed_after_cancel),
    ("P3", "Nothing left while its campaign was paused.", mailed_in_a_pause),
    ("P3", "Nothing left to an address after it was suppressed.", mailed_after_suppression),
    ("P3", "Nothing left to a person after the team had stopped it.", mailed_after_a_stop),
    ("P3", "Nobody was asked after they had answered.", mailed_after_the_answer),
    ("P4", "Every answer that is given is shown, and what is shown is the last of its history.",
     answers_without_history),
    ("P4", "Every answer that the journal tells of is in its history, and none besides.",
     histories_with_gaps),
    ("P4", "Every history is in the order in which its answers were given.",
     histories_out_of_order),
    ("P5", "Everyone in an audience has exactly one outcome.", not_one_outcome),
    ("P5", "Every row points at rows that are there.", orphans),
    ("P5", "Every number on a page is what its rows add up to.", wrong_tallies),
    ("P6", "No minute held more than the rate allows, of all, of one sender or to one domain.",
     over_the_rate),
    ("P7", "No outcome came from an event alone: something was handed over first.",
     outcomes_without_attempt),
    ("P7", "No outcome that only a provider can tell of came without an event.",
     outcomes_nobody_told),
    ("P7", "What the provider told of a mail is what it shows.", events_without_effect),
    ("P7", "Every event is of a mail of ours, and is heeded within a day.", events_overlooked),
    ("P8", "No lease was used for two hand-overs, and none that was never given.",
     attempts_under_one_token),
    ("P8", "No two calls with the same mails were under way at once.", calls_at_once),
)  # fmt: skip


def audit(at: datetime) -> Report:
    """Recompute every promise. Cost: the messages and attempts, read once for each check."""
    began = monotonic()
    session = _snapshot()
    findings = []
    for promise, what, check in CHECKS:
        broken, examples = 0, list[dict[str, Any]]()
        for row in check(session, at):
            broken += 1
            if len(examples) < EXAMPLES:
                examples.append(row)
        findings.append(Finding(promise, what, broken, examples))
    messages, doubles = session.execute(
        select(func.count(), func.count().filter(Message.possible_double)).select_from(Message)
    ).one()
    named = [dict(row._mapping) for row in session.execute(_doubles().limit(1_000))]
    session.rollback()
    return Report(at, round(monotonic() - began, 3), findings, messages, doubles, named)


def _snapshot() -> Session:
    """A session whose every SELECT sees the same instant; SQLite's do so by themselves."""
    session = reading()
    session.rollback()
    if is_postgresql():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return session


def _doubles() -> Any:
    return (
        select(
            Message.id.label("message_id"),
            Message.campaign_id,
            Message.name,
            Message.address,
            Message.state,
        )
        .where(Message.possible_double)
        .order_by(Message.id)
    )


@dataclass(frozen=True, slots=True)
class LastAudit:
    """What the newest recomputation found."""

    at: datetime
    is_sound: bool
    seconds: float
    report: dict[str, Any]


def last_audit() -> LastAudit | None:
    """The newest one that was kept; None where none ever ran. Cost: one row."""
    row = (
        reading()
        .execute(
            select(Audit.at, Audit.is_sound, Audit.seconds, Audit.report)
            .order_by(Audit.at.desc())
            .limit(1)
        )
        .one_or_none()
    )
    return LastAudit(*row) if row else None
