"""An invitee's page: who invites whom to what, the answer, and what was noted."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, redirect, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from outreach.actions import delegations, invitations
from outreach.delivery.calendar import event_calendar
from outreach.delivery.phrases import set_apart
from outreach.errors import Conflict
from outreach.languages import marked
from outreach.models.invitation import InvitationWithdrawn, Reply
from outreach.queries.invitations import invitation_page
from outreach.queries.letters import letter_for
from outreach.queries.questions import questions_of
from outreach.web.invitee.door import (
    blueprint,
    closed_door,
    here,
    language,
    onward,
    page,
    say,
    told,
)
from outreach.web.invitee.form import CHANGED, CHOOSE, FOREIGN, AnswerForm, Filled, Problem
from outreach.web.invitee.nonce import version_seen
from outreach.web.invitee.particulars import MISSING, parts_of, read_answers, read_particulars
from outreach.web.invitee.view import answerer, invitation_view

BOTH = marked("Give both the name and the address of the person whom you send.")


@blueprint.get("/i/<token>")
def invitation(token: str) -> Response:
    """The invitation as it stands; opening it changes nothing."""
    return show()


@blueprint.get("/i/<token>/answer")
@blueprint.get("/i/<token>/back", endpoint="back_from_undo")
def back(token: str) -> AnyResponse:
    """Someone reloads the address to which a form was sent."""
    return home(302)


@blueprint.post("/i/<token>/answer")
def answer(token: str) -> AnyResponse:
    """Note the answer, once however often it is sent."""
    return note_answer()


def note_answer() -> AnyResponse:
    """The answer to the invitation that is open; given by `g.answerer`, where it is another's."""
    form = AnswerForm()
    seen = version_seen("answer", g.link_key, form.nonce.data or "")
    if seen is None:
        return show(form, [FOREIGN], 400)
    if not form.validate():
        return show(form, form.problems(), 400 if form.answer.errors else 422)
    reply, given_by = Reply(form.answer.data), answerer().name or form.given_by.data
    if answerer().is_focal_point and reply is Reply.DELEGATED:
        return show(form, [Problem(CHOOSE, "answer")], 422)
    questions = questions_of(g.opened.event.id) if g.opened.has_questions else []
    parts = parts_of(g.opened.event, language())
    said, problems = read_particulars(request.form, reply, g.opened.event, g.at, parts)
    answers, wrong, missing = read_answers(request.form, reply, questions, language())
    problems += wrong
    asked = [(set_apart(text, language()), at) for text, at in missing]
    problems += [Problem(say(MISSING) % {"question": text}, at) for text, at in asked]
    names_someone = reply is Reply.DELEGATED and (
        form.delegate_name.data or form.delegate_address.data
    )
    if names_someone and not (form.delegate_name.data and form.delegate_address.data):
        at = "delegate_address" if form.delegate_name.data else "delegate_name"
        problems.append(Problem(BOTH, at))
    if problems and g.opened.is_open(g.at):
        return show(form, problems, 422, said, answers)
    try:
        if names_someone:
            delegations.send_someone(
                g.opened.id, form.delegate_name.data, form.delegate_address.data, form.note.data,
                at=g.at, given_by=given_by, seen=seen, answers=answers,
            )  # fmt: skip
        else:
            invitations.answer_invitation(
                g.opened.id, reply, form.note.data, at=g.at, given_by=given_by, seen=seen,
                particulars=said, answers=answers,
            )  # fmt: skip
    except delegations.CannotBeSent as refusal:
        return show(form, [Problem(str(refusal), "delegate_address")], 422, said, answers)
    except Conflict:
        g.opened = invitation_page(g.link_key)
        return show(form, [CHANGED], 400, said, answers)
    return home()


@blueprint.post("/i/<token>/back")
def take_back(token: str) -> AnyResponse:
    """Undo the last change."""
    return undo_answer()


def undo_answer() -> AnyResponse:
    """Undo the last change of the invitation that is open."""
    seen = version_seen("answer", g.link_key, request.form.get("nonce", ""))
    if seen is None:
        return show(None, [FOREIGN], 400)
    try:
        invitations.take_back_answer(g.opened.id, at=g.at, seen=seen, given_by=answerer().name)
    except Conflict as refusal:
        g.opened = invitation_page(g.link_key)
        return show(None, [str(refusal)], 400)
    return home()


@blueprint.get("/i/<token>/event.ics")
def calendar(token: str) -> Response:
    """The event for a calendar; nothing in it names the invitee."""
    opened = g.opened
    if opened.withdrawn_at:
        raise InvitationWithdrawn
    sequence = opened.event.sequence + opened.sequence
    text = event_calendar(
        opened.event, sequence=sequence, at=g.at, language=language(),
        organiser=current_app.config["CALENDAR_ADDRESS"],
    )  # fmt: skip
    return Response(
        text, content_type="text/calendar; charset=utf-8; method=PUBLISH",
        headers={"Content-Disposition": 'attachment; filename="event.ics"'},
    )  # fmt: skip


@blueprint.get("/i/<token>/letter")
def letter(token: str) -> Response:
    """The letter to this person's group, in the language of the page if there is one."""
    opened = g.opened
    if opened.withdrawn_at:
        raise InvitationWithdrawn
    found = letter_for(opened.event.id, opened.group_id, language(), opened.person.language)
    folder = Path(current_app.config["INSTANCE_DIR"]) / "letters"
    path = folder / (found.stored_name if found else "none")
    if found is None or not path.is_file():
        return closed_door(404)
    named = "-".join(re.findall(r"[A-Za-z0-9]+", found.reference)) or "letter"
    return send_file(
        path.absolute(), mimetype="application/pdf", as_attachment=True,
        download_name=f"{named}-{found.language}.pdf",
    )  # fmt: skip


def home(status: int = 303) -> AnyResponse:
    """Back to the page itself."""
    return redirect(f"{here()}{onward()}", status)


def show(
    form: AnswerForm | None = None,
    problems: Sequence[str | Problem] = (),
    status: int = 200,
    said: dict[str, Any] | None = None,
    answers: Any = None,
) -> Response:
    """The page; with a form, what was sent stands in it and what is wrong at the top."""
    opened = g.opened
    if opened.withdrawn_at:
        raise InvitationWithdrawn
    filled = _filled(form, said or {}, answers or {}) if form else None
    context = invitation_view(
        opened, g.link_key, base=here(), at=g.at, language=language(), filled=filled,
        answerer=answerer(), problems=told(problems),
    )  # fmt: skip
    return page("invitation.html", status, **context)


def _filled(form: AnswerForm, said: dict[str, Any], answers: dict[int, Any]) -> Filled:
    kept = {number: value for number, value in answers.items() if value is not None}
    return Filled(
        answer=form.answer.data or "", note=form.note.data or "", given_by=form.given_by.data or "",
        delegate_name=form.delegate_name.data or "",
        delegate_address=form.delegate_address.data or "", particulars=said, answers=kept,
    )  # fmt: skip
