"""Long work that one asked for: how far it is, what came of it, stop."""

from datetime import timedelta
from pathlib import Path

from flask import abort, flash, g, redirect, render_template, send_file, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions.errands import stop_errand
from outreach.exporting import TYPES
from outreach.exports import KEPT_FOR, exports_folder
from outreach.queries.errands import errand_line
from outreach.web.frame import is_part
from outreach.web.staff.door import blueprint


@blueprint.get("/staff/errands/<int:errand_id>")
def errand(errand_id: int) -> str:
    """How far it is; the part alone where htmx asks."""
    line = errand_line(errand_id)
    if line is None or line.account_id != current_user.id:
        abort(404)
    name = "staff/errands/_standing.html" if is_part() else "staff/errands/errand.html"
    return render_template(name, errand=line)


@blueprint.get("/staff/errands/<int:errand_id>/file")
def errand_file(errand_id: int) -> Response:
    """What was made, for the person who asked and for nobody else, for a day."""
    line = errand_line(errand_id)
    if line is None or line.account_id != current_user.id or "file" not in line.result:
        abort(404)
    path = exports_folder() / Path(line.result["file"]).name
    if line.ended_at is None or g.at - line.ended_at > timedelta(seconds=KEPT_FOR):
        abort(404)
    if not path.is_file():
        abort(404)
    name = line.result["download_name"]
    kind = TYPES[path.suffix.removeprefix(".")]
    return send_file(path, mimetype=kind, as_attachment=True, download_name=name)


@blueprint.post("/staff/errands/<int:errand_id>/stop", endpoint="stop_errand")
def stop(errand_id: int) -> Response:
    """Stop it at its next step."""
    if not stop_errand(errand_id, current_user.id, at=g.at):
        flash("It was over already.", "problem")
    return redirect(url_for("staff.errand", errand_id=errand_id), 303)
