"""The forms of what is known of the conference, and of the limit that it sets."""

from zoneinfo import available_timezones

from flask import abort
from wtforms import EmailField, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional, Regexp

from outreach.models.base import mark_of
from outreach.models.conference import conference_mark
from outreach.queries.conferences import ConferenceLine, current_conference
from outreach.queries.events import EventLine, events
from outreach.web.staff.meanwhile import SeenForm, texts_of


class ConferenceForm(SeenForm):
    """What it is called, where it is held, who invites."""

    name = StringField("Name", [InputRequired("Give the conference a name."), Length(max=200)])
    city = StringField("City", [InputRequired("Type the city."), Length(max=100)])
    country_code = StringField(
        "Country",
        [Regexp("^[A-Z]{2}$", message="Two capital letters, such as CH.")],
        description="Its code of two letters (ISO 3166).",
    )
    venue = StringField("Venue", [Length(max=200)])
    time_zone = StringField(
        "Time zone",
        [AnyOf(available_timezones(), message="A name such as Europe/Zurich.")],
        description="Days and deadlines are counted on its calendar.",
    )
    host = StringField(
        "Who invites",
        [InputRequired("Say who invites."), Length(max=200)],
        description="As it stands in the mails and on the invitee’s page.",
    )
    reply_to = EmailField(
        "Replies go to",
        [InputRequired("Type an address."), Length(max=254)],
        description="A mailbox that people read.",
    )


class CapForm(SeenForm):
    """How much one person may get."""

    mails = IntegerField("At most so many campaign mails", [Optional(), NumberRange(1, 1000)])
    days = IntegerField("in so many days", [Optional(), NumberRange(1, 365)])


def conference_or_404() -> ConferenceLine:
    """The conference that is being prepared."""
    return current_conference() or abort(404)


def main_event() -> EventLine:
    """The conference itself, among the events."""
    code = conference_or_404().code
    return next(event for event in events() if event.conference == code)


def conference_form() -> ConferenceForm:
    """As it stands, and which version that is."""
    form = ConferenceForm(
        formdata=None, obj=conference_or_404(), data={"venue": main_event().venue}
    )
    form.remember(conference_mark(**values_of(form)))
    return form


def values_of(form: ConferenceForm) -> dict[str, str]:
    """What it says, as the action takes it."""
    return {name: form[name].data or "" for name in texts_of(form)}


def cap_form() -> CapForm:
    """As it stands, and which version that is."""
    line = conference_or_404()
    form = CapForm(formdata=None, mails=line.cap_mails, days=line.cap_days)
    form.remember(mark_of(line.cap_mails, line.cap_days))
    return form
