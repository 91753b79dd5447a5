"""Stopping campaign mail, by one click in a mail program or by a button, and starting it again.

One click: a POST with `List-Unsubscribe=One-Click`, urlencoded or multipart, without cookies; it is
answered 200 with no redirect. Opening the link changes nothing. Source: RFC 8058, section 3.
"""

from flask import Response, g, request

from outreach.actions.suppressions import resubscribe, unsubscribe
from outreach.languages import marked
from outreach.queries.unsubscribes import unsubscribe_page
from outreach.web.invitee.door import blueprint, page, say
from outreach.web.invitee.nonce import form_nonce, version_seen

FORM = "unsubscribe"
FOREIGN = marked("This form was not opened from this page. Please use the button again.")
CHOOSE = marked("Please use one of the buttons.")


@blueprint.get("/u/<token>")
def unsubscribing(token: str) -> Response:
    """What would stop and what stays."""
    return show()


@blueprint.post("/u/<token>")
def unsubscribed(token: str) -> Response:
    """Stop, or start again; sending it twice is as good as once."""
    if request.form.get("List-Unsubscribe", "").casefold() == "one-click":
        unsubscribe(g.link_key, source="one-click", at=g.at)
    elif version_seen(FORM, g.link_key, request.form.get("nonce", "")) is None:
        return show(FOREIGN, 400)
    elif request.form.get("choice") == "stop":
        unsubscribe(g.link_key, source="page", at=g.at)
    elif request.form.get("choice") == "resume":
        resubscribe(g.link_key, at=g.at)
    else:
        return show(CHOOSE, 400)
    g.opened = unsubscribe_page(g.link_key)
    return show()


def show(problem: str = "", status: int = 200) -> Response:
    """How it stands, with the one button that fits."""
    return page(
        "unsubscribe.html", status, page=g.opened, problems=[say(problem)] if problem else [],
        nonce=form_nonce(FORM, g.link_key, 0), address=masked(g.opened.address),
    )  # fmt: skip


def masked(address: str) -> str:
    """Enough to know one's own address by, and no more, for a page that may be forwarded."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
