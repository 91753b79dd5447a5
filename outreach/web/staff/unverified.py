"""Calendar replies in doubt: what came and what we have, side by side, for a person to settle."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions.calendar_replies import settle_calendar_reply
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.queries.calendar_replies import waiting_replies
from outreach.web.staff.door import blueprint

SHOWN = 50


@blueprint.get("/staff/replies/unverified")
def unverified() -> str:
    """Those that wait, oldest first."""
    text = request.args.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
    return render_template(
        "staff/unverified/unverified.html", waiting=waiting_replies(after, SHOWN), shown=SHOWN
    )


@blueprint.post("/staff/replies/unverified/<int:reply_id>")
def settle_unverified(reply_id: int) -> Response:
    """Take it as the invitee's answer, or put it aside."""
    is_taken = request.form.get("do") == "take"
    try:
        by = Actor.account(current_user.id)
        settle_calendar_reply(reply_id, is_taken=is_taken, by=by, at=g.at)
    except Refusal as refusal:
        flash(str(refusal), "problem")
    else:
        flash("Taken: it counts as their answer." if is_taken
              else "Put aside: nothing was changed.", "done")  # fmt: skip
    return redirect(url_for("staff.unverified"), 303)
