"""The short way to an invitee's page: an invitation that is only looked at, and that opens; and to
an answer.

It stands before Flask, which would spend more on a request (routing, session, hooks of the whole
application) than the page takes. It knows two kinds of request and gives the same answer as the
long way; everything else, whatever is wrong with it, goes the long way untouched.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, redirect

from outreach import clock
from outreach.languages import languages, spoken
from outreach.queries.invitations import InvitationPage, invitation_glance
from outreach.tokens import key_of
from outreach.web.invitee.door import PRIVATE, blueprint
from outreach.web.invitee.pressed import pressed_page
from outreach.web.invitee.rendering import GZIPPED, PLAIN, sheet_of, takes_gzip
from outreach.web.invitee.short_answer import noted
from outreach.web.invitee.view import invitation_view

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PATH = re.compile(r"/i/([A-Za-z0-9_-]{43})(/answer)?\Z")
BACK = redirect("#", 303).get_data()
"""Flask's words for the way back; a place there is made of letters that HTML knows as they are."""
Answer = tuple[str, list[tuple[str, str]], bytes]
"""(status, headers, body)"""


class ShortWay:
    """A WSGI application before another one."""

    def __init__(self, app: Flask, long_way: "WSGIApplication") -> None:
        self.app, self.long_way = app, long_way

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        answer = None
        if (path := PATH.match(environ["PATH_INFO"])) and not self.app.config["TRUSTED_HOSTS"]:
            asked = environ["REQUEST_METHOD"], path[2]
            if asked == ("GET", None):
                answer = self._look(environ, path[1])
            elif asked == ("POST", "/answer"):
                answer = self._note(environ, path[1])
        if answer is None:
            return self.long_way(environ, start)
        status, headers, body = answer
        start(status, headers)
        return (body,)

    def _look(self, environ: "WSGIEnvironment", token: str) -> Answer | None:
        """The page; nothing where anything at all is out of the ordinary."""
        wish = chosen(environ.get("QUERY_STRING", ""))
        if wish is None:
            return None
        try:
            with self.app.app_context():
                link_key = key_of("answer", token)
                page = invitation_glance(link_key) if link_key else None
                if link_key is None or page is None or page.withdrawn_at:
                    return None
                language = spoken(wish or page.person.language)
                accepts = environ.get("HTTP_ACCEPT_ENCODING", "")
                body, headers = _written(page, link_key, token, language, wish, accepts)
        except Exception:  # the long way meets the same fault, tells it and logs it
            return None
        length = ("Content-Length", str(len(body)))
        return "200 OK", [*headers, length, *_guarding(language)], body

    def _note(self, environ: "WSGIEnvironment", token: str) -> Answer | None:
        """The way back to the page once the answer is noted; nothing where it is not."""
        wish = chosen(environ.get("QUERY_STRING", ""))
        if wish is None:
            return None
        try:
            with self.app.app_context():
                found = noted(environ, token, wish)
        except Exception:  # nothing is noted yet: the long way meets the same fault
            return None
        if found is None:
            return None
        place, language = found
        body = BACK.replace(b"#", place.encode())
        headers = [
            ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))),
            ("Location", place), *_guarding(language),
        ]  # fmt: skip
        return "303 SEE OTHER", headers, body


def _guarding(language: str) -> list[tuple[str, str]]:
    return [("Content-Security-Policy", sheet_of(language).policy), *PRIVATE, *ELSEWHERE]


def _written(
    page: InvitationPage, link_key: str, token: str, language: str, wish: str, accepts: str
) -> tuple[bytes, list[tuple[str, str]]]:
    """The body and the headers of its form."""
    onward, at = f"?language={wish}" if wish else "", clock.now()
    found = pressed_page(page, link_key, token=token, at=at, language=language, onward=onward)
    if found is not None:
        pressed, words = found
        if takes_gzip(accepts):
            return pressed.pack(words), GZIPPED
        return pressed.fill(words), PLAIN
    view = invitation_view(page, link_key, base=f"/i/{token}", at=at, language=language)
    sheet = sheet_of(language)
    return sheet.whole(sheet.fill("invitation.html", onward=onward, **view), accepts)


ELSEWHERE = [
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
]
"""What `outreach.web.frame` says of every answer."""


def chosen(query: str) -> str | None:
    """The language that the query asks for, "" for none; None where it says anything else."""
    if not query:
        return ""
    name, _, wish = query.partition("=")
    return wish if name == "language" and wish in languages() else None


def _stand_before(state: Any) -> None:
    app: Flask = state.app
    long_way: Callable[..., Any] = app.wsgi_app
    vars(app)["wsgi_app"] = ShortWay(app, long_way)  # wrapped as Flask says


blueprint.record_once(_stand_before)
