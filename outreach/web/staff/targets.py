"""Targets: taken off, put back; one person added by hand."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import imports, targets
from outreach.errors import Conflict, Refusal
from outreach.models.activity import Actor
from outreach.queries.targets import addressees
from outreach.queries.under_way import mails_to_targets
from outreach.web.staff.door import blueprint
from outreach.web.staff.lists import list_or_404
from outreach.web.staff.person_form import TargetForm
from outreach.web.staff.undo import offer_undo, way_back
from outreach.web.words import people_in_words

MOST_AT_ONCE = 500


@blueprint.post("/staff/lists/<int:list_id>/targets/remove")
def remove_targets(list_id: int) -> Response:
    """Take those ticked off the list."""
    ids, who = ticked(list_id)
    under_way = mails_to_targets(ids)
    line = targets.remove_targets(list_id, ids, by=Actor.account(current_user.id), at=g.at)
    if line is not None:
        warn_of_mails(under_way)
        offer_undo(f"{who} taken off the list.", _undo_url(list_id, line))
    return redirect(way_back(url_for("staff.list_", list_id=list_id)), 303)


def warn_of_mails(under_way: list[tuple[str, int]]) -> None:
    """Say what goes all the same: a list is asked when a step is due, and not again."""
    for campaign, count in under_way:
        mails = "1 mail waits" if count == 1 else f"{count:,} mails wait"
        flash(
            f"Of “{campaign}” {mails} for those taken off, and will go: whoever is off a list is "
            "in no later audience, but what was decided before stays. To stop it, open the mail "
            "(on the person’s page) and stop the campaign for them, or put them on a list that the "
            "campaign leaves out.",
            "problem",
        )


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
            is_looked_at=form.is_new.data,
        )
    except imports.MayBeKnown as refusal:
        page = render_template("staff/targets/add.html", list=line, form=form, alike=refusal.alike)
        return page, refusal.status
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


def _undo_url(list_id: int, activity_id: int) -> str:
    return url_for("staff.take_back", list_id=list_id, activity_id=activity_id)
