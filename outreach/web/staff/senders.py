"""The addresses that campaigns may send from; the list is the administrators'."""

from flask import flash, g, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import senders as actions
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.web.staff.door import blueprint
from outreach.web.staff.settings import SenderForm, administrators_only, settings_page


@blueprint.post("/staff/settings/senders")
@administrators_only
def add_sender() -> tuple[str, int] | Response:
    """Put an address on the list."""
    form = SenderForm()
    if not form.validate():
        return settings_page(sender_form=form), 422
    try:
        actions.add_sender(form.address.data or "", by=Actor.account(current_user.id), at=g.at)
    except Refusal as refusal:
        form.address.errors = [str(refusal)]
        return settings_page(sender_form=form), refusal.status
    flash("Campaigns can be sent from this address.", "done")
    return redirect(url_for("staff.settings"), 303)


@blueprint.post("/staff/settings/senders/<int:sender_id>/withdraw")
@administrators_only
def withdraw_sender(sender_id: int) -> Response:
    """Take an address from the list."""
    actions.withdraw_sender(sender_id, by=Actor.account(current_user.id), at=g.at)
    flash("Nothing comes from this address any more.", "done")
    return redirect(url_for("staff.settings"), 303)
