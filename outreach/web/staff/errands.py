"""Long work that one asked for: how far it is, what came of it, stop."""

from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions.errands import stop_errand
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


@blueprint.post("/staff/errands/<int:errand_id>/stop", endpoint="stop_errand")
def stop(errand_id: int) -> Response:
    """Stop it at its next step."""
    if not stop_errand(errand_id, current_user.id, at=g.at):
        flash("It was over already.", "problem")
    return redirect(url_for("staff.errand", errand_id=errand_id), 303)
