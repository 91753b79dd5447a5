"""Campaign: what carries an audience from "not asked" to "answered"; its steps are in `step`."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.errors import Conflict, NotAllowed
from outreach.models.audience import CampaignLeftOutList, CampaignSegment
from outreach.models.base import AT_ONCE, Base, Key, No, mark_of
from outreach.models.event import Event
from outreach.models.sender import Sender
from outreach.models.step import MANNERS, RELATIVE, Audience, Step, StepState
from outreach.models.target import TargetList

DIGEST = "2:"
"""Before what an approval stands for; another one was made by other rules, and cannot be compared.
"""


LAST_WORD = timedelta(minutes=5)
"""A campaign closes this long after its reply-by: who answers in the last second is thanked too."""


class CampaignState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class WrongState(Conflict):
    """The campaign is not in a state that allows this."""

    def __init__(self, verb: str, state: CampaignState) -> None:
        super().__init__(f"A campaign that is {state.value} cannot be {verb}.")


class NeedsSecondPerson(NotAllowed):
    """Author and approver are two people."""

    def __init__(self) -> None:
        super().__init__(
            "A campaign is approved by someone other than its author. "
            "Ask an approver to look at it."
        )


class NotReady(Conflict):
    """Everything that is wrong with a campaign, said at once."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


class ApprovalLapsed(Conflict):
    """What stands there now is not what was approved."""

    def __init__(self) -> None:
        super().__init__("Something changed after the approval. Have the campaign approved again.")


class CampaignList(Base):
    """A target list in a campaign's audience."""

    __tablename__ = "campaign_lists"
    __table_args__ = (UniqueConstraint("campaign_id", "list_id"),)

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("target_lists.id"), index=True)
    wave: Mapped[int | None]
    """Only its targets of this wave; nothing for all of them."""

    list: Mapped[TargetList] = relationship()


class CampaignExclusion(Base):
    """Someone who gets nothing of a campaign, whoever else it reaches."""

    __tablename__ = "campaign_exclusions"
    __table_args__ = (UniqueConstraint("campaign_id", "stakeholder_id"),)

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    stakeholder_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholders.id", info=AT_ONCE), index=True
    )
    stopped_at: Mapped[datetime | None]
    """When a person stopped it for them; nothing for who was left out by the plan."""


class Campaign(Base):
    """Carries an audience from "not asked" to "answered" before a date."""

    __tablename__ = "campaigns"
    __table_args__ = (Index("ix_campaigns_state", "state"),)

    id: Mapped[Key]
    name: Mapped[str]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    reply_by: Mapped[datetime]
    state: Mapped[CampaignState] = mapped_column(
        default=CampaignState.DRAFT, server_default="draft"
    )
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Nobody where the operator's console drafted it."""
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    approved_at: Mapped[datetime | None]
    approved_digest: Mapped[str | None]
    """SHA-256 of what was approved; a change afterwards voids the approval."""
    scheduled_at: Mapped[datetime | None]
    paused_because: Mapped[str] = mapped_column(default="", server_default="")
    is_vip: Mapped[No]
    """One unit a person, and never an automatic second try when it is unknown whether one went."""
    has_calendar: Mapped[No]
    """Its invitations carry a calendar invitation, which calendar programs can answer."""
    asks_again: Mapped[No]
    """Its invitation goes also to those whom another mail invited; else they are left out."""
    sender_name: Mapped[str]
    sender_address: Mapped[str]
    """From; its domain also makes every Message-ID of the campaign."""
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("senders.id"))
    """The address's line on the administrators' list; nobody's for the house's own, MAIL_FROM."""
    newcomers_list_id: Mapped[int | None] = mapped_column(ForeignKey("target_lists.id"))
    """Where whoever of a segment stands on no list of the event is put when they are invited, so
    that they have a place, a group and a line on the board; without one they are left out."""
    is_by_lists: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Nothing but lists says whom it reaches: whoever looks at it need not ask for anything else.
    """
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    sender: Mapped[Sender | None] = relationship()
    lists: Mapped[list[CampaignList]] = relationship()
    segments: Mapped[list[CampaignSegment]] = relationship(order_by=CampaignSegment.id)
    """Also those that it leaves out."""
    left_out_lists: Mapped[list[CampaignLeftOutList]] = relationship(
        order_by=CampaignLeftOutList.id
    )
    exclusions: Mapped[list[CampaignExclusion]] = relationship()
    newcomers_list: Mapped[TargetList | None] = relationship()
    steps: Mapped[list[Step]] = relationship(back_populates="campaign", order_by="Step.position")

    def digest(self) -> str:
        """What an approval stands for: content, audience rule, times and sender, as one SHA-256."""
        parts = [
            self.name,
            self.reply_by.astimezone(UTC).isoformat(),
            bool(self.is_vip),
            bool(self.has_calendar),
            self.sender_name,
            self.sender_address,
            self._told_of_the_event(),
            sorted((entry.list_id, entry.wave or 0) for entry in self.lists),
            sorted(one.stakeholder_id for one in self.exclusions if one.stopped_at is None),
            [step.digest_parts() for step in self.steps],
            *self._audience_parts(),
            *(["asks again"] if self.asks_again else []),
        ]
        return DIGEST + sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def mark(self) -> int:
        """Another number once anything of what its form says is another."""
        return mark_of(
            self.name, self.event_id, self.reply_by, bool(self.is_vip), bool(self.has_calendar),
            self.sender_name, self.sender_id, self.newcomers_list_id, bool(self.asks_again),
            sorted((entry.list_id, entry.wave or 0) for entry in self.lists),
            sorted((one.segment_id, bool(one.is_left_out)) for one in self.segments),
            sorted(one.list_id for one in self.left_out_lists),
            [step.digest_parts() for step in self.steps],
        )  # fmt: skip

    def _audience_parts(self) -> list[Any]:
        """What else says whom it reaches: nothing where that is lists alone, as once it always was.

        The rules themselves, not the names of the segments: whoever changes one changes this.
        """
        if self.is_by_lists:
            return []
        rules = [(one.is_left_out, one.segment_id, one.segment.rule) for one in self.segments]
        return [
            sorted([bool(is_left_out), id_, rule] for is_left_out, id_, rule in rules),
            sorted(one.list_id for one in self.left_out_lists),
            self.newcomers_list_id,
        ]

    @property
    def reaches_segments(self) -> bool:
        """Whether anyone is in its audience because of a segment."""
        return not self.is_by_lists and any(not one.is_left_out for one in self.segments)

    @property
    def invites(self) -> bool:
        """Whether it makes invitations; else it is news, or writes to who was invited already."""
        return any(step.invites for step in self.steps)

    def _told_of_the_event(self) -> list[str | int]:
        """What every letter says of the event, whatever its words."""
        event, host = self.event, self.event.conference
        dates = (at.astimezone(UTC).isoformat() for at in (event.starts_at, event.ends_at))
        return [
            event.id, event.name, *dates, event.time_zone, event.city, event.country_code,
            host.host, host.reply_to, *([host.emblem.name] if host.emblem else []),
        ]  # fmt: skip

    @property
    def ends_at(self) -> datetime:
        """After this nothing more of it can go."""
        ends = [self.reply_by + LAST_WORD]
        for step in self.steps:
            span = step.span(self.scheduled_at) if self.scheduled_at else None
            if span is not None and step.state is StepState.WAITING:
                ends.append(span[1])
            elif step.is_personal and not step.is_at_once:
                ends.append(self.reply_by + timedelta(days=2 - (step.days_before or -1)))
        return max(ends)

    @property
    def is_as_approved(self) -> bool:
        """Whether what stands there now is what was approved."""
        return self.approved_digest == self.digest()

    @property
    def has_lapsed(self) -> bool:
        """Whether it was approved and something of it changed since; older approvals pass."""
        return (self.approved_digest or "").startswith(DIGEST) and not self.is_as_approved

    def approve(self, account_id: int | None, at: datetime) -> None:
        """Someone other than the author stands for what will go out.

        Also for what changed since an approval, while the campaign was at work and paused it.
        """
        again = (CampaignState.APPROVED, CampaignState.PAUSED)
        changed = self.state in again and self.has_lapsed
        if not changed:
            self._expect("approved", CampaignState.DRAFT, CampaignState.APPROVED)
        if account_id is not None and account_id == self.author_id:
            raise NeedsSecondPerson
        if not changed:
            self.state = CampaignState.APPROVED
        self.approver_id, self.approved_at, self.approved_digest = account_id, at, self.digest()

    def void_approval(self) -> None:
        """What was approved has changed: back to a draft."""
        self._expect("changed", CampaignState.DRAFT, CampaignState.APPROVED)
        self.state = CampaignState.DRAFT
        self.approver_id = self.approved_at = self.approved_digest = None

    def schedule(self, at: datetime) -> None:
        """Set it going; what was approved must be what stands there now."""
        self.check_approval()
        self.check_times(at)
        self.state, self.scheduled_at = CampaignState.SCHEDULED, at
        for step in self.steps:
            step.due_at = step.due(at)

    def check_approval(self) -> None:
        """Raises WrongState before an approval, ApprovalLapsed where something changed since."""
        self._expect("scheduled", CampaignState.APPROVED)
        if not self.is_as_approved:
            raise ApprovalLapsed

    def check_times(self, at: datetime) -> None:
        """Raises NotReady, which names every step whose time is wrong, and says why."""
        if problems := list(self.time_problems(at)):
            raise NotReady(problems)

    def time_problems(self, at: datetime) -> Iterator[str]:
        """Whether its steps, scheduled now, would go in a sensible order, the askers before the
        reply-by."""
        if at >= self.reply_by:
            yield "The reply-by has passed. Give the campaign a later one first."
            return
        asked_at: datetime | None = None
        knows_when_asked = not any(step.invites and step.span(at) is None for step in self.steps)
        spans = [(step.span(at), number, step) for number, step in enumerate(self.steps, start=1)]
        dated = [(span, number, step) for span, number, step in spans if span is not None]
        for (first, last), number, step in sorted(dated, key=lambda one: (one[0], one[1])):
            name = f"Step {number} ({step.kind.value.replace('_', ' ')})"
            if last >= self.reply_by and step.is_asking:
                yield f"{name} would go after the reply-by. Give it an earlier time."
            elif first < at:
                day = f"{first.astimezone(self.event.zone):%-d %B %Y at %H:%M}"
                yield (
                    f"{name} was due on {day}, which has passed. Give it a later time, choose a "
                    "later reply-by, or take the step out."
                )
            elif step.audience is Audience.EVERYONE:
                if asked_at is not None and first - asked_at < MANNERS:
                    yield f"{name} would go less than 20 hours after a step before it."
                asked_at = last
            elif (
                step.audience is Audience.SILENT
                and knows_when_asked
                and (asked_at is None or first - asked_at < MANNERS)
            ):
                yield (
                    f"{name} would go before the invitation or less than 20 hours after it, and so "
                    "reach nobody. Choose fewer days, or take the step out."
                )

    def move_reply_by(
        self, reply_by: datetime, at: datetime, *, had_lapsed: bool | None = None
    ) -> None:
        """Let answers count until another instant; every relative step to come moves along.

        What was approved is no longer what stands there, so a campaign that has not been
        scheduled is a draft again; one that is on its way goes on.

        had_lapsed  whether something else had changed before the date did; None to look now
        """
        if self.state in (CampaignState.FINISHED, CampaignState.CANCELLED):
            raise WrongState("moved", self.state)
        if reply_by <= at:
            raise Conflict("This reply-by has passed. Choose a later one.")
        had_lapsed = self.has_lapsed if had_lapsed is None else had_lapsed
        self.reply_by = reply_by
        if self.state in (CampaignState.DRAFT, CampaignState.APPROVED):
            self.void_approval()
        else:
            self.follow_dates(at, had_lapsed=had_lapsed)

    def follow_dates(self, at: datetime, *, had_lapsed: bool) -> None:
        """Give every relative step to come its time anew, which is approved by whoever moved it."""
        self.recount(at)
        self.keep_approval(had_lapsed=had_lapsed)

    def recount(self, at: datetime) -> None:
        """Give every relative step to come its time anew.

        One whose new time has passed is missed: a person says whether it still goes.
        """
        for step in self.steps:
            if step.anchor not in RELATIVE or step.state is not StepState.WAITING:
                continue
            step.due_at = step.due(at)
            if step.due_at is not None and step.due_at <= at:
                step.state = StepState.MISSED

    def keep_approval(self, *, had_lapsed: bool) -> None:
        """A time that was moved on the way was moved by someone who may approve it.

        had_lapsed  something else had changed before: that is still to be approved
        """
        if self.approved_digest is not None and not had_lapsed:
            self.approved_digest = self.digest()

    def start(self) -> None:
        """A step of it has been launched."""
        if self.state is CampaignState.SCHEDULED:
            self.state = CampaignState.RUNNING

    def pause(self, because: str = "") -> None:
        """Stop handing over; calls that had begun are the bound."""
        self._expect("paused", CampaignState.SCHEDULED, CampaignState.RUNNING)
        self.state, self.paused_because = CampaignState.PAUSED, because

    def resume(self) -> None:
        """Go on where it was paused."""
        self._expect("resumed", CampaignState.PAUSED)
        if self.has_lapsed:
            raise ApprovalLapsed
        launched = any(step.launched_at for step in self.steps)
        self.state = CampaignState.RUNNING if launched else CampaignState.SCHEDULED
        self.paused_because = ""

    def cancel(self) -> None:
        """Send nothing more, for good."""
        if self.state in (CampaignState.FINISHED, CampaignState.CANCELLED):
            raise WrongState("cancelled", self.state)
        self.state = CampaignState.CANCELLED

    def finish(self) -> None:
        """Nothing is left to send, and answers are closed."""
        self._expect("finished", CampaignState.SCHEDULED, CampaignState.RUNNING)
        self.state = CampaignState.FINISHED

    def _expect(self, verb: str, *states: CampaignState) -> None:
        if self.state not in states:
            raise WrongState(verb, self.state)
