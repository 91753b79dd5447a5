"""Bringing a file of people into a list: upload or paste, look, name the columns, import."""

import secrets
import tempfile
from io import TextIOWrapper
from pathlib import Path

from flask import (
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from outreach import sheets
from outreach.actions import imports, uploads
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.models.imports import ImportState
from outreach.queries.imports import ImportLine, import_line
from outreach.queries.previews import FIELD_CHOICES, headers_of, preview, problem_rows
from outreach.web.staff.door import blueprint
from outreach.web.staff.lists import list_or_404

SHOWN_PROBLEMS = 200


class UploadForm(FlaskForm):
    """A file, or rows copied from a spreadsheet."""

    file = FileField(
        "File", description="CSV or XLSX, up to 50 MB. Its first row names the columns."
    )
    rows = TextAreaField(
        "Rows copied from a spreadsheet",
        description="With the row that names the columns; up to some thousand rows.",
    )

    def keep(self, folder: Path) -> tuple[Path, str] | None:
        """The bytes under a name of ours, and what the person called them; None for nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{secrets.token_hex(16)}.upload"
        if self.file.data and self.file.data.filename:
            self.file.data.save(path)
            return path, self.file.data.filename
        if self.rows.data and self.rows.data.strip():
            path.write_text(self.rows.data, encoding="utf-8", newline="")
            return path, "Pasted rows"
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
        by = Actor.account(current_user.id)
        import_id = uploads.start_import(list_id, *kept, by=by, at=g.at)
    except Refusal as refusal:
        form.file.errors = [str(refusal)]
        return render_template("staff/imports/upload.html", list=line, form=form), refusal.status
    return redirect(url_for("staff.import_", import_id=import_id), 303)


@blueprint.get("/staff/lists/imports/<int:import_id>")
def import_(import_id: int) -> str | tuple[str, int]:
    """What a file would do, or what it did."""
    line = _import_or_404(import_id)
    target_list = list_or_404(line.list_id)
    if line.state is not ImportState.PREVIEWED:
        return render_template("staff/imports/done.html", list=target_list, line=line)
    return render_template(
        "staff/imports/preview.html",
        list=target_list,
        line=line,
        fields=FIELD_CHOICES,
        shown=SHOWN_PROBLEMS,
        preview=preview(_stored(line), line.columns, line.list_id),
    )


@blueprint.post("/staff/lists/imports/<int:import_id>/columns")
def name_columns(import_id: int) -> Response:
    """Take what a person says that the columns hold, and look again."""
    line = _import_or_404(import_id)
    headers = headers_of(_stored(line))
    said = {number: request.form.get(f"column-{number}", "") for number in range(len(headers))}
    try:
        uploads.name_columns(import_id, {n: code for n, code in said.items() if code}, headers)
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.import_", import_id=import_id), 303)


@blueprint.post("/staff/lists/imports/<int:import_id>/apply")
def apply_import(import_id: int) -> Response:
    """Bring the file in."""
    line = _import_or_404(import_id)
    by = Actor.account(current_user.id)
    report = imports.apply_import(import_id, _folder(), by=by, at=g.at)
    flash(
        f"{report.created:,} new people and {report.updated:,} known ones came in; "
        f"{report.skipped:,} rows were passed over.",
        "done",
    )
    return redirect(url_for("staff.list_", list_id=line.list_id), 303)


@blueprint.post("/staff/lists/imports/<int:import_id>/discard")
def discard_import(import_id: int) -> Response:
    """Throw the file away."""
    list_id = uploads.discard_import(import_id, _folder())
    flash("The file was thrown away; nothing of it was imported.", "done")
    return redirect(url_for("staff.list_", list_id=list_id), 303)


@blueprint.get("/staff/lists/imports/<int:import_id>/problems.csv")
def import_problems(import_id: int) -> Response:
    """Everything that is odd in the file, row by row, to be mended there."""
    line = _import_or_404(import_id)
    if not line.stored_name or not _stored(line).exists():
        abort(404)
    # Closed with the answer.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    rows = problem_rows(_stored(line), line.columns, line.list_id)
    sheets.write_csv(rows, ("Row", "Column", "The row is", "Reason"), text)
    text.detach()
    file.seek(0)
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name="problems.csv")


def _import_or_404(import_id: int) -> ImportLine:
    line = import_line(import_id)
    if line is None:
        abort(404)
    return line


def _folder() -> Path:
    return Path(current_app.config["INSTANCE_DIR"]).absolute() / "imports"


def _stored(line: ImportLine) -> Path:
    return _folder() / line.stored_name
