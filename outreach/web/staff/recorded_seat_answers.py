"""Answers about a seat that came by letter, note verbale or phone: written down for someone."""

from functools import partial

from flask import Response as Answer
from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import recorded_answers as answers
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.models.invitation import Reply
from outreach.queries.recorded_answers import seat_answers_with_proof, seat_proof_file
from outreach.queries.seats import OfferLine, SeatLine
from outreach.web.staff.door import blueprint
from outreach.web.staff.recorded_answers import REPLIES, WAY_NAMES, RecordForm, send_paper
from outreach.web.staff.seats import seat_or_404
from outreach.web.staff.undo import offer_undo, offered_undo

SEAT_REPLIES = [choice for choice in REPLIES if choice.value in (Reply.ACCEPTED, Reply.DECLINED)]


@blueprint.get("/staff/seats/<int:seat_id>/offers/<int:offer_id>/answer")
def recorded_seat_answer(seat_id: int, offer_id: int) -> str:
    """The answers about a seat so far, and the form for one that came on paper."""
    seat, offer = _asked_or_404(seat_id, offer_id)
    return _page(seat, offer, _form(is_empty=True))


@blueprint.post("/staff/seats/<int:seat_id>/offers/<int:offer_id>/answer")
def record_seat_answer(seat_id: int, offer_id: int) -> tuple[str, int] | Response:
    """Write the answer about the seat down."""
    seat, offer = _asked_or_404(seat_id, offer_id)
    form = _form()
    if not form.validate():
        return _page(seat, offer, form), 422
    try:
        answer_id = answers.write_down_seat_answer(
            offer_id, form.reply.data == Reply.ACCEPTED, **form.come()
        )
    except Refusal as refusal:
        form.say(refusal)
        return _page(seat, offer, form), refusal.status
    flash(f"The answer of {offer.name} is recorded.", "done")
    offer_undo(
        "The answer is recorded, and its confirmation waits for its turn.",
        url_for(
            "staff.take_back_recorded_seat", seat_id=seat_id, offer_id=offer_id, answer_id=answer_id
        ),
    )
    return _back(seat_id, offer_id)


@blueprint.post("/staff/seats/<int:seat_id>/offers/<int:offer_id>/answers/<int:answer_id>/undo")
def take_back_recorded_seat(seat_id: int, offer_id: int, answer_id: int) -> Response:
    """Undo what was recorded last about the seat."""
    if answer_id not in {line.id for line in seat_answers_with_proof(offer_id)}:
        abort(404)
    try:
        answers.take_back_recorded_seat_answer(
            answer_id, by=Actor.account(current_user.id), at=g.at
        )
        flash("The recorded answer is taken back.", "done")
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return _back(seat_id, offer_id)


@blueprint.get("/staff/seat-answers/<int:answer_id>/paper")
def seat_paper(answer_id: int) -> Answer:
    """The scanned paper, always as a file to be saved."""
    return send_paper(seat_proof_file(answer_id) or abort(404), f"seat-answer-{answer_id}")


def _form(*, is_empty: bool = False) -> RecordForm:
    form = RecordForm(formdata=None) if is_empty else RecordForm()
    form.reply.choices = SEAT_REPLIES
    return form


def _page(seat: SeatLine, offer: OfferLine, form: RecordForm) -> str:
    own = partial(url_for, seat_id=seat.id, offer_id=offer.id)
    return render_template(
        "staff/recorded_answers/record_seat.html", seat=seat, asked=offer, form=form,
        answers=seat_answers_with_proof(offer.id), undo=offered_undo(), ways=WAY_NAMES,
        here=own("staff.record_seat_answer"),
        paper_at=partial(url_for, "staff.seat_paper"),
        take_back_at=partial(own, "staff.take_back_recorded_seat"),
    )  # fmt: skip


def _back(seat_id: int, offer_id: int) -> Response:
    place = url_for("staff.recorded_seat_answer", seat_id=seat_id, offer_id=offer_id)
    return redirect(place, 303)


def _asked_or_404(seat_id: int, offer_id: int) -> tuple[SeatLine, OfferLine]:
    """One who was asked for this very seat, or nothing at all."""
    seat = seat_or_404(seat_id)
    own = (line for line in seat.offers if line.id == offer_id and line.asked_at)
    return seat, next(own, None) or abort(404)
