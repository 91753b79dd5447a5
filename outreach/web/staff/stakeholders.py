"""Stakeholders: one person with what became of them, and that corrected."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from outreach.actions import notes
from outreach.actions import stakeholders as people
from outreach.describing import Details
from outreach.intake.people import PersonRow
from outreach.models.activity import Actor
from outreach.models.custom_field import CustomSubject
from outreach.models.kind import KINDS as KIND_WORDS
from outreach.models.office import CATEGORIES
from outreach.queries.alike import Alike, alike_to
from outreach.queries.calendar_replies import answering_addresses
from outreach.queries.conferences import current_conference
from outreach.queries.custom_fields import custom_fields, shown
from outreach.queries.details import all_tags, details_of
from outreach.queries.duplicates import duplicates_of, merged_into
from outreach.queries.happenings import KINDS, happenings_of
from outreach.queries.involvement import delegation_of, seats_of, standing_of
from outreach.queries.stakeholders import (
    Person,
    invitations_of,
    people_with_address,
    person,
    wanted_of,
)
from outreach.queries.suppressions import stops_at
from outreach.queries.tasks import open_tasks_of
from outreach.web.frame import is_part
from outreach.web.staff.door import blueprint
from outreach.web.staff.edit_form import edit_form
from outreach.web.staff.meanwhile import Difference, differences, settle
from outreach.web.staff.said import lines_of
from outreach.web.staff.suppressions import REASONS, SOURCES


class NoteForm(FlaskForm):
    """What somebody wants to be remembered."""

    text = TextAreaField("Note", [InputRequired("Write the note."), Length(max=10_000)])


@blueprint.get("/staff/stakeholders/<int:stakeholder_id>")
def stakeholder(stakeholder_id: int) -> str | Response:
    """One person: who they are, what we want of them, where it stands, what happened."""
    known = person_or_404(stakeholder_id)
    if kept_id := merged_into(stakeholder_id):
        return redirect(url_for("staff.stakeholder", stakeholder_id=kept_id))
    conference = current_conference()
    kind = request.args.get("kind", "")
    details, addresses = details_of(stakeholder_id), answering_addresses(stakeholder_id)
    return render_template(
        "staff/stakeholders/" + ("sheet.html" if is_part() else "stakeholder.html"),
        person=known,
        details=details,
        own=list(shown(custom_fields(CustomSubject.PERSON), dict(details.custom))),
        wanted=wanted_of(stakeholder_id),
        asked=[(line, lines_of(line)) for line in invitations_of(stakeholder_id)],
        seats=seats_of(stakeholder_id),
        tasks=open_tasks_of(stakeholder_id),
        addresses=addresses,
        delegation=delegation_of(stakeholder_id),
        zone=conference.time_zone if conference else "UTC",
        standing=standing_of(known.organisation_id, conference.id)
        if known.organisation_id and conference
        else None,
        others=people_with_address(known.email_key, other_than=known.id) if known.email_key else [],
        alike=duplicates_of(stakeholder_id),
        happenings=happenings_of(stakeholder_id, kind=kind, after=request.args.get("after")),
        kind=kind if kind in KINDS else "",
        kinds=KINDS,
        note=NoteForm(formdata=None),
        categories=CATEGORIES,
        kind_words=KIND_WORDS,
        stops=stops_at(filter(None, [known.email, *(one.email for one in addresses)])),
        stop_reasons=REASONS,
        stop_sources=SOURCES,
    )


@blueprint.route("/staff/stakeholders/new", methods=["GET", "POST"])
def new_stakeholder() -> str | tuple[str, int] | Response:
    """Write someone down who is on no list yet; those who may be the same are shown first."""
    form = edit_form()
    if request.method == "GET":
        form.organisation.data = request.args.get("organisation", "")[:300]
        form.remember(0)
        return _form_page(form, None)
    row, details = _read(form)
    if row is None or details is None:
        return _form_page(form, None), 422
    alike = _alike(form, row, None)
    if alike:
        return _form_page(form, None, alike=alike), 409
    try:
        new_id = people.create_stakeholder(
            row, details, is_confirmed=form.is_confirmed.data,
            by=Actor.account(current_user.id), at=g.at,
        )  # fmt: skip
    except people.LooksLikeAnother as refusal:
        form.asks, form.email.errors = True, [str(refusal)]
        return _form_page(form, None), 422
    flash(f"{row.full_name} is written down.", "done")
    return redirect(url_for("staff.stakeholder", stakeholder_id=new_id), 303)


@blueprint.route("/staff/stakeholders/<int:stakeholder_id>/edit", methods=["GET", "POST"])
def edit_stakeholder(stakeholder_id: int) -> str | tuple[str, int] | Response:
    """Correct what we know; someone else's change in between is not overwritten."""
    known, form = person_or_404(stakeholder_id), edit_form()
    if request.method == "GET":
        form.fill_all(known, details_of(stakeholder_id))
        return _form_page(form, known)
    settle(form, _as_it_stands(known))
    row, details = _read(form)
    if row is None or details is None:
        return _form_page(form, known), 422
    alike = _alike(form, row, known)
    if alike:
        return _form_page(form, known, alike=alike), 409
    try:
        people.edit_stakeholder(
            stakeholder_id, row, details, version=form.seen_version(),
            is_confirmed=form.is_confirmed.data, by=Actor.account(current_user.id), at=g.at,
        )  # fmt: skip
    except people.LooksLikeAnother as refusal:
        form.asks, form.email.errors = True, [str(refusal)]
        return _form_page(form, known), 422
    except people.ChangedMeanwhile as refusal:
        flash(str(refusal), "problem")
        now = _as_it_stands(known)
        changed = differences(form, now)
        form.version.data, form.seen.data = now.version.data, now.seen.data
        return _form_page(form, known, changed=changed), refusal.status
    flash(f"{row.full_name} is saved.", "done")
    return redirect(url_for("staff.stakeholder", stakeholder_id=stakeholder_id), 303)


@blueprint.post("/staff/stakeholders/<int:stakeholder_id>/notes")
def add_note(stakeholder_id: int) -> Response:
    """Write a line of the time line by hand."""
    person_or_404(stakeholder_id)
    form = NoteForm()
    if form.validate():
        by = Actor.account(current_user.id)
        notes.add_note(form.text.data, stakeholder_id=stakeholder_id, by=by, at=g.at)
        flash("The note is on the time line.", "done")
    else:
        flash("A note has between 1 and 10,000 letters.", "problem")
    return redirect(url_for("staff.stakeholder", stakeholder_id=stakeholder_id), 303)


def _form_page(
    form: Any,
    known: Person | None,
    *,
    alike: Sequence[Alike] = (),
    changed: Sequence[Difference] = (),
) -> str:
    return render_template(
        "staff/stakeholders/edit.html", person=known, form=form, alike=alike, changed=changed,
        tags=all_tags(),
    )  # fmt: skip


def _read(form: Any) -> tuple[PersonRow | None, Details | None]:
    if not form.validate():
        return None, None
    return form.person(), form.details()


def _as_it_stands(known: Person) -> Any:
    form = edit_form()
    form.process(None)
    form.fill_all(known, details_of(known.id))
    return form


def _alike(form: Any, row: PersonRow, known: Person | None) -> list[Alike]:
    """Who may be the same; nobody where the person was asked already, or nothing says who it is."""
    is_same = known is not None and (known.full_name, known.email_key) == (
        row.full_name, row.address.key if row.address else None
    )  # fmt: skip
    if form.is_another.data or is_same:
        return []
    return alike_to(
        row.full_name, row.address, organisation=row.organisation, country_code=row.country,
        other_than=known.id if known else None,
    )  # fmt: skip


@blueprint.post("/staff/stakeholders/<int:stakeholder_id>/mail")
def stop_mail(stakeholder_id: int) -> Response:
    """Stop or allow campaign mail, as the person asked."""
    is_stopped = request.form.get("stop") == "yes"
    by = Actor.account(current_user.id)
    people.stop_mail(stakeholder_id, is_stopped, by=by, at=g.at)
    text = "gets no campaign mail any more" if is_stopped else "may get campaign mail again"
    flash(f"This person {text}.", "done")
    return redirect(url_for("staff.stakeholder", stakeholder_id=stakeholder_id), 303)


def person_or_404(stakeholder_id: int) -> Person:
    """The person of the address."""
    return person(stakeholder_id) or abort(404)
