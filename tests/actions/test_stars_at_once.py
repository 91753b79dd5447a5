"""A star who is approved while an audience is being written: nobody waits, nothing slips out."""

from functools import partial

import pytest
from sqlalchemy import select

from outreach import freezing
from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.stars import decide_star, nominate_star
from outreach.actions.steps import launch_due_steps
from outreach.db import db
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Actor
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState
from tests.at_once import at_once
from tests.factories import NOON, make_account, make_campaign, make_list, make_target
from tests.recount import assert_counts_add_up


@pytest.mark.postgres
def test_the_approval_waits_for_no_audience_and_the_mail_for_its_signature(app, monkeypatch):
    """P3: SQLite has one writer, and so no such moment."""
    star_list, approver = make_list(), Actor.account(make_account(Role.APPROVER).id)
    target = make_target(star_list)
    nominate_star(target.id, "Chairs the bank", by=CONSOLE, at=NOON)
    campaign = make_campaign(star_list)
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    raised, write = [], freezing._write_messages

    def meanwhile(*audience):
        write(*audience)
        approve = partial(decide_star, target.id, True, by=approver, at=NOON)
        raised.extend(at_once(app, [approve]))

    monkeypatch.setattr(freezing, "_write_messages", meanwhile)
    assert launch_due_steps(at=NOON) == 1
    assert raised == []
    db.session.rollback()
    assert db.session.scalars(select(Message.state)).all() == [MessageState.HELD]
    assert db.session.scalars(select(Invitation.is_star)).all() == [True]
    assert_counts_add_up()
