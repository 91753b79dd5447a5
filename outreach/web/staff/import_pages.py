"""An import under way or at its end: how far it is, pause, stop, take back, its problems."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from flask import (
    abort,
    current_app,
    flash,
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

from outreach import clock, sheets
from outreach.actions import imports, uploads
from outreach.errors import Conflict
from outreach.importing.problems import HEADERS, has_problems, problems_path
from outreach.importing.run import run_import
from outreach.models.activity import Actor
from outreach.models.imports import ImportState, NotNow
from outreach.queries.conferences import current_conference
from outreach.queries.imports import ImportLine, import_line, kept_organisations, kept_people
from outreach.queries.previews import problem_rows
from outreach.web.staff.door import blueprint
from outreach.web.staff.lists import list_or_404
from outreach.web.words import navigation

MOVING = (ImportState.CHECKING, ImportState.WAITING, ImportState.APPLYING, ImportState.UNDOING)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a worker is."""

    done: int
    total: int
    left: timedelta | None
    """None as long as nothing can be said."""


@dataclass(frozen=True, slots=True)
class Into:
    """Where a file goes, as its pages name it."""

    name: str
    url: str
    crumbs: Sequence[tuple[str, str]]
    """(label, address)"""
    time_zone: str
    is_of_people: bool

    def noun(self, count: int) -> str:
        """What the file brings, as its number wants it."""
        if self.is_of_people:
            return "person" if count == 1 else "people"
        return "organisation" if count == 1 else "organisations"


def into_of(line: ImportLine) -> Into:
    """The list of a file of people, or the organisations."""
    if line.list_id is not None:
        wanted = list_or_404(line.list_id)
        place = url_for("staff.list_", list_id=wanted.id)
        crumbs = [("Lists", url_for("staff.lists")), (wanted.name, place)]
        return Into(wanted.name, place, crumbs, wanted.time_zone, True)
    conference, place = current_conference(), url_for("staff.organisations")
    zone = conference.time_zone if conference else "UTC"
    return Into("Organisations", place, [("Organisations", place)], zone, False)


def progress_of(line: ImportLine) -> Progress:
    """From the rows that are done and the time that they took."""
    total = line.row_estimate
    if line.state is ImportState.UNDOING:
        total = max(line.read_count, 1)
        done = max(total - line.position, 0)
    else:
        done = line.position
        total = max(total, done, 1)
    left = None
    if line.started_at and done and line.state is not ImportState.PAUSED:
        left = (g.at - line.started_at) / done * (total - done)
    return Progress(done, total, left)


def under_way(line: ImportLine, into: Into) -> str:
    """The page of an import whose button was pressed."""
    name = "done" if line.state not in (*MOVING, ImportState.PAUSED) else "under_way"
    return render_template(
        f"staff/imports/{name}.html",
        into=into,
        line=line,
        progress=progress_of(line),
        kept=(kept_people if into.is_of_people else kept_organisations)(line.kept),
        has_problems=bool(line.stored_name) and has_problems(stored_file(line)),
        navigation=navigation(into.url),
    )


@blueprint.get("/staff/lists/imports/<int:import_id>/standing")
def import_standing(import_id: int) -> Response:
    """The moving part alone, asked for again while it moves. One SELECT by key."""
    line = import_or_404(import_id)
    part = make_response(
        render_template("staff/imports/_standing.html", line=line, progress=progress_of(line))
    )
    if request.args.get("state", line.state.value) != line.state.value:
        # Not read anew: the page may be the answer to a button, which would be pressed again.
        part.headers["HX-Redirect"] = url_for("staff.import_", import_id=import_id)
    return part


@blueprint.post("/staff/lists/imports/<int:import_id>/pause")
def pause_import(import_id: int) -> Response:
    """Let it rest."""
    return _asked(import_id, partial(imports.pause_import, import_id))


@blueprint.post("/staff/lists/imports/<int:import_id>/resume")
def resume_import(import_id: int) -> Response:
    """Go on."""
    return _asked(import_id, partial(imports.resume_import, import_id))


@blueprint.post("/staff/lists/imports/<int:import_id>/take-back")
def take_back_import(import_id: int) -> Response:
    """Stop it if it runs, and take back what came of it: a small one at once."""
    line = import_or_404(import_id)
    try:
        imports.take_back_import(import_id, by=Actor.account(current_user.id))
    except NotNow as refusal:
        flash(str(refusal), "problem")
        return _back_to(import_id)
    if line.read_count <= uploads.LARGE and not line.is_stuck:
        try:
            run_import(import_id, stored_file(line), now=clock.now)
        except Conflict:  # the clock was quicker
            return _back_to(import_id)
        flash("The import was taken back.", "done")
    return _back_to(import_id)


@blueprint.get("/staff/lists/imports/<int:import_id>/problems.csv")
def import_problems(import_id: int) -> Response:
    """Everything that is odd in the file, row by row, to be mended there."""
    line = import_or_404(import_id)
    stored = stored_file(line)
    if not line.stored_name or not stored.exists():
        abort(404)
    is_kept = line.report is not None or line.state is not ImportState.PREVIEWED
    if is_kept and problems_path(stored).exists():
        return send_file(
            problems_path(stored),
            mimetype="text/csv",
            as_attachment=True,
            download_name="problems.csv",
        )
    file = sheets.csv_file(problem_rows(line, stored), HEADERS)
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name="problems.csv")


def import_or_404(import_id: int) -> ImportLine:
    """The import, or the page that says that there is none."""
    line = import_line(import_id)
    if line is None:
        abort(404)
    return line


def stored_file(line: ImportLine) -> Path:
    """Where the bytes are."""
    folder = Path(current_app.config["INSTANCE_DIR"]).absolute() / "imports"
    return folder / line.stored_name


def _asked(import_id: int, ask: Callable[[], None]) -> Response:
    """What was asked for, or why not now: the page says how it stands, another tab was quicker."""
    try:
        ask()
    except NotNow as refusal:
        flash(str(refusal), "problem")
    return _back_to(import_id)


def _back_to(import_id: int) -> Response:
    return redirect(url_for("staff.import_", import_id=import_id), 303)
