"""Answers that came by letter, note verbale or phone: written down on someone's behalf."""

from functools import partial
from pathlib import Path
from typing import Any

from flask import (
    Response as Answer,
)
from flask import (
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    send_file,
    url_for,
)
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import DateField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from outreach.actions import recorded_answers as answers
from outreach.actions.calendar_changes import WithdrawnAlready, withdraw_invitation
from outreach.errors import Refusal
from outreach.intake.proofs import LARGEST, UnfitProof
from outreach.models.activity import Actor
from outreach.models.invitation import Reply
from outreach.models.proof import Way
from outreach.queries.recorded_answers import (
    Standing,
    answers_with_proof,
    proof_file,
    standing,
)
from outreach.web.staff.door import blueprint
from outreach.web.staff.undo import offer_undo, offered_undo

REPLIES = [
    SelectChoice(Reply.ACCEPTED.value, "Accepts"),
    SelectChoice(Reply.TENTATIVE.value, "Cannot say yet"),
    SelectChoice(Reply.DELEGATED.value, "Sends someone"),
    SelectChoice(Reply.DECLINED.value, "Declines"),
]
WAYS = [
    SelectChoice(Way.LETTER.value, "Letter"),
    SelectChoice(Way.NOTE_VERBALE.value, "Note verbale"),
    SelectChoice(Way.PHONE.value, "Phone"),
    SelectChoice(Way.IN_PERSON.value, "In person"),
    SelectChoice(Way.EMAIL.value, "Email"),
]
WAY_NAMES = {choice.value: choice.label for choice in WAYS}


class RecordForm(FlaskForm):
    """What was answered, how and when it came, and the paper."""

    reply = RadioField("The answer", [InputRequired("Choose the answer.")], choices=REPLIES)
    way = SelectField("It came by", choices=WAYS)
    came_on = DateField("It came on", [InputRequired("Give the day on which it came.")])
    given_by = StringField(
        "Who answered", [Length(max=200)], description="If that was not the invitee."
    )
    reference = StringField(
        "Reference", [Length(max=200)], description="The number of the note, or who called whom."
    )
    note = TextAreaField("What else was said", [Length(max=2000)])
    paper = FileField(
        "The paper, scanned", description="PDF, PNG or JPEG, up to 10 MB. Only the team sees it."
    )

    def read_paper(self) -> answers.Paper | None:
        """What was uploaded; one byte more than may be kept at most."""
        upload = self.paper.data
        if not upload or not upload.filename:
            return None
        return answers.Paper(upload.stream.read(LARGEST + 1), upload.filename)

    def come(self) -> dict[str, Any]:
        """What was filled in besides the answer, and who writes it down now."""
        return {
            "note": (self.note.data or "").strip(), "way": Way(self.way.data),
            "came_on": self.came_on.data, "by": Actor.account(current_user.id), "at": g.at,
            "given_by": (self.given_by.data or "").strip(), "paper": self.read_paper(),
            "reference": (self.reference.data or "").strip(), "folder": proofs_folder(),
        }  # fmt: skip

    def say(self, refusal: Refusal) -> None:
        """Why nothing was recorded, beside the field that it is about."""
        if isinstance(refusal, UnfitProof):
            self.paper.errors = [str(refusal)]
        elif isinstance(refusal, answers.CameLater):
            self.came_on.errors = [str(refusal)]
        else:
            flash(str(refusal), "problem")


@blueprint.get("/staff/invitations/<int:invitation_id>/answer")
def recorded_answer(invitation_id: int) -> str:
    """The answers so far, and the form for one that came on paper."""
    asked = _asked_or_404(invitation_id)
    form = RecordForm(formdata=None)
    return _page(asked, form)


@blueprint.post("/staff/invitations/<int:invitation_id>/answer")
def record_answer(invitation_id: int) -> tuple[str, int] | Response:
    """Write the answer down."""
    asked, form = _asked_or_404(invitation_id), RecordForm()
    if not form.validate():
        return _page(asked, form), 422
    try:
        answer_id = answers.write_down_answer(invitation_id, Reply(form.reply.data), **form.come())
    except Refusal as refusal:
        form.say(refusal)
        return _page(asked, form), refusal.status
    flash(f"The answer of {asked.full_name} is recorded.", "done")
    offer_undo(
        "The answer is recorded, and its confirmation waits for its turn.",
        url_for("staff.take_back_recorded", answer_id=answer_id, invitation_id=invitation_id),
    )
    return redirect(url_for("staff.recorded_answer", invitation_id=invitation_id), 303)


@blueprint.post("/staff/invitations/<int:invitation_id>/answers/<int:answer_id>/undo")
def take_back_recorded(invitation_id: int, answer_id: int) -> Response:
    """Undo what was recorded last."""
    try:
        answers.take_back_recorded_answer(answer_id, by=Actor.account(current_user.id), at=g.at)
        flash("The recorded answer is taken back.", "done")
    except answers.NotTheLast as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.recorded_answer", invitation_id=invitation_id), 303)


@blueprint.post("/staff/invitations/<int:invitation_id>/withdraw")
def withdraw(invitation_id: int) -> Response:
    """Ask the person no more, and tell them."""
    asked = _asked_or_404(invitation_id)
    try:
        withdraw_invitation(invitation_id, by=Actor.account(current_user.id), at=g.at)
        flash(f"The invitation of {asked.full_name} is withdrawn; a mail tells them.", "done")
    except WithdrawnAlready as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.recorded_answer", invitation_id=invitation_id), 303)


@blueprint.get("/staff/answers/<int:answer_id>/paper")
def paper(answer_id: int) -> Answer:
    """The scanned paper, always as a file to be saved."""
    return send_paper(proof_file(answer_id) or abort(404), f"answer-{answer_id}")


def send_paper(found: tuple[str, str], name: str) -> Answer:
    """A kept paper, to be saved under this name."""
    stored_name, media_type = found
    path = proofs_folder() / stored_name
    if not path.is_file():
        abort(404)
    return send_file(
        path.absolute(), mimetype=media_type, as_attachment=True,
        download_name=f"{name}{path.suffix}",
    )  # fmt: skip


def _page(asked: Standing, form: RecordForm) -> str:
    return render_template(
        "staff/recorded_answers/record.html", asked=asked, form=form,
        answers=answers_with_proof(asked.id), undo=offered_undo(), ways=WAY_NAMES,
        here=url_for("staff.record_answer", invitation_id=asked.id),
        paper_at=partial(url_for, "staff.paper"),
        take_back_at=partial(url_for, "staff.take_back_recorded", invitation_id=asked.id),
    )  # fmt: skip


def proofs_folder() -> Path:
    """Where papers are kept."""
    return Path(current_app.config["INSTANCE_DIR"]) / "proofs"


def _asked_or_404(invitation_id: int) -> Standing:
    return standing(invitation_id) or abort(404)
