"""Stars: the board by how far they are; one star with its decision, owner and next step."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from outreach.actions import stars
from outreach.errors import ChangedMeanwhile, Refusal
from outreach.models.account import Permission
from outreach.models.activity import Actor
from outreach.models.star import BY_HAND, COLUMNS, StarStage
from outreach.queries.accounts import workers
from outreach.queries.events import events
from outreach.queries.stars import StarCard, nominees, star_card, star_cards
from outreach.starring import OwnerOfStar
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.meanwhile import Difference, SeenForm, settle, told
from outreach.web.staff.undo import offer_undo, offered_undo

TITLES = {column.value: column.value.capitalize() for column in COLUMNS}


class PlanForm(SeenForm):
    """Who follows a star up, and what comes next."""

    owner_id = SelectField(
        "Owner",
        coerce=whole,
        description="Follows this star up, is told when a date passes, and signs each of their "
        "mails. Once approved, an approver says who it is, or the owner hands the star over.",
    )
    next_step = StringField("Next step", [Length(max=300)])
    next_on = DateField("By", [Optional()])


@blueprint.get("/staff/stars", endpoint="stars")
def all_stars() -> str:
    """The board."""
    ids = [event.id for event in events()]
    cards = star_cards(ids)
    columns = [
        (column.value, TITLES[column.value], [one for one in cards if one.column is column])
        for column in COLUMNS
    ]
    words = request.args.get("q", "")[:200]
    chosen = request.args.get("target", None, whole)
    return render_template(
        "staff/stars/stars.html",
        columns=columns,
        cards=cards,
        words=words,
        found=nominees(ids, words, target_id=chosen),
        is_chosen=chosen is not None,
        undo=offered_undo(),
        moves=[(one.value, TITLES[one.value]) for one in BY_HAND],
    )


@blueprint.post("/staff/stars")
def nominate_star() -> Response:
    """Propose someone of a list for the short list."""
    target_id = request.form.get("target_id", type=whole)
    try:
        if target_id is None:
            raise Refusal("Choose whom you nominate.")
        stars.nominate_star(target_id, request.form.get("reason", "")[:2000], by=_me(), at=g.at)
        flash("Nominated. An approver other than you decides.", "done")
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.stars"), 303)


@blueprint.get("/staff/stars/<int:target_id>")
def star(target_id: int) -> str:
    """One star, or nomination."""
    card = _card(target_id)
    return _page(card, _filled_in(card))


@blueprint.post("/staff/stars/<int:target_id>/plan")
def plan_star(target_id: int) -> tuple[str, int] | Response:
    """Say who follows a star up, what comes next and by when."""
    card = _card(target_id)
    form = _plan_form(card)
    now = _filled_in(card)
    settle(form, now)
    if not form.validate():
        return _page(card, form), 422
    try:
        stars.plan_star(
            target_id,
            owner_id=form.owner_id.data or None,
            next_step=form.next_step.data or "",
            next_on=form.next_on.data,
            seen=form.seen_version(),
            by=_me(),
            at=g.at,
        )
    except ChangedMeanwhile as refusal:
        flash(str(refusal), "problem")
        return _page(card, form, told(form, now)), refusal.status
    except OwnerOfStar as refusal:
        form.owner_id.errors = [str(refusal)]
        return _page(card, form), refusal.status
    flash("Kept.", "done")
    return redirect(url_for("staff.star", target_id=target_id), 303)


@blueprint.post("/staff/stars/<int:target_id>/approve", defaults={"is_star": True})
@blueprint.post("/staff/stars/<int:target_id>/reject", defaults={"is_star": False})
def decide_star(target_id: int, is_star: bool) -> Response:
    """Approve or reject a nomination."""
    why = request.form.get("why", "")[:2000]
    try:
        seen = request.form.get("seen", None, whole)
        stars.decide_star(target_id, is_star, why, seen=seen, by=_me(), at=g.at)
        flash(
            "On the short list." if is_star else "Off the short list; the reason is kept.", "done"
        )
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.star", target_id=target_id), 303)


@blueprint.post("/staff/stars/<int:target_id>/move")
def move_star(target_id: int) -> Response:
    """Put a card into another column, or take that back."""
    column, was = request.values.get("column", ""), request.args.get("was")
    try:
        before = stars.move_star(target_id, column, was=was, by=_me(), at=g.at)
        if before is not None:
            said = f"{_card(target_id).name} stands under “{TITLES[column]}” now."
            back = url_for("staff.move_star", target_id=target_id, column=before.value, was=column)
            if was is None:
                offer_undo(said, back)
            else:
                flash(said, "done")
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.stars", _anchor=f"star-{target_id}"), 303)


def _page(card: StarCard, form: PlanForm, changed: Sequence[Difference] = ()) -> str:
    return render_template(
        "staff/stars/star.html", star=card, form=form, titles=TITLES, changed=changed
    )


def _filled_in(card: StarCard) -> PlanForm:
    form = _plan_form(card, formdata=None)
    form.owner_id.data, form.next_step.data = card.owner_id or 0, card.next_step
    form.next_on.data = card.next_on
    form.remember(card.mark)
    return form


def _plan_form(card: StarCard, **given: Any) -> PlanForm:
    """Offers whom this person may make the owner."""
    form = PlanForm(**given)
    is_free = card.stage is StarStage.NOMINATED or current_user.may(Permission.APPROVE)
    may_give = is_free or current_user.id == card.owner_id
    everyone = [(0, "Nobody yet"), *((one.id, one.name) for one in workers(card.owner_id))]
    form.owner_id.choices = [
        SelectChoice(id_, name) for id_, name in everyone if may_give or id_ == (card.owner_id or 0)
    ]
    return form


def _card(target_id: int) -> StarCard:
    return star_card(target_id) or abort(404)


def _me() -> Actor:
    return Actor.account(current_user.id)
