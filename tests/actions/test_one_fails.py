"""Where one of many fails, the others are not held up by it, now or at the next tick."""

import pytest
from sqlalchemy import select

from outreach.actions import calendar_replies, receipt_effects, steps
from outreach.actions.calendar_replies import apply_calendar_replies
from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.steps import launch_due_steps
from outreach.db import reading
from outreach.models.activity import CONSOLE
from outreach.models.calendar_reply import CalendarReply
from outreach.models.inbound import InboundKind, InboundMail, InboundState
from outreach.models.message import Message, MessageState
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState
from outreach.queries.calendar_replies import unjudged
from tests.factories import NOON, afresh, make_campaign, make_list, make_message, make_target, save

pytestmark = pytest.mark.usefixtures("app")


def test_a_step_that_cannot_be_frozen_holds_up_no_other(monkeypatch):
    campaigns = []
    for _ in range(2):
        target_list = make_list()
        make_target(target_list)
        campaigns.append(make_campaign(target_list).id)
        approve_campaign(campaigns[-1], by=CONSOLE, at=NOON)
        schedule_campaign(campaigns[-1], by=CONSOLE, at=NOON)
    freeze = steps.freeze

    def fails_for_the_first(session, step, *rest):
        if step.campaign_id == campaigns[0]:
            raise RuntimeError("no room left")
        return freeze(session, step, *rest)

    monkeypatch.setattr(steps, "freeze", fails_for_the_first)
    with pytest.raises(RuntimeError):
        launch_due_steps(at=NOON)
    reading().rollback()
    assert set(reading().scalars(select(Message.campaign_id))) == {campaigns[1]}


def test_a_calendar_reply_that_cannot_be_judged_waits_for_a_person_and_holds_up_no_other(
    monkeypatch,
):
    for number in range(2):
        save(
            InboundMail(
                stored_name=f"{number}.http", digest=str(number), bytes_count=1, content_type="",
                received_at=NOON, state=InboundState.READ, kind=InboundKind.CALENDAR,
                sender="amina@example.org", calendar=f"no calendar {number}",
            )
        )  # fmt: skip
    read = calendar_replies.read_calendar

    def fails_for_the_first(text):
        if "0" in text:
            raise RuntimeError("no room left")
        return read(text)

    monkeypatch.setattr(calendar_replies, "read_calendar", fails_for_the_first)
    assert apply_calendar_replies(at=NOON) == 2
    assert afresh(unjudged) == []
    said = reading().scalars(select(CalendarReply.because).order_by(CalendarReply.id)).all()
    assert said[0] == "It could not be judged (RuntimeError); an operator can see why."
    assert len(said) == 2


def test_an_event_that_cannot_be_applied_is_set_aside_and_holds_up_no_other(monkeypatch):
    people = [make_message(state=MessageState.ACCEPTED).public_id for _ in range(5)]
    for public_id in people:
        save(
            Receipt(
                public_id=public_id, fingerprint=public_id, kind=ReceiptKind.DELIVERED,
                state=ReceiptState.NEW, happened_at=NOON, received_at=NOON,
            )
        )  # fmt: skip
    follow = receipt_effects.follow

    def fails_for_the_third(session, messages, *rest):
        if people[2] in {message.public_id for message in messages}:
            raise ValueError("no room left")
        follow(session, messages, *rest)

    monkeypatch.setattr(receipt_effects, "follow", fails_for_the_third)
    while receipt_effects.apply_receipts(at=NOON):
        pass
    rows = afresh(reading().execute, select(Receipt.public_id, Receipt.state))
    states = {row.public_id: row.state for row in rows}
    assert states.pop(people[2]) is ReceiptState.QUARANTINED
    assert set(states.values()) == {ReceiptState.APPLIED}
