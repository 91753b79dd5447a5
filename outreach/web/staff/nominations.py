"""Those who asked to be invited: read, put on a list, declined, or known already."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import nominations as actions
from outreach.models.activity import Actor
from outreach.models.nomination import NominationState
from outreach.queries.nominations import (
    NominationPage,
    alike,
    lists_for,
    nomination,
    nominations,
    open_nominations_count,
)
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint

STATES = {
    NominationState.OPEN: "open",
    NominationState.ACCEPTED: "accepted",
    NominationState.DECLINED: "declined",
    NominationState.DUPLICATE: "known already",
}


@blueprint.get("/staff/nominations")
def asked_to_be_invited() -> str:
    """Requests from the public page."""
    wanted = request.args.get("state", NominationState.OPEN.value)
    state = next((one for one in STATES if one.value == wanted), None)
    return render_template(
        "staff/nominations/nominations.html", page=nominations(state, after=_after()), state=state,
        states=STATES, open_count=open_nominations_count(),
    )  # fmt: skip


@blueprint.get("/staff/nominations/<int:nomination_id>")
def nomination_page(nomination_id: int) -> str:
    """One request, with the people we know who may be the same."""
    page = _nomination_or_404(nomination_id)
    return render_template(
        "staff/nominations/nomination.html", nomination=page, alike=alike(page),
        lists=lists_for(page.conference_id), states=STATES,
    )  # fmt: skip


@blueprint.post("/staff/nominations/<int:nomination_id>/accept")
def accept_nomination(nomination_id: int) -> Response:
    """Put the person on a list."""
    list_id, person_id = _number("list"), _number("person")
    if list_id is None:
        flash("Choose the list on which this person is wanted.", "problem")
        return redirect(url_for("staff.nomination_page", nomination_id=nomination_id), 303)
    actions.accept_nomination(
        nomination_id, list_id, stakeholder_id=person_id, by=Actor.account(current_user.id), at=g.at
    )
    flash("On the list now; a campaign of that list invites them.", "done")
    return redirect(url_for("staff.asked_to_be_invited"), 303)


@blueprint.post("/staff/nominations/<int:nomination_id>/decline")
def decline_nomination(nomination_id: int) -> Response:
    """This person will not be invited."""
    why = request.form.get("why", "")
    actions.decline_nomination(nomination_id, why, by=Actor.account(current_user.id), at=g.at)
    flash("Noted as declined. Nobody was written to.", "done")
    return redirect(url_for("staff.asked_to_be_invited"), 303)


@blueprint.post("/staff/nominations/<int:nomination_id>/known")
def know_nomination(nomination_id: int) -> Response:
    """It is someone whom we know."""
    person_id = _number("person")
    if person_id is None:
        abort(400)
    actions.call_nomination_known(
        nomination_id, person_id, by=Actor.account(current_user.id), at=g.at
    )
    flash("Noted on that person's timeline.", "done")
    return redirect(url_for("staff.asked_to_be_invited"), 303)


def _number(name: str) -> int | None:
    return request.form.get(name, None, whole)


def _after() -> str | None:
    return request.args.get("after")


def _nomination_or_404(nomination_id: int) -> NominationPage:
    page = nomination(nomination_id)
    if page is None:
        abort(404)
    return page
