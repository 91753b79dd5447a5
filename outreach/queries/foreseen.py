"""The time to come, lived through on paper: what each step would send, to whom and when.

What freezes a step for real is asked once of each step for what never changes by itself
(addresses, opt-outs, words); what does change (who was invited, written to, answered) is kept here.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple

from sqlalchemy import select

from outreach.db import reading
from outreach.models.campaign import Campaign
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, Unit
from outreach.models.step import (
    GIVEN,
    MANNERS,
    STATES,
    Anchor,
    Audience,
    Step,
    StepKind,
    StepState,
)
from outreach.queries.audience import standing_of
from outreach.queries.invited_elsewhere import INVITED, invited_elsewhere
from outreach.queries.reasons import (
    ANSWERED,
    CAPPED,
    INVITED_LATER,
    JUST_WRITTEN,
    NEVER_LEFT,
    NO_TEXT,
    NOT_ANSWERED,
    NOT_BOUNCED,
    NOT_INVITED,
    OTHER_ANSWER,
    PAST_DEADLINE,
    UNCAPPED,
    UNDELIVERABLE,
    UNDER_WAY,
    cap_of,
    counts_towards_cap,
)
from outreach.signing import SIGN_OFF, signers

GOES = ""
"""The reason of someone who gets the mail."""
SILENT, BOUNCED = InvitationState.SILENT, InvitationState.UNDELIVERABLE


@dataclass(frozen=True, slots=True)
class StepRun:
    """What one step would do."""

    step_id: int
    kind: str
    at: datetime
    is_written: bool
    """Whether its audience is frozen already, so that these mails merely wait."""
    people: dict[int, str] = field(default_factory=dict)
    """{stakeholder: why they are left out, or GOES}"""
    times: dict[int, datetime] = field(default_factory=dict)
    """{stakeholder: when it goes to them}, where that is not `at`"""

    @property
    def count(self) -> int:
        """How many mails it would send."""
        return sum(1 for reason in self.people.values() if reason == GOES)

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """(reason, how many), the most frequent first."""
        counts: dict[str, int] = defaultdict(int)
        for reason in self.people.values():
            if reason:
                counts[reason] += 1
        return sorted(counts.items(), key=lambda pair: -pair[1])


class Fact(NamedTuple):
    """What a step would find of someone whenever it goes."""

    standing: str | None
    has_words: bool
    has_first_words: bool
    """The words of the invitation, for whoever joins late."""
    country_code: str


class Turn(NamedTuple):
    """Something that will happen: the audience of a step is frozen, someone joins or answers."""

    at: datetime
    order: int
    person: int
    step: Step | None
    counted_from: datetime | None = None
    answer: InvitationState | None = None


@dataclass(slots=True)
class Foreseen:
    """One campaign, from an instant on.

    answers  {stakeholder: (how long after the invitation, what they answer)}; nobody else does
    """

    campaign: Campaign
    at: datetime
    answers: dict[int, tuple[timedelta, InvitationState]]
    runs: dict[int, StepRun] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    facts: dict[int, dict[int, Fact]] = field(default_factory=dict)
    states: dict[int, InvitationState] = field(default_factory=dict)
    invited: dict[int, datetime] = field(default_factory=dict)
    answered: dict[int, datetime] = field(default_factory=dict)
    left: dict[int, datetime] = field(default_factory=dict)
    """When the latest mail of the campaign left, or will."""
    contacts: dict[int, datetime] = field(default_factory=dict)
    sent: dict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    waiting: dict[int, list[tuple[StepRun, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Mails that ask and have not left: an answer stops them."""
    written: set[tuple[int, int]] = field(default_factory=set)
    signed_by: dict[int, tuple[int | None, str]] = field(default_factory=dict)
    has_invited: bool = False
    had_invitation: set[int] = field(default_factory=set)
    """Whom another mail invited."""
    reminded: set[int] = field(default_factory=set)
    """Whom another campaign invited, and reminds."""

    def live(self) -> list[StepRun]:
        """Let it all happen; the steps that would send something, with everyone in them."""
        self._remember()
        for step, at in self._dated():
            heappush(self.turns, Turn(at, step.position, 0, step))
        for person, invited_at in self.invited.items():
            if self.states[person] is SILENT:
                self._will_answer(person, invited_at)
            self._anchors(person, Anchor.INVITATION, invited_at)
        for person, answered_at in self.answered.items():
            self._anchors(person, Anchor.ANSWER, answered_at)
        for person, contact_at in self.contacts.items():
            self._anchors(person, Anchor.LAST_CONTACT, contact_at)
        end = max(self.campaign.ends_at, self.at)
        while self.turns and self.turns[0].at <= end:
            turn = heappop(self.turns)
            if turn.answer is not None:
                self._answer(turn)
            elif turn.step is not None and turn.step.is_personal:
                self._join(turn, turn.step)
            elif turn.step is not None:
                self._freeze(turn, turn.step)
        return list(self.runs.values())

    def wait_for(self, run: StepRun, person: int, goes_at: datetime) -> None:
        """A mail that was written before and has not left."""
        self.waiting[person].append((run, goes_at))

    def _dated(self) -> Iterator[tuple[Step, datetime]]:
        for step in self.campaign.steps:
            due_at = step.due_at or step.due(self.at)
            is_to_come = step.state is StepState.WAITING and not step.is_held
            if step.is_personal or due_at is None or not is_to_come or step.is_missed(self.at):
                continue
            yield step, max(due_at, self.at)

    def _personal(self) -> Iterator[Step]:
        for step in self.campaign.steps:
            is_open = step.state in (StepState.WAITING, StepState.OPEN) and not step.is_held
            if step.is_personal and is_open:
                yield step

    def _freeze(self, turn: Turn, step: Step) -> None:
        run = self._run(step, turn.at)
        date_of = step.counted_from()
        is_local = step.is_local and date_of is not None
        for person, fact in self._facts(step).items():
            goes_at = turn.at
            if is_local and date_of is not None:
                goes_at = max(step.timing.at(date_of, fact.country_code), turn.at)
            reason = self._why_not(step, person, fact, turn.at, goes_at)
            run.people[person] = reason
            if reason == GOES:
                self._write(step, run, person, turn.at, goes_at)
        self.has_invited = self.has_invited or step.invites

    def _join(self, turn: Turn, step: Step) -> None:
        person, fact = turn.person, self._facts(step).get(turn.person)
        if fact is None or (step.id, person) in self.written:
            return
        if step.audience in STATES and self.states.get(person) not in STATES[step.audience]:
            return
        if step.anchor is Anchor.LAST_CONTACT and self.contacts.get(person) != turn.counted_from:
            return
        free_at = self.left.get(person, turn.at - MANNERS) + MANNERS
        if not step.is_at_once and free_at > turn.at:
            heappush(self.turns, turn._replace(at=free_at))
            return
        run = self._run(step, turn.at)
        self.written.add((step.id, person))
        reason = self._why_not(step, person, fact, turn.at, turn.at)
        run.people[person] = reason
        if reason == GOES:
            self._write(step, run, person, turn.at, turn.at)

    def _answer(self, turn: Turn) -> None:
        assert turn.answer is not None
        if self.states.get(turn.person) is not SILENT or turn.at >= self.campaign.reply_by:
            return
        self.states[turn.person], self.answered[turn.person] = turn.answer, turn.at
        for run, goes_at in self.waiting.pop(turn.person, []):
            if goes_at > turn.at:
                run.people[turn.person] = ANSWERED
        self._anchors(turn.person, Anchor.ANSWER, turn.at)

    def _write(
        self, step: Step, run: StepRun, person: int, at: datetime, goes_at: datetime
    ) -> None:
        if person in self.signed_by:
            run.people[person] = f"{SIGN_OFF}{self.signed_by[person][1]}."
        if goes_at != run.at:
            run.times[person] = goes_at
        if (step.invites or step.audience is Audience.SILENT) and person not in self.invited:
            self.invited[person], self.states[person] = at, SILENT
            self._will_answer(person, at)
            self._anchors(person, Anchor.INVITATION, at)
        if person in self.signed_by:
            return
        self.left[person] = max(goes_at, self.left.get(person, goes_at))
        if step.kind not in UNCAPPED:
            self.sent[person].append(goes_at)
        self.contacts[person] = goes_at
        self._anchors(person, Anchor.LAST_CONTACT, goes_at)
        if step.is_asking:
            self.waiting[person].append((run, goes_at))

    def _why_not(self, step: Step, person: int, fact: Fact, at: datetime, goes_at: datetime) -> str:
        """Why someone is left out, or GOES; the same as `queries.reasons` says in SQL."""
        is_new = person not in self.invited
        joins = is_new and self.has_invited and step.is_asking and step.audience is Audience.SILENT
        by_answer = self._by_answer(step, person, at, goes_at, joins=joins)
        bounced_first = step.audience is Audience.BOUNCED and by_answer
        if bounced_first or fact.standing or by_answer:
            return (by_answer if bounced_first else fact.standing) or by_answer
        if step.is_asking and self.campaign.reply_by <= at:
            return PAST_DEADLINE
        left_at = self.left.get(person)
        is_just = left_at is not None and left_at > goes_at - MANNERS
        if step.kind is not StepKind.THANK_YOU and is_just:
            return JUST_WRITTEN
        if step.kind not in UNCAPPED and self._is_capped(person, at):
            return CAPPED
        return GOES if (fact.has_first_words if joins else fact.has_words) else NO_TEXT

    def _by_answer(
        self, step: Step, person: int, at: datetime, goes_at: datetime, *, joins: bool
    ) -> str:
        state, audience = self.states.get(person), step.audience
        if audience is Audience.EVERYONE:
            asks = step.is_asking or step.kind is StepKind.SAVE_THE_DATE
            if state is BOUNCED:
                return UNDELIVERABLE
            if asks and state not in (None, SILENT):
                return ANSWERED
            return INVITED if step.invites and person in self.had_invitation else GOES
        if state is None:
            return GOES if joins else NOT_INVITED
        if audience is Audience.BOUNCED:
            return GOES if state is BOUNCED else NOT_BOUNCED
        if audience is Audience.SILENT:
            invited_at = self.invited[person]
            if not step.is_personal and invited_at > (step.due_at or at):
                return INVITED_LATER
            if not step.is_personal and invited_at > goes_at - MANNERS:
                return JUST_WRITTEN
            if state is not SILENT:
                return UNDELIVERABLE if state is BOUNCED else ANSWERED
            return INVITED if person in self.reminded else GOES
        if state is BOUNCED:
            return UNDELIVERABLE
        if state not in GIVEN:
            return NOT_ANSWERED
        return GOES if state in STATES[audience] else OTHER_ANSWER

    def _is_capped(self, person: int, at: datetime) -> bool:
        cap = cap_of(self.campaign.event.conference)
        if cap is None:
            return False
        most, span = cap
        return sum(1 for one in self.sent[person] if one > at - span) >= most

    def _anchors(self, person: int, anchor: Anchor, instant: datetime) -> None:
        """Something happened to a person from which steps are counted."""
        since = self.campaign.scheduled_at or self.at
        for step in self._personal():
            fact = self._facts(step).get(person) if step.anchor is anchor else None
            if fact is None or (step.id, person) in self.written:
                continue
            if anchor is Anchor.ANSWER and instant < since:
                continue
            goes_at = instant if step.is_at_once else step.timing.at(instant, fact.country_code)
            if goes_at >= since:
                turn = Turn(max(goes_at, self.at), step.position, person, step, instant)
                heappush(self.turns, turn)

    def _will_answer(self, person: int, invited_at: datetime) -> None:
        if person not in self.answers:
            return
        delay, answer = self.answers[person]
        if invited_at + delay > self.at:
            heappush(self.turns, Turn(invited_at + delay, -1, person, None, None, answer))

    def _run(self, step: Step, at: datetime) -> StepRun:
        return self.runs.setdefault(
            step.id, StepRun(step.id, step.kind.value, at, is_written=False)
        )

    def _facts(self, step: Step) -> dict[int, Fact]:
        if step.id not in self.facts:
            rows = reading().execute(standing_of(step, self.at))
            self.facts[step.id] = {
                person: Fact(standing, own is not None, late is not None, country or "")
                for person, standing, own, late, country in rows
            }
        return self.facts[step.id]

    def _remember(self) -> None:
        """How things stand now."""
        campaign, at = self.campaign, self.at
        self.signed_by = signers(campaign.event_id)
        self.has_invited = any(step.invites and step.launched_at for step in campaign.steps)
        for person, state, invited_at, answered_at in reading().execute(
            select(
                Invitation.stakeholder_id, Invitation.state, Invitation.invited_at,
                Invitation.answered_at,
            ).where(Invitation.event_id == campaign.event_id)
        ):  # fmt: skip
            self.states[person], self.invited[person] = state, invited_at
            if answered_at is not None:
                self.answered[person] = answered_at
        for step_id, person, went, changed_at, next_at in reading().execute(
            select(
                Message.step_id, Message.stakeholder_id, Message.state, Message.changed_at,
                Unit.next_at,
            )
            .outerjoin(Unit, Unit.id == Message.unit_id)
            .where(Message.campaign_id == campaign.id)
        ):  # fmt: skip
            if step_id is not None:
                self.written.add((step_id, person))
            if went not in NEVER_LEFT:
                left_at = max(at, next_at or at) if went in UNDER_WAY else changed_at
                self.left[person] = max(self.left.get(person, left_at), left_at)
        if not campaign.asks_again:
            self.had_invitation = set(reading().scalars(invited_elsewhere(campaign)))
            if campaign.invites:
                reminded = invited_elsewhere(campaign, reminded=True)
                self.reminded = set(reading().scalars(reminded))
        if cap_of(campaign.event.conference) is not None:
            self._remember_sent()
        if any(step.anchor is Anchor.LAST_CONTACT for step in campaign.steps):
            self._remember_mails()

    def _remember_sent(self) -> None:
        cap = cap_of(self.campaign.event.conference)
        assert cap is not None
        rows = reading().execute(
            select(Message.stakeholder_id, Message.changed_at).where(
                counts_towards_cap(Message), Message.changed_at > self.at - cap[1]
            )
        )
        for person, changed_at in rows:
            self.sent[person].append(changed_at)

    def _remember_mails(self) -> None:
        rows = reading().execute(
            select(Message.stakeholder_id, Message.changed_at).where(
                Message.state.not_in((*NEVER_LEFT, *UNDER_WAY))
            )
        )
        for person, changed_at in rows:
            self.contacts[person] = max(changed_at, self.contacts.get(person, changed_at))
