"""Allotments of an event: places and rules; one with its alternates, and what would happen if."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from outreach.actions import allotments, alternates
from outreach.errors import ChangedMeanwhile, Refusal
from outreach.models.activity import Actor
from outreach.queries.allotments import AllotmentLine, allotment, allotments_of, lists_of
from outreach.queries.alternates import (
    alternates_of,
    supposing,
    vacancies_of,
    waiting_for_places,
)
from outreach.queries.conferences import groups
from outreach.queries.events import EventLine, events
from outreach.queries.targets import addressees
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.in_mind import keep_in_mind
from outreach.web.staff.meanwhile import Difference, SeenForm, settle, told
from outreach.web.staff.targets import ticked
from outreach.web.staff.undo import offer_undo, offered_undo, way_back
from outreach.web.words import people_in_words

MOST_DECLINES = 20


class RulesForm(SeenForm):
    """How many places, and how the next alternate comes to one."""

    places = IntegerField("Places", [InputRequired("Say how many."), NumberRange(0, 1_000_000)])
    mode = RadioField(
        "When a place is freed",
        default="automatic",
        choices=[
            SelectChoice("automatic", "Ask the next alternate at once"),
            SelectChoice("approval", "Wait for one click of the team"),
        ],
    )
    answer_days = IntegerField(
        "Days to answer",
        [InputRequired(), NumberRange(1, 365)],
        default=10,
        description="What a promoted alternate gets, counted from the day of the mail.",
    )
    closing_days = IntegerField(
        "Closed before the event, in days",
        [InputRequired(), NumberRange(0, 365)],
        default=7,
        description="No answer is awaited later than this; with less than 2 days left nobody is "
        "asked any more.",
    )

    def rules(self) -> dict[str, Any]:
        """As the actions take them."""
        return {
            "places": self.places.data,
            "is_automatic": self.mode.data == "automatic",
            "answer_days": self.answer_days.data,
            "closing_days": self.closing_days.data,
        }


class AllotmentForm(RulesForm):
    """A new allotment."""

    group_id = SelectField("Constituent group", coerce=whole)
    host = StringField(
        "Host",
        [Length(max=200)],
        description="Only where one host has places of its own. Left empty, the whole group’s.",
    )


@blueprint.route("/staff/events/<int:event_id>/allotments", methods=["GET", "POST"])
def allotments_page(event_id: int) -> str | tuple[str, int] | Response:
    """The allotments of an event, and a new one."""
    event, form = _event(event_id), AllotmentForm()
    keep_in_mind(event)
    form.group_id.choices = [SelectChoice(group.id, group.name) for group in groups()]
    if form.validate_on_submit():
        try:
            allotment_id = allotments.create_allotment(
                event_id,
                form.group_id.data,
                host=form.host.data or "",
                by=_me(),
                at=g.at,
                **form.rules(),
            )
            return redirect(url_for("staff.allotment", allotment_id=allotment_id), 303)
        except Refusal as refusal:
            form.group_id.errors = [str(refusal)]
    page = render_template(
        "staff/allotments/allotments.html",
        event=event,
        events=events(),
        form=form,
        lines=allotments_of(event_id),
        lists=lists_of(event_id),
    )
    return page, 422 if form.errors else 200


@blueprint.get("/staff/allotments/<int:allotment_id>", endpoint="allotment")
def allotment_page(allotment_id: int) -> str:
    """One allotment: its places, who waits, its alternates, what would happen if."""
    line = _allotment(allotment_id)
    return _page(line, _filled_in(line))


@blueprint.post("/staff/allotments/<int:allotment_id>")
def change_allotment(allotment_id: int) -> tuple[str, int] | Response:
    """Change the places and the rules."""
    line, form = _allotment(allotment_id), RulesForm()
    now = _filled_in(line)
    settle(form, now)
    if form.validate():
        try:
            allotments.change_allotment(
                allotment_id, seen=form.seen_version(), by=_me(), at=g.at, **form.rules()
            )
            flash("The places and rules are changed.", "done")
            return redirect(url_for("staff.allotment", allotment_id=allotment_id), 303)
        except ChangedMeanwhile as refusal:
            flash(str(refusal), "problem")
            return _page(line, form, told(form, now)), refusal.status
        except Refusal as refusal:
            form.places.errors = [str(refusal)]
    return _page(line, form), 422


@blueprint.post("/staff/allotments/<int:allotment_id>/lists")
def draw_on_allotment(allotment_id: int) -> Response:
    """Let a list draw on these places."""
    list_id = request.form.get("list_id", type=whole) or abort(404)
    allotments.draw_on(list_id, allotment_id, by=_me(), at=g.at)
    flash("The list draws on these places now.", "done")
    return redirect(url_for("staff.allotment", allotment_id=allotment_id), 303)


@blueprint.post("/staff/allotments/<int:allotment_id>/ask")
def ask_next_alternate(allotment_id: int) -> Response:
    """Ask the next alternate for a free place."""
    return _asked(allotment_id, lambda: allotments.ask_next(allotment_id, by=_me(), at=g.at))


@blueprint.post("/staff/allotments/<int:allotment_id>/vacancies/<int:vacancy_id>/ask")
def approve_alternate(allotment_id: int, vacancy_id: int) -> Response:
    """Ask the next alternate for a place that was given back."""
    return _asked(allotment_id, lambda: allotments.approve_alternate(vacancy_id, by=_me(), at=g.at))


@blueprint.post("/staff/lists/<int:list_id>/targets/<int:target_id>/place")
def move_alternate(list_id: int, target_id: int) -> Response:
    """Put an alternate at another place."""
    place = request.values.get("place", type=whole) or 1
    before = alternates.move_alternate(list_id, target_id, place, by=_me(), at=g.at)
    ((_, name),) = addressees(list_id, [target_id])
    back = way_back(url_for("staff.list_", list_id=list_id))
    undo = url_for(
        "staff.move_alternate", list_id=list_id, target_id=target_id, place=before, back=back
    )
    offer_undo(f"{name} moved among the alternates.", undo)
    return redirect(back, 303)


@blueprint.post("/staff/lists/<int:list_id>/targets/alternate", defaults={"is_alternate": True})
@blueprint.post("/staff/lists/<int:list_id>/targets/ordinary", defaults={"is_alternate": False})
def mark_alternates(list_id: int, is_alternate: bool) -> Response:
    """Make those ticked alternates, or ordinary again."""
    ids, _ = ticked(list_id)
    done = alternates.mark_alternates(list_id, ids, is_alternate, by=_me(), at=g.at)
    back = way_back(url_for("staff.list_", list_id=list_id))
    if done.change_id is None:
        flash("Nothing was to change: it is so for all of them already, or they stay.", "done")
    else:
        word = "when a place is freed" if is_alternate else "with the others"
        undo = url_for("staff.take_back_many", change_id=done.change_id, back=back)
        offer_undo(f"{people_in_words(done.count)} to be asked {word}.", undo)
    return redirect(back, 303)


@blueprint.post("/staff/lists/<int:list_id>/targets/wave")
def set_wave(list_id: int) -> Response:
    """Give those ticked a wave."""
    ids, _ = ticked(list_id)
    wave = request.form.get("wave", type=whole) or 0
    count = alternates.set_wave(list_id, ids, wave, by=_me(), at=g.at)
    flash(f"{people_in_words(count)} now in wave {wave}.", "done")
    return redirect(way_back(url_for("staff.list_", list_id=list_id)), 303)


def _page(line: AllotmentLine, form: RulesForm, changed: Sequence[Difference] = ()) -> str:
    declines = max(0, min(request.args.get("declines", 0, whole), MOST_DECLINES))
    return render_template(
        "staff/allotments/allotment.html",
        line=line,
        form=form,
        changed=changed,
        declines=declines,
        lists=lists_of(line.event_id),
        alternates=alternates_of(line.id),
        vacancies=vacancies_of(line.id),
        waiting=waiting_for_places(line.id),
        supposed=supposing(line, declines, g.at),
        undo=offered_undo(),
    )


def _filled_in(line: AllotmentLine) -> RulesForm:
    form = RulesForm(
        formdata=None,
        places=line.places,
        answer_days=line.answer_days,
        closing_days=line.closing_days,
        mode="automatic" if line.is_automatic else "approval",
    )
    form.remember(line.mark)
    return form


def _asked(allotment_id: int, ask: Any) -> Response:
    try:
        ask()
        flash(
            "The next alternate is asked; the mail leaves in a moment, or once a star’s is signed.",
            "done",
        )
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.allotment", allotment_id=allotment_id), 303)


def _event(event_id: int) -> EventLine:
    return next((one for one in events() if one.id == event_id), None) or abort(404)


def _allotment(allotment_id: int) -> AllotmentLine:
    return allotment(allotment_id) or abort(404)


def _me() -> Actor:
    return Actor.account(current_user.id)
