"""Stakeholders: everyone we know, one person with what became of them, and that corrected."""

from datetime import datetime

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import stakeholders as people
from outreach.models.activity import Actor
from outreach.queries.activities import happenings_of
from outreach.queries.conferences import current_conference
from outreach.queries.duplicates import duplicates_of, merged_into
from outreach.queries.stakeholders import (
    Person,
    invitations_of,
    mails_of,
    people_with_address,
    person,
    stakeholders,
    standing_group,
    wanted_of,
)
from outreach.web.frame import is_part
from outreach.web.staff.door import blueprint
from outreach.web.staff.person_form import EditForm


@blueprint.get("/staff/stakeholders", endpoint="stakeholders")
def all_stakeholders() -> str:
    """Everyone we know, by name, or those whom a search finds."""
    words, sort = request.args.get("q", ""), request.args.get("sort", "name")
    page = stakeholders(words, sort=sort, after=request.args.get("after"))
    return render_template(
        "staff/stakeholders/stakeholders.html",
        page=page,
        words=words,
        sort="-name" if sort == "-name" else "name",
    )


@blueprint.get("/staff/stakeholders/<int:stakeholder_id>")
def stakeholder(stakeholder_id: int) -> str | Response:
    """One person: who they are, where they are wanted, what became of it."""
    known = _person_or_404(stakeholder_id)
    if kept_id := merged_into(stakeholder_id):
        return redirect(url_for("staff.stakeholder", stakeholder_id=kept_id))
    conference = current_conference()
    before = request.args.get("before", "")
    return render_template(
        "staff/stakeholders/" + ("sheet.html" if is_part() else "stakeholder.html"),
        person=known,
        wanted=wanted_of(stakeholder_id),
        asked=invitations_of(stakeholder_id),
        mails=mails_of(stakeholder_id),
        zone=conference.time_zone if conference else "UTC",
        group=standing_group(known.organisation_id, conference.id)
        if known.organisation_id and conference
        else None,
        others=people_with_address(known.email_key, other_than=known.id) if known.email_key else [],
        alike=duplicates_of(stakeholder_id),
        happenings=happenings_of(stakeholder_id, before=_number(before)),
        has_message_page="staff.message" in current_app.view_functions,
    )


@blueprint.route("/staff/stakeholders/<int:stakeholder_id>/edit", methods=["GET", "POST"])
def edit_stakeholder(stakeholder_id: int) -> str | tuple[str, int] | Response:
    """Correct what we know; someone else's change in between is not overwritten."""
    known, form = _person_or_404(stakeholder_id), EditForm()
    if request.method == "GET":
        form.fill_from(known)
        form.changed_at.data = known.changed_at.isoformat()
        return render_template("staff/stakeholders/edit.html", person=known, form=form)
    row = form.person() if form.validate() else None
    if row is None:
        return render_template("staff/stakeholders/edit.html", person=known, form=form), 422
    try:
        people.edit_stakeholder(
            stakeholder_id,
            row,
            changed_at=_instant(form.changed_at.data),
            is_confirmed=form.is_confirmed.data,
            by=Actor.account(current_user.id),
            at=g.at,
        )
    except people.LooksLikeAnother as refusal:
        form.asks, form.email.errors = True, [str(refusal)]
    except people.ChangedMeanwhile as refusal:
        form.changed_at.data = known.changed_at.isoformat()
        flash(str(refusal), "problem")
    else:
        flash(f"{row.full_name} is saved.", "done")
        return redirect(url_for("staff.stakeholder", stakeholder_id=stakeholder_id), 303)
    status = 422 if form.asks else people.ChangedMeanwhile.status
    return render_template("staff/stakeholders/edit.html", person=known, form=form), status


@blueprint.post("/staff/stakeholders/<int:stakeholder_id>/mail")
def stop_mail(stakeholder_id: int) -> Response:
    """Stop or allow campaign mail, as the person asked."""
    is_stopped = request.form.get("stop") == "yes"
    by = Actor.account(current_user.id)
    people.stop_mail(stakeholder_id, is_stopped, by=by, at=g.at)
    text = "gets no campaign mail any more" if is_stopped else "may get campaign mail again"
    flash(f"This person {text}.", "done")
    return redirect(url_for("staff.stakeholder", stakeholder_id=stakeholder_id), 303)


def _person_or_404(stakeholder_id: int) -> Person:
    known = person(stakeholder_id)
    if known is None:
        abort(404)
    return known


def _instant(text: str | None) -> datetime:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        raise people.ChangedMeanwhile from None
    if at.tzinfo is None:
        raise people.ChangedMeanwhile
    return at


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
