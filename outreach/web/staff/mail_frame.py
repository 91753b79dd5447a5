"""The HTML part of a mail in a frame of its own, where it can look but not act."""

from flask import Response, make_response

from outreach.errors import NotFound
from outreach.web.frame import frameable

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""A mail brings its styles along; it loads nothing, runs nothing and sends nothing."""


def framed(html: str) -> Response:
    """The answer that a frame of our own pages shows. Raises NotFound where there is no HTML."""
    if not html:
        raise NotFound("HTML part")
    frameable()
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = POLICY
    return answer
