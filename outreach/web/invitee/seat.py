"""The page of a person who is asked to take a seat."""

from collections.abc import Sequence
from typing import Any

from flask import Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse
from wtforms import RadioField
from wtforms.validators import InputRequired

from outreach.actions import seat_answers
from outreach.errors import Conflict
from outreach.languages import marked
from outreach.models.seat import OfferClosed, SeatRole
from outreach.queries.seat_offers import seat_answers_given, seat_offer_page
from outreach.web.invitee.door import blueprint, here, onward, page, told
from outreach.web.invitee.form import CHANGED, CHOOSE, FOREIGN, Filled, NoteForm, Problem
from outreach.web.invitee.nonce import form_nonce, version_seen
from outreach.web.invitee.view import FIXED, answerer, others

DUTIES = {
    SeatRole.CO_CHAIR: marked(
        "A co-chair opens the sessions of the track, leads its discussion together "
        "with the other co-chair, and reports what was concluded."
    ),
    SeatRole.MODERATOR: marked("A moderator leads the discussion of a session and keeps its time."),
    SeatRole.SPEAKER: marked("A speaker gives a short statement and takes part in the discussion."),
}
ASKED = {
    SeatRole.CO_CHAIR: marked("%(host)s asks you to be co-chair of the track “%(track)s”"),
    SeatRole.MODERATOR: marked("%(host)s asks you to be moderator of the track “%(track)s”"),
    SeatRole.SPEAKER: marked("%(host)s asks you to be a speaker of the track “%(track)s”"),
}
CHOICES = (
    ("accepted", marked("I accept"), marked("I take the seat.")),
    ("declined", marked("I decline"), marked("Someone else may be asked.")),
)
NOTED = {"accepted": marked("You take the seat"), "declined": marked("You decline the seat")}


class SeatForm(NoteForm):
    """Yes or no and a note."""

    answer = RadioField(choices=["accepted", "declined"], validators=[InputRequired(CHOOSE)])


@blueprint.get("/s/<token>")
def seat(token: str) -> Response:
    """The question as it stands; opening it changes nothing."""
    return show()


@blueprint.get("/s/<token>/answer")
@blueprint.get("/s/<token>/back", endpoint="back_from_seat_undo")
def back_to_seat(token: str) -> AnyResponse:
    """Someone reloads the address to which the form was sent."""
    return redirect(f"/s/{token}{onward()}")


@blueprint.post("/s/<token>/answer")
def answer_seat(token: str) -> AnyResponse:
    """Note the answer, once however often it is sent."""
    return note_seat_answer()


def note_seat_answer() -> AnyResponse:
    """The answer about the seat that is open; given by `g.answerer`, where it is another's."""
    form = SeatForm()
    seen = version_seen("seat", g.link_key, form.nonce.data or "")
    if seen is None:
        return show(form, [FOREIGN], 400)
    if not form.validate():
        return show(form, form.problems(), 400 if form.answer.errors else 422)
    try:
        seat_answers.answer_seat_offer(
            g.opened.id, form.answer.data == "accepted", form.note.data, at=g.at, seen=seen,
            given_by=answerer().name,
        )  # fmt: skip
    except seat_answers.SeatAnswerChanged:
        g.opened = seat_offer_page(g.link_key)
        return show(form, [CHANGED], 400)
    return redirect(f"{here()}{onward()}", 303)


@blueprint.post("/s/<token>/back")
def take_back_seat(token: str) -> AnyResponse:
    """Undo the last change."""
    return undo_seat_answer()


def undo_seat_answer() -> AnyResponse:
    """Undo the last change about the seat that is open."""
    seen = version_seen("seat", g.link_key, request.form.get("nonce", ""))
    if seen is None:
        return show(None, [FOREIGN], 400)
    try:
        seat_answers.take_back_seat_answer(
            g.opened.id, at=g.at, seen=seen, given_by=answerer().name
        )
    except Conflict as refusal:
        g.opened = seat_offer_page(g.link_key)
        return show(None, [str(refusal)], 400)
    return redirect(f"{here()}{onward()}", 303)


def show(
    form: SeatForm | None = None, problems: Sequence[str | Problem] = (), status: int = 200
) -> Response:
    """The page; a seat that went elsewhere shows nothing of it."""
    opened = g.opened
    if not opened.is_open:
        raise OfferClosed
    answer = opened.answer.value if opened.answer else ""
    filled = Filled(answer, opened.note)
    if form is not None:
        filled = Filled(form.answer.data or "", form.note.data or "")
    answers = seat_answers_given(opened.id)
    can_take_back = bool(answers) and answers[0].channel == "link"
    context: dict[str, Any] = FIXED | {
        "page": opened, "event": opened.event, "at": g.at, "filled": filled, "choices": CHOICES,
        "noted": NOTED, "all_noted": FIXED["noted"], "asked": ASKED[opened.role],
        "duty": DUTIES[opened.role], "is_late": g.at >= opened.fill_by,
        "problems": told(problems),
        "nonce": form_nonce("seat", g.link_key, opened.version), "answer": answer,
        "seat_answer_url": f"{here()}/answer{onward()}", "answers": answers,
        "back_url": f"{here()}/back{onward()}" if can_take_back else "",
        "others": others(opened.stakeholder_id, g.link_key, g.at, answerer()),
        "answerer": answerer(),
    }  # fmt: skip
    return page("seat.html", status, **context)
