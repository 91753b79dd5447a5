"""An invitee's page: who invites whom to what, the answer, and what was noted."""

from flask import Response, g, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import RadioField
from wtforms.validators import InputRequired

from outreach.actions import invitations
from outreach.delivery.calendar import event_calendar
from outreach.models.invitation import InvitationWithdrawn, Reply
from outreach.queries.invitations import answers_given, invitation_page
from outreach.web.invitee.door import blueprint
from outreach.web.invitee.form import CHANGED, FOREIGN, NoteForm
from outreach.web.invitee.nonce import form_nonce, version_seen
from outreach.web.invitee.note import LONGEST_NOTE

CHOICES = (
    (Reply.ACCEPTED, "I accept", "I intend to attend."),
    (Reply.TENTATIVE, "I cannot say yet", "Come back to this page when you know."),
    (Reply.DELEGATED, "I send someone in my place", "Name the person in the note below."),
    (Reply.DECLINED, "I decline", "I will not attend."),
)
"""(answer, in the invitee's words, what it means)"""

NOTED = {
    Reply.ACCEPTED: "You accept",
    Reply.TENTATIVE: "You cannot say yet",
    Reply.DELEGATED: "You send someone in your place",
    Reply.DECLINED: "You decline",
}


class AnswerForm(NoteForm):
    """One choice and a note."""

    answer = RadioField(
        choices=[reply.value for reply in Reply],
        validators=[InputRequired("Choose one of the answers.")],
    )


@blueprint.get("/i/<token>")
def invitation(token: str) -> tuple[str, int]:
    """The invitation as it stands; opening it changes nothing."""
    return show(AnswerForm(formdata=None))


@blueprint.get("/i/<token>/answer")
def back(token: str) -> AnyResponse:
    """Someone reloads the address to which the form was sent."""
    return redirect(url_for(".invitation", token=token))


@blueprint.post("/i/<token>/answer")
def answer(token: str) -> tuple[str, int] | AnyResponse:
    """Note the answer, once however often it is sent (case A20)."""
    form = AnswerForm()
    seen = version_seen("answer", g.link_key, form.nonce.data or "")
    if seen is None:
        return show(form, FOREIGN, 400)
    if not form.validate():
        return show(form, status=400 if form.answer.errors else 422)
    try:
        invitations.answer_invitation(
            g.opened.id, Reply(form.answer.data), form.note.data, at=g.at, seen=seen
        )
    except invitations.AnswerChanged:
        g.opened = invitation_page(g.link_key)
        return show(form, CHANGED, 400)
    return redirect(url_for(".invitation", token=token), 303)


@blueprint.get("/i/<token>/event.ics")
def calendar(token: str) -> Response:
    """The event for a calendar; nothing in it names the invitee."""
    page = g.opened
    if page.withdrawn_at:
        raise InvitationWithdrawn
    text = event_calendar(page.event, sequence=page.event.sequence + page.sequence, at=g.at)
    return Response(
        text, content_type="text/calendar; charset=utf-8; method=PUBLISH",
        headers={"Content-Disposition": 'attachment; filename="event.ics"'},
    )


def show(form: AnswerForm, problem: str = "", status: int = 200) -> tuple[str, int]:
    """The page with this form; what is wrong stands at the top."""
    page = g.opened
    if page.withdrawn_at:
        raise InvitationWithdrawn
    text = render_template(
        "invitee/invitation.html", page=page, event=page.event, form=form, choices=CHOICES,
        noted=NOTED, problems=[problem] if problem else form.problems(),
        nonce=form_nonce("answer", g.link_key, page.version), is_open=page.is_open(g.at),
        answers=answers_given(page.id) if page.answered_at else [], longest_note=LONGEST_NOTE,
    )
    return text, status
