"""An assistant's link: the page of the person for whom they answer, and who answers on it.

The person's own links stay theirs: everything here stands below the assistant's, so that whoever is
taken off opens nothing any more. What is answered here is the assistant's, whatever the form says.
"""

from flask import Response, g, redirect
from werkzeug.wrappers import Response as AnyResponse

from outreach.queries.copies import copies_of, copy_opened
from outreach.queries.invitations import InvitationPage, invitation_page
from outreach.tokens import personal_token
from outreach.web.invitee.door import PURPOSES, blueprint, onward
from outreach.web.invitee.invitation import calendar, letter, note_answer, show, undo_answer
from outreach.web.invitee.view import Answerer


def open_for_assistant(public_id: str) -> InvitationPage | None:
    """The invitation whose copy this is."""
    found = copy_opened(public_id)
    if found is None:
        return None
    g.invitation_key, g.answerer = found.link_key, Answerer(found.assistant)
    return invitation_page(found.link_key)


PURPOSES["a"] = ("assistant", open_for_assistant)


@blueprint.get("/a/<token>")
def for_someone(token: str) -> Response:
    """The invitation as it stands; it says who answers for whom."""
    _open(token)
    return show()


@blueprint.get("/a/<token>/answer", endpoint="back_for_someone")
@blueprint.get("/a/<token>/back", endpoint="back_for_someone_undo")
def back_for_assistant(token: str) -> AnyResponse:
    """Someone reloads the address to which a form was sent."""
    return redirect(f"/a/{token}{onward()}")


@blueprint.post("/a/<token>/answer")
def answer_for_someone(token: str) -> AnyResponse:
    """Note the answer as the assistant's; the person is told by mail."""
    _open(token)
    return note_answer()


@blueprint.post("/a/<token>/back")
def take_back_for_someone(token: str) -> AnyResponse:
    """Undo the last change."""
    _open(token)
    return undo_answer()


@blueprint.get("/a/<token>/event.ics")
def calendar_for_someone(token: str) -> Response:
    """The event for the assistant's calendar."""
    return calendar(token)


@blueprint.get("/a/<token>/letter")
def letter_for_someone(token: str) -> Response:
    """The letter to the person."""
    return letter(token)


def _open(token: str) -> None:
    """From here on the person's invitation is what is open, by the assistant's own addresses."""
    links = {
        link_key: f"/a/{personal_token('assistant', public_id)}"
        for link_key, public_id in copies_of(g.link_key).items()
    }
    g.answerer = Answerer(g.answerer.name, links=links)
    g.here, g.link_key = f"/a/{token}", g.invitation_key
