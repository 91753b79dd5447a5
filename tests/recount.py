"""Every number of a page, counted again from the rows (promise P5)."""

from collections import Counter

from sqlalchemy import func, select

from outreach.db import db
from outreach.models.invitation import Invitation
from outreach.models.message import Message, counted_as
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.tally import NUMBERS, TallyKind
from outreach.models.target import Target


def assert_counts_add_up() -> None:
    """The summary rows say exactly what the messages, invitations and targets say."""
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
    expected.update(_of_events_and_lists())
    kept: Counter = Counter()
    for *place, count in db.session.execute(select(*NUMBERS)):
        kept[tuple(place)] += count
    assert {place: count for place, count in kept.items() if count} == {
        place: count for place, count in expected.items() if count
    }


def _of_events_and_lists() -> Counter:
    expected: Counter = Counter()
    for event_id, group_id, state, count in db.session.execute(
        select(Invitation.event_id, Invitation.group_id, Invitation.state, func.count())
        .where(Invitation.merged_into_id.is_(None))
        .group_by(Invitation.event_id, Invitation.group_id, Invitation.state)
    ):
        expected[TallyKind.EVENT_INVITATIONS, event_id, group_id, state.value] += count
    for list_id, is_star in db.session.execute(select(Target.list_id, Target.is_star)):
        expected[TallyKind.LIST_TARGETS, list_id, 0, "wanted"] += 1
        expected[TallyKind.LIST_TARGETS, list_id, 0, "star"] += is_star
    for list_id in db.session.scalars(select(OrganisationTarget.list_id)):
        expected[TallyKind.LIST_ORGANISATIONS, list_id, 0, "wanted"] += 1
    return expected
