"""A campaign in time: its picture, the dry run, and its dates moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, render_template, request, send_file, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import DateField, TimeField
from wtforms.validators import InputRequired

from outreach import clock, sheets
from outreach.actions import deadlines
from outreach.advice.timeline import Placed, Tick, place, scale_of, ticks
from outreach.errors import Conflict, NotAllowed, NotFound, Refusal
from outreach.models.account import Permission
from outreach.models.activity import Actor
from outreach.models.step import PERSONAL
from outreach.queries.campaign_pages import CampaignPage
from outreach.queries.campaigns import StepLine, steps_of
from outreach.queries.dry_run import Answers, dry_run, people_of_run
from outreach.queries.foreseen import StepRun
from outreach.queries.moves import reply_by_move
from outreach.signing import SIGN_OFF
from outreach.web.staff.campaigns import campaign_or_404, place_in_address
from outreach.web.staff.door import blueprint
from outreach.web.words import after_each

WIDTHS = {"wide": 960, "narrow": 340}
"""Each picture in its own pixels: letters keep their size, and CSS shows the one that fits."""
NAMES = {
    "save_the_date": "Save the date", "invitation": "Invitation", "reminder": "Reminder",
    "last_call": "Last call", "thank_you": "Thanks", "practical": "Practical information",
    "miss_you": "We miss you", "to_assistant": "To the assistant", "promotion": "News",
}  # fmt: skip
MOVABLE = ("waiting", "missed")
OVER = ("finished", "cancelled")
NOT_YET = ("draft", "approved")
PEOPLE_SHOWN = 50
TICK_ROOM = 26
COLUMNS = ("Name", "Address", "Step", "Mail", "When", "Goes", "Reason")


class MomentForm(FlaskForm):
    """A day and an hour, in the zone of the event."""

    on = DateField("Day", [InputRequired("Choose the day.")])
    time = TimeField("Hour", [InputRequired("Choose the hour.")])

    def moment(self, page: CampaignPage) -> datetime:
        """The instant that is meant. Only after `validate`."""
        return clock.in_zone(datetime.combine(self.on.data, self.time.data), page.time_zone)


@dataclass(frozen=True, slots=True)
class Mark:
    """A step as the picture and the list beneath it show it."""

    number: int
    name: str
    step: StepLine
    at: datetime | None
    run: StepRun | None
    """What it would do; None for one that has gone, was skipped, or waits for a person."""
    waiting: StepRun | None
    """Mails of it that are written and have not left."""
    count: int
    """How many it has sent and will send."""
    left_out_count: int
    """How many it has left out."""
    may_move: bool
    follows_from: datetime | None = None
    """Since when it follows each person, where it does; it has no one time then."""

    def label(self, zone: ZoneInfo) -> str:
        """The second line in the picture."""
        local = self.at.astimezone(zone) if self.at else None
        return f"{local:%-d %b %H:%M} · {self.says}" if local else ""

    @property
    def says(self) -> str:
        """How many mails, and how many people were left out."""
        left_out = f", {self.left_out_count:,} left out" if self.left_out_count else ""
        return f"{self.count:,}{left_out}"

    @property
    def rule(self) -> str:
        """What each mail of a step follows that goes to each person in their own time."""
        return after_each(self.step.anchor, self.step.days_before)


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawing: where everything stands, in pixels."""

    width: int
    lanes: int
    marks: list[tuple[Mark, Placed]]
    ticks: list[Tick]
    following: list[tuple[Mark, float, float]]
    """What follows each person, from where to where, beneath the line."""
    today: float | None
    reply_by: float
    first: str
    last: str
    """Where the line begins and ends by the clock of the event: what is dragged needs it."""


@blueprint.get("/staff/campaigns/<int:campaign_id>/timeline")
def campaign_timeline(campaign_id: int) -> str:
    """Every step in time: what went, what will go to how many, and when."""
    return _timeline(campaign_or_404(campaign_id))


def _timeline(page: CampaignPage, **more: Any) -> str:
    marks = _marks(page)
    return render_template(
        "staff/campaigns/timeline.html", campaign=page, marks=marks, sign_off=SIGN_OFF,
        zone=ZoneInfo(page.time_zone),
        pictures={name: _picture(page, marks, width) for name, width in WIDTHS.items()},
        form=MomentForm(formdata=None), is_over=page.state in OVER, **more,
    )  # fmt: skip


def _marks(page: CampaignPage) -> list[Mark]:
    runs = dry_run(page.id, g.at)
    to_come = {run.step_id: run for run in runs if not run.is_written}
    waiting = {run.step_id: run for run in runs if run.is_written}
    return [
        _mark(number, step, to_come.get(step.id), waiting.get(step.id), page)
        for number, step in enumerate(steps_of(page.id), start=1)
    ]


def _mark(
    number: int, step: StepLine, run: StepRun | None, waiting: StepRun | None, page: CampaignPage
) -> Mark:
    gone = sum(n for outcome, n in step.counts.items() if outcome not in ("left_out", "waiting"))
    follows = step.anchor in PERSONAL
    at = step.launched_at or step.due_at or (run.at if run else None)
    since = (step.launched_at or page.scheduled_at or g.at) if follows else None
    return Mark(
        number, NAMES.get(step.kind, step.kind.replace("_", " ").capitalize()), step,
        None if follows else at, run, waiting,
        gone + (run.count if run else 0) + (waiting.count if waiting else 0),
        step.counts.get("left_out", 0),
        not follows and step.state in MOVABLE and page.state not in OVER,
        since if step.state != "skipped" else None,
    )  # fmt: skip


def _picture(page: CampaignPage, marks: list[Mark], width: int) -> Picture:
    zone = ZoneInfo(page.time_zone)
    shown = {str(mark.number): mark for mark in marks if mark.at}
    following = [(mark, mark.follows_from) for mark in marks if mark.follows_from]
    instants = [mark.at for mark in shown.values() if mark.at] + [page.reply_by]
    instants += [since for _, since in following]
    if page.state not in OVER:
        instants.append(g.at)
    scale = scale_of(instants, width)
    placed = place(
        [(key, mark.at, max(len(mark.label(zone)), len(mark.name) + 3))
         for key, mark in shown.items() if mark.at],
        scale, page.reply_by,
    )  # fmt: skip
    today = scale.x(g.at) if scale.start <= g.at <= scale.end else None
    return Picture(
        width, max((one.lane for one in placed), default=0) + 1,
        [(shown[one.key], one) for one in placed],
        [one for one in ticks(scale, zone) if _is_clear(one.x, today, scale.x(page.reply_by))],
        [(mark, scale.x(since), scale.x(page.reply_by)) for mark, since in following],
        today, scale.x(page.reply_by),
        *(at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") for at in (scale.start, scale.end)),
    )  # fmt: skip


def _is_clear(x: float, *lines: float | None) -> bool:
    """Whether a tick's words would stand clear of the lines that are drawn through them."""
    return all(line is None or abs(x - line) > TICK_ROOM for line in lines)


@blueprint.get("/staff/campaigns/<int:campaign_id>/dry-run")
def campaign_dry_run(campaign_id: int) -> str:
    """What would go out until the deadline if nobody answers, person by person."""
    page, answers = campaign_or_404(campaign_id), _answers()
    runs = dry_run(campaign_id, g.at, answers)
    people = people_of_run(runs, after=place_in_address(), limit=PEOPLE_SHOWN + 1)
    return render_template(
        "staff/campaigns/dry_run.html", campaign=page, runs=runs, sign_off=SIGN_OFF,
        people=people[:PEOPLE_SHOWN],
        next=people[PEOPLE_SHOWN - 1].id if len(people) > PEOPLE_SHOWN else None, names=NAMES,
        answers=answers.value,
        mails_count=sum(run.count for run in runs),
        people_count=len({id_ for run in runs for id_ in run.people}),
    )  # fmt: skip


@blueprint.get("/staff/campaigns/<int:campaign_id>/dry-run.csv")
def export_dry_run(campaign_id: int) -> Response:
    """The whole dry run as a file: a line for each person and step."""
    page = campaign_or_404(campaign_id)
    file = sheets.csv_file(_rows(page, dry_run(campaign_id, g.at, _answers())), COLUMNS)
    return send_file(
        file, mimetype="text/csv", as_attachment=True,
        download_name=f"campaign-{campaign_id}-dry-run.csv",
    )  # fmt: skip


def _answers() -> Answers:
    """What is supposed of the people; nobody answers where the address says nothing known."""
    wish = request.args.get("answers", "")
    return Answers(wish) if wish in set(Answers) else Answers.NOBODY


def _rows(page: CampaignPage, runs: list[StepRun]) -> Iterator[tuple[str | int | None, ...]]:
    zone, after = ZoneInfo(page.time_zone), 0
    numbers = {step.id: number for number, step in enumerate(steps_of(page.id), start=1)}
    while people := people_of_run(runs, after=after, limit=500):
        after = people[-1].id
        for one in people:
            for run, reason, at in one.mails:
                yield (
                    one.name, one.address, numbers[run.step_id], NAMES.get(run.kind, run.kind),
                    at.astimezone(zone).isoformat(timespec="minutes"),
                    "no" if reason else "yes", reason,
                )  # fmt: skip


@blueprint.route("/staff/campaigns/<int:campaign_id>/reply-by", methods=["GET", "POST"])
def move_reply_by(campaign_id: int) -> str | tuple[str, int] | Response:
    """Show what another reply-by would change; a POST moves it."""
    page, form = campaign_or_404(campaign_id), MomentForm(request.values)
    _check_may_move(page)
    if not form.validate() if request.method == "POST" else not _is_typed(form):
        return _timeline(page, date_errors=[*form.on.errors, *form.time.errors]), 422
    reply_by = form.moment(page)
    if request.method == "POST":
        deadlines.move_reply_by(campaign_id, reply_by, by=_me(), at=g.at)
        return _back(campaign_id, "The reply-by is moved, and with it what is counted from it.")
    move = reply_by_move(campaign_id, reply_by, g.at)
    if move is None or reply_by <= g.at:
        raise Conflict("This reply-by has passed, or the campaign is over.")
    return render_template(
        "staff/campaigns/reply_by.html", campaign=page, move=move, form=form, reply_by=reply_by
    )


@blueprint.post("/staff/campaigns/<int:campaign_id>/steps/<int:step_id>/move")
def move_step(campaign_id: int, step_id: int) -> Response:
    """Give an unsent step a time of its own."""
    page, form = campaign_or_404(campaign_id), MomentForm()
    _check_may_move(page)
    if step_id not in {step.id for step in steps_of(campaign_id)}:
        raise NotFound("step")
    if not form.validate():
        return _back(campaign_id, "Choose a day and an hour for the step.", "problem")
    try:
        deadlines.move_step(step_id, form.moment(page), by=_me(), at=g.at)
    except Refusal as refusal:
        return _back(campaign_id, str(refusal), "problem")
    return _back(campaign_id, "The step has its new time.")


def _check_may_move(page: CampaignPage) -> None:
    """The times are part of what was approved: on the way, only an approver changes them."""
    if page.state not in NOT_YET and not current_user.may(Permission.APPROVE):
        raise NotAllowed("Its times were approved. An approver or administrator can move them.")


def _is_typed(form: MomentForm) -> bool:
    """Whether the address holds a day and an hour; asking needs no token."""
    return all([form.on.validate(form), form.time.validate(form)])


def _me() -> Actor:
    return Actor.account(current_user.id)


def _back(campaign_id: int, said: str, kind: str = "done") -> Response:
    flash(said, kind)
    return redirect(url_for("staff.campaign_timeline", campaign_id=campaign_id), 303)
