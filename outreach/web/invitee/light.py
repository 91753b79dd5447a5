"""The short way to an invitee's page: an invitation that is only looked at, and that opens.

It stands before Flask, which would spend more on a request (routing, session, hooks of the whole
application) than the page takes. It knows one kind of request and gives the same answer as the long
way; everything else, whatever is wrong with it, goes the long way untouched.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from outreach import clock
from outreach.languages import languages, spoken
from outreach.queries.invitations import invitation_page
from outreach.tokens import key_of
from outreach.web.invitee.door import PRIVATE, blueprint
from outreach.web.invitee.rendering import sheet_of
from outreach.web.invitee.view import invitation_view

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PATH = re.compile(r"/i/([A-Za-z0-9_-]{43})\Z")
Answer = tuple[list[tuple[str, str]], bytes]


class ShortWay:
    """A WSGI application before another one."""

    def __init__(self, app: Flask, long_way: "WSGIApplication") -> None:
        self.app, self.long_way = app, long_way

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        answer = None
        if environ["REQUEST_METHOD"] == "GET" and (path := PATH.match(environ["PATH_INFO"])):
            answer = self._look(environ, path[1])
        if answer is None:
            return self.long_way(environ, start)
        headers, body = answer
        start("200 OK", headers)
        return (body,)

    def _look(self, environ: "WSGIEnvironment", token: str) -> Answer | None:
        """The page; nothing where anything at all is out of the ordinary."""
        if self.app.config["TRUSTED_HOSTS"]:
            return None
        wish = chosen(environ.get("QUERY_STRING", ""))
        if wish is None:
            return None
        with self.app.app_context():
            link_key = key_of("answer", token)
            page = invitation_page(link_key) if link_key else None
            if link_key is None or page is None or page.withdrawn_at:
                return None
            language = spoken(wish or page.person.language)
            try:
                view = invitation_view(
                    page, link_key, token=token, at=clock.now(), language=language
                )
                sheet = sheet_of(language)
                onward = f"?language={wish}" if wish else ""
                tail = sheet.fill("invitation.html", onward=onward, **view)
            except Exception:  # the long way meets the same fault, tells it and logs it
                return None
        body, headers = sheet.whole(tail, environ.get("HTTP_ACCEPT_ENCODING", ""))
        length = ("Content-Length", str(len(body)))
        policy = ("Content-Security-Policy", sheet.policy)
        return [*headers, length, policy, *PRIVATE, *ELSEWHERE], body


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
    app.wsgi_app = ShortWay(app, long_way)  # type: ignore[method-assign]


blueprint.record_once(_stand_before)
