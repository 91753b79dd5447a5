"""The form of a campaign: what is typed, and the plan that it makes."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import current_app
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
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

from outreach import clock
from outreach.drafting import Plan, StepPlan
from outreach.models.step import ASKING, AUDIENCES, Anchor, Audience, StepKind
from outreach.queries.campaign_pages import CampaignPage
from outreach.queries.conferences import current_conference
from outreach.queries.events import EventLine, events
from outreach.queries.planned_steps import PlannedStep
from outreach.queries.senders import senders
from outreach.queries.templates import template_choices
from outreach.web.frame import whole
from outreach.web.staff.audience_form import INVITE, NEWS, AudienceFields
from outreach.web.staff.meanwhile import SeenForm
from outreach.web.staff.reminder_form import KINDS, ReminderForm

DEFAULT_DAYS = (14, 3)
MOST_REMINDERS = 6
EVENING = time(18)
MORNING = time(9)


class CampaignForm(AudienceFields, SeenForm):
    """Everything that a campaign is made of; it works with and without scripts."""

    name = StringField(
        "Name",
        [InputRequired("Give the campaign a name."), Length(max=200)],
        description="For the team; no invitee sees it.",
    )
    event = SelectField("About", coerce=whole)
    reply_on = DateField("Answers count until", [InputRequired("Choose the day of the reply-by.")])
    reply_at = TimeField("at", [InputRequired("Choose the hour of the reply-by.")])
    invitation = SelectField("Letter of the invitation", validate_choice=False)
    news = SelectField("Letter of the news", validate_choice=False)
    goes = RadioField(
        "When",
        choices=[
            SelectChoice(Anchor.START.value, "As soon as the campaign is scheduled"),
            SelectChoice(Anchor.FIXED.value, "At a time of its own"),
            SelectChoice(
                Anchor.PLACES.value,
                "When so many places of its lists are free, at the time of its own at the latest",
            ),
        ],
        default=Anchor.START.value,
    )
    fixed_on = DateField("Day", [Optional()])
    fixed_at = TimeField("Hour", [Optional()])
    places = IntegerField("Free places", [Optional(), NumberRange(1, 100_000)])
    reminders = FieldList(
        FormField(ReminderForm), "Reminders and other steps", max_entries=MOST_REMINDERS
    )
    thanks = BooleanField("Thank everyone who answers", default=True)
    thanks_letter = SelectField("Letter")
    sender_name = StringField(
        "Sent in the name of",
        [InputRequired("Say whose name stands as the sender."), Length(max=120)],
    )
    sender = SelectField(
        "From the address",
        coerce=whole,
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
        self.offer_audience()
        self.sender.choices = [
            SelectChoice(0, current_app.config["MAIL_FROM"]),
            *(SelectChoice(one.id, one.address) for one in senders()),
        ]
        self.invitation.choices = letters(StepKind.INVITATION)
        self.news.choices = letters(StepKind.PROMOTION)
        self.thanks_letter.choices = letters(StepKind.THANK_YOU)
        for entry in self.reminders:
            entry.form.template.choices = [
                SelectChoice("", "The usual one of its kind"),
                *(choice for kind in KINDS for choice in letters(kind)),
            ]

    def begin(self) -> None:
        """What stands in a new campaign's form."""
        conference = current_conference()
        self.sender_name.data = conference.host if conference else ""
        self.reply_at.data, self.fixed_at.data = EVENING, MORNING
        if self.does.data == NEWS:
            self.thanks.data = False
            return
        for days in DEFAULT_DAYS:
            self.reminders.append_entry({"days": days})

    def show(self, page: CampaignPage, steps: list[PlannedStep]) -> None:
        """What stands in the form of a campaign that there is."""
        zone = ZoneInfo(page.time_zone)
        local = page.reply_by.astimezone(zone)
        self.name.data, self.event.data = page.name, page.event_id
        self.show_audience(page)
        self.reply_on.data, self.reply_at.data = local.date(), local.time()
        self.sender_name.data, self.is_vip.data = page.sender_name, page.is_vip
        self.sender.data = page.sender_id or 0
        self.has_calendar.data = page.has_calendar
        self.thanks.data, self.fixed_at.data = False, MORNING
        invites = any(step.kind is StepKind.INVITATION for step in steps)
        self.does.data = INVITE if invites else NEWS
        for number, step in enumerate(steps):
            self._show_step(step, zone, is_first=number == 0)

    def _show_step(self, step: PlannedStep, zone: ZoneInfo, *, is_first: bool) -> None:
        local = step.fixed_at.astimezone(zone) if step.fixed_at else None
        is_thanks = step.kind is StepKind.THANK_YOU and step.anchor is Anchor.ANSWER
        is_for_others = AUDIENCES[step.kind] is not step.audience
        if step.kind is StepKind.INVITATION or (is_first and step.kind is StepKind.PROMOTION):
            letter = self.invitation if step.kind is StepKind.INVITATION else self.news
            letter.data, self.goes.data = step.template_code, step.anchor.value
            self.places.data = step.places_count
            if local:
                self.fixed_on.data, self.fixed_at.data = local.date(), local.time()
        elif is_thanks and step.days_before is None and step.audience is Audience.ANSWERED:
            self.thanks.data, self.thanks_letter.data = True, step.template_code
        else:
            self.reminders.append_entry(
                {
                    "kind": step.kind.value,
                    "audience": step.audience.value if is_for_others else "",
                    "days": abs(step.days_before) if step.days_before is not None else None,
                    "template": step.template_code,
                    "counted_from": step.anchor.value,
                    "on": local.date() if local else None,
                    "time": local.time() if local else None,
                    "hour": "" if step.hour is None else str(step.hour),
                    "is_local": step.is_local,
                    "working_days_only": step.working_days_only,
                }
            )

    def validate_goes(self, field: RadioField) -> None:
        """The time of its own, where it is to have one."""
        if field.data == Anchor.FIXED.value and not (self.fixed_on.data and self.fixed_at.data):
            raise ValidationError("Choose the day and the hour at which the invitation goes.")
        if field.data == Anchor.PLACES.value and not self.places.data:
            raise ValidationError("Say how many places must be free before the invitation goes.")

    def validate_invitation(self, field: SelectField) -> None:
        """The letter of what it does; the other one is not looked at."""
        if self.does.data != NEWS:
            _check_letter(field)

    def validate_news(self, field: SelectField) -> None:
        """The same for news."""
        if self.does.data == NEWS:
            _check_letter(field)

    def validate_lists(self, field: SelectMultipleField) -> None:
        """Whom it reaches is said by a list or a segment."""
        if not field.data and not self.segments.data:
            raise ValidationError("Choose at least one list of this event, or a segment.")

    def validate_reminders(self, field: FieldList) -> None:
        """News reminds of nothing; two reminders on one day would reach nobody the second time."""
        if self.does.data == NEWS and any(
            StepKind(entry.form.kind.data) in ASKING for entry in field
        ):
            raise ValidationError(
                "News asks for no answer, so nobody can be reminded. Remove those steps, or choose "
                "another kind for them."
            )
        days = [
            (entry.form.counted_from.data, entry.form.days.data, entry.form.whom)
            for entry in field
            if entry.form.days.data is not None
        ]
        if len(days) != len(set(days)):
            raise ValidationError(
                "Two steps to the same people stand on the same day. Remove one of them."
            )

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
            segment_ids=self.segments.data,
            left_out_list_ids=self.not_lists.data,
            left_out_segment_ids=self.not_segments.data,
            newcomers_list_id=self.newcomers.data or None,
            asks_again=self.asks_again.data and self.does.data != NEWS,
            reply_by=reply_by,
            steps=self._steps(zone),
            sender_name=self.sender_name.data.strip(),
            sender_address=current_app.config["MAIL_FROM"],
            sender_id=self.sender.data or None,
            is_vip=self.is_vip.data,
            has_calendar=self.has_calendar.data and self.does.data != NEWS,
            wave=self.wave.data or None,
        )

    def _steps(self, zone: str) -> list[StepPlan]:
        fixed_at = None
        has_time = self.fixed_on.data and self.fixed_at.data
        if self.goes.data != Anchor.START.value and has_time:
            fixed_at = clock.in_zone(datetime.combine(self.fixed_on.data, self.fixed_at.data), zone)
        steps = [
            StepPlan(
                StepKind.PROMOTION if self.does.data == NEWS else StepKind.INVITATION,
                Anchor(self.goes.data),
                self.news.data if self.does.data == NEWS else self.invitation.data,
                fixed_at=fixed_at,
                places_count=self.places.data if self.goes.data == Anchor.PLACES.value else None,
            )
        ]
        more = sorted(
            (entry.form for entry in self.reminders), key=lambda one: -(one.days.data or 0)
        )
        steps += [one.plan(zone) for one in more]
        if self.thanks.data and self.does.data != NEWS:
            steps.append(StepPlan(StepKind.THANK_YOU, Anchor.ANSWER, self.thanks_letter.data))
        return steps


def _check_letter(field: SelectField) -> None:
    if field.data not in {choice.value for choice in field.choices}:
        raise ValidationError("Choose the letter of the first mail.")


def letters(kind: StepKind) -> list[SelectChoice]:
    """The templates of a kind, by name."""
    return [SelectChoice(code, name) for code, name in template_choices(kind)]
