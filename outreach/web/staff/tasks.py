"""Tasks: mine and everyone's, a new one, done, opened again, passed on."""

from datetime import timedelta

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from outreach.actions import tasks
from outreach.models.activity import Actor
from outreach.models.task import TaskKind
from outreach.queries.accounts import workers
from outreach.queries.stakeholders import person as person_of
from outreach.queries.tasks import done_tasks, open_tasks
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.exports import table_as
from outreach.web.staff.undo import way_back

HEADS = ("What is to be done", "By", "Who does it", "About", "Why it is here")
KINDS = {
    TaskKind.BY_HAND: "written down",
    TaskKind.BOUNCED: "an address bounced",
    TaskKind.PLACE: "a place was lost",
    TaskKind.STAR: "the date of a star passed",
}


class TaskForm(FlaskForm):
    """Something to do by a date."""

    what = StringField("What is to be done", [InputRequired("Say what."), Length(max=500)])
    due_on = DateField("By", [InputRequired("Choose a date.")])
    owner_id = SelectField("Who does it", coerce=whole)
    stakeholder_id = HiddenField()

    def fill_in(self) -> None:
        """Offer the team, oneself first."""
        me = current_user.id
        self.owner_id.choices = [
            SelectChoice(me, f"{current_user.name} (you)"),
            SelectChoice(0, "Anyone of the team"),
            *(SelectChoice(one.id, one.name) for one in workers() if one.id != me),
        ]


@blueprint.route("/staff/tasks", methods=["GET", "POST"], endpoint="tasks")
def all_tasks() -> str | tuple[str, int] | Response:
    """What is to be done, and something new to do."""
    form = TaskForm()
    form.fill_in()
    text = request.values.get("stakeholder_id", "")
    about = person_of(int(text)) if text.isascii() and text.isdigit() and len(text) < 16 else None
    if form.validate_on_submit():
        tasks.add_task(
            form.what.data,
            form.due_on.data,
            owner_id=form.owner_id.data or None,
            stakeholder_id=about.id if about else None,
            by=_me(),
            at=g.at,
        )
        flash("The task is kept.", "done")
        return redirect(url_for("staff.tasks"), 303)
    if request.method == "GET":
        form.due_on.data = (g.at + timedelta(days=7)).date()
        form.stakeholder_id.data = about.id if about else ""
    is_mine = request.args.get("whose") != "all"
    page = render_template(
        "staff/tasks/tasks.html",
        form=form,
        about=about,
        is_mine=is_mine,
        done=done_tasks(),
        tasks=open_tasks(current_user.id if is_mine else None, limit=200),
        today=g.at.date(),
    )
    return page, 422 if form.errors else 200


@blueprint.get("/staff/tasks.<form>")
def tasks_file(form: str) -> Response:
    """All that is to be done, as the page shows it, the first due first."""
    is_mine = request.args.get("whose") != "all"
    rows = (
        (one.what, one.due_on.isoformat(), one.owner, one.person, KINDS[one.kind])
        for one in open_tasks(current_user.id if is_mine else None, limit=None)
    )
    return table_as(form, rows, HEADS, "tasks")


@blueprint.post("/staff/tasks/<int:task_id>/done")
def finish_task(task_id: int) -> Response:
    """Say that it is done."""
    tasks.finish_task(task_id, by=_me(), at=g.at)
    return redirect(way_back(url_for("staff.tasks")), 303)


@blueprint.post("/staff/tasks/<int:task_id>/open")
def reopen_task(task_id: int) -> Response:
    """Open it again."""
    tasks.reopen_task(task_id, by=_me(), at=g.at)
    return redirect(way_back(url_for("staff.tasks")), 303)


@blueprint.post("/staff/tasks/<int:task_id>/take")
def take_task(task_id: int) -> Response:
    """Take it oneself."""
    tasks.take_task(task_id, current_user.id, by=_me(), at=g.at)
    return redirect(way_back(url_for("staff.tasks")), 303)


def _me() -> Actor:
    return Actor.account(current_user.id)
