"""A focal point answers for a member of the delegation: the member's page, and who answers on it.

The member's own link stays theirs: everything here stands below the delegation's. What the member
wrote to the organisers (a note, what they need) is not shown to anyone else, nor who they are by
our records: it is the page of whom the focal point named, with hours in the focal point's own zone.
"""

from dataclasses import replace

from flask import Response, abort, g, redirect
from werkzeug.wrappers import Response as AnyResponse

from outreach.models.delegation import DelegationClosed
from outreach.queries.answers import answers_given
from outreach.queries.delegation_members import member_answered_for
from outreach.queries.invitations import invitation_page
from outreach.web.invitee.door import blueprint, language, onward
from outreach.web.invitee.invitation import note_answer, show, undo_answer
from outreach.web.invitee.view import Answerer


@blueprint.get("/d/<token>/members/<int:member_id>")
def member(token: str, member_id: int) -> Response:
    """How the member's invitation stands, with the form."""
    _open(token, member_id)
    return show()


@blueprint.get("/d/<token>/members/<int:member_id>/answer", endpoint="back_from_member")
@blueprint.get("/d/<token>/members/<int:member_id>/back", endpoint="back_from_member_undo")
def back_to_member(token: str, member_id: int) -> AnyResponse:
    """Someone reloads the address to which a form was sent."""
    return redirect(f"/d/{token}/members/{member_id}{onward()}")


@blueprint.post("/d/<token>/members/<int:member_id>/answer")
def answer_for_member(token: str, member_id: int) -> AnyResponse:
    """Note the answer as the focal point's; the member is told by mail."""
    _open(token, member_id)
    return note_answer()


@blueprint.post("/d/<token>/members/<int:member_id>/back")
def take_back_for_member(token: str, member_id: int) -> AnyResponse:
    """Undo an answer that the focal point gave."""
    _open(token, member_id)
    last = next(iter(answers_given(g.opened.id, 1)), None)
    if last is None or last.given_by != g.answerer.name:
        abort(404)
    return undo_answer()


def _open(token: str, member_id: int) -> None:
    """From here on the member's invitation is what is open, in the language of the focal point."""
    delegation = g.opened
    if delegation.withdrawn_at:
        raise DelegationClosed
    named = member_answered_for(delegation.id, member_id)
    if named is None:
        abort(404)
    language()
    person = replace(
        delegation.person, title="", salutation="", full_name=named.name, office=named.office,
        organisation=None,
    )  # fmt: skip
    g.answerer = Answerer(
        delegation.person.full_name, delegation.organisation, f"/d/{token}", named=person
    )
    g.here = f"/d/{token}/members/{member_id}"
    g.link_key, g.opened = named.link_key, invitation_page(named.link_key)
