"""Addresses that we must not write to: looked up, added by hand, and lifted with a reason."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from outreach.actions import suppressions as actions
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.models.suppression import NO_NEWS
from outreach.queries.conferences import current_conference
from outreach.queries.suppressions import Stopped, suppression
from outreach.queries.suppressions import suppressions as stopped_addresses
from outreach.web.staff.door import blueprint

REASONS = {
    "bounced": "Mail came back",
    "unsubscribed": "Unsubscribed",
    "wants_nothing": "Wants no mail at all",
    "complained": "Reported our mail as unwanted",
    "staff": "Stopped by the team",
    "no_news": "Wants no news",
}
SOURCES = {
    "one-click": "in the mail program",
    "page": "on the unsubscribe page",
    "provider": "told by the provider",
    "staff": "by hand",
    "merged": "carried over from a merged person",
}


class LiftForm(FlaskForm):
    """Why an address is written to again."""

    why = StringField(
        "Why", [InputRequired("Say why, in a few words."), Length(max=500)],
        description="Such as “She called and gave the address again”. It stays in the journal.",
    )  # fmt: skip
    is_confirmed = BooleanField("The owner of the address asked to be written to again")


class StopForm(FlaskForm):
    """An address that nothing shall go to."""

    address = StringField("Address", [InputRequired("Type the address."), Length(max=320)])
    why = StringField("Why", [InputRequired("Say why, in a few words."), Length(max=500)])


@blueprint.get("/staff/suppressions")
def suppressions() -> str:
    """The list, or what a search finds of it."""
    words, reason = request.args.get("q", ""), request.args.get("reason", "")
    return render_template(
        "staff/suppressions/suppressions.html", words=words, reason=reason, reasons=REASONS,
        sources=SOURCES, zone=_zone(),
        page=stopped_addresses(words, reason, after=request.args.get("after")),
    )  # fmt: skip


@blueprint.route("/staff/suppressions/new", methods=["GET", "POST"])
def suppress_address() -> str | tuple[str, int] | Response:
    """Stop an address by hand."""
    form = StopForm()
    if not form.validate_on_submit():
        text = render_template("staff/suppressions/new.html", form=form)
        return text, 422 if form.errors else 200
    by = Actor.account(current_user.id)
    try:
        actions.suppress_address(form.address.data or "", form.why.data or "", by=by, at=g.at)
    except Refusal as refusal:
        form.address.errors = [str(refusal)]
        return render_template("staff/suppressions/new.html", form=form), 422
    flash("Nothing goes to this address any more.", "done")
    return redirect(url_for("staff.suppressions", q=form.address.data), 303)


@blueprint.route("/staff/suppressions/news/<int:stop_id>/lift", methods=["GET", "POST"])
def lift_news_stop(stop_id: int) -> str | tuple[str, int] | Response:
    """Send news to an address again: asks for the reason first."""
    line, form = suppression(stop_id, is_news=True) or abort(404), LiftForm()
    if not form.validate_on_submit():
        return _lift_page(line, form, 422 if form.errors else 200)
    by = Actor.account(current_user.id)
    actions.lift_news_stop(stop_id, form.why.data or "", by=by, at=g.at)
    flash("The address is sent news again.", "done")
    return redirect(url_for("staff.suppressions", reason=NO_NEWS), 303)


@blueprint.route("/staff/suppressions/<int:suppression_id>/lift", methods=["GET", "POST"])
def lift_suppression(suppression_id: int) -> str | tuple[str, int] | Response:
    """Write to an address again: asks for the reason first."""
    line, form = _line_or_404(suppression_id), LiftForm()
    if not form.validate_on_submit():
        return _lift_page(line, form, 422 if form.errors else 200)
    try:
        actions.lift_suppression(
            suppression_id, form.why.data or "", by=Actor.account(current_user.id), at=g.at,
            is_confirmed=form.is_confirmed.data,
        )  # fmt: skip
    except actions.NeedsConfirmation as refusal:
        form.is_confirmed.errors = [str(refusal)]
        return _lift_page(line, form, 422)
    flash("The address is written to again.", "done")
    return redirect(url_for("staff.suppressions"), 303)


def _lift_page(line: Stopped, form: LiftForm, status: int) -> tuple[str, int]:
    text = render_template(
        "staff/suppressions/lift.html", line=line, form=form, reasons=REASONS, sources=SOURCES,
        zone=_zone(),
    )  # fmt: skip
    return text, status


def _line_or_404(suppression_id: int) -> Stopped:
    line = suppression(suppression_id)
    if line is None:
        abort(404)
    return line


def _zone() -> str:
    conference = current_conference()
    return conference.time_zone if conference else "UTC"
