"""What a campaign would send: a mail as any recipient, and those whose mail raises a doubt."""

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from outreach.actions import exclusions
from outreach.delivery.mailer import Address
from outreach.delivery.preview import preview_step
from outreach.delivery.trial import send_trial
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.queries.campaigns import steps_of
from outreach.queries.planned_steps import letters_of
from outreach.queries.prospects import Doubt, doubtful
from outreach.queries.recipients import left_out_people, members
from outreach.web.frame import whole
from outreach.web.staff.campaigns import campaign_or_404, place_in_address
from outreach.web.staff.door import blueprint
from outreach.web.staff.mail_frame import framed

SHOWN = 50


@blueprint.get("/staff/campaigns/<int:campaign_id>/preview")
def campaign_preview(campaign_id: int) -> str:
    """A step's mail as someone of the audience would get it; nothing is written or counted."""
    page = campaign_or_404(campaign_id)
    steps, words = steps_of(campaign_id), request.args.get("q", "").strip()
    found = members(campaign_id, words, at=g.at)
    step_id = request.args.get("step", steps[0].id if steps else 0, type=whole)
    person_id = request.args.get("person", found[0][0] if found else 0, type=whole)
    preview = preview_step(campaign_id, step_id, person_id, at=g.at) if person_id else None
    return render_template(
        "staff/campaigns/preview.html",
        campaign=page,
        steps=steps,
        step_id=step_id,
        letters=letters_of(campaign_id),
        people=found,
        person_id=person_id,
        words=words,
        preview=preview,
        is_left_out=person_id in {id_ for id_, _ in left_out_people(campaign_id)},
        width="phone" if request.args.get("width") == "phone" else "desktop",
    )


@blueprint.get("/staff/campaigns/<int:campaign_id>/preview/<int:step_id>/<int:person_id>")
def campaign_preview_html(campaign_id: int, step_id: int, person_id: int) -> Response:
    """The HTML part alone, for the frame."""
    return framed(preview_step(campaign_id, step_id, person_id, at=g.at).html)


@blueprint.post("/staff/campaigns/<int:campaign_id>/preview/<int:step_id>/<int:person_id>")
def campaign_trial(campaign_id: int, step_id: int, person_id: int) -> Answer:
    """The same mail to oneself: no link, state or number of the recipient is touched."""
    to = Address(current_user.name, current_user.email)
    try:
        said = send_trial(preview_step(campaign_id, step_id, person_id, at=g.at), to, at=g.at)
        flash(said, "done")
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(
        url_for("staff.campaign_preview", campaign_id=campaign_id, step=step_id, person=person_id),
        303,
    )


@blueprint.post("/staff/campaigns/<int:campaign_id>/left-out/<int:person_id>")
def leave_person_out(campaign_id: int, person_id: int) -> Answer:
    """Leave someone out of a campaign that has not been scheduled, or take them back in."""
    by = Actor.account(current_user.id)
    if request.form.get("do") == "in":
        exclusions.take_back_in(campaign_id, person_id, by=by, at=g.at)
        flash("The campaign reaches this person again.", "done")
    else:
        exclusions.leave_out(campaign_id, person_id, by=by, at=g.at)
        flash("Left out: this person gets nothing of the campaign.", "done")
    return redirect(url_for("staff.campaign", campaign_id=campaign_id), 303)


@blueprint.get("/staff/campaigns/<int:campaign_id>/doubts")
def campaign_doubts(campaign_id: int) -> str:
    """The people behind one line of the check."""
    page = campaign_or_404(campaign_id)
    kind, key = request.args.get("doubt", ""), request.args.get("key", "")[:300]
    if kind not in set(Doubt):
        abort(404)
    step = request.args.get("step", 1, type=whole)
    found = doubtful(
        campaign_id,
        Doubt(kind),
        step,
        key.replace("\0", ""),
        g.at,
        after=place_in_address(),
        limit=SHOWN + 1,
    )
    return render_template(
        "staff/campaigns/doubts.html",
        campaign=page,
        doubt=kind,
        key=key,
        step=step,
        people=found[:SHOWN],
        next=found[SHOWN - 1].stakeholder_id if len(found) > SHOWN else None,
    )
