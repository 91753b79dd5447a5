"""Refusals and faults become pages that say what happened, what was kept, and what to do."""

import logging

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from outreach.errors import Refusal
from outreach.web.frame import is_part

log = logging.getLogger("outreach.web")

WHAT_TO_DO = {
    400: ("This request could not be understood.", "Go back, reload the page, and try again."),
    401: ("Please sign in.", "Sign in, and you will come back to where you were."),
    403: ("Your role does not allow this.", "Ask an administrator if you should be able to."),
    404: ("This page does not exist.", "The address may be mistyped, or the link may have ended."),
    405: ("This address does not work that way.", "Go back and use the buttons of the page."),
    409: ("Someone else came first.", "Nothing was changed. Reload the page to see how it stands."),
    410: ("This is closed.", "Nothing was changed."),
    413: (
        "The file is too large.",
        "A list may have 200 MB as CSV and 50 MB as XLSX. Split it, and try again.",
    ),
    422: ("Something needs your attention.", "Nothing was changed."),
    429: ("Too many requests.", "Wait a minute and try again."),
    500: ("Something went wrong on our side.", "Nothing was lost. Try again in a minute."),
    503: ("The database does not answer.", "Nothing was lost. Try again in a minute."),
}
OF_SOMEBODY_ELSE = (
    "This is for somebody else to do.",
    "Nothing was changed. Ask them, or an administrator if you should be able to.",
)


def register(app: Flask) -> None:
    """Say a refusal, a wrong address and a bug each in their own words."""
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)


def _refusal(refusal: Refusal) -> tuple[str, int]:
    return error_page(refusal.status, str(refusal))


def _csrf(_error: CSRFError) -> tuple[str, int]:
    return error_page(400, "The page was open too long, or was not opened here.")


def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    return error_page(error.code)


def error_page(status: int, happened: str = "") -> tuple[str, int]:
    """The page for a refusal, or its one part where htmx asked."""
    title, what_to_do = WHAT_TO_DO.get(status, WHAT_TO_DO[500])
    if status == 403 and happened:  # it says who may, which need not be a matter of the role
        title, what_to_do = OF_SOMEBODY_ELSE
    name = "errors/part.html" if is_part() else "errors/error.html"
    page = render_template(
        name,
        status=status,
        title=title,
        happened=happened,
        what_to_do=what_to_do,
        is_invitee=request.blueprint == "invitee",
    )
    return page, status
