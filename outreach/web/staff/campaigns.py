"""Campaigns: all of them, one of them, how it is getting on, everyone in it."""

from datetime import datetime, timedelta

from flask import Response as Answer
from flask import (
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach import sheets
from outreach.actions.errands import ask_errand
from outreach.exports import COLUMNS, rows_of
from outreach.models.account import PERMISSIONS, Permission
from outreach.models.activity import Actor
from outreach.models.message import Outcome
from outreach.queries.accounts import team
from outreach.queries.audience_members import audience_count
from outreach.queries.campaign_lines import campaigns as campaign_lines
from outreach.queries.campaign_pages import CampaignPage, campaign_page, outcomes_by_group
from outreach.queries.campaigns import (
    StepLine,
    campaign_people,
    steps_of,
    written_outcomes,
)
from outreach.queries.invited_before import invited_before
from outreach.queries.organisations_reached import organisations_reached
from outreach.queries.planned_steps import letters_of, times_if_scheduled
from outreach.queries.prospects import doubts
from outreach.queries.rates import Pace, pace
from outreach.queries.readiness import has_lapsed, problems
from outreach.queries.recipients import held_reasons, left_out_people
from outreach.queries.templates import hosts_of
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.segments import said

OPEN = ("draft", "approved")
LIVE = ("scheduled", "running")
AT_WORK = (*LIVE, "paused")
PEOPLE_SHOWN = 50


@blueprint.get("/staff/campaigns")
def campaigns() -> str:
    """Every campaign, the latest first."""
    return render_template("staff/campaigns/campaigns.html", campaigns=campaign_lines())


@blueprint.get("/staff/campaigns/<int:campaign_id>")
def campaign(campaign_id: int) -> str:
    """One campaign: how it stands, what comes next, what became of everyone."""
    page = campaign_or_404(campaign_id)
    is_open = page.state in OPEN
    return render_template(
        "staff/campaigns/campaign.html",
        campaign=page,
        letters=letters_of(campaign_id),
        hosts=hosts_of(campaign_id),
        doubts=doubts(campaign_id, g.at) if is_open else [],
        invited=invited_before(campaign_id, g.at) if is_open else [],
        problems=problems(campaign_id, g.at) if is_open else [],
        has_lapsed=page.state in ("approved", "paused") and has_lapsed(campaign_id),
        approvers=_approvers(page),
        may_approve=current_user.may(Permission.APPROVE),
        groups=outcomes_by_group(campaign_id),
        organisations=organisations_reached(campaign_id),
        is_author=page.author_id == current_user.id,
        segments=said(page.segments),
        left_out_people=left_out_people(campaign_id),
        left_out_segments=said(page.left_out_segments),
        **_standing(page),
    )


@blueprint.get("/staff/campaigns/<int:campaign_id>/standing")
def campaign_standing(campaign_id: int) -> Answer:
    """The numbers and the steps alone, asked for again while mails leave. Five SELECTs, ever."""
    page = campaign_or_404(campaign_id)
    part = make_response(
        render_template(
            "staff/campaigns/_standing.html",
            campaign=page,
            letters=letters_of(campaign_id),
            hosts=hosts_of(campaign_id),
            **_standing(page),
        )
    )
    if request.args.get("state", page.state) != page.state:
        part.headers["HX-Refresh"] = "true"  # the rest of the page speaks of the state too
    return part


@blueprint.get("/staff/campaigns/<int:campaign_id>/people")
def people(campaign_id: int) -> str:
    """Everyone written down, by outcome and name."""
    page = campaign_or_404(campaign_id)
    outcome = request.args.get("outcome", "")
    words = request.args.get("q", "").replace("\0", "").strip()[:100]
    found = campaign_people(
        campaign_id,
        after=place_in_address(),
        limit=PEOPLE_SHOWN + 1,
        name=words,
        outcome=outcome if outcome in set(Outcome) else "",
    )
    return render_template(
        "staff/campaigns/people.html",
        campaign=page,
        people=found[:PEOPLE_SHOWN],
        next=found[PEOPLE_SHOWN - 1].message_id if len(found) > PEOPLE_SHOWN else None,
        outcome=outcome,
        words=words,
        outcomes=written_outcomes(campaign_id),
        held=held_reasons(campaign_id) if outcome == Outcome.HELD and page.state in AT_WORK else [],
    )


@blueprint.get("/staff/campaigns/<int:campaign_id>/people.csv")
def export_people(campaign_id: int) -> Response:
    """Everyone as a file that a spreadsheet cannot turn into formulas; memory stays flat."""
    page = campaign_or_404(campaign_id)
    file = sheets.csv_file(rows_of(page), COLUMNS)
    return send_file(
        file,
        mimetype="text/csv",
        as_attachment=True,
        download_name=f"campaign-{campaign_id}.csv",
    )


@blueprint.post("/staff/campaigns/<int:campaign_id>/export")
def ask_for_export(campaign_id: int) -> Response:
    """Have the file of a large campaign written; its page says how far it is."""
    campaign_or_404(campaign_id)
    by = Actor.account(current_user.id)
    errand_id = ask_errand("export-campaign", by, at=g.at, campaign_id=campaign_id)
    return redirect(url_for("staff.errand", errand_id=errand_id), 303)


def campaign_or_404(campaign_id: int) -> CampaignPage:
    """The campaign of an address, or the page that says that there is none."""
    page = campaign_page(campaign_id)
    if page is None:
        abort(404)
    return page


def place_in_address() -> int:
    """The id after which a page begins; 0 for anything that is none."""
    return request.args.get("after", 0, type=whole)


def _standing(page: CampaignPage) -> dict[str, object]:
    """What the live part needs: counts, steps, whether more is to come soon, the estimate."""
    outcomes, steps = written_outcomes(page.id), steps_of(page.id)
    begun = [step for step in steps if step.to_write or any(step.counts.values())]
    to_write = sum(step.to_write for step in begun)
    # Of whom a later step writes down, the first one did already.
    unknown = to_write if len(begun) == 1 else 0
    is_written = any(outcomes.values()) or unknown > 0
    audience = sum(outcomes.values()) + unknown if is_written else None
    if audience is None and page.state in (*OPEN, *LIVE, "paused"):
        audience = audience_count(page.id, g.at)
    waiting = sum(step.counts.get(Outcome.WAITING, 0) for step in steps) + to_write
    return {
        "outcomes": outcomes,
        "steps": steps,
        "audience_count": audience or 0,
        "is_written": is_written,
        "waiting_count": waiting,
        "is_moving": page.state in LIVE and (waiting > 0 or _goes_soon(steps)),
        "lately": (lately := pace(page.id, g.at) if waiting and page.state in LIVE else None),
        "done_by": lately and _done_by(lately, waiting),
        "times": times_if_scheduled(page.id, g.at) if page.state in OPEN else {},
    }


def _goes_soon(steps: list[StepLine]) -> bool:
    soon = g.at + timedelta(minutes=1)
    return any(
        step.state == "waiting" and step.due_at is not None and step.due_at <= soon
        for step in steps
    )


def _done_by(lately: Pace, waiting: int) -> tuple[float, datetime] | None:
    """(mails a second, when the last will have left) at the rate at which it leaves just now.

    That is no more than the lowest rate that is set, which may have been lowered meanwhile; before
    the first mail it is that one, None without either. What waits for an hour of its own, or until
    a provider may be asked again, goes no sooner.
    """
    rate = min(filter(None, (lately.per_second, lowest_rate())), default=0.0)
    if not rate:
        return None
    goes_on_at = lately.rests_until or g.at
    return rate, max(goes_on_at + timedelta(seconds=waiting / rate), lately.last_at or g.at)


def lowest_rate() -> float:
    """Mails a second that the settings let a campaign have; 0 where they set no limit."""
    limits = [current_app.config[name] for name in ("SEND_RATE", "SENDER_RATE")]
    return float(min(filter(None, limits), default=0))


def _approvers(page: CampaignPage) -> list[str]:
    """Who could approve it: everyone whose role allows it, but not its author."""
    if page.state not in OPEN:
        return []
    return [
        one.name or one.email
        for one in team()
        if Permission.APPROVE in PERMISSIONS[one.role]
        and not one.is_disabled
        and one.id != page.author_id
    ]
