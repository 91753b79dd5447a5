"""The short way of an answer: one that can be noted as it was sent.

It reads the form as `AnswerForm` does and notes it by the same action; where anything is out of the
ordinary (questions of the event, somebody who is sent, a refusal, a mistake) nothing has happened
yet, and the long way tells it.
"""

from datetime import datetime
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
    asked = form_glance(link_key)
    if asked is None or asked.has_questions:
        return None
    language = spoken(wish or asked.language)
    if not _take(form, reply, asked, at, seen, language, environ):
        return None
    return f"/i/{token}{f'?language={wish}' if wish else ''}", language


def _take(
    form: MultiDict[str, str],
    reply: Reply,
    asked: FormAsked,
    at: datetime,
    seen: int,
    language: str,
    environ: "WSGIEnvironment",
) -> bool:
    note, given_by = clean_note(form.get("note")), clean_line(form.get("given_by"))
    is_plain = len(note) <= LONGEST_NOTE and len(given_by) <= LONGEST_LINE
    if not is_plain or form.get("delegate_name") or form.get("delegate_address"):
        return False
    said, problems = read_particulars(form, reply, asked.event, at, parts_of(asked.event, language))
    if problems:
        return False
    told: dict[str, Any] = {"at": at, "given_by": given_by, "seen": seen, "particulars": said}
    try:
        if not invitations.answer_at_once(asked, reply, note, **told):
            invitations.answer_invitation(asked.invitation.id, reply, note, **told)
    except Refusal:
        return False
    except Exception as fault:
        environ[FAULT] = fault  # the long way tells and logs it, and does not try again
        return False
    return True


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
