"""An invitee's page as staff look at it: marked, read-only, and without the invitee's link.

The team's door makes the address (`outreach.tokens.preview_token`); it opens for a quarter of an
hour or two, holds nothing that could answer, and there is no address here that takes a form.
"""

from flask import Response, g

from outreach.models.invitation import InvitationWithdrawn
from outreach.web.invitee.door import blueprint, language, page
from outreach.web.invitee.view import invitation_view


@blueprint.get("/p/<token>")
def preview(token: str) -> Response:
    """What the person sees now."""
    opened = g.opened
    if opened.withdrawn_at:
        raise InvitationWithdrawn
    context = invitation_view(
        opened, g.link_key, base="", at=g.at, language=language(), is_preview=True
    )
    return page("invitation.html", **context)
