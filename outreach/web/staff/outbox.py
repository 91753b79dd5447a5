"""The outbox: what is to leave, what waits for a person, what left last."""

from datetime import timedelta

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import batches
from outreach.models.activity import Actor
from outreach.queries.conferences import current_conference
from outreach.queries.outbox import outbox as outbox_now
from outreach.web.staff.door import blueprint
from outreach.web.words import after_each

HOURS = timedelta(hours=24)
SAID = {
    "hold": "Held: nothing of this step leaves until somebody releases it.",
    "release": "Released: the step goes on.",
    "first": "Put first: it leaves before everything else that is due.",
}


@blueprint.get("/staff/outbox")
def outbox() -> str:
    """Everything on its way out, at the same cost whatever there is."""
    conference = current_conference()
    return render_template(
        "staff/outbox/outbox.html",
        outbox=outbox_now(until=g.at + HOURS),
        zone=conference.time_zone if conference else "UTC",
        city=conference.city if conference else "",
        after_each=after_each,
    )


@blueprint.post("/staff/outbox/<int:step_id>")
def change_departure(step_id: int) -> Response:
    """Hold a step, release it, put it first, or before another: `before:12`, `before:` for last."""
    acts = {
        "hold": batches.hold_step, "release": batches.release_step, "first": batches.put_step_first
    }  # fmt: skip
    wish, _, before = request.form.get("do", "").partition(":")
    if wish == "before" and (before.isdecimal() or not before):
        other = int(before) if before else None
        batches.put_step_before(step_id, other, by=Actor.account(current_user.id), at=g.at)
        flash("Moved: it leaves in this order.", "done")
    elif wish in acts:
        acts[wish](step_id, by=Actor.account(current_user.id), at=g.at)
        flash(SAID[wish], "done")
    return redirect(url_for("staff.outbox"), 303)
