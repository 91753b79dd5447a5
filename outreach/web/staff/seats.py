"""A seat: who is proposed, who is asked, who said what; proposing, asking, withdrawing, freeing."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from outreach.actions import seats as verbs
from outreach.actions.seat_asking import ask_for_seat
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.models.message import Purpose
from outreach.queries.messages import kept_for_signature
from outreach.queries.search import people_named
from outreach.queries.seats import SeatLine
from outreach.queries.seats import seat as seat_line
from outreach.web.frame import is_part
from outreach.web.staff.door import blueprint
from outreach.web.staff.programme import end_of_day

FOUND = 10
LARGEST_ID = 2**63 - 1


class ProposalForm(FlaskForm):
    """A person and the reason."""

    stakeholder_id = IntegerField("Person", [InputRequired(), NumberRange(1, LARGEST_ID)])
    why = StringField("Why this person", [Length(max=1000)])


class DateForm(FlaskForm):
    """Another date to be filled by."""

    fill_by = DateField("To be filled by", [InputRequired("Choose a date.")])


@blueprint.get("/staff/seats/<int:seat_id>")
def seat(seat_id: int) -> str:
    """A seat with everyone ever proposed; with `q`, the people who could be."""
    line, words = seat_or_404(seat_id), request.args.get("q", "")
    found = people_named(words, limit=FOUND) if words.strip() else []
    name = (
        "staff/programme/_found.html"
        if is_part() and "q" in request.args
        else ("staff/programme/seat.html")
    )
    return render_template(name, seat=line, words=words, found=found, form=ProposalForm())


@blueprint.post("/staff/seats/<int:seat_id>/propose")
def propose_for_seat(seat_id: int) -> Response:
    """Propose the person who was chosen."""
    form = ProposalForm()
    if not form.validate():
        raise Refusal("Choose a person from the list, and give a reason of 1,000 letters at most.")
    verbs.propose_for_seat(
        seat_id,
        form.stakeholder_id.data,
        form.why.data or "",
        by=Actor.account(current_user.id),
        at=g.at,
    )
    flash("Proposed. Nothing has been sent.", "done")
    return back(seat_id)


@blueprint.post("/staff/seats/<int:seat_id>/date")
def move_seat_date(seat_id: int) -> Response:
    """Give the seat another date."""
    line, form = seat_or_404(seat_id), DateForm()
    if not form.validate():
        raise Refusal("Choose a date, as in 2026-03-14.")
    fill_by = end_of_day(form.fill_by.data, line.time_zone)
    verbs.move_seat_date(seat_id, fill_by, by=Actor.account(current_user.id), at=g.at)
    flash("The seat has its new date.", "done")
    return back(seat_id)


@blueprint.post("/staff/seats/<int:seat_id>/free")
def free_seat(seat_id: int) -> Response:
    """Take the seat from whoever holds it."""
    verbs.free_seat(seat_id, by=Actor.account(current_user.id), at=g.at)
    flash("The seat is free again.", "done")
    return back(seat_id)


@blueprint.post("/staff/seats/<int:seat_id>/offers/<int:offer_id>/ask")
def ask_offer(seat_id: int, offer_id: int) -> Response:
    """Send the question."""
    person_id = own_or_404(seat_id, offer_id)
    ask_for_seat(offer_id, by=Actor.account(current_user.id), at=g.at)
    held = kept_for_signature(person_id, Purpose.SEAT)
    leaves = f"The question is written. {held}" if held else "The question leaves within a minute"
    flash(f"{leaves.rstrip('.')}; the answer shows here.", "done")
    return back(seat_id)


@blueprint.post("/staff/seats/<int:seat_id>/offers/<int:offer_id>/withdraw")
def withdraw_offer(seat_id: int, offer_id: int) -> Response:
    """Take a proposal or a question back."""
    own_or_404(seat_id, offer_id)
    verbs.withdraw_offer(offer_id, by=Actor.account(current_user.id), at=g.at)
    flash("Withdrawn. The link of the mail, if one went out, is closed.", "done")
    return back(seat_id)


def seat_or_404(seat_id: int) -> SeatLine:
    """The seat of an address, or the page that says that there is none."""
    return seat_line(seat_id) or abort(404)


def own_or_404(seat_id: int, offer_id: int) -> int:
    """An address names a seat and one of its own offers, or nothing at all; gives whom it is to."""
    asked = {offer.id: offer.stakeholder_id for offer in seat_or_404(seat_id).offers}
    return asked[offer_id] if offer_id in asked else abort(404)


def back(seat_id: int) -> Response:
    """To the seat."""
    return redirect(url_for("staff.seat", seat_id=seat_id), 303)
