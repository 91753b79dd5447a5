"""Asking the focal points of the organisations that a list wants, all who can be asked at once."""

from flask import g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions.focal_points import ask_wanted
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.queries.organisation_targets import organisation_lines
from outreach.web.frame import whole
from outreach.web.staff.delegations import LimitsForm
from outreach.web.staff.door import blueprint
from outreach.web.staff.lists import list_or_404
from outreach.web.staff.undo import offer_undo


class NameByForm(LimitsForm):
    """Until when members are named; how many stands with each organisation."""

    most_members = None


@blueprint.route("/staff/lists/<int:list_id>/organisations/ask", methods=["GET", "POST"])
def ask_organisations(list_id: int) -> str | tuple[str, int] | Response:
    """The count and the names are stated before; then all are asked."""
    line, form = list_or_404(list_id), NameByForm()
    if form.validate_on_submit():
        try:
            activity_id, count = ask_wanted(
                list_id, said_count=request.form.get("count", 0, whole),
                name_by=form.name_by(line.time_zone), by=Actor.account(current_user.id), at=g.at,
            )  # fmt: skip
            words = "1 focal point is asked" if count == 1 else f"{count:,} focal points are asked"
            undo = url_for("staff.withdraw_group", event_id=line.event_id, activity_id=activity_id)
            offer_undo(f"{words}.", undo)
            return redirect(url_for("staff.wanted_organisations", list_id=list_id), 303)
        except Refusal as refusal:
            form.form_errors = [str(refusal)]
    lines = organisation_lines(list_id)
    page = render_template(
        "staff/organisation_targets/ask.html", list=line, form=form,
        ready=[one for one in lines if one.can_be_asked],
        others=[one for one in lines if one.obstacle],
    )  # fmt: skip
    return page, 422 if form.errors else 200
