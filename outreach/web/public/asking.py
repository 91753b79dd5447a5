"""The form of those who ask to be invited: its shape, and what keeps machines out.

No third party is asked. A machine fills in the box that people are asked to leave empty, sends
before anyone could have read, or sends without end (`actions.nominations`); none of it needs eyes,
a mouse or a script.
"""

from collections.abc import Callable
from datetime import datetime

from flask import current_app
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import HiddenField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from outreach.actions.nominations import Request
from outreach.intake.addresses import MalformedAddress, read_address
from outreach.intake.lines import Unread, many_lines, one_line
from outreach.languages import marked
from outreach.web.public.speaking import countries, say

SOONEST = 3
"""In seconds: nobody reads and answers the page in less."""
OLDEST = 24 * 60 * 60

NO_NAME = marked("Write your name.")
NO_ADDRESS = marked("Write an e-mail address at which we can answer.")
NO_REASON = marked("Say why you would like to come.")
NOT_EMPTY = marked("This box must stay empty.")
QUICK = marked("That was quick. Please look at it once more and send it again.")
OLD = marked("This page was open too long. Please send it again.")
ODD = marked("This cannot be read. Please write it again, in plain letters.")


class AskForm(FlaskForm):
    """What somebody says of themselves."""

    full_name = StringField(validators=[Length(max=200)])
    email = StringField(validators=[Length(max=254)])
    office = StringField(validators=[Length(max=200)])
    organisation = StringField(validators=[Length(max=200)])
    country = SelectField(validate_choice=False)
    why = TextAreaField(validators=[Length(max=2_000)])
    website = StringField()
    """Left empty by people."""
    opened = HiddenField()
    source = HiddenField()

    def speak(self, language: str) -> None:
        """Name the countries in this language."""
        self.country.choices = [SelectChoice("", "")] + [
            SelectChoice(code, name) for code, name in countries(language)
        ]

    def read(self, language: str, at: datetime) -> Request | None:
        """The request; None where something is wrong, which then stands beside its field."""
        self.validate()  # the lengths; what follows says the rest in the reader's language
        problems: dict[str, str] = {}
        texts = {}
        for name, reads in (
            ("full_name", one_line), ("office", one_line), ("organisation", one_line),
            ("why", many_lines),
        ):  # fmt: skip
            texts[name], odd = _plain(self[name].data, reads)
            if odd or self[name].errors:
                problems[name] = ODD
        for name, missing in (("full_name", NO_NAME), ("why", NO_REASON)):
            if not texts[name]:
                problems.setdefault(name, missing)
        address = None
        try:
            address = read_address(self.email.data or "")
        except MalformedAddress:
            problems["email"] = NO_ADDRESS
        if (self.website.data or "").strip():
            problems["website"] = NOT_EMPTY
        late = self._timing(at)
        for name, problem in problems.items():
            self[name].errors = [say(problem, language)]
        if late:
            self.form_errors.append(say(late, language))
        if problems or late or address is None:
            return None
        country = self.country.data if self.country.data in dict(countries("en")) else None
        source = "".join(letter for letter in self.source.data or "" if letter.isprintable())
        return Request(
            address=address, country_code=country, language=language, source=source[:100], **texts
        )  # fmt: skip

    def _timing(self, at: datetime) -> str:
        """What is wrong with when the page was opened; nothing where it is well."""
        try:
            opened = float(_serializer().loads(self.opened.data or ""))
        except (BadData, ValueError, TypeError):
            return OLD
        seconds = at.timestamp() - opened
        return QUICK if seconds < SOONEST else OLD if seconds > OLDEST else ""


def opened_at(at: datetime) -> str:
    """When the page was opened, signed."""
    return str(_serializer().dumps(at.timestamp()))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="ask")


def _plain(text: str | None, reads: Callable[[str], tuple[str, str | None]]) -> tuple[str, bool]:
    """The text, and whether it cannot be read."""
    try:
        return reads((text or "").replace("\0", ""))[0], False
    except Unread:
        return "", True
