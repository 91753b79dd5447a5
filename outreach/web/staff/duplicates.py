"""Duplicates: pairs that may be one person, two people side by side, merges and their undoing."""

from datetime import datetime
from typing import Any
from unicodedata import name

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField

from outreach.actions import duplicates as pairs
from outreach.actions import merges
from outreach.advice.same_person import BOTH, GONE, KEPT, side_by_side
from outreach.errors import Conflict
from outreach.models.activity import Actor
from outreach.models.duplicate import DuplicateState
from outreach.queries import duplicates as known
from outreach.queries.accounts import team
from outreach.queries.conferences import current_conference
from outreach.queries.given_on import places_given_on
from outreach.web.staff.door import blueprint
from outreach.web.staff.undo import offer_undo, offered_undo

SHOWN = {
    DuplicateState.FOUND: "to look at",
    DuplicateState.NOT_A_DUPLICATE: "that are two people",
}
CHOICE = "choose-"


class MergeForm(FlaskForm):
    """Which version of both was seen; the choices stand beside it, one for each field."""

    kept_seen = HiddenField()
    gone_seen = HiddenField()
    is_confirmed = BooleanField("I have asked: both addresses belong to this one person")


@blueprint.get("/staff/duplicates")
def duplicates() -> str:
    """Pairs that may be one person, the surest first."""
    state = next((s for s in SHOWN if s.value == request.args.get("state")), DuplicateState.FOUND)
    lines = known.duplicates(state, before=_place(request.args.get("before", "")))
    last = lines[known.PAGE - 1] if len(lines) > known.PAGE else None
    return render_template(
        "staff/duplicates/duplicates.html", lines=lines[: known.PAGE], state=state, states=SHOWN,
        before=f"{last.score}.{last.id}" if last else None, zone=_zone(),
        searched=known.last_search(), merges=known.latest_merges(), count=known.found_count(),
        undo=offered_undo(),
    )  # fmt: skip


@blueprint.post("/staff/duplicates/search")
def find_duplicates() -> Response:
    """Compare everyone now."""
    found = pairs.find_duplicates(at=g.at)
    words = {0: "No pair that was not known before.", 1: "One new pair."}
    flash(words.get(found, f"{found:,} new pairs."), "done")
    return redirect(url_for("staff.duplicates"), 303)


@blueprint.post("/staff/duplicates/<int:duplicate_id>/apart")
def set_apart(duplicate_id: int) -> Response:
    """Remember that two are two people; or take that back."""
    is_duplicate = request.form.get("again") == "yes" or request.args.get("again") == "yes"
    by = Actor.account(current_user.id)
    pairs.set_apart(duplicate_id, is_duplicate, by=by, at=g.at)
    if is_duplicate:
        flash("The pair is to be looked at again.", "done")
    else:
        undo = url_for("staff.set_apart", duplicate_id=duplicate_id, again="yes")
        offer_undo("They are two people; you will not be asked again.", undo)
    return redirect(url_for("staff.duplicates"), 303)


@blueprint.route("/staff/stakeholders/<int:kept_id>/merge/<int:gone_id>", methods=["GET", "POST"])
def merge_stakeholders(kept_id: int, gone_id: int) -> str | tuple[str, int] | Response:
    """Two people side by side: what stands of each, and one button that makes them one."""
    kept, gone = _people(kept_id, gone_id)
    form = MergeForm()
    if not form.validate_on_submit():
        form.kept_seen.data = kept["changed_at"].isoformat()
        form.gone_seen.data = gone["changed_at"].isoformat()
        return _merge_page(kept, gone, form), 422 if form.errors else 200
    try:
        merge_id = merges.merge_stakeholders(
            kept_id, gone_id, _choices(), by=Actor.account(current_user.id), at=g.at,
            seen_at=(_instant(form.kept_seen.data), _instant(form.gone_seen.data)),
            is_confirmed=form.is_confirmed.data,
        )  # fmt: skip
    except merges.LooksTheSame as refusal:
        form.is_confirmed.errors = [str(refusal)]
        return _merge_page(kept, gone, form), 422
    offer_undo(
        f"{gone['full_name']} is now part of {kept['full_name']}.",
        url_for("staff.undo_merge", merge_id=merge_id),
    )
    return redirect(url_for("staff.duplicates"), 303)


@blueprint.route("/staff/merges/<int:merge_id>/undo", methods=["GET", "POST"])
def undo_merge(merge_id: int) -> str | Response:
    """Make two people of one again; first say what that cannot give back."""
    merge = known.merge_line(merge_id) or abort(404)
    places = places_given_on(merge_id, g.at) if merge.undone_at is None else []
    if request.method == "GET" or (places and request.form.get("seen") != "yes"):
        return render_template("staff/duplicates/undo.html", merge=merge, places=places)
    try:
        merges.undo_merge(merge_id, by=Actor.account(current_user.id), at=g.at)
        flash("They are two people again, each with what was theirs.", "done")
        for name, event, answer in known.answered_while_one(merge_id):
            flash(
                f"While they were one, {event} was answered ({answer}). That stays with {name}: "
                "look whose answer it is.",
                "problem",
            )
    except Conflict as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.duplicates"), 303)


def _merge_page(kept: dict[str, Any], gone: dict[str, Any], form: MergeForm) -> str:
    chosen = _choices()
    fields = side_by_side(kept, gone)
    ids = {row["organisation_id"] for row in (kept, gone) if row["organisation_id"]}
    return render_template(
        "staff/duplicates/merge.html", kept=kept, gone=gone, form=form, zone=_zone(),
        differing=[field for field in fields if not field.is_same],
        same=[field for field in fields if field.is_same and field.kept],
        chosen={field.name: chosen.get(field.name, field.choice) for field in fields},
        organisations=known.organisation_names(ids), prefix=CHOICE,
        twice=known.invited_twice(kept["id"], gone["id"]),
        owners={one.id: one.name for one in team()},
        asks=merges.look_the_same(kept["email"], gone["email"]),
        letters=[_foreign_letters(row["email"] or "") for row in (kept, gone)],
    )  # fmt: skip


def _foreign_letters(address: str) -> str:
    """The letters that are not what they may seem, by their names."""
    names = {name(letter, "unknown letter").lower() for letter in address if not letter.isascii()}
    return ", ".join(sorted(names))


def _choices() -> dict[str, str]:
    return {
        field.removeprefix(CHOICE): value
        for field, value in request.form.items()
        if field.startswith(CHOICE) and value in (KEPT, GONE, BOTH)
    }


def _people(kept_id: int, gone_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both; 404 where one is not there, or is part of someone else already."""
    kept, gone = known.whole_person(kept_id), known.whole_person(gone_id)
    if kept is None or gone is None or kept_id == gone_id:
        abort(404)
    if kept["merged_into_id"] or gone["merged_into_id"]:
        raise Conflict("One of these two has been merged already.")
    return kept, gone


def _instant(text: str | None) -> datetime:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        abort(400)
    if at.tzinfo is None:
        abort(400)
    return at


def _place(text: str) -> tuple[int, int] | None:
    score, _, id_ = text.partition(".")
    is_place = all(part.isascii() and part.isdigit() and len(part) < 16 for part in (score, id_))
    return (min(int(score), 100), int(id_)) if is_place else None


def _zone() -> str:
    conference = current_conference()
    return conference.time_zone if conference else "UTC"
