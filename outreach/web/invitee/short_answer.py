"""The short way of an answer: one that can be noted as it was sent.

It reads the form as `AnswerForm` does and notes it by the same action; where anything is out of the
ordinary (questions of the event, somebody who is sent, a refusal, a mistake) nothing has happened
yet, and the long way tells it.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from outreach import clock
from outreach.actions import invitations
from outreach.errors import Refusal
from outreach.languages import spoken
from outreach.models.invitation import Reply
from outreach.queries.invitations import FormAsked, form_glance
from outreach.tokens import key_of
from outreach.web.invitee.door import FAULT, LONGEST_BODY
from outreach.web.invitee.form import LONGEST_LINE
from outreach.web.invitee.nonce import version_seen
from outreach.web.invitee.note import LONGEST_NOTE, clean_line, clean_note
from outreach.web.invitee.particulars import parts_of, read_particulars

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

FORM = "application/x-www-form-urlencoded"
REPLIES = {reply.value: reply for reply in Reply if reply is not Reply.DELEGATED}


def noted(environ: "WSGIEnvironment", token: str, wish: str) -> tuple[str, str] | None:
    """The way back to the page and its language, once the answer is noted; None where it is not."""
    form, at = _form(environ), clock.now()
    reply = REPLIES.get(form.get("answer", "")) if form else None
    link_key = key_of("answer", token) if reply else None
    seen = version_seen("answer", link_key, form.get("nonce", "")) if form and link_key else None
    if form is None or reply is None or link_key is None or seen is None:
        return None
    with invitations.at_once():
        asked = form_glance(link_key)
        if asked is None or asked.has_questions:
            return None
        language = spoken(wish or asked.language)
        said = _said(form, reply, asked, at, seen, language)
        if said is None:
            return None
        is_noted = _tried(environ, partial(invitations.answer_at_once, asked, reply, **said))
    # Whoever still held a connection while they wait for a second could wait for ever.
    if is_noted is False:
        long = partial(invitations.answer_invitation, asked.invitation.id, reply, **said)
        is_noted = _tried(environ, long)
    if is_noted is None:
        return None
    return f"/i/{token}{f'?language={wish}' if wish else ''}", language


def _said(
    form: MultiDict[str, str],
    reply: Reply,
    asked: FormAsked,
    at: datetime,
    seen: int,
    language: str,
) -> dict[str, Any] | None:
    """What the action takes beside the reply; None where something is out of the ordinary."""
    note, given_by = clean_note(form.get("note")), clean_line(form.get("given_by"))
    is_plain = len(note) <= LONGEST_NOTE and len(given_by) <= LONGEST_LINE
    if not is_plain or form.get("delegate_name") or form.get("delegate_address"):
        return None
    said, problems = read_particulars(form, reply, asked.event, at, parts_of(asked.event, language))
    if problems:
        return None
    return {"note": note, "at": at, "given_by": given_by, "seen": seen, "particulars": said}


def _tried(environ: "WSGIEnvironment", act: Callable[[], Any]) -> bool | None:
    """Whether it is done, False where the action left it alone; None where the long way tells."""
    try:
        return act() is not False
    except Refusal:
        return None
    except Exception as fault:
        environ[FAULT] = fault  # the long way tells and logs it, and does not try again
        return None


def _form(environ: "WSGIEnvironment") -> MultiDict[str, str] | None:
    """What was sent, which is there again for whoever reads it next; None for an unusual form."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not (environ.get("CONTENT_TYPE") == FORM and length.isdecimal() and length.isascii()):
        return None
    if int(length) > LONGEST_BODY:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    if len(body) != int(length):
        return None  # cut off on the way
    try:
        return MultiDict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict"))
    except ValueError:  # not ASCII, or not UTF-8 once decoded
        return None
