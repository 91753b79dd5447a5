"""The HTML part of a mail in a frame of its own, where it can look but not act."""

import re

from flask import Response, make_response

from outreach.errors import NotFound
from outreach.web.frame import frameable

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""A mail brings its styles along; it loads nothing but our own pictures, runs and sends nothing."""

_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
SCHEMES = {"dark": "all", "light": "not all"}


def framed(html: str, *, scheme: str = "") -> Response:
    """The answer that a frame of our own pages shows. Raises NotFound where there is no HTML.

    scheme  `light` or `dark` to see the mail so, whatever the reader's own screen prefers
    """
    if not html:
        raise NotFound("HTML part")
    if scheme in SCHEMES:
        html = _DARK.sub(SCHEMES[scheme], html)
    frameable()
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = POLICY
    return answer
