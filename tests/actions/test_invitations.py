"""Answering: one transaction that holds the answer, its history, the journal and the counts."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach.actions.invitations import AnswerChanged, answer_invitation
from outreach.actions.seat_answers import answer_seat_offer
from outreach.db import db, reading, transaction
from outreach.errors import NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.event import Event
from outreach.models.invitation import (
    Answer,
    AnswersClosed,
    Invitation,
    InvitationState,
    InvitationWithdrawn,
    Reply,
)
from outreach.models.message import Message, Purpose, Unit, UnitState
from outreach.models.seat import OfferClosed, OfferState, Seat, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.tally import Tally, TallyKind
from outreach.models.template import TemplateText
from outreach.posting import post
from outreach.queries.invitations import version_of
from tests.at_once import at_once
from tests.factories import (
    NOON,
    make_account,
    make_invitation,
    make_seat_offer,
    make_stakeholder,
    save,
    the_event,
)


def fresh(invitation):
    reading().rollback()
    return reading().get_one(Invitation, invitation.id, populate_existing=True)


def answers(invitation):
    rows = reading().execute(
        select(Answer.reply, Answer.note, Answer.channel, Answer.given_by)
        .where(Answer.invitation_id == invitation.id)
        .order_by(Answer.id)
    )
    return [tuple(row) for row in rows]


def counts():
    rows = reading().execute(
        select(Tally.state, Tally.count).where(
            Tally.kind == TallyKind.EVENT_INVITATIONS, Tally.count != 0
        )
    )
    return dict(rows.all())


def test_an_answer_moves_the_counts_with_it(app):
    first, second = make_invitation(), make_invitation()
    assert answer_invitation(first.id, Reply.ACCEPTED, "Gladly", at=NOON)
    assert counts() == {"silent": 1, "accepted": 1}
    assert answer_invitation(first.id, Reply.DECLINED, "", at=NOON)
    assert answer_invitation(second.id, Reply.DECLINED, "", at=NOON)
    assert counts() == {"declined": 2}
    assert answers(first) == [
        (Reply.ACCEPTED, "Gladly", "link", ""),
        (Reply.DECLINED, "", "link", ""),
    ]


def test_the_same_answer_again_changes_nothing(app):
    """A20"""
    invitation = make_invitation()
    assert answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    for _ in range(2):
        assert not answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON, seen=0)
    assert len(answers(invitation)) == 1
    assert counts() == {"accepted": 1}


def test_an_answer_to_what_has_changed_since_is_refused_whole(app):
    """A19"""
    invitation = make_invitation()
    assert answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON, seen=0)
    with pytest.raises(AnswerChanged):
        answer_invitation(invitation.id, Reply.DECLINED, "", at=NOON, seen=0)
    assert fresh(invitation).state is InvitationState.ACCEPTED
    assert counts() == {"accepted": 1}
    seen = version_of(fresh(invitation).answered_at)
    assert answer_invitation(invitation.id, Reply.DECLINED, "", at=NOON, seen=seen)


def test_an_answer_by_letter_names_who_gave_it_and_who_recorded_it(app):
    invitation, account = make_invitation(), make_account()
    answer_invitation(
        invitation.id, Reply.ACCEPTED, "", at=NOON, by=Actor.account(account.id),
        channel="letter", given_by="The Embassy",
    )  # fmt: skip
    assert answers(invitation) == [(Reply.ACCEPTED, "", "letter", "The Embassy")]
    line = reading().scalars(select(Activity)).one()
    assert (line.verb, line.actor, line.account_id) == ("answered", "account", account.id)
    assert (line.stakeholder_id, line.event_id) == (invitation.stakeholder_id, the_event().id)
    assert line.detail["before"] == "silent"
    assert line.detail["reply"] == "accepted"


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [({"reply_by": NOON}, AnswersClosed), ({"withdrawn_at": NOON}, InvitationWithdrawn)],
)
def test_what_is_closed_stays_as_it_is(app, columns, refusal):
    """A22"""
    invitation = make_invitation(**columns)
    with pytest.raises(refusal):
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    assert answers(invitation) == []
    assert counts() == {"silent": 1}


def test_nobody_answers_what_is_not_there(app):
    with pytest.raises(NotFound):
        answer_invitation(12345, Reply.ACCEPTED, "", at=NOON)


def test_a_mail_stands_in_the_unit_that_was_written_for_it(app):
    first, second = make_invitation(), make_invitation()
    with transaction() as session:
        person = session.get_one(Stakeholder, first.stakeholder_id)
        event = session.get_one(Event, first.event_id)
        text_id = session.scalar(select(func.min(TemplateText.id)))
        session.add(  # from here on the keys of units and those of messages are not the same
            Unit(
                text_id=text_id, event_id=event.id, purpose=Purpose.INVITATION, next_at=NOON,
                state=UnitState.DONE,
            )
        )  # fmt: skip
        session.flush()
        purpose = Purpose.CONFIRMATION
        posted = post(session, purpose, person, event, at=NOON, invitation_id=first.id)
    answer_invitation(second.id, Reply.ACCEPTED, "", at=NOON)
    mails = reading().execute(
        select(Message.id, Unit.id, Unit.purpose, Unit.state)
        .join(Unit, Unit.id == Message.unit_id)
        .order_by(Message.id)
    )
    keys = []
    for message_id, unit_id, *about in mails:
        keys.append((message_id, unit_id))
        assert about == [Purpose.CONFIRMATION, UnitState.WAITING]
    assert len({unit_id for _, unit_id in keys}) == 2
    assert keys[0][0] == posted
    assert all(message_id != unit_id for message_id, unit_id in keys)


def test_fifty_conflicting_answers_at_once_leave_one_state_and_a_whole_history(app):
    """A21: all fifty count, since each was given without having seen another."""
    invitation = make_invitation()
    db.session.remove()

    def call(number):
        reply = list(Reply)[number % 4]
        return lambda: answer_invitation(
            invitation.id, reply, f"{number}", at=NOON + timedelta(seconds=number)
        )

    assert at_once(app, [call(number) for number in range(50)]) == []
    given = answers(invitation)
    assert sorted(int(note) for _, note, *_ in given) == list(range(50))
    last = fresh(invitation)
    assert (last.state.value, last.note) == (given[-1][0].value, given[-1][1])
    assert counts() == {last.state.value: 1}
    steps = list(reading().scalars(select(Activity.detail).order_by(Activity.id)))
    assert [step["before"] for step in steps[1:]] == [step["reply"] for step in steps[:-1]]


def test_two_people_who_say_yes_at_once_do_not_sit_on_one_seat(app):
    """A21"""
    first = make_seat_offer()
    other = make_stakeholder()
    second = SeatOffer(
        seat_id=first.seat_id,
        stakeholder_id=other.id,
        link_key="f" * 32,
        proposed_at=NOON,
        asked_at=NOON,
        state=OfferState.ASKED,
    )
    save(second)
    db.session.remove()
    calls = [
        lambda: answer_seat_offer(first.id, True, "", at=NOON),
        lambda: answer_seat_offer(second.id, True, "", at=NOON),
    ]
    raised = at_once(app, calls)
    assert [type(problem) for problem in raised] == [OfferClosed]
    states = set(reading().scalars(select(SeatOffer.state)))
    assert states == {OfferState.ACCEPTED, OfferState.ASKED}
    holder = reading().scalar(select(Seat.holder_id))
    winner = reading().scalar(
        select(SeatOffer.stakeholder_id).where(SeatOffer.state == OfferState.ACCEPTED)
    )
    assert holder == winner
