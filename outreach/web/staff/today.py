"""Today: what is due, and what waits for this person."""

from zoneinfo import ZoneInfo

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions.accounts import want_digest
from outreach.queries.allotments import allotments_to_decide
from outreach.queries.board import stars
from outreach.queries.conferences import current_conference
from outreach.queries.digests import wants_digest
from outreach.queries.events import events
from outreach.queries.seats import seats
from outreach.queries.stars import star_cards
from outreach.queries.tasks import due_tasks
from outreach.queries.today import (
    end_of_tomorrow,
    held_mails,
    missed_steps,
    open_campaigns,
    steps_to_come,
)
from outreach.web.staff.door import blueprint

WAITING = ("draft", "approved", "paused")


@blueprint.get("/staff/today")
def today() -> str:
    """Steps that go out, decisions, approvals, held mails, seats at risk, silent stars."""
    conference = current_conference() or abort(404)
    zone = ZoneInfo(conference.time_zone)
    main = next(event for event in events() if event.conference == conference.code)
    cards = star_cards([event.id for event in events()])
    return render_template(
        "staff/today/today.html",
        tasks=due_tasks(current_user.id, g.at.date()),
        nominated=[card for card in cards if card.column == "nominated"],
        late=[card for card in cards if card.is_late(g.at)],
        today=g.at.date(),
        wants_digest=wants_digest(current_user.id),
        event=main,
        steps=steps_to_come(end_of_tomorrow(g.at, zone)),
        missed=missed_steps(),
        held=held_mails(),
        places=allotments_to_decide(g.at),
        campaigns=[one for one in open_campaigns() if one.state in WAITING],
        seats=[seat for seat in seats(conference.id) if seat.is_at_risk(g.at)],
        stars=[star for star in stars(main.id, g.at) if star.state in ("silent", "undeliverable")],
    )


@blueprint.post("/staff/today/digest")
def switch_digest() -> Response:
    """Get the morning's mail, or get it no more."""
    is_wanted = request.form.get("wanted") == "1"
    want_digest(current_user.id, is_wanted=is_wanted)
    words = "You get your day by mail each morning." if is_wanted else "The morning's mail is off."
    flash(words, "done")
    return redirect(url_for("staff.today"), 303)
