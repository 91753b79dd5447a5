"""Drafting a campaign, and changing one that has not been scheduled."""

from collections.abc import Sequence

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions.campaigns import change_campaign as change
from outreach.actions.campaigns import draft_campaign
from outreach.errors import ChangedMeanwhile, Refusal
from outreach.models.activity import Actor
from outreach.models.campaign import CampaignState, WrongState
from outreach.models.step import StepKind
from outreach.queries.audience_looks import look
from outreach.queries.campaign_pages import CampaignPage, campaign_mark, campaign_page
from outreach.queries.planned_steps import planned_steps
from outreach.web.frame import whole
from outreach.web.staff.audience_form import NEWS
from outreach.web.staff.campaign_forms import CampaignForm
from outreach.web.staff.door import blueprint
from outreach.web.staff.meanwhile import Difference, seen_of, settle, told

Page = str | tuple[str, int] | Response


@blueprint.route("/staff/campaigns/new", methods=["GET", "POST"])
def new_campaign() -> Page:
    """Draft a campaign."""
    form = CampaignForm()
    if request.method == "GET":
        form.event.data = request.args.get("event", type=whole)
        if request.args.get("do") == NEWS:
            form.does.data = NEWS
        form.begin()
        form.offer()
        form.segments.data = request.args.getlist("segment", type=whole)
        form.lists.data = request.args.getlist("list", type=whole)
        return _page(form, None)
    if not _is_wished(form):
        return _page(form, None)
    if form.validate():
        try:
            campaign_id = draft_campaign(form.plan(), by=Actor.account(current_user.id), at=g.at)
        except Refusal as refusal:
            form.form_errors.append(str(refusal))
        else:
            flash(
                "The draft is kept. Look at what it would send before you ask for approval.", "done"
            )
            return redirect(url_for("staff.campaign", campaign_id=campaign_id), 303)
    return _page(form, None), 422


@blueprint.route("/staff/campaigns/<int:campaign_id>/change", methods=["GET", "POST"])
def change_campaign(campaign_id: int) -> Page:
    """Change a draft; whatever had been approved must be approved again."""
    page = campaign_page(campaign_id)
    if page is None:
        abort(404)
    if page.state not in (CampaignState.DRAFT, CampaignState.APPROVED):
        raise WrongState("changed", CampaignState(page.state))
    form = CampaignForm()
    form.keep(page)
    if request.method == "GET":
        _show(form, page)
        return _page(form, page)
    if not _is_wished(form):
        return _page(form, page)
    now = CampaignForm(formdata=None)
    now.keep(page)
    _show(now, page)
    settle(form, now)
    form.offer()
    if form.validate():
        try:
            change(
                campaign_id, form.plan(), seen=seen_of(form, now),
                by=Actor.account(current_user.id), at=g.at,
            )  # fmt: skip
        except ChangedMeanwhile as refusal:
            flash(str(refusal), "problem")
            return _page(form, page, told(form, now)), refusal.status
        except Refusal as refusal:
            form.form_errors.append(str(refusal))
        else:
            flash("The change is kept.", "done")
            return redirect(url_for("staff.campaign", campaign_id=campaign_id), 303)
    return _page(form, page), 422


@blueprint.get("/staff/campaigns/lists")
def campaign_lists() -> str:
    """The lists of an event as ticks: the part of the form that follows its menu."""
    form = CampaignForm(meta={"csrf": False})
    form.event.data = request.args.get("event", type=whole)
    form.offer_audience()
    return render_template("staff/campaigns/_lists.html", form=form)


@blueprint.post("/staff/campaigns/audience")
@blueprint.post("/staff/campaigns/<int:campaign_id>/audience")
def count_audience(campaign_id: int | None = None) -> str:
    """How many the form means as it stands, some of them, and who would be left out; no change."""
    form = CampaignForm()
    if campaign_id is not None and (page := campaign_page(campaign_id)) is not None:
        form.keep(page)
    form.offer()
    return render_template("staff/campaigns/_count.html", look=look(form.wish(), g.at))


def _is_wished(form: CampaignForm) -> bool:
    """Whether the form is to be saved; its other buttons only change what it asks for."""
    wish, _, number = request.form.get("do", "save").partition(":")
    if wish == "add_reminder" and len(form.reminders) < form.reminders.max_entries:
        kind = StepKind.PROMOTION if form.does.data == NEWS else StepKind.REMINDER
        form.reminders.append_entry({"days": 7, "kind": kind.value})
    if wish == "remove_reminder":
        form.reminders.entries = [
            entry for entry in form.reminders.entries if entry.name != f"reminders-{number}"
        ]
    form.offer()
    return wish == "save"


def _show(form: CampaignForm, page: CampaignPage) -> None:
    """Fill the form with what stands there, and remember it."""
    form.show(page, list(planned_steps(page.id)))
    form.offer()
    form.remember(campaign_mark(page.id))


def _page(form: CampaignForm, page: CampaignPage | None, changed: Sequence[Difference] = ()) -> str:
    """The form; whatever button was pressed, who is meant now is counted with it."""
    return render_template(
        "staff/campaigns/form.html", form=form, campaign=page, changed=changed,
        look=look(form.wish(), g.at) if request.method == "POST" else None,
    )  # fmt: skip
