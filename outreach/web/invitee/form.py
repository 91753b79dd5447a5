"""What the answer forms of this door share: a note, a nonce, and what is wrong in words."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from outreach.web.invitee.note import LONGEST_NOTE, clean_note

FOREIGN = "This form was not opened from this page. Please choose again and send it once more."
CHANGED = (
    "Another answer came in while this page was open, so yours was not noted. "
    "Here is how it stands now; you can still change it."
)


class NoteForm(FlaskForm):
    """A note; `nonce` stands in for the CSRF token, which would need a cookie."""

    class Meta:
        csrf = False

    note = TextAreaField(
        filters=[clean_note],
        validators=[Length(max=LONGEST_NOTE, message="A note may have up to 2,000 characters.")],
    )
    nonce = HiddenField()

    def problems(self) -> list[str]:
        """Everything that is wrong with what was sent."""
        return [error for errors in self.errors.values() for error in errors]
