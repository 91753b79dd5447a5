"""The part of a campaign's form that plans one reminder."""

from datetime import datetime

from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    SelectChoice,
    SelectField,
    TimeField,
    ValidationError,
)
from wtforms.validators import NumberRange, Optional

from outreach import clock
from outreach.drafting import StepPlan
from outreach.models.step import AUDIENCES, PERSONAL, Anchor, Audience, StepKind
from outreach.queries.templates import template_choices

KINDS = {
    StepKind.REMINDER: "Reminder",
    StepKind.LAST_CALL: "Last call",
    StepKind.SAVE_THE_DATE: "Save the date",
    StepKind.PRACTICAL: "Practical information",
    StepKind.MISS_YOU: "We miss you",
    StepKind.THANK_YOU: "Thanks",
    StepKind.TO_ASSISTANT: "To the assistant",
    StepKind.PROMOTION: "News",
}
WHOM = {
    "": "those whom its kind is for",
    Audience.SILENT: "those who have not answered",
    Audience.ANSWERED: "those who have answered",
    Audience.ACCEPTED: "those who accepted",
    Audience.DECLINED: "those who declined",
    Audience.TENTATIVE: "those who are undecided",
    Audience.DELEGATED: "those who named a delegation",
    Audience.EVERYONE: "everyone",
}
COUNTED_FROM = {
    Anchor.REPLY_BY: "before the reply-by",
    Anchor.OPENING: "before the opening",
    Anchor.INVITATION: "after each person’s invitation",
    Anchor.LAST_CONTACT: "after the last mail to each person",
    Anchor.ANSWER: "after each person’s answer",
    Anchor.FIXED: "no: at a time of its own",
}


class ReminderForm(Form):
    """One more step: a reminder, or a mail of another kind."""

    kind = SelectField(
        "What", choices=[SelectChoice(kind.value, words) for kind, words in KINDS.items()],
        default=StepKind.REMINDER.value,
    )  # fmt: skip
    audience = SelectField(
        "To", choices=[SelectChoice(str(value), words) for value, words in WHOM.items()], default=""
    )
    days = IntegerField("Days", [Optional(), NumberRange(1, 365)])
    counted_from = SelectField(
        "Counted",
        choices=[SelectChoice(anchor.value, words) for anchor, words in COUNTED_FROM.items()],
        default=Anchor.REPLY_BY.value,
    )
    on = DateField("Day", [Optional()])
    time = TimeField("Hour", [Optional()])
    hour = SelectField(
        "At",
        choices=[SelectChoice("", "the same time of day"),
                 *(SelectChoice(str(hour), f"{hour:02}:00") for hour in range(24))],
        default="",
    )  # fmt: skip
    is_local = BooleanField("Where each recipient is")
    working_days_only = BooleanField("Working days only")
    template = SelectField("Letter")

    def validate_days(self, field: IntegerField) -> None:
        """Either so many days, or a time of its own."""
        is_fixed = self.counted_from.data == Anchor.FIXED.value
        if is_fixed and not (self.on.data and self.time.data):
            raise ValidationError("Choose the day and the hour of this step.")
        if not is_fixed and field.data is None:
            raise ValidationError("Say how many days, or remove this step.")

    def validate_is_local(self, field: BooleanField) -> None:
        """Everyone's own hour is an hour."""
        if field.data and not self.hour.data:
            raise ValidationError("Choose the hour that is to be each recipient’s own.")

    @property
    def whom(self) -> Audience:
        """For whom it is."""
        return Audience(self.audience.data or AUDIENCES[StepKind(self.kind.data)])

    def plan(self, zone: str) -> StepPlan:
        """The step as it is wished. Only after `validate`."""
        anchor, kind = Anchor(self.counted_from.data), StepKind(self.kind.data)
        days, fixed_at = self.days.data, None
        if anchor is Anchor.FIXED:
            days, fixed_at = (
                None,
                clock.in_zone(datetime.combine(self.on.data, self.time.data), zone),
            )
        elif anchor in PERSONAL:
            days = -days
        return StepPlan(
            kind, anchor, self.template.data or usual_letter(kind), fixed_at=fixed_at,
            days_before=days, hour=int(self.hour.data) if self.hour.data else None,
            working_days_only=self.working_days_only.data, is_local=self.is_local.data,
            audience=self.whom,
        )  # fmt: skip


def usual_letter(kind: StepKind) -> str:
    """The code of the letter that a kind has unless another is chosen."""
    known = [code for code, _ in template_choices(kind)]
    return kind.value if kind.value in known or not known else known[0]
