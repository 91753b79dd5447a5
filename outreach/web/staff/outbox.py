"""The outbox: what is to leave, what waits for a person, what left last."""

from flask import render_template

from outreach.queries.conferences import current_conference
from outreach.queries.outbox import outbox as outbox_now
from outreach.web.staff.door import blueprint


@blueprint.get("/staff/outbox")
def outbox() -> str:
    """Everything on its way out, at the same cost whatever there is."""
    conference = current_conference()
    return render_template(
        "staff/outbox/outbox.html",
        outbox=outbox_now(),
        zone=conference.time_zone if conference else "UTC",
        city=conference.city if conference else "",
    )
