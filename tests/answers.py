"""Answers as they are given on the page."""

from datetime import datetime

from outreach.actions.invitations import answer_at_once
from outreach.models.invitation import Invitation, Reply
from outreach.queries.invitations import form_glance, version_of
from tests.factories import NOON, afresh


def answer_by_link(
    invitation: Invitation, reply: Reply = Reply.ACCEPTED, *, at: datetime = NOON
) -> None:
    """A plain answer, which is noted at once."""
    asked = afresh(form_glance, invitation.link_key)
    assert asked is not None
    seen = version_of(asked.invitation.answered_at)
    assert answer_at_once(asked, reply, "", at=at, seen=seen, particulars={})
