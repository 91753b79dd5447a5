"""Every number of a page, counted again from the rows (promise P5)."""

from collections import Counter

from sqlalchemy import func, select

from outreach.db import db
from outreach.models.invitation import Invitation
from outreach.models.message import Message, counted_as
from outreach.models.tally import Tally, TallyKind

COUNTED = (TallyKind.STEP_MESSAGES, TallyKind.CAMPAIGN_PEOPLE, TallyKind.EVENT_INVITATIONS)


def assert_counts_add_up() -> None:
    """The summary rows say exactly what the messages and invitations say."""
    db.session.rollback()
    expected: Counter = Counter()
    rows = db.session.execute(
        select(
            Message.step_id,
            Message.campaign_id,
            Message.group_id,
            Message.state,
            Message.is_first,
            func.count(),
        ).group_by(
            Message.step_id, Message.campaign_id, Message.group_id, Message.state, Message.is_first
        )
    )
    for step_id, campaign_id, group_id, state, is_first, count in rows:
        word = counted_as(state)
        if step_id is not None:
            expected[TallyKind.STEP_MESSAGES, step_id, group_id or 0, word] += count
        if is_first and campaign_id is not None:
            expected[TallyKind.CAMPAIGN_PEOPLE, campaign_id, group_id or 0, word] += count
    for event_id, group_id, state, count in db.session.execute(
        select(Invitation.event_id, Invitation.group_id, Invitation.state, func.count())
        .where(Invitation.merged_into_id.is_(None))
        .group_by(Invitation.event_id, Invitation.group_id, Invitation.state)
    ):
        expected[TallyKind.EVENT_INVITATIONS, event_id, group_id, state.value] += count
    kept = {
        (kind, subject_id, group_id, state): count
        for kind, subject_id, group_id, state, count in db.session.execute(
            select(Tally.kind, Tally.subject_id, Tally.group_id, Tally.state, Tally.count)
        )
        if kind in COUNTED and count
    }
    assert kept == dict(expected)
