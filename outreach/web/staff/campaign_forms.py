"""The form of a campaign: what is typed, and the plan that it makes."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import current_app
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from outreach import clock
from outreach.actions.campaigns import Plan, StepPlan
from outreach.models.step import Anchor, StepKind
from outreach.queries.campaign_pages import CampaignPage, PlannedStep
from outreach.queries.conferences import current_conference
from outreach.queries.events import EventLine, events
from outreach.queries.lists import target_lists
from outreach.queries.senders import senders
from outreach.queries.templates import template_choices

DEFAULT_DAYS = (14, 3)
MOST_REMINDERS = 6
EVENING = time(18)
MORNING = time(9)


class ReminderForm(Form):
    """One reminder to the silent."""

    days = IntegerField(
        "Days before",
        [InputRequired("Say how many days, or remove this reminder."), NumberRange(1, 365)],
    )
    counted_from = SelectField(
        "Counted from",
        choices=[
            SelectChoice(Anchor.REPLY_BY.value, "the reply-by"),
            SelectChoice(Anchor.OPENING.value, "the opening"),
        ],
        default=Anchor.REPLY_BY.value,
    )
    hour = SelectField(
        "At",
        choices=[SelectChoice("", "the same time of day"),
                 *(SelectChoice(str(hour), f"{hour:02}:00") for hour in range(24))],
        default="",
    )  # fmt: skip
    working_days_only = BooleanField("Working days only")
    template = SelectField("Letter")


class CampaignForm(FlaskForm):
    """Everything that a campaign is made of; it works with and without scripts."""

    name = StringField(
        "Name",
        [InputRequired("Give the campaign a name."), Length(max=200)],
        description="For the team; no invitee sees it.",
    )
    event = SelectField("Invites to", coerce=int)
    lists = SelectMultipleField(
        "Target lists",
        [InputRequired("Choose at least one list of this event.")],
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description="Who stands on several of them gets one mail.",
    )
    wave = SelectField(
        "Of these",
        coerce=int,
        default=0,
        choices=[
            SelectChoice(0, "Everyone"),
            *(SelectChoice(n, f"Wave {n}") for n in range(1, 10)),
        ],
        description="A wave is a round: the next one gets a campaign of its own. Alternates are "
        "left out until a place is freed for them.",
    )
    reply_on = DateField("Answers count until", [InputRequired("Choose the day of the reply-by.")])
    reply_at = TimeField("at", [InputRequired("Choose the hour of the reply-by.")])
    invitation = SelectField("Letter")
    goes = RadioField(
        "When",
        choices=[
            SelectChoice(Anchor.START.value, "As soon as the campaign is scheduled"),
            SelectChoice(Anchor.FIXED.value, "At a time of its own"),
        ],
        default=Anchor.START.value,
    )
    fixed_on = DateField("Day", [Optional()])
    fixed_at = TimeField("Hour", [Optional()])
    reminders = FieldList(FormField(ReminderForm), max_entries=MOST_REMINDERS)
    thanks = BooleanField("Thank everyone who answers", default=True)
    thanks_letter = SelectField("Letter")
    sender_name = StringField(
        "Sent in the name of",
        [InputRequired("Say whose name stands as the sender."), Length(max=120)],
    )
    sender = SelectField(
        "From the address",
        coerce=int,
        default=0,
        description="Administrators keep the list in the settings.",
    )
    has_calendar = BooleanField(
        "With a calendar invitation",
        description="It goes with the mail, and whoever answers it in Outlook, Gmail or Apple "
        "Calendar has answered the invitation.",
    )
    is_vip = BooleanField(
        "For very important people",
        description="Each mail goes by itself, and one of which nobody knows whether it went is "
        "held for you instead of being sent again.",
    )

    def offer(self) -> None:
        """Fill the menus: events, the lists of the chosen one, letters by kind."""
        known = events()
        self.event.choices = [SelectChoice(one.id, f"{one.name}, {one.city}") for one in known]
        if self.event.data is None and known:
            self.event.data = known[0].id
        self.lists.choices = list_choices(self.event.data)
        self.sender.choices = [
            SelectChoice(0, current_app.config["MAIL_FROM"]),
            *(SelectChoice(one.id, one.address) for one in senders()),
        ]
        self.invitation.choices = letters(StepKind.INVITATION)
        self.thanks_letter.choices = letters(StepKind.THANK_YOU)
        for entry in self.reminders:
            entry.form.template.choices = letters(StepKind.REMINDER)

    def begin(self) -> None:
        """What stands in a new campaign's form."""
        conference = current_conference()
        self.sender_name.data = conference.host if conference else ""
        self.reply_at.data, self.fixed_at.data = EVENING, MORNING
        for days in DEFAULT_DAYS:
            self.reminders.append_entry({"days": days})

    def show(self, page: CampaignPage, steps: list[PlannedStep]) -> None:
        """What stands in the form of a campaign that there is."""
        zone = ZoneInfo(page.time_zone)
        local = page.reply_by.astimezone(zone)
        self.name.data, self.event.data = page.name, page.event_id
        self.lists.data = [id_ for id_, _, _ in page.lists]
        self.reply_on.data, self.reply_at.data = local.date(), local.time()
        self.sender_name.data, self.is_vip.data = page.sender_name, page.is_vip
        self.sender.data = page.sender_id or 0
        self.has_calendar.data, self.wave.data = page.has_calendar, page.wave or 0
        self.thanks.data, self.fixed_at.data = False, MORNING
        for step in steps:
            self._show_step(step, zone)

    def _show_step(self, step: PlannedStep, zone: ZoneInfo) -> None:
        if step.kind is StepKind.INVITATION:
            self.invitation.data, self.goes.data = step.template_code, step.anchor.value
            if step.fixed_at:
                local = step.fixed_at.astimezone(zone)
                self.fixed_on.data, self.fixed_at.data = local.date(), local.time()
        elif step.kind is StepKind.REMINDER:
            self.reminders.append_entry(
                {
                    "days": step.days_before,
                    "template": step.template_code,
                    "counted_from": step.anchor.value,
                    "hour": "" if step.hour is None else str(step.hour),
                    "working_days_only": step.working_days_only,
                }
            )
        else:
            self.thanks.data, self.thanks_letter.data = True, step.template_code

    def validate_goes(self, field: RadioField) -> None:
        """The time of its own, where it is to have one."""
        if field.data == Anchor.FIXED.value and not (self.fixed_on.data and self.fixed_at.data):
            raise ValidationError("Choose the day and the hour at which the invitation goes.")

    def validate_reminders(self, field: FieldList) -> None:
        """Two reminders on one day would reach nobody the second time."""
        days = [
            (entry.form.counted_from.data, entry.form.days.data)
            for entry in field
            if entry.form.days.data is not None
        ]
        if len(days) != len(set(days)):
            raise ValidationError("Two reminders stand on the same day. Remove one of them.")

    @property
    def chosen_event(self) -> EventLine | None:
        """The event that the form speaks of; its zone is that of every time typed here."""
        return next((one for one in events() if one.id == self.event.data), None)

    def plan(self) -> Plan:
        """The campaign as it is wished. Only after `validate`."""
        event = self.chosen_event
        zone = event.time_zone if event else "UTC"
        reply_by = clock.in_zone(datetime.combine(self.reply_on.data, self.reply_at.data), zone)
        return Plan(
            name=self.name.data.strip(),
            event_id=self.event.data,
            list_ids=self.lists.data,
            reply_by=reply_by,
            steps=self._steps(zone),
            sender_name=self.sender_name.data.strip(),
            sender_address=current_app.config["MAIL_FROM"],
            sender_id=self.sender.data or None,
            is_vip=self.is_vip.data,
            has_calendar=self.has_calendar.data,
            wave=self.wave.data or None,
        )

    def _steps(self, zone: str) -> list[StepPlan]:
        fixed_at = None
        if self.goes.data == Anchor.FIXED.value:
            fixed_at = clock.in_zone(datetime.combine(self.fixed_on.data, self.fixed_at.data), zone)
        steps = [
            StepPlan(
                StepKind.INVITATION,
                Anchor(self.goes.data),
                self.invitation.data,
                fixed_at=fixed_at,
            )
        ]
        reminders = sorted(
            (entry.form for entry in self.reminders), key=lambda one: one.days.data, reverse=True
        )
        steps += [
            StepPlan(
                StepKind.REMINDER,
                Anchor(one.counted_from.data),
                one.template.data,
                days_before=one.days.data,
                hour=int(one.hour.data) if one.hour.data else None,
                working_days_only=one.working_days_only.data,
            )
            for one in reminders
        ]
        if self.thanks.data:
            steps.append(StepPlan(StepKind.THANK_YOU, Anchor.ANSWER, self.thanks_letter.data))
        return steps


def letters(kind: StepKind) -> list[SelectChoice]:
    """The templates of a kind, by name."""
    return [SelectChoice(code, name) for code, name in template_choices(kind)]


def list_choices(event_id: int | None) -> list[SelectChoice]:
    """The lists of an event, with their counts."""
    return [
        SelectChoice(one.id, f"{one.name} ({one.wanted_count:,} people)")
        for one in target_lists()
        if one.event_id == event_id
    ]
