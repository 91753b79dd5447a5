"""One mail: exactly as it was sent, or as it would be; how it stands; what a person may decide."""

from flask import Response as Answer
from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import messages
from outreach.delivery.preview import preview_message
from outreach.delivery.sent_mail import mail_as_sent
from outreach.errors import Conflict, NotAllowed
from outreach.models.activity import Actor
from outreach.queries.messages import MessagePage, message_page
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.mail_frame import framed


@blueprint.get("/staff/messages/<int:message_id>")
def message(message_id: int) -> str:
    """One mail with its state, its attempts and its words; the personal link is masked."""
    page = _message_or_404(message_id)
    return render_template(
        "staff/messages/message.html",
        message=page,
        sent=mail_as_sent(page.public_id),
        preview=preview_message(message_id),
        keeps_copies=current_app.config["MAILER"] == "file",
        width="phone" if request.args.get("width") == "phone" else "desktop",
    )


@blueprint.get("/staff/messages/<int:message_id>/html")
def message_html(message_id: int) -> Answer:
    """The HTML part alone, for the frame."""
    page = _message_or_404(message_id)
    sent = mail_as_sent(page.public_id)
    return framed(sent.html if sent else preview_message(message_id).html)


@blueprint.post("/staff/messages/<int:message_id>/release")
def release_message(message_id: int) -> Response:
    """Let a held mail go, with what is known of the person now."""
    try:
        messages.release_message(message_id, by=Actor.account(current_user.id), at=g.at)
        flash("Released: the mail waits for its turn.", "done")
    except NotAllowed as refusal:  # a star's mail, which somebody else signs
        flash(str(refusal), "problem")
    return redirect(url_for("staff.message", message_id=message_id), 303)


@blueprint.post("/staff/campaigns/<int:campaign_id>/release")
def release_all_held(campaign_id: int) -> Response:
    """Let every mail go that a campaign holds for one reason."""
    reason, count = request.form.get("reason", ""), request.form.get("count", 0, whole)
    try:
        released, others = messages.release_all_held(
            campaign_id, reason.replace("\0", ""), count,
            by=Actor.account(current_user.id), at=g.at,
        )  # fmt: skip
        left = count - released - others.total()
        said = [f"{released:,} released: they wait for their turn."] if released else []
        said += [f"{left:,} more are held for this reason; press again."] if left else []
        flash(" ".join(said) or "None was released.", "done" if released else "problem")
        for why, how_many in others.most_common(3):
            flash(f"{how_many:,} not released. {why}", "problem")
    except Conflict as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.people", campaign_id=campaign_id, outcome="held"), 303)


@blueprint.post("/staff/messages/<int:message_id>/cancel")
def cancel_message(message_id: int) -> Response:
    """A held mail does not go."""
    messages.cancel_message(message_id, by=Actor.account(current_user.id), at=g.at)
    flash("Cancelled: this mail will not go.", "done")
    return redirect(url_for("staff.message", message_id=message_id), 303)


@blueprint.post("/staff/messages/<int:message_id>/hold")
def hold_message(message_id: int) -> Response:
    """Keep a waiting mail back."""
    who = current_user.name or current_user.email
    messages.hold_message(message_id, by=Actor.account(current_user.id), who=who, at=g.at)
    flash("Held: the mail waits until somebody releases it.", "done")
    return redirect(url_for("staff.message", message_id=message_id), 303)


@blueprint.post("/staff/messages/<int:message_id>/resend")
def resend_message(message_id: int) -> Response:
    """The same mail once more, with the same link."""
    try:
        message_id = messages.resend_message(message_id, by=Actor.account(current_user.id), at=g.at)
        flash("Sent again, with the same link: this is the new mail.", "done")
    except NotAllowed as refusal:  # a star's mail, which somebody else signs
        flash(str(refusal), "problem")
    return redirect(url_for("staff.message", message_id=message_id), 303)


@blueprint.post("/staff/messages/<int:message_id>/stop")
def stop_for_person(message_id: int) -> Response:
    """Nothing more of this campaign for this person; or again."""
    page = _message_or_404(message_id)
    if page.campaign_id is None:
        abort(404)
    goes_on = request.form.get("do") == "go_on"
    act = messages.go_on_for_person if goes_on else messages.stop_for_person
    act(page.campaign_id, page.stakeholder_id, by=Actor.account(current_user.id), at=g.at)
    flash(
        "The next step reaches this person again."
        if goes_on
        else "Nothing more of this campaign goes to this person.",
        "done",
    )
    return redirect(url_for("staff.message", message_id=message_id), 303)


def _message_or_404(message_id: int) -> MessagePage:
    page = message_page(message_id)
    if page is None:
        abort(404)
    return page
