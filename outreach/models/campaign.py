"""Campaign and Step: what is mailed, when, to which audience."""

import json
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.advice.schedule import goes_at, goes_on
from outreach.errors import Conflict, NotAllowed
from outreach.models.base import Base, Key, No
from outreach.models.event import Event
from outreach.models.target import TargetList
from outreach.models.template import TemplateVersion

GRACE = timedelta(hours=12)
"""A step found due by more than this is missed and asks a person."""

MANNERS = timedelta(hours=20)
"""Nobody gets two mails of one campaign within this span."""


class CampaignState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class StepKind(StrEnum):
    INVITATION = "invitation"
    REMINDER = "reminder"
    THANK_YOU = "thank_you"


class Anchor(StrEnum):
    """What a step's time is counted from."""

    START = "start"
    """As soon as the campaign is scheduled."""
    FIXED = "fixed"
    REPLY_BY = "reply_by"
    OPENING = "opening"
    """The opening of the event."""
    ANSWER = "answer"
    """Each person's own answer; such a step stays open as long as the campaign runs."""


class Audience(StrEnum):
    EVERYONE = "everyone"
    SILENT = "silent"
    ANSWERED = "answered"


class StepState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    """An answer step at work: people join it one by one."""
    LAUNCHED = "launched"
    MISSED = "missed"
    """Found too late; a person decides whether it still goes."""
    SKIPPED = "skipped"


RELATIVE = (Anchor.REPLY_BY, Anchor.OPENING)
"""What moves along when the date moves that it is counted from."""


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
    """SHA-256 of what was approved; a change afterwards voids the approval (case A51)."""
    scheduled_at: Mapped[datetime | None]
    paused_because: Mapped[str] = mapped_column(default="", server_default="")
    is_vip: Mapped[No]
    """One unit a person, and never an automatic second try when it is unknown whether one went."""
    has_calendar: Mapped[No]
    """Its invitations carry a calendar invitation, which calendar programs can answer."""
    sender_name: Mapped[str]
    sender_address: Mapped[str]
    """From; its domain also makes every Message-ID of the campaign."""
    created_at: Mapped[datetime]

    event: Mapped[Event] = relationship()
    lists: Mapped[list[CampaignList]] = relationship()
    steps: Mapped[list["Step"]] = relationship(back_populates="campaign", order_by="Step.position")

    def digest(self) -> str:
        """What an approval stands for, as one SHA-256: content, audience, times and sender."""
        parts = [
            self.name,
            self.event_id,
            self.reply_by.isoformat(),
            self.is_vip,
            self.has_calendar,
            self.sender_name,
            self.sender_address,
            sorted((entry.list_id, entry.wave or 0) for entry in self.lists),
            [step.digest_parts() for step in self.steps],
        ]
        return sha256(json.dumps(parts).encode()).hexdigest()

    def approve(self, account_id: int | None, at: datetime) -> None:
        """Someone other than the author stands for what will go out."""
        self._expect("approved", CampaignState.DRAFT, CampaignState.APPROVED)
        if account_id is not None and account_id == self.author_id:
            raise NeedsSecondPerson
        self.state = CampaignState.APPROVED
        self.approver_id, self.approved_at, self.approved_digest = account_id, at, self.digest()

    def void_approval(self) -> None:
        """What was approved has changed: back to a draft."""
        self._expect("changed", CampaignState.DRAFT, CampaignState.APPROVED)
        self.state = CampaignState.DRAFT
        self.approver_id = self.approved_at = self.approved_digest = None

    def schedule(self, at: datetime) -> None:
        """Set it going; what was approved must be what stands there now."""
        self._expect("scheduled", CampaignState.APPROVED)
        if self.digest() != self.approved_digest:
            raise Conflict(
                "Something changed after the approval. Have the campaign approved again."
            )
        self.check_times(at)
        self.state, self.scheduled_at = CampaignState.SCHEDULED, at
        for step in self.steps:
            step.due_at = step.due(at)

    def check_times(self, at: datetime) -> None:
        """Whether its steps, scheduled now, would go in a sensible order before the reply-by.

        Raises Conflict, which names the step and what is wrong with its time.
        """
        if at >= self.reply_by:
            raise Conflict("The reply-by has passed. Give the campaign a later one first.")
        asked_at: datetime | None = None
        for number, step in enumerate(self.steps, start=1):
            due_at = step.due(at)
            if due_at is None:
                continue
            name = f"Step {number} ({step.kind.value.replace('_', ' ')})"
            if due_at >= self.reply_by:
                raise Conflict(f"{name} would go after the reply-by. Give it an earlier time.")
            if due_at < at:
                day = f"{due_at.astimezone(self.event.zone):%-d %B %Y at %H:%M}"
                raise Conflict(
                    f"{name} was due on {day}, which has passed. Give it a later time, choose a "
                    "later reply-by, or take the step out."
                )
            if step.audience is Audience.EVERYONE:
                asked_at = due_at
            elif asked_at is None or due_at - asked_at < MANNERS:
                raise Conflict(
                    f"{name} would go before the invitation or less than 20 hours after it, and so "
                    "reach nobody. Choose fewer days, or take the step out."
                )

    def move_reply_by(self, reply_by: datetime, at: datetime) -> None:
        """Let answers count until another instant; every relative step to come moves along.

        What was approved is no longer what stands there, so a campaign that has not been
        scheduled is a draft again; one that is on its way goes on.
        """
        if self.state in (CampaignState.FINISHED, CampaignState.CANCELLED):
            raise WrongState("moved", self.state)
        if reply_by <= at:
            raise Conflict("This reply-by has passed. Choose a later one.")
        self.reply_by = reply_by
        if self.state in (CampaignState.DRAFT, CampaignState.APPROVED):
            self.void_approval()
        else:
            self.follow_dates(at)

    def follow_dates(self, at: datetime) -> None:
        """Give every relative step to come its time anew.

        One whose new time has passed is missed: a person says whether it still goes.
        """
        for step in self.steps:
            if step.anchor not in RELATIVE or step.state is not StepState.WAITING:
                continue
            step.due_at = step.due(at)
            if step.due_at is not None and step.due_at <= at:
                step.state = StepState.MISSED

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


class Step(Base):
    """One mailing of a campaign."""

    __tablename__ = "steps"
    __table_args__ = (
        UniqueConstraint("campaign_id", "position"),
        Index("ix_steps_due", "state", "due_at"),
    )

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    position: Mapped[int]
    kind: Mapped[StepKind]
    anchor: Mapped[Anchor]
    audience: Mapped[Audience]
    fixed_at: Mapped[datetime | None]
    days_before: Mapped[int | None]
    """For a relative anchor: how many days before it, on the calendar of the event's zone."""
    hour: Mapped[int | None]
    """0 to 23, the hour of that day; without one it is the time of day of what it is counted from.
    """
    working_days_only: Mapped[No]
    """A day off in the event's country moves the step to the working day before."""
    due_at: Mapped[datetime | None]
    """When it goes (UTC); nothing for a step that follows each answer, or before scheduling."""
    state: Mapped[StepState] = mapped_column(default=StepState.WAITING, server_default="waiting")
    launched_at: Mapped[datetime | None]
    version_id: Mapped[int] = mapped_column(ForeignKey("template_versions.id"))

    campaign: Mapped[Campaign] = relationship(back_populates="steps")
    version: Mapped[TemplateVersion] = relationship()

    def digest_parts(self) -> list[str | int | bool | None]:
        """What an approval of this step stands for."""
        fixed = self.fixed_at.isoformat() if self.fixed_at else None
        return [
            self.kind, self.anchor, self.audience, fixed, self.days_before, self.hour,
            bool(self.working_days_only), self.version_id,
        ]  # fmt: skip

    def due(
        self,
        scheduled_at: datetime,
        *,
        reply_by: datetime | None = None,
        opens_at: datetime | None = None,
    ) -> datetime | None:
        """When this step goes, once the campaign is scheduled at this instant.

        reply_by, opens_at  count from these instead, to see what a move would change
        """
        if self.anchor is Anchor.START:
            return scheduled_at
        if self.anchor is Anchor.FIXED:
            return self.fixed_at
        if self.anchor is Anchor.ANSWER:
            return None
        event = self.campaign.event
        if self.anchor is Anchor.OPENING:
            date_of = opens_at or event.starts_at
        else:
            date_of = reply_by or self.campaign.reply_by
        country_code = event.country_code if self.working_days_only else None
        day = goes_on(date_of, self.days_before or 0, event.zone, country_code)
        return goes_at(day, self.hour, date_of, event.zone)

    def move(self, to: datetime, at: datetime) -> None:
        """Give an unsent step a time of its own; it no longer follows any other date.

        Raises Conflict where it has gone, or the new time has passed or comes too late.
        """
        if self.anchor is Anchor.ANSWER:
            raise Conflict("This step follows each answer; it has no time of its own to move.")
        if self.state not in (StepState.WAITING, StepState.MISSED):
            raise Conflict("This step has gone or was skipped. Only a step to come can be moved.")
        if to <= at:
            raise Conflict("This time has passed. Choose a later one.")
        if to >= self.campaign.reply_by and self.audience is not Audience.ANSWERED:
            raise Conflict("This is after the reply-by. Choose an earlier time.")
        self.anchor, self.fixed_at = Anchor.FIXED, to
        self.days_before, self.hour, self.working_days_only = None, None, False
        self.state = StepState.WAITING
        if self.campaign.scheduled_at is not None:
            self.due_at = to

    def is_missed(self, at: datetime) -> bool:
        """Whether it was found too late to go without asking."""
        return self.due_at is not None and at - self.due_at > GRACE
