"""Bringing a file of people into a list: upload or paste, look, choose, press the button."""

import secrets
from functools import partial
from pathlib import Path
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from outreach import clock
from outreach.actions import imports, uploads
from outreach.errors import Conflict, Refusal
from outreach.importing.run import run_import
from outreach.intake.limits import MEGABYTE
from outreach.models.activity import Actor
from outreach.models.imports import ImportState
from outreach.queries.conferences import current_conference
from outreach.queries.import_reports import SHOWN_PROBLEMS, Choices
from outreach.queries.imports import ImportLine, organisation_imports
from outreach.queries.previews import (
    LIKELY_CHOICES,
    RULE_CHOICES,
    field_choices,
    headers_of,
    preview,
)
from outreach.web.staff.door import blueprint
from outreach.web.staff.import_pages import (
    import_or_404,
    into_of,
    progress_of,
    stored_file,
    under_way,
)
from outreach.web.staff.lists import list_or_404
from outreach.web.words import navigation

LARGEST_UPLOAD = 200 * MEGABYTE


@blueprint.url_value_preprocessor
def allow_large_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A file of a million rows is larger than any other request may be."""
    if endpoint in ("staff.import_people", "staff.import_organisations"):
        request.max_content_length = LARGEST_UPLOAD


class UploadForm(FlaskForm):
    """A file, or rows copied from a spreadsheet."""

    file = FileField(
        "File",
        description="CSV up to 200 MB or XLSX up to 50 MB; a million people or 50,000 "
        "organisations at most. Its first row names the columns.",
    )
    rows = TextAreaField(
        "Rows copied from a spreadsheet",
        description="With the row that names the columns; up to some thousand rows.",
    )

    def keep(self, folder: Path) -> tuple[Path, str] | None:
        """The bytes under a name of ours, and what the person called them; None for nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{secrets.token_hex(16)}.upload"
        try:
            if self.file.data and self.file.data.filename:
                self.file.data.save(path)
                return path, self.file.data.filename
            if self.rows.data and self.rows.data.strip():
                path.write_text(self.rows.data, encoding="utf-8", newline="")
                return path, "Pasted rows"
        except OSError:
            path.unlink(missing_ok=True)  # a part of a file would keep the room that is lacking
            raise
        return None


@blueprint.route("/staff/lists/<int:list_id>/import", methods=["GET", "POST"])
def import_people(list_id: int) -> str | tuple[str, int] | Response:
    """Ask for a file; keep it and go on to its preview."""
    line, form = list_or_404(list_id), UploadForm()
    if request.method == "GET":
        return render_template("staff/imports/upload.html", list=line, form=form)
    kept = form.keep(_folder()) if form.validate() else None
    if kept is None:
        form.file.errors = ["Choose a file, or paste rows below."]
        return render_template("staff/imports/upload.html", list=line, form=form), 422
    try:
        import_id = uploads.start_import(list_id, *kept, by=_me(), at=g.at)
    except Refusal as refusal:
        form.file.errors = [str(refusal)]
        return render_template("staff/imports/upload.html", list=line, form=form), refusal.status
    return redirect(url_for("staff.import_", import_id=import_id), 303)


@blueprint.route("/staff/organisations/import", methods=["GET", "POST"])
def import_organisations() -> str | tuple[str, int] | Response:
    """Ask for a file of organisations; keep it and go on to its preview."""
    form, conference = UploadForm(), current_conference()
    page = partial(
        render_template, "staff/imports/upload_organisations.html", form=form,
        conference=conference, earlier=organisation_imports(),
        zone=conference.time_zone if conference else "UTC",
    )  # fmt: skip
    if request.method == "GET":
        return page()
    kept = form.keep(_folder()) if form.validate() else None
    if kept is None:
        form.file.errors = ["Choose a file, or paste rows below."]
        return page(), 422
    conference_id = conference.id if conference else None
    try:
        import_id = uploads.start_organisation_import(conference_id, *kept, by=_me(), at=g.at)
    except Refusal as refusal:
        form.file.errors = [str(refusal)]
        return page(), refusal.status
    return redirect(url_for("staff.import_", import_id=import_id), 303)


@blueprint.get("/staff/lists/imports/<int:import_id>")
def import_(import_id: int) -> str | tuple[str, int]:
    """What a file would do, how far it is, or what it did."""
    line = import_or_404(import_id)
    into = into_of(line)
    if line.state not in (ImportState.PREVIEWED, ImportState.CHECKING):
        return under_way(line, into)
    shown = preview(line, stored_file(line))
    outlook = shown.outlook or {}
    odd = [(each, False) for each in outlook.get("problems", ())]
    odd += [(each, True) for each in outlook.get("warnings", ())]
    return render_template(
        "staff/imports/preview.html",
        into=into,
        line=line,
        fields=field_choices(of_people=into.is_of_people),
        rules=RULE_CHOICES,
        likely=LIKELY_CHOICES,
        shown=SHOWN_PROBLEMS,
        odd=odd[:SHOWN_PROBLEMS],
        preview=shown,
        progress=progress_of(line),
        navigation=navigation(into.url),
    )


@blueprint.post("/staff/lists/imports/<int:import_id>/columns")
def name_columns(import_id: int) -> Response:
    """Take what a person says that the columns hold and how they are taken, and look again."""
    line = import_or_404(import_id)
    headers = headers_of(line, stored_file(line))
    try:
        uploads.choose(import_id, _choices(len(headers)), headers)
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.import_", import_id=import_id), 303)


@blueprint.post("/staff/lists/imports/<int:import_id>/apply")
def apply_import(import_id: int) -> tuple[str, int] | Response:
    """Bring the file in: a small one at once, a large one by a worker."""
    line = import_or_404(import_id)
    try:
        imports.begin_import(import_id)
    except Conflict as refusal:  # a second press, or a colleague's: the page says how it stands
        flash(str(refusal), "problem")
        page = import_(import_id)
        return page if isinstance(page, str) else page[0], refusal.status
    place = url_for("staff.import_", import_id=import_id)
    if line.row_estimate <= uploads.LARGE:
        place = _finish_now(line) or place
    return redirect(place, 303)


@blueprint.post("/staff/lists/imports/<int:import_id>/discard")
def discard_import(import_id: int) -> Response:
    """Throw the file away."""
    into = into_of(import_or_404(import_id))
    uploads.discard_import(import_id, _folder())
    flash("The file was thrown away; nothing of it was imported.", "done")
    return redirect(into.url, 303)


def _me() -> Actor:
    return Actor.account(current_user.id)


def _choices(column_count: int) -> Choices:
    """What the form says."""
    said = {number: request.form.get(f"column-{number}", "") for number in range(column_count)}
    columns = {number: code for number, code in said.items() if code}
    rules = {
        code: rule
        for number, code in columns.items()
        if (rule := request.form.get(f"rule-{number}", "fill")) in dict(RULE_CHOICES)
    }
    likely = request.form.get("likely_score", "")
    return Choices(
        columns,
        {code: rule for code, rule in rules.items() if rule != "fill"},
        takes_addressless="takes_addressless" in request.form,
        is_whole="is_whole" in request.form,
        likely_score=int(likely) if likely and likely in dict(LIKELY_CHOICES) else None,
    )


def _finish_now(line: ImportLine) -> str | None:
    """Import a small file while the person waits; where to go then, None for its own page."""
    try:
        report = run_import(line.id, stored_file(line), now=clock.now)
    except Conflict:  # the clock was quicker
        return None
    except Refusal:  # the page says why
        return None
    if report is None:
        return None
    into = into_of(line)
    skipped = "1 row was" if report.skipped == 1 else f"{report.skipped:,} rows were"
    flash(
        f"{report.created:,} new {into.noun(2)} and {report.updated:,} known ones came in; "
        f"{skipped} passed over.",
        "done",
    )
    return into.url


def _folder() -> Path:
    return Path(current_app.config["INSTANCE_DIR"]).absolute() / "imports"
