"""An assistant's link: the page of the person for whom they answer, and who answers on it.

The person's own links stay theirs: everything here stands below the assistant's, so that whoever is
taken off opens nothing any more. What is answered here is the assistant's, whatever the form says.
It opens what the copied mail was about: an invitation, a seat, or a delegation to name.
"""

from typing import Any

from flask import Response, abort, g, redirect
from werkzeug.wrappers import Response as AnyResponse

from outreach.queries.copies import copies_of, copy_opened
from outreach.queries.delegations import delegation_page
from outreach.queries.invitations import invitation_page
from outreach.queries.seat_offers import seat_offer_page
from outreach.tokens import personal_token
from outreach.web.invitee import delegation, invitation, seat
from outreach.web.invitee.door import PURPOSES, blueprint, onward
from outreach.web.invitee.view import Answerer

OPENED: dict[str, Any] = {
    "answer": invitation_page, "seat": seat_offer_page, "delegation": delegation_page
}  # fmt: skip


def open_for_assistant(public_id: str) -> Any:
    """The invitation, the seat or the delegation whose copy this is."""
    found = copy_opened(public_id)
    if found is None:
        return None
    g.own_purpose, g.own_key = found.purpose, found.link_key
    g.answerer = Answerer(found.assistant)
    return OPENED[found.purpose](found.link_key)


PURPOSES["a"] = ("assistant", open_for_assistant)


@blueprint.get("/a/<token>")
def for_someone(token: str) -> Response:
    """How it stands; it says who answers for whom."""
    _open(token, "answer", "seat", "delegation")
    shows = {"answer": invitation.show, "seat": seat.show, "delegation": delegation.show}
    return shows[g.own_purpose]()


@blueprint.get("/a/<token>/answer", endpoint="back_for_someone")
@blueprint.get("/a/<token>/back", endpoint="back_for_someone_undo")
@blueprint.get("/a/<token>/members", endpoint="back_for_someone_members")
@blueprint.get("/a/<token>/complete", endpoint="back_for_someone_complete")
@blueprint.get("/a/<token>/members/<int:member_id>/out", endpoint="back_for_someone_out")
def back_for_assistant(token: str, member_id: int = 0) -> AnyResponse:
    """Someone reloads the address to which a form was sent."""
    return redirect(f"/a/{token}{onward()}")


@blueprint.post("/a/<token>/answer")
def answer_for_someone(token: str) -> AnyResponse:
    """Note the answer as the assistant's; the person is told by mail."""
    _open(token, "answer", "seat")
    return seat.note_seat_answer() if g.own_purpose == "seat" else invitation.note_answer()


@blueprint.post("/a/<token>/back")
def take_back_for_someone(token: str) -> AnyResponse:
    """Undo the last change."""
    _open(token, "answer", "seat")
    return seat.undo_seat_answer() if g.own_purpose == "seat" else invitation.undo_answer()


@blueprint.post("/a/<token>/members")
def name_for_someone(token: str) -> AnyResponse:
    """Name a member of the delegation."""
    _open(token, "delegation")
    return delegation.name_one()


@blueprint.post("/a/<token>/members/<int:member_id>/out")
def take_out_for_someone(token: str, member_id: int) -> AnyResponse:
    """Take a member out."""
    _open(token, "delegation")
    return delegation.take_one_out(member_id)


@blueprint.post("/a/<token>/complete")
def complete_for_someone(token: str) -> AnyResponse:
    """That is everybody."""
    _open(token, "delegation")
    return delegation.call_complete()


@blueprint.get("/a/<token>/event.ics")
def calendar_for_someone(token: str) -> Response:
    """The event for the assistant's calendar."""
    _open(token, "answer")
    return invitation.calendar(token)


@blueprint.get("/a/<token>/letter")
def letter_for_someone(token: str) -> Response:
    """The letter to the person."""
    _open(token, "answer")
    return invitation.letter(token)


def _open(token: str, *purposes: str) -> None:
    """From here on what the person is asked is what is open, by the assistant's own addresses.

    purposes  what there may be such a page for
    """
    if g.own_purpose not in purposes:
        abort(404)
    links = {
        link_key: f"/a/{personal_token('assistant', public_id)}"
        for link_key, public_id in copies_of(g.link_key).items()
    }
    g.answerer = Answerer(g.answerer.name, links=links)
    g.here, g.link_key = f"/a/{token}", g.own_key
