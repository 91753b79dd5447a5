"""Targets: starred, given a tier, taken off, put back; one person added by hand."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import imports, targets
from outreach.errors import Conflict, Refusal
from outreach.models.activity import Actor
from outreach.queries.people import own_fields
from outreach.queries.targets import COLUMNS, addressees, target_line
from outreach.web.frame import is_part
from outreach.web.staff.door import blueprint
from outreach.web.staff.lists import list_or_404, shown_columns
from outreach.web.staff.person_form import TargetForm
from outreach.web.staff.undo import Undo, offer_undo, way_back
from outreach.web.words import people_in_words

MOST_AT_ONCE = 500


@blueprint.post("/staff/lists/<int:list_id>/targets/star", defaults={"is_star": True})
@blueprint.post("/staff/lists/<int:list_id>/targets/unstar", defaults={"is_star": False})
def mark_stars(list_id: int, is_star: bool) -> str | Response:
    """Put those ticked on the short list, or take them off it."""
    ids, who = ticked(list_id)
    by = Actor.account(current_user.id)
    line = targets.mark_stars(list_id, ids, is_star, by=by, at=g.at)
    return _done(list_id, ids, line, f"{who} {'marked as star' if is_star else 'no longer star'}")


@blueprint.post("/staff/lists/<int:list_id>/targets/remove")
def remove_targets(list_id: int) -> Response:
    """Take those ticked off the list."""
    ids, who = ticked(list_id)
    line = targets.remove_targets(list_id, ids, by=Actor.account(current_user.id), at=g.at)
    if line is not None:
        offer_undo(f"{who} taken off the list.", _undo_url(list_id, line))
    return redirect(way_back(url_for("staff.list_", list_id=list_id)), 303)


@blueprint.post("/staff/lists/<int:list_id>/targets/undo/<int:activity_id>")
def take_back(list_id: int, activity_id: int) -> Response:
    """Put back what a change did."""
    by = Actor.account(current_user.id)
    count = targets.take_back(list_id, activity_id, by=by, at=g.at)
    flash(f"Taken back for {people_in_words(count)}.", "done")
    return redirect(url_for("staff.list_", list_id=list_id), 303)


@blueprint.route("/staff/lists/<int:list_id>/add", methods=["GET", "POST"])
def add_person(list_id: int) -> str | tuple[str, int] | Response:
    """Put one person on the list, typed by hand."""
    line, form = list_or_404(list_id), TargetForm()
    if request.method == "GET":
        return render_template("staff/targets/add.html", list=line, form=form)
    person = form.person() if form.validate() else None
    if person is None:
        return render_template("staff/targets/add.html", list=line, form=form), 422
    try:
        imports.add_person(
            list_id,
            person,
            by=Actor.account(current_user.id),
            at=g.at,
            is_another=form.is_another.data,
        )
    except (imports.KnownByAnotherName, imports.OnListAlready) as refusal:
        form.email.errors = [str(refusal)]
        form.asks = isinstance(refusal, imports.KnownByAnotherName)
        return render_template("staff/targets/add.html", list=line, form=form), Conflict.status
    flash(f"{person.name or form.email.data} is on the list.", "done")
    again = "staff.add_person" if "again" in request.form else "staff.list_"
    return redirect(url_for(again, list_id=list_id), 303)


def ticked(list_id: int) -> tuple[list[int], str]:
    """The ids that came with the form and who they are, in words: a name, or a count.

    `ids` are ticks of the table; `id` is a row's own button, which the table's ticks leave alone.
    """
    texts = request.form.getlist("id") or request.form.getlist("ids")
    ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16]
    if not ids:
        raise Refusal("Tick at least one person first.")
    if len(ids) > MOST_AT_ONCE:
        raise Refusal(f"Tick at most {MOST_AT_ONCE} people at a time.")
    people = addressees(list_id, ids)
    return ids, people[0][1] if len(people) == 1 else people_in_words(len(people))


def _done(list_id: int, ids: list[int], line: int | None, text: str) -> str | Response:
    """Back to the list with the undo bar; for htmx the one row and the bar."""
    undo = Undo(f"{text}.", _undo_url(list_id, line)) if line is not None else None
    if is_part() and len(ids) == 1:
        own = own_fields()
        columns = shown_columns([code for code, _ in own])
        row = target_line(list_id, ids[0], columns)
        if row is not None:
            return render_template(
                "staff/lists/row_changed.html",
                list=list_or_404(list_id),
                row=row,
                columns=columns,
                heads=COLUMNS | dict(own),
                undo=undo,
                here=way_back(url_for("staff.list_", list_id=list_id)),
            )
    if undo:
        offer_undo(undo.text, undo.url)
    return redirect(way_back(url_for("staff.list_", list_id=list_id)), 303)


def _undo_url(list_id: int, activity_id: int) -> str:
    return url_for("staff.take_back", list_id=list_id, activity_id=activity_id)
