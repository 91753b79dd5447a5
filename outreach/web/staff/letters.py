"""The letters of an event, which invitees download from their page."""

from pathlib import Path

from flask import Response as Answer
from flask import abort, current_app, flash, g, redirect, render_template, send_file, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from outreach.actions.letters import LONGEST_REFERENCE, put_letter, take_letter_out
from outreach.errors import Refusal
from outreach.intake.proofs import LARGEST
from outreach.languages import languages, name_of
from outreach.models.activity import Actor
from outreach.queries.conferences import groups
from outreach.queries.letters import letters_of
from outreach.queries.questions import EventAsked, event_asked
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint


class LetterForm(FlaskForm):
    """The paper, whom it is for, and what it is called."""

    reference = StringField(
        "Reference", [Length(max=LONGEST_REFERENCE)],
        description="As on the paper, for example CL-17/41. Invitees see it.",
    )  # fmt: skip
    group = SelectField(
        "For", coerce=whole, description="A group's own letter goes before the one to everyone."
    )
    language = SelectField("Language")
    paper = FileField(
        "The letter", [InputRequired("Choose the file of the letter.")],
        description="A PDF of up to 10 MB. It replaces the one of the same group and language.",
    )  # fmt: skip

    def offer(self) -> "LetterForm":
        """With its choices."""
        everyone = SelectChoice(0, "Everyone without a letter of their own")
        self.group.choices = [everyone, *(SelectChoice(one.id, one.name) for one in groups())]
        self.language.choices = [SelectChoice(code, name_of(code)) for code in languages()]
        return self


@blueprint.get("/staff/events/<int:event_id>/letters")
def event_letters(event_id: int) -> str:
    """Those that stand, and a new one."""
    return _page(_event_or_404(event_id), LetterForm(formdata=None).offer())


@blueprint.post("/staff/events/<int:event_id>/letters")
def add_letter(event_id: int) -> tuple[str, int] | Response:
    """Put a letter where its invitees find it."""
    event, form = _event_or_404(event_id), LetterForm().offer()
    if not form.validate():
        return _page(event, form), 422
    told = _what_changes(event_id, form.group.data or None, form.language.data)
    try:
        put_letter(
            event_id, form.language.data, form.paper.data.stream.read(LARGEST + 1),
            folder=_folder(), group_id=form.group.data or None,
            reference=(form.reference.data or "").strip(), by=Actor.account(current_user.id),
            at=g.at,
        )  # fmt: skip
    except Refusal as refusal:
        form.paper.errors = [str(refusal)]
        return _page(event, form), refusal.status
    flash(told, "done")
    return redirect(url_for("staff.event_letters", event_id=event_id), 303)


@blueprint.post("/staff/events/<int:event_id>/letters/<int:letter_id>/remove")
def remove_letter(event_id: int, letter_id: int) -> Response:
    """Let nobody download it any more."""
    take_letter_out(event_id, letter_id, by=Actor.account(current_user.id), at=g.at)
    flash("The letter is taken out. The file is kept.", "done")
    return redirect(url_for("staff.event_letters", event_id=event_id), 303)


@blueprint.get("/staff/events/<int:event_id>/letters/<int:letter_id>")
def letter_file(event_id: int, letter_id: int) -> Answer:
    """The file itself."""
    found = next((one for one in letters_of(event_id) if one.id == letter_id), None) or abort(404)
    path = _folder() / found.stored_name
    if not path.is_file():
        abort(404)
    return send_file(
        path.absolute(), mimetype="application/pdf", as_attachment=True,
        download_name=f"letter-{letter_id}.pdf",
    )  # fmt: skip


def _what_changes(event_id: int, group_id: int | None, language: str) -> str:
    """What putting a letter there means for those who have the one before."""
    for one in letters_of(event_id):
        if (one.group_id, one.language) == (group_id, language):
            return (
                f"The letter stands in the place of {one.reference or 'the one before'}. Everyone "
                "it is for finds this one on their page; who has downloaded the old one is not "
                "written to."
            )
    return "The letter stands on the page of everyone it is for."


def _page(event: EventAsked, form: LetterForm) -> str:
    return render_template(
        "staff/letters/letters.html", event=event, form=form, letters=letters_of(event.id),
        name_of=name_of,
    )  # fmt: skip


def _folder() -> Path:
    return Path(current_app.config["INSTANCE_DIR"]) / "letters"


def _event_or_404(event_id: int) -> EventAsked:
    return event_asked(event_id) or abort(404)
