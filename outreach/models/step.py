"""Step: one mailing of a campaign; when it goes, and to whom of the audience."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.advice.schedule import Timing
from outreach.errors import Conflict
from outreach.models.base import Base, BigId, Key, No, Zero
from outreach.models.invitation import InvitationState
from outreach.models.template import TemplateVersion

if TYPE_CHECKING:
    from outreach.models.campaign import Campaign

GRACE = timedelta(hours=12)
"""A step found due by more than this is missed and asks a person."""

MANNERS = timedelta(hours=20)
"""Nobody gets two mails of one campaign within this span."""

MORNING = 9
"""The hour of a step that is counted for each person, where none was said."""


class StepKind(StrEnum):
    SAVE_THE_DATE = "save_the_date"
    INVITATION = "invitation"
    REMINDER = "reminder"
    LAST_CALL = "last_call"
    THANK_YOU = "thank_you"
    PRACTICAL = "practical"
    """Practical information, mostly to those who come."""
    MISS_YOU = "miss_you"
    """After a decline."""
    TO_ASSISTANT = "to_assistant"
    """To the assistant of someone whose address bounced."""
    PROMOTION = "promotion"
    """News; it invites to nothing."""


class Anchor(StrEnum):
    """What a step's time is counted from."""

    START = "start"
    """As soon as the campaign is scheduled."""
    FIXED = "fixed"
    REPLY_BY = "reply_by"
    OPENING = "opening"
    """The opening of the event."""
    PLACES = "places"
    """As soon as enough places of the lists' allotments are free, at its own time at the latest."""
    ANSWER = "answer"
    """Each person's own answer; such a step stays open as long as the campaign runs."""
    INVITATION = "invitation"
    """The day on which each person was invited."""
    LAST_CONTACT = "last_contact"
    """The last mail that each person got from us."""


class Audience(StrEnum):
    """For whom of the campaign's audience a step is."""

    EVERYONE = "everyone"
    SILENT = "silent"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    DELEGATED = "delegated"
    BOUNCED = "bounced"
    """Whose address bounced: it goes to the assistant."""


class StepState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    """A step at work that people join one by one."""
    LAUNCHED = "launched"
    MISSED = "missed"
    """Found too late; a person decides whether it still goes."""
    SKIPPED = "skipped"


RELATIVE = (Anchor.REPLY_BY, Anchor.OPENING)
"""What moves along when the date moves that it is counted from."""

PERSONAL = (Anchor.ANSWER, Anchor.INVITATION, Anchor.LAST_CONTACT)
"""What is counted for each person: people join such a step one by one."""

ASKING = (StepKind.INVITATION, StepKind.REMINDER, StepKind.LAST_CALL, StepKind.TO_ASSISTANT)
"""They ask for an answer, and so make no sense once the reply-by has passed."""

AUDIENCES = {
    StepKind.SAVE_THE_DATE: Audience.EVERYONE,
    StepKind.INVITATION: Audience.EVERYONE,
    StepKind.REMINDER: Audience.SILENT,
    StepKind.LAST_CALL: Audience.SILENT,
    StepKind.THANK_YOU: Audience.ANSWERED,
    StepKind.PRACTICAL: Audience.ACCEPTED,
    StepKind.MISS_YOU: Audience.DECLINED,
    StepKind.TO_ASSISTANT: Audience.BOUNCED,
    StepKind.PROMOTION: Audience.EVERYONE,
}
"""For whom a step of a kind is, where nothing else is said."""

GIVEN = (
    InvitationState.ACCEPTED,
    InvitationState.DECLINED,
    InvitationState.TENTATIVE,
    InvitationState.DELEGATED,
)
"""The states that are an answer."""

NARROW = (Audience.ACCEPTED, Audience.DECLINED, Audience.TENTATIVE, Audience.DELEGATED)
"""For one answer alone."""

STATES: dict[Audience, tuple[InvitationState, ...]] = {
    Audience.SILENT: (InvitationState.SILENT,),
    Audience.ANSWERED: GIVEN,
    Audience.ACCEPTED: (InvitationState.ACCEPTED,),
    Audience.DECLINED: (InvitationState.DECLINED,),
    Audience.TENTATIVE: (InvitationState.TENTATIVE,),
    Audience.DELEGATED: (InvitationState.DELEGATED,),
    Audience.BOUNCED: (InvitationState.UNDELIVERABLE,),
}
"""How an invitation must stand for a step to reach the person; of EVERYONE the kind decides."""


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
    """How many days before what it is counted from, on the calendar of the event's zone; below 0
    for days after."""
    hour: Mapped[int | None]
    """0 to 23, the hour of that day; without one it is the time of day of what it is counted from.
    """
    is_local: Mapped[No]
    """The hour is that of each recipient's own zone, not the event's."""
    working_days_only: Mapped[No]
    """A day off moves the step to the working day before: off in the event's country, or where the
    hour is the recipient's in theirs."""
    places_count: Mapped[int | None]
    """Of an anchor PLACES: how many must be free."""
    is_held: Mapped[No]
    """Held in the outbox: nothing of it leaves before a person releases it."""
    due_at: Mapped[datetime | None]
    """When its audience is frozen (UTC): when it goes to the first of them. Nothing for a step that
    follows each answer at once, or before scheduling; where people join one by one, the next look.
    """
    state: Mapped[StepState] = mapped_column(default=StepState.WAITING, server_default="waiting")
    launched_at: Mapped[datetime | None]
    to_write: Mapped[Zero]
    """Of a large audience, how many are decided and not written down yet: its AudienceMembers."""
    written_to: Mapped[int] = mapped_column(BigId, default=0, server_default=text("0"))
    """The place of the last of them who was: nobody looks through those who are gone."""
    version_id: Mapped[int] = mapped_column(ForeignKey("template_versions.id"))

    campaign: Mapped["Campaign"] = relationship(back_populates="steps")
    version: Mapped[TemplateVersion] = relationship()

    @property
    def is_personal(self) -> bool:
        """Whether people join it one by one."""
        return self.anchor in PERSONAL

    @property
    def is_at_once(self) -> bool:
        """Whether it follows each answer within seconds, as thanks do, whatever else was sent."""
        return (
            self.anchor is Anchor.ANSWER
            and self.days_before is None
            and self.kind is StepKind.THANK_YOU
        )

    @property
    def invites(self) -> bool:
        """Whether it is the first that people hear of the event, and makes their invitation."""
        return self.kind is StepKind.INVITATION and self.audience is Audience.EVERYONE

    @property
    def is_asking(self) -> bool:
        """Whether it asks for an answer."""
        return self.kind in ASKING

    def digest_parts(self) -> list[str | int | bool | None]:
        """What an approval of this step stands for."""
        fixed = self.fixed_at.astimezone(UTC).isoformat() if self.fixed_at else None
        return [
            self.kind, self.anchor, self.audience, fixed, self.days_before, self.hour,
            bool(self.is_local), bool(self.working_days_only), self.places_count, self.version_id,
        ]  # fmt: skip

    @property
    def timing(self) -> Timing:
        """How its time is counted."""
        event = self.campaign.event
        return self.timing_in(event.zone, event.country_code)

    def timing_in(self, zone: ZoneInfo, country_code: str) -> Timing:
        """How its time would be counted, were the event held there."""
        days = self.days_before or 0
        if self.is_personal:
            days = min(days, -1)
        return Timing(
            days,
            self.hour if self.hour is not None or not self.is_personal else MORNING,
            zone,
            country_code,
            is_local=bool(self.is_local),
            working_days_only=bool(self.working_days_only),
        )

    def counted_from(
        self, *, reply_by: datetime | None = None, opens_at: datetime | None = None
    ) -> datetime | None:
        """The date of a relative step; None for any other.

        reply_by, opens_at  these instead, to see what a move would change
        """
        if self.anchor is Anchor.OPENING:
            return opens_at or self.campaign.event.starts_at
        if self.anchor is Anchor.REPLY_BY:
            return reply_by or self.campaign.reply_by
        return None

    def span(
        self,
        scheduled_at: datetime,
        *,
        reply_by: datetime | None = None,
        opens_at: datetime | None = None,
        timing: Timing | None = None,
    ) -> tuple[datetime, datetime] | None:
        """When it goes to the first and to the last, once the campaign is scheduled at an instant.

        None where it goes to each person at a time of their own, or nobody knows when.
        """
        if self.is_personal or (self.anchor is Anchor.PLACES and self.fixed_at is None):
            return None
        if self.anchor in (Anchor.FIXED, Anchor.PLACES):
            return (self.fixed_at, self.fixed_at) if self.fixed_at else None
        date_of = self.counted_from(reply_by=reply_by, opens_at=opens_at)
        if date_of is None:
            return scheduled_at, scheduled_at
        return (timing or self.timing).span(date_of)

    def due(
        self,
        scheduled_at: datetime,
        *,
        reply_by: datetime | None = None,
        opens_at: datetime | None = None,
        timing: Timing | None = None,
    ) -> datetime | None:
        """When its audience is frozen, once the campaign is scheduled at this instant."""
        span = self.span(scheduled_at, reply_by=reply_by, opens_at=opens_at, timing=timing)
        if span is None:
            return scheduled_at if self.is_personal and not self.is_at_once else None
        return span[0]

    def move(self, to: datetime, at: datetime) -> None:
        """Give an unsent step a time of its own; it no longer follows any other date.

        Raises Conflict where it has gone, or the new time has passed or comes too late.
        """
        if self.is_personal:
            raise Conflict("This step goes to each person in their own time; it cannot be moved.")
        if self.state not in (StepState.WAITING, StepState.MISSED):
            raise Conflict("This step has gone or was skipped. Only a step to come can be moved.")
        if to <= at:
            raise Conflict("This time has passed. Choose a later one.")
        if to >= self.campaign.reply_by and self.is_asking:
            raise Conflict("This is after the reply-by. Choose an earlier time.")
        self.anchor, self.fixed_at = Anchor.FIXED, to
        self.days_before, self.hour, self.working_days_only = None, None, False
        self.is_local, self.places_count = False, None
        self.state = StepState.WAITING
        if self.campaign.scheduled_at is not None:
            self.due_at = to

    def is_missed(self, at: datetime) -> bool:
        """Whether it was found too late to go without asking."""
        return self.due_at is not None and at - self.due_at > GRACE
