"""Replies: what people wrote back, who answers it, and what machines wrote back."""

from urllib.parse import quote

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import inbound
from outreach.models.activity import Actor
from outreach.models.inbound import Desk, InboundKind
from outreach.queries.accounts import team
from outreach.queries.conferences import current_conference
from outreach.queries.inbound import InboundPage, failed_inbound, inbound_mail, inbound_mails
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint

KINDS = (
    (InboundKind.REPLY, "Replies"),
    (InboundKind.OUT_OF_OFFICE, "Out of office"),
    (InboundKind.CALENDAR, "Calendar answers"),
    (InboundKind.BOUNCE, "Returned mail"),
    (InboundKind.AUTOMATIC, "Automatic mail"),
    (InboundKind.OWN, "Our own mail"),
)
DESKS = ((Desk.OPEN, "open"), (Desk.ANSWERED, "answered"), (Desk.DONE, "done"))
SAID = {
    Desk.OPEN: "The reply is open again.",
    Desk.ANSWERED: "Noted as answered.",
    Desk.DONE: "Noted as done.",
}


@blueprint.get("/staff/replies")
def replies() -> str:
    """What people wrote back; or mail of another kind."""
    kind = InboundKind(request.args.get("kind", "")) if _is_kind() else InboundKind.REPLY
    wanted = request.args.get("desk", Desk.OPEN.value)
    desk = next((each for each, _ in DESKS if each.value == wanted), None)
    is_mine = request.args.get("mine") == "yes"
    return render_template(
        "staff/replies/replies.html", kind=kind, kinds=KINDS, desk=desk, desks=DESKS,
        is_mine=is_mine, zone=_zone(), failed=failed_inbound() if kind is InboundKind.REPLY else [],
        page=inbound_mails(
            kind, desk if kind is InboundKind.REPLY else None, after=request.args.get("after"),
            assignee_id=current_user.id if is_mine else None,
        ),
    )  # fmt: skip


@blueprint.get("/staff/replies/<int:mail_id>")
def reply(mail_id: int) -> str:
    """One mail, as plain text."""
    mail = inbound_mail(mail_id)
    if mail is None:
        abort(404)
    return render_template(
        "staff/replies/reply.html", mail=mail, team=team(), zone=_zone(), answer_url=_mailto(mail),
        kind=dict(KINDS).get(mail.kind or InboundKind.REPLY, "Mail"),
    )  # fmt: skip


@blueprint.post("/staff/replies/<int:mail_id>/assign")
def assign_reply(mail_id: int) -> Response:
    """Say who answers it."""
    account_id = request.form.get("account", None, whole)
    inbound.assign_reply(mail_id, account_id, by=Actor.account(current_user.id), at=g.at)
    flash("Noted who answers." if account_id else "Anyone may answer it now.", "done")
    return redirect(url_for("staff.reply", mail_id=mail_id), 303)


@blueprint.post("/staff/replies/<int:mail_id>/desk")
def put_reply(mail_id: int) -> Response:
    """Say that it is answered, done, or open again."""
    wanted = next((desk for desk in Desk if desk.value == request.form.get("desk")), None)
    if wanted is None:
        abort(400)
    inbound.put_reply(mail_id, wanted, by=Actor.account(current_user.id), at=g.at)
    flash(SAID[wanted], "done")
    return redirect(url_for("staff.reply", mail_id=mail_id), 303)


def _is_kind() -> bool:
    return request.args.get("kind") in {kind.value for kind, _ in KINDS}


def _zone() -> str:
    conference = current_conference()
    return conference.time_zone if conference else "UTC"


def _mailto(mail: InboundPage) -> str:
    """Opens the answer in one's own mail program, in the same conversation."""
    if not mail.sender:
        return ""
    subject = mail.subject if mail.subject.lower().startswith("re:") else f"Re: {mail.subject}"
    url = f"mailto:{quote(mail.sender, safe='@')}?subject={quote(subject)}"
    return f"{url}&In-Reply-To={quote(mail.mail_id)}" if mail.mail_id else url
