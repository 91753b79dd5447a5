"""What a campaign is told to do: asked for, approved, scheduled, paused, resumed, cancelled; and
what becomes of a step that was missed."""

from datetime import timedelta

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import campaigns
from outreach.actions.steps import decide_missed_step
from outreach.errors import NotAllowed, NotFound
from outreach.models.account import Permission
from outreach.models.activity import Actor
from outreach.models.campaign import ApprovalLapsed, CampaignState, WrongState
from outreach.queries.campaigns import steps_of
from outreach.queries.organisations_reached import organisations_reached
from outreach.queries.planned_steps import letters_of, times_if_scheduled
from outreach.queries.prospects import doubts, reach
from outreach.queries.readiness import has_lapsed
from outreach.web.staff.campaigns import campaign_or_404, lowest_rate
from outreach.web.staff.door import blueprint


@blueprint.post("/staff/campaigns/<int:campaign_id>/ask")
def ask_for_approval(campaign_id: int) -> Response:
    """Say that a draft is ready to be looked at."""
    campaigns.ask_for_approval(campaign_id, by=_me(), at=g.at)
    return _back(campaign_id, "Approval is asked for. Someone else looks at it now.")


@blueprint.post("/staff/campaigns/<int:campaign_id>/approve")
def approve_campaign(campaign_id: int) -> Response:
    """Stand for what will go out; never the author."""
    if not current_user.may(Permission.APPROVE):
        raise NotAllowed("Your role drafts campaigns; an approver or administrator approves them.")
    campaigns.approve_campaign(campaign_id, by=_me(), at=g.at)
    return _back(campaign_id, "The campaign is approved. Nothing leaves before it is scheduled.")


@blueprint.route("/staff/campaigns/<int:campaign_id>/schedule", methods=["GET", "POST"])
def schedule_campaign(campaign_id: int) -> str | Response:
    """The last confirmation, with the count and the first names; then set it going."""
    page = campaign_or_404(campaign_id)
    if request.method == "POST":
        campaigns.schedule_campaign(campaign_id, by=_me(), at=g.at)
        return _back(campaign_id, "The campaign is scheduled.")
    if page.state != CampaignState.APPROVED:
        raise WrongState("scheduled", CampaignState(page.state))
    if has_lapsed(campaign_id):
        raise ApprovalLapsed
    return render_template(
        "staff/campaigns/schedule.html",
        campaign=page,
        reach=(reached := reach(campaign_id, g.at)),
        organisations=organisations_reached(campaign_id),
        steps=steps_of(campaign_id),
        letters=letters_of(campaign_id),
        times=times_if_scheduled(campaign_id, g.at),
        doubts=doubts(campaign_id, g.at),
        rate=(rate := lowest_rate()),
        takes=timedelta(seconds=reached.reached_count / rate) if rate else None,
    )


@blueprint.post("/staff/campaigns/<int:campaign_id>/pause")
def pause_campaign(campaign_id: int) -> Response:
    """Hand nothing more over for now."""
    campaigns.pause_campaign(campaign_id, by=_me(), at=g.at)
    return _back(campaign_id, "Paused. What was being handed over at this instant may still go.")


@blueprint.post("/staff/campaigns/<int:campaign_id>/resume")
def resume_campaign(campaign_id: int) -> Response:
    """Go on where it was paused."""
    campaigns.resume_campaign(campaign_id, by=_me(), at=g.at)
    return _back(campaign_id, "The campaign goes on.")


@blueprint.route("/staff/campaigns/<int:campaign_id>/cancel", methods=["GET", "POST"])
def cancel_campaign(campaign_id: int) -> str | Response:
    """Send nothing more, for good: asked once more on a page of its own."""
    page = campaign_or_404(campaign_id)
    if request.method == "POST":
        campaigns.cancel_campaign(campaign_id, by=_me(), at=g.at)
        return _back(campaign_id, "The campaign is cancelled. Nothing more of it leaves.")
    if page.state in (CampaignState.FINISHED, CampaignState.CANCELLED):
        raise WrongState("cancelled", CampaignState(page.state))
    waiting = sum(step.counts.get("waiting", 0) for step in steps_of(campaign_id))
    return render_template("staff/campaigns/cancel.html", campaign=page, waiting_count=waiting)


@blueprint.post("/staff/campaigns/<int:campaign_id>/steps/<int:step_id>")
def decide_step(campaign_id: int, step_id: int) -> Response:
    """A missed step goes now, or not at all."""
    if step_id not in {step.id for step in steps_of(campaign_id)}:
        raise NotFound("step")
    goes = request.form.get("decision") == "send"
    if not goes and request.form.get("decision") != "skip":
        return _back(campaign_id, "Say whether the step goes now or is skipped.", "problem")
    decide_missed_step(step_id, goes=goes, by=_me(), at=g.at)
    return _back(campaign_id, "The step goes now." if goes else "The step is skipped.")


def _me() -> Actor:
    return Actor.account(current_user.id)


def _back(campaign_id: int, said: str, kind: str = "done") -> Response:
    flash(said, kind)
    return redirect(url_for("staff.campaign", campaign_id=campaign_id), 303)
