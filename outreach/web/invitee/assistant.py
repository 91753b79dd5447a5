"""An assistant's link: the page of the person for whom they answer, with their own name in it."""

from flask import Response, g

from outreach.models.invitation import InvitationWithdrawn
from outreach.queries.copies import copy_opened
from outreach.queries.invitations import InvitationPage, invitation_page
from outreach.tokens import personal_token
from outreach.web.invitee.door import PURPOSES, blueprint, language, page
from outreach.web.invitee.form import Filled
from outreach.web.invitee.view import invitation_view


def open_for_assistant(public_id: str) -> InvitationPage | None:
    """The invitation whose copy this is."""
    found = copy_opened(public_id)
    if found is None:
        return None
    g.invitation_key, g.assistant = found
    return invitation_page(g.invitation_key)


PURPOSES["a"] = ("assistant", open_for_assistant)


@blueprint.get("/a/<token>")
def for_someone(token: str) -> Response:
    """The invitation as it stands; the answer's form says who answers for whom."""
    opened = g.opened
    if opened.withdrawn_at:
        raise InvitationWithdrawn
    answer = opened.answer.value if opened.answer else ""
    filled = Filled(answer, opened.note, given_by=g.assistant, particulars=opened.particulars)
    context = invitation_view(
        opened, g.invitation_key, base=f"/i/{personal_token('answer', g.invitation_key)}", at=g.at,
        language=language(), filled=filled,
    )  # fmt: skip
    return page("invitation.html", **context)
