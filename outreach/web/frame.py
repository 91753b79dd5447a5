"""What every page shares: sessions, CSRF, headers, and the words that templates may use."""

import secrets
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import IntegerConverter
from werkzeug.security import safe_join

from outreach import clock
from outreach.errors import Refusal
from outreach.queries.accounts import SignedIn, signed_in_account
from outreach.web import words

csrf = CSRFProtect()
logins = LoginManager()

STRICT = (
    "default-src 'none'; style-src 'self' 'nonce-{nonce}'; script-src 'self'; "
    "img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-src 'self'; "
    "frame-ancestors {ancestors}; base-uri 'none'; manifest-src 'self'"
)


class KeyConverter(IntegerConverter):
    """An id in an address: as many digits as a key of the database can have, and no more."""

    regex = r"\d{1,18}"


def whole(value: object) -> int:
    """A number as a form or an address says it, with no more digits than a key can have.

    For `get(…, type=whole)` and `coerce=whole`. Raises ValueError.
    """
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ValueError(f"no whole number: {text[:20]}")
    return int(text)


class NoText(Refusal):
    """A form holds what no keyboard types and PostgreSQL keeps in no text."""

    status = 422

    def __init__(self, field: str) -> None:
        super().__init__(f"“{field[:60]}” holds U+0000, which no text needs; type it again.")


def check_texts() -> None:
    """Raises NoText."""
    for field, texts in request.form.lists():
        if any("\0" in text for text in (field, *texts)):
            raise NoText(field.replace("\0", ""))


def register(app: Flask) -> None:
    """Sessions, CSRF for every POST, headers for every answer."""
    app.url_map.converters["int"] = KeyConverter
    csrf.init_app(app)
    logins.init_app(app)
    logins.login_view = "account.sign_in"
    logins.login_message = None
    logins.user_loader(_load_account)
    app.before_request(_begin)
    app.after_request(_add_headers)
    app.url_defaults(_version_static)
    words.register(app)


def is_part() -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers


def frameable() -> None:
    """Let this answer stand in a frame of our own pages (the preview of a mail)."""
    g.frame_ancestors = "'self'"


def _version_static(endpoint: str, values: dict[str, Any]) -> None:
    """A file's address changes with its content, so that it may be kept for a year."""
    if endpoint == "static" and "filename" in values:
        values["v"] = _fingerprint(values["filename"])


@cache
def _fingerprint(filename: str) -> str:
    path = safe_join(current_app.static_folder or "", filename)
    try:
        return sha256(Path(path or "").read_bytes()).hexdigest()[:10]
    except OSError:
        return "0"


def _load_account(session_id: str) -> SignedIn | None:
    account_id, _, epoch = session_id.partition(".")
    if not (account_id.isdigit() and epoch.isdigit()):
        return None
    return signed_in_account(int(account_id), int(epoch))


def _begin() -> None:
    g.csp_nonce = secrets.token_urlsafe(16)
    g.at = clock.now()


def _add_headers(response: Response) -> Response:
    headers = response.headers
    policy = STRICT.format(
        nonce=g.get("csp_nonce", ""), ancestors=g.get("frame_ancestors", "'none'")
    )
    headers.setdefault("Content-Security-Policy", policy)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint == "static":
        if "v" in request.args:
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    return response
