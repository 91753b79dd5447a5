"""An event's answer form: what invitees are asked besides yes and no; their answers as a file."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, IntegerField, SelectField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from outreach.actions.questions import QuestionText, add_question, ask_about, retire_question
from outreach.errors import ChangedMeanwhile, Refusal
from outreach.languages import languages, name_of
from outreach.models.activity import Actor
from outreach.models.event import NEEDS, Parts, asks_mark
from outreach.models.invitation import Reply
from outreach.models.question import QuestionKind, words_in
from outreach.queries.questions import EventAsked, answered_people, event_asked, questions_of
from outreach.web.staff.door import blueprint
from outreach.web.staff.exports import table_as
from outreach.web.staff.meanwhile import SeenForm, changed_page, seen_of, settle
from outreach.web.staff.said import NEED_WORDS, in_words

KINDS = {
    QuestionKind.TEXT: "Words",
    QuestionKind.CHOICE: "One of several",
    QuestionKind.SEVERAL: "Any of several",
    QuestionKind.DATE: "A date",
    QuestionKind.YES_NO: "Yes or no",
}
REPLIES = [SelectChoice(reply.value, reply.value.capitalize()) for reply in Reply]
COLUMNS = ("Name", "Email", "Organisation", "Answer", "Answered at", "Note", "Particulars")


class TickField(SelectMultipleField):
    """Several of a few, as ticks."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AskForm(SeenForm):
    """The few things that any event may ask."""

    allows_remote = BooleanField("People may take part from afar")
    party_limit = IntegerField(
        "How many may come along with an invitee", [InputRequired(), NumberRange(0, 99)]
    )
    parts = SelectField(
        "People may come to",
        default=Parts.WHOLE.value,
        choices=[
            SelectChoice(Parts.WHOLE.value, "All of it"),
            SelectChoice(Parts.DAYS.value, "Some of its days"),
            SelectChoice(Parts.SESSIONS.value, "Some sessions of its conference"),
        ],
    )
    needs = TickField("Needs to ask about", choices=[SelectChoice(n, NEED_WORDS[n]) for n in NEEDS])


class QuestionForm(FlaskForm):
    """A question: its words stand in a field for each language, beside it."""

    kind = SelectField("Kind", choices=[SelectChoice(k.value, word) for k, word in KINDS.items()])
    asked_of = TickField(
        "Asked of those who have", choices=REPLIES,
        default=[Reply.ACCEPTED.value, Reply.TENTATIVE.value],
        description="With none of them it is asked of everyone.",
    )  # fmt: skip
    required_for = TickField("Must be answered by those who have", choices=REPLIES)


for _code in languages():
    setattr(
        QuestionForm, f"text_{_code}",
        TextAreaField(
            name_of(_code), [Length(max=20_000)],
            description="The question on the first line; choices beneath, each on its line.",
        ),
    )  # fmt: skip


@blueprint.get("/staff/events/<int:event_id>/questions")
def event_questions(event_id: int) -> str:
    """The form as it stands, and a new question."""
    return shown(event_id)


def _asks_now(event: EventAsked) -> AskForm:
    form = AskForm(
        formdata=None, allows_remote=event.allows_remote, party_limit=event.party_limit,
        needs=list(event.needs_asked), parts=event.parts_asked.value,
    )  # fmt: skip
    form.remember(
        asks_mark(event.allows_remote, event.party_limit, event.needs_asked, event.parts_asked)
    )
    return form


def shown(event_id: int, form: QuestionForm | None = None, asks: AskForm | None = None) -> str:
    """The page."""
    event = event_asked(event_id)
    if event is None:
        abort(404)
    asks = asks or _asks_now(event)
    return render_template(
        "staff/questions/questions.html", event=event, asks=asks, kinds=KINDS,
        form=form or QuestionForm(formdata=None), codes=languages(), words_in=words_in,
        questions=questions_of(event_id),
    )  # fmt: skip


@blueprint.post("/staff/events/<int:event_id>/questions")
def ask_question(event_id: int) -> tuple[str, int] | AnyResponse:
    """Add a question at the end."""
    form = QuestionForm()
    if not form.validate():
        return shown(event_id, form), 422
    texts = {code: _text(form[f"text_{code}"].data or "") for code in languages()}
    written = {code: text for code, text in texts.items() if text.text}
    required = [Reply(value) for value in form.required_for.data or []]
    asked_of = [Reply(value) for value in form.asked_of.data or []]
    try:
        add_question(
            event_id, QuestionKind(form.kind.data), written, required, asked_of=asked_of,
            by=Actor.account(current_user.id), at=g.at,
        )  # fmt: skip
    except Refusal as refusal:
        flash(str(refusal), "problem")
        return shown(event_id, form), refusal.status
    flash("The question stands on the form now.", "done")
    return _back(event_id)


@blueprint.post("/staff/events/<int:event_id>/asks")
def change_asks(event_id: int) -> tuple[str, int] | AnyResponse:
    """Save what the form asks besides."""
    event = event_asked(event_id)
    if event is None:
        abort(404)
    form, now = AskForm(), _asks_now(event)
    settle(form, now)
    if not form.validate():
        return shown(event_id, asks=form), 422
    try:
        ask_about(
            event_id, allows_remote=form.allows_remote.data, party_limit=form.party_limit.data,
            needs=form.needs.data or [], parts=Parts(form.parts.data), seen=seen_of(form, now),
            by=Actor.account(current_user.id), at=g.at,
        )  # fmt: skip
    except ChangedMeanwhile as refusal:
        back = url_for("staff.event_questions", event_id=event_id)
        return changed_page(refusal, form, now, what="Save what is asked", back=back)
    flash("Saved. Invitees see it at once.", "done")
    return _back(event_id)


@blueprint.post("/staff/events/<int:event_id>/questions/<int:question_id>/retire")
def take_question_out(event_id: int, question_id: int) -> AnyResponse:
    """Ask it no more."""
    retire_question(event_id, question_id, by=Actor.account(current_user.id), at=g.at)
    flash("The question is asked no more; what was answered is kept.", "done")
    return _back(event_id)


@blueprint.get("/staff/events/<int:event_id>/answers.<form>")
def event_answers(event_id: int, form: str) -> AnyResponse:
    """Everyone asked to the event with all their answers, at the hours of the event's zone."""
    event = event_asked(event_id)
    if event is None:
        abort(404)
    zone = ZoneInfo(event.time_zone)
    questions = questions_of(event_id, with_retired=True)
    headers = [*COLUMNS, *(str(words_in(one.texts, "en")["text"]) for one in questions)]
    rows = (
        [
            one.full_name, one.email, one.organisation, one.reply,
            one.answered_at and one.answered_at.astimezone(zone).isoformat(" ", "minutes"),
            one.note, _said(one.particulars),
            *(in_words(question, one.answers.get(question.id)) for question in questions),
        ]
        for one in answered_people(event_id)
    )  # fmt: skip
    return table_as(form, rows, headers, f"answers-{event_id}")


def _said(particulars: dict[str, Any]) -> str:
    parts = []
    for name, value in particulars.items():
        shown_value = ", ".join(value) if isinstance(value, list) else value
        parts.append(f"{name.replace('_', ' ')}: {shown_value}")
    return "; ".join(parts)


def _text(written: str) -> QuestionText:
    lines = [" ".join(line.split()) for line in written.splitlines() if line.strip()]
    return QuestionText(lines[0], lines[1:]) if lines else QuestionText("")


def _back(event_id: int) -> AnyResponse:
    return redirect(url_for("staff.event_questions", event_id=event_id), 303)
