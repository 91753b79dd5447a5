"""The answer form: what was sent in it, what stood there before, and what is wrong in words.

Texts are marked here and translated where they are shown.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from outreach.languages import marked
from outreach.models.invitation import Reply
from outreach.web.invitee.note import LONGEST_NOTE, clean_line, clean_note

FOREIGN = marked(
    "This form was not opened from this page. Please choose again and send it once more."
)
CHANGED = marked(
    "Another answer came in while this page was open, so yours was not noted. "
    "Here is how it stands now; you can still change it."
)
TOO_LONG = marked("A note may have up to 2,000 characters.")
LINE_TOO_LONG = marked("A name or an address may have up to 200 characters.")
CHOOSE = marked("Choose one of the answers.")
LONGEST_LINE = 200


class Problem(NamedTuple):
    """Something wrong with what was sent."""

    text: str
    at: str = ""
    """The id of the field; none where it is about no field."""


def line() -> Any:
    """One line of text."""
    return StringField(
        filters=[clean_line], validators=[Length(max=LONGEST_LINE, message=LINE_TOO_LONG)]
    )


class NoteForm(FlaskForm):
    """A note; `nonce` stands in for the CSRF token, which would need a cookie."""

    class Meta:
        csrf = False

    note = TextAreaField(
        filters=[clean_note], validators=[Length(max=LONGEST_NOTE, message=TOO_LONG)]
    )
    nonce = HiddenField()

    def problems(self) -> "list[Problem]":
        """Everything that is wrong with what was sent, each once, with the first field of it."""
        found: dict[str, str] = {}
        for name, errors in self.errors.items():
            for error in errors:
                found.setdefault(error, str(name))
        return [Problem(error, name) for error, name in found.items()]


class AnswerForm(NoteForm):
    """One choice, a note, who answers, and who is sent; the rest is read by `particulars`."""

    answer = StringField(validators=[InputRequired(CHOOSE), AnyOf(list(Reply), message=CHOOSE)])
    given_by = line()
    delegate_name = line()
    delegate_address = line()


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form when it is shown."""

    answer: str = ""
    note: str = ""
    given_by: str = ""
    delegate_name: str = ""
    delegate_address: str = ""
    particulars: dict[str, Any] = field(default_factory=dict)
    answers: dict[int, dict[str, Any]] = field(default_factory=dict)
