"""Named people of a campaign whose answers the team confirms; and looking at an invitee's page."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions.vips import NothingToConfirm, confirm_answer, name_vip, unname_vip
from outreach.links import absolute
from outreach.models.activity import Actor
from outreach.queries.campaign_pages import campaign_page
from outreach.queries.invitations import link_key_of
from outreach.queries.vips import may_be_vips, unconfirmed_answers, vips
from outreach.tokens import preview_token
from outreach.web.staff.door import blueprint


@blueprint.get("/staff/campaigns/<int:campaign_id>/vips")
def campaign_vips(campaign_id: int) -> str:
    """Who is named, and who may be."""
    campaign = campaign_page(campaign_id) or abort(404)
    words = request.args.get("q", "")[:100].strip()
    return render_template(
        "staff/vips/vips.html", campaign=campaign, named=vips(campaign_id), words=words,
        found=may_be_vips(campaign_id, words),
    )  # fmt: skip


@blueprint.post("/staff/campaigns/<int:campaign_id>/vips/<int:stakeholder_id>")
def change_vip(campaign_id: int, stakeholder_id: int) -> Response:
    """Name someone, or name them no more."""
    change = unname_vip if request.form.get("named") == "no" else name_vip
    change(campaign_id, stakeholder_id, by=Actor.account(current_user.id), at=g.at)
    return redirect(url_for("staff.campaign_vips", campaign_id=campaign_id), 303)


@blueprint.get("/staff/answers/unconfirmed")
def unconfirmed() -> str:
    """Answers of named people that nobody of the team has confirmed."""
    return render_template("staff/vips/unconfirmed.html", answers=unconfirmed_answers())


@blueprint.post("/staff/invitations/<int:invitation_id>/confirm")
def confirm(invitation_id: int) -> Response:
    """Stand for an answer."""
    try:
        confirm_answer(invitation_id, by=Actor.account(current_user.id), at=g.at)
        flash("The answer is confirmed.", "done")
    except NothingToConfirm as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.unconfirmed"), 303)


@blueprint.get("/staff/invitations/<int:invitation_id>/page")
def look_at_page(invitation_id: int) -> Response:
    """The invitee's page, marked and without anything to press; looking changes nothing."""
    link_key = link_key_of(invitation_id) or abort(404)
    return redirect(absolute(f"/p/{preview_token(link_key, g.at)}"), 303)
