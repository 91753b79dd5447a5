"""The page of a person who is asked to take a seat."""

from flask import g, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import RadioField
from wtforms.validators import InputRequired

from outreach.actions import seat_answers
from outreach.models.seat import OfferClosed, SeatRole
from outreach.queries.seat_offers import seat_offer_page
from outreach.web.invitee.door import blueprint
from outreach.web.invitee.form import CHANGED, FOREIGN, NoteForm
from outreach.web.invitee.nonce import form_nonce, version_seen
from outreach.web.invitee.note import LONGEST_NOTE

ROLES = {
    SeatRole.CO_CHAIR: "co-chair",
    SeatRole.MODERATOR: "moderator",
    SeatRole.SPEAKER: "speaker",
}
DUTIES = {
    SeatRole.CO_CHAIR: "A co-chair opens the sessions of the track, leads its discussion together "
    "with the other co-chair, and reports what was concluded.",
    SeatRole.MODERATOR: "A moderator leads the discussion of a session and keeps its time.",
    SeatRole.SPEAKER: "A speaker gives a short statement and takes part in the discussion.",
}


class SeatForm(NoteForm):
    """Yes or no and a note."""

    answer = RadioField(
        choices=["accepted", "declined"],
        validators=[InputRequired("Choose one of the answers.")],
    )


@blueprint.get("/s/<token>")
def seat(token: str) -> tuple[str, int]:
    """The question as it stands; opening it changes nothing."""
    return show(SeatForm(formdata=None))


@blueprint.get("/s/<token>/answer")
def back_to_seat(token: str) -> Response:
    """Someone reloads the address to which the form was sent."""
    return redirect(url_for(".seat", token=token))


@blueprint.post("/s/<token>/answer")
def answer_seat(token: str) -> tuple[str, int] | Response:
    """Note the answer, once however often it is sent."""
    form = SeatForm()
    seen = version_seen("seat", g.link_key, form.nonce.data or "")
    if seen is None:
        return show(form, FOREIGN, 400)
    if not form.validate():
        return show(form, status=400 if form.answer.errors else 422)
    try:
        seat_answers.answer_seat_offer(
            g.opened.id, form.answer.data == "accepted", form.note.data, at=g.at, seen=seen
        )
    except seat_answers.SeatAnswerChanged:
        g.opened = seat_offer_page(g.link_key)
        return show(form, CHANGED, 400)
    return redirect(url_for(".seat", token=token), 303)


def show(form: SeatForm, problem: str = "", status: int = 200) -> tuple[str, int]:
    """The page with this form; a seat that went elsewhere shows nothing of it."""
    page = g.opened
    if not page.is_open:
        raise OfferClosed
    role = ROLES[page.role]
    choices = (
        ("accepted", "I accept", f"I take the seat of {role}."),
        ("declined", "I decline", "Someone else may be asked."),
    )
    text = render_template(
        "invitee/seat.html", page=page, event=page.event, form=form, choices=choices, role=role,
        duty=DUTIES[page.role], is_late=g.at >= page.fill_by, longest_note=LONGEST_NOTE,
        problems=[problem] if problem else form.problems(),
        nonce=form_nonce("seat", g.link_key, page.version),
    )
    return text, status
