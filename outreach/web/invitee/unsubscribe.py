"""What we may send: one click in a mail program stops it, a page offers the finer choices.

One click: a POST with `List-Unsubscribe=One-Click`, urlencoded or multipart, without cookies; it is
answered 200 with no redirect. Opening the link changes nothing. Source: RFC 8058, section 3.
"""

from flask import Response, g, request

from outreach.actions.suppressions import choose_mail, unsubscribe
from outreach.languages import marked
from outreach.models.suppression import Wish
from outreach.queries.unsubscribes import unsubscribe_page
from outreach.web.invitee.door import blueprint, page, told
from outreach.web.invitee.form import Problem
from outreach.web.invitee.nonce import form_nonce, version_seen

FORM = "unsubscribe"
FOREIGN = marked("This form was not opened from this page. Please use the button again.")
CHOOSE = marked("Please choose what we may send.")

CHOICES = (
    (
        Wish.ALL,
        marked("Everything that concerns me"),
        marked("Invitations, reminders and news, and what confirms an answer."),
    ),
    (
        Wish.NOT_THIS,
        marked("No more of this series"),
        marked("None of the reminders that follow this mail. Other invitations may still come."),
    ),
    (
        Wish.NO_NEWS,
        marked("No news"),
        marked("Invitations and their reminders still come, and what confirms an answer."),
    ),
    (
        Wish.NO_CAMPAIGNS,
        marked("No invitations, reminders or news"),
        marked(
            "We still confirm an answer that you give, and tell you when an event that you attend "
            "changes."
        ),
    ),
    (
        Wish.NOTHING,
        marked("Nothing at all"),
        marked("Not even what confirms an answer or tells of a change."),
    ),
)
"""What may be chosen: the word of the form, its name, what it means."""


@blueprint.get("/u/<token>")
def unsubscribing(token: str) -> Response:
    """What goes to the address now, and what may be chosen."""
    return show()


@blueprint.post("/u/<token>")
def unsubscribed(token: str) -> Response:
    """Take the choice; sending it twice is as good as once."""
    wish = request.form.get("choice", "")
    if request.form.get("List-Unsubscribe", "").casefold() == "one-click":
        unsubscribe(g.link_key, source="one-click", at=g.at)
    elif version_seen(FORM, g.link_key, request.form.get("nonce", "")) is None:
        return show(FOREIGN, 400)
    elif wish not in [code for code, _, _ in offered()]:
        return show(Problem(CHOOSE, "choice"), 400)
    else:
        choose_mail(g.link_key, Wish(wish), at=g.at)
    g.opened = unsubscribe_page(g.link_key)
    return show(is_saved=True)


def offered() -> list[tuple[Wish, str, str]]:
    """The choices that this mail leaves; only a campaign's mails come in a series."""
    return [
        choice
        for choice in CHOICES
        if choice[0] is not Wish.NOT_THIS or g.opened.campaign_id is not None
    ]


def show(problem: str | Problem = "", status: int = 200, *, is_saved: bool = False) -> Response:
    """How it stands, with the choices."""
    return page(
        "unsubscribe.html", status, page=g.opened, problems=told([problem] if problem else []),
        nonce=form_nonce(FORM, g.link_key, 0), address=masked(g.opened.address),
        choices=offered(), is_saved=is_saved,
    )  # fmt: skip


def masked(address: str) -> str:
    """Enough to know one's own address by, and no more, for a page that may be forwarded."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
