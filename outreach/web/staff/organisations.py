"""Organisations: all of them, one with its people and standing, written down and corrected."""

import json
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from outreach.actions import notes
from outreach.actions import organisations as bodies
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.models.custom_field import CustomSubject
from outreach.queries import organisations as known
from outreach.queries.conferences import ConferenceLine, current_conference
from outreach.queries.custom_fields import custom_fields, custom_values, shown
from outreach.queries.events import events
from outreach.queries.happenings import KINDS, happenings_with
from outreach.queries.organisation_targets import where_wanted
from outreach.web.staff.door import blueprint
from outreach.web.staff.filtering import ORGANISATIONS, address_of, filter_of_page
from outreach.web.staff.meanwhile import Difference, differences, settle
from outreach.web.staff.organisation_form import FocalPointForm, organisation_form
from outreach.web.staff.stakeholders import NoteForm

PAGE = "staff.organisations"


@blueprint.get("/staff/organisations", endpoint="organisations")
def all_organisations() -> str:
    """Every organisation by name or country, or those whom the sentence of the address means."""
    chosen, sort = filter_of_page(PAGE, subject=ORGANISATIONS), request.args.get("sort", "name")
    sort = sort if sort.lstrip("-") in known.SORTS else "name"
    page = known.organisations(
        chosen.ground, chosen.rule, sort=sort, after=request.args.get("after")
    )
    return render_template(
        "staff/organisations/organisations.html", page=page, filter=chosen, sort=sort,
        count=known.organisation_count(chosen.ground, chosen.rule) if page.lines else 0,
        address=lambda **more: address_of(PAGE, chosen.rule, **more),
        rule_text=json.dumps(chosen.rule.to_json()),
    )  # fmt: skip


@blueprint.get("/staff/organisations/<int:organisation_id>")
def organisation(organisation_id: int) -> str:
    """One organisation: its people, its standing, who speaks for it, what happened."""
    return organisation_page(organisation_id, FocalPointForm(formdata=None))


def organisation_page(organisation_id: int, focal_form: FocalPointForm) -> str:
    """The page, with a form for a focal point as somebody left it."""
    body, conference = _or_404(organisation_id), current_conference()
    people = known.people_of(organisation_id, _event_id(conference), after=request.args.get("page"))
    focal_form.person.choices = _choices(people)
    kind = request.args.get("kind", "")
    values = custom_values(CustomSubject.ORGANISATION, [body.id]).get(body.id, {})
    return render_template(
        "staff/organisations/organisation.html", body=body, people=people,
        own=list(shown(custom_fields(CustomSubject.ORGANISATION), values)),
        genders=known.genders_in(body.id), parts=known.parts_of(body.id),
        wanted=where_wanted(body.id),
        standings=[one for one in known.standings_of(body.id) if one.group_id],
        focal_points=known.focal_points_of(body.id), focal_form=focal_form,
        happenings=happenings_with(body.id, kind=kind, after=request.args.get("after")),
        kind=kind if kind in KINDS else "", note=NoteForm(formdata=None),
        kinds=KINDS,
        zone=conference.time_zone if conference else "UTC",
    )  # fmt: skip


@blueprint.route("/staff/organisations/new", methods=["GET", "POST"])
def new_organisation() -> str | tuple[str, int] | Response:
    """Write an organisation down."""
    conference = current_conference()
    form = organisation_form(conference.id if conference else None)
    if request.method == "GET":
        form.name.data = request.args.get("name", "")[:300]
        form.remember(0)
        return _form_page(form, None)
    said = form.particulars() if form.validate() else None
    if said is None:
        return _form_page(form, None), 422
    admission = form.admission(conference.id if conference else None)
    try:
        new_id = bodies.create_organisation(said, admission, by=_me(), at=g.at)
    except Refusal as refusal:
        form.name.errors = [str(refusal)]
        return _form_page(form, None), refusal.status
    flash(f"{said.name} is written down.", "done")
    return redirect(url_for("staff.organisation", organisation_id=new_id), 303)


@blueprint.route("/staff/organisations/<int:organisation_id>/edit", methods=["GET", "POST"])
def edit_organisation(organisation_id: int) -> str | tuple[str, int] | Response:
    """Correct what is known; someone else's change in between is not overwritten."""
    body, conference = _or_404(organisation_id), current_conference()
    conference_id = conference.id if conference else None
    form = organisation_form(conference_id)
    if request.method == "GET":
        return _form_page(_filled(form, body, conference_id), body)
    settle(form, _as_it_stands(body, conference_id))
    said = form.particulars() if form.validate() else None
    if said is None:
        return _form_page(form, body), 422
    try:
        bodies.edit_organisation(
            body.id, said, form.admission(conference_id), version=form.seen_version(), by=_me(),
            at=g.at,
        )  # fmt: skip
    except bodies.ChangedMeanwhile as refusal:
        flash(str(refusal), "problem")
        now = _as_it_stands(body, conference_id)
        changed = differences(form, now)
        form.version.data, form.seen.data = now.version.data, now.seen.data
        return _form_page(form, body, changed), refusal.status
    except Refusal as refusal:
        form.name.errors = [str(refusal)]
        return _form_page(form, body), refusal.status
    flash(f"{said.name} is saved.", "done")
    return redirect(url_for("staff.organisation", organisation_id=body.id), 303)


@blueprint.post("/staff/organisations/<int:organisation_id>/focal-points")
def authorise_focal_point(organisation_id: int) -> tuple[str, int] | Response:
    """Let one of its people speak for it."""
    _or_404(organisation_id)
    conference, form = current_conference(), FocalPointForm()
    form.person.choices = _choices(known.people_of(organisation_id, None, limit=500))
    if conference is None or not form.validate():
        return organisation_page(organisation_id, form), 422
    try:
        bodies.authorise_focal_point(
            organisation_id, conference.id, int(form.person.data), form.authorised_by.data,
            form.authorised_on.data, by=_me(), at=g.at,
        )  # fmt: skip
    except Refusal as refusal:
        form.authorised_on.errors = [str(refusal)]
        return organisation_page(organisation_id, form), refusal.status
    flash("Noted, with who authorised it and when.", "done")
    return redirect(url_for("staff.organisation", organisation_id=organisation_id), 303)


@blueprint.post("/staff/focal-points/<int:focal_point_id>/end")
def end_focal_point(focal_point_id: int) -> Response:
    """Nobody speaks for it any more."""
    whose = bodies.end_focal_point(focal_point_id, by=_me(), at=g.at)
    flash("Nobody is noted as its focal point now; who it was stays on record.", "done")
    return redirect(url_for("staff.organisation", organisation_id=whose), 303)


@blueprint.post("/staff/organisations/<int:organisation_id>/notes")
def add_organisation_note(organisation_id: int) -> Response:
    """Write a line of its time line by hand."""
    _or_404(organisation_id)
    form = NoteForm()
    if form.validate():
        notes.add_note(form.text.data, organisation_id=organisation_id, by=_me(), at=g.at)
        flash("The note is on the time line.", "done")
    else:
        flash("A note has between 1 and 10,000 letters.", "problem")
    return redirect(url_for("staff.organisation", organisation_id=organisation_id), 303)


def _form_page(
    form: Any, body: known.OrganisationPage | None, changed: Sequence[Difference] = ()
) -> str:
    return render_template(
        "staff/organisations/edit.html", body=body, form=form, changed=changed,
        conference=current_conference(),
    )  # fmt: skip


def _filled(form: Any, body: known.OrganisationPage, conference_id: int | None) -> Any:
    standings = {one.conference_id: one for one in known.standings_of(body.id)}
    own = custom_values(CustomSubject.ORGANISATION, [body.id]).get(body.id, {})
    form.fill(body, standings.get(conference_id or 0), own)
    form.offer(conference_id)
    return form


def _as_it_stands(body: known.OrganisationPage, conference_id: int | None) -> Any:
    form = organisation_form(conference_id)
    form.process(None)
    return _filled(form, body, conference_id)


def _choices(people: Any) -> list[SelectChoice]:
    return [SelectChoice(str(one.id), one.name) for one in people.lines]


def _event_id(conference: ConferenceLine | None) -> int | None:
    if conference is None:
        return None
    return next((one.id for one in events() if one.conference == conference.code), None)


def _me() -> Actor:
    return Actor.account(current_user.id)


def _or_404(organisation_id: int) -> known.OrganisationPage:
    return known.organisation(organisation_id) or abort(404)
