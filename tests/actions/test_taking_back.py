"""Undoing the last change, and the mail that confirms each change."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from outreach.actions.invitations import (
    AnswerChanged,
    NothingToTakeBack,
    answer_invitation,
    take_back_answer,
)
from outreach.db import reading, transaction
from outreach.models.campaign import CampaignState
from outreach.models.invitation import Answer, AnswersClosed, Invitation, InvitationState, Reply
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Anchor, Audience, Step, StepKind
from outreach.models.suppression import Suppression, digest_of
from outreach.models.tally import Tally, TallyKind
from outreach.models.template import Template, TemplateText, TemplateVersion
from outreach.queries.invitations import version_of
from tests.factories import (
    NOON,
    make_campaign,
    make_invitation,
    make_list,
    make_stakeholder,
    make_target,
    save,
)

LATER = NOON + timedelta(hours=1)


def fresh(invitation):
    reading().rollback()
    return reading().get_one(Invitation, invitation.id, populate_existing=True)


def history(invitation):
    rows = reading().execute(
        select(Answer.reply, Answer.channel)
        .where(Answer.invitation_id == invitation.id)
        .order_by(Answer.id)
    )
    return [(reply and reply.value, channel) for reply, channel in rows]


def confirmations():
    return list(
        reading().scalars(
            select(Message.state)
            .where(Message.purpose == Purpose.CONFIRMATION)
            .order_by(Message.id)
        )
    )


def went_out():
    with transaction() as session:
        for message in session.scalars(select(Message)):
            message.state = MessageState.ACCEPTED


def test_a_first_answer_taken_back_leaves_no_answer_and_a_whole_history(app):
    invitation = make_invitation()
    answer_invitation(invitation.id, Reply.DECLINED, "Sorry", at=NOON, particulars={"reason": "x"})
    take_back_answer(invitation.id, at=LATER)
    now = fresh(invitation)
    assert (now.state, now.note, now.particulars) == (InvitationState.SILENT, "", {})
    assert history(invitation) == [("declined", "link"), (None, "undo")]
    count = reading().scalar(
        select(Tally.count).where(
            Tally.kind == TallyKind.EVENT_INVITATIONS, Tally.state == "silent"
        )
    )
    assert count == 1


def test_a_change_taken_back_restores_all_that_was_said(app):
    invitation = make_invitation()
    said = {"attendance": "remote", "party": 2}
    answer_invitation(invitation.id, Reply.ACCEPTED, "Gladly", at=NOON, particulars=said)
    answer_invitation(invitation.id, Reply.DECLINED, "", at=LATER)
    take_back_answer(invitation.id, at=LATER)
    now = fresh(invitation)
    assert (now.state.value, now.note, now.particulars) == ("accepted", "Gladly", said)
    with pytest.raises(NothingToTakeBack):
        take_back_answer(invitation.id, at=LATER)


def test_what_the_team_recorded_is_not_taken_back_on_the_page(app):
    invitation = make_invitation()
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON, channel="letter")
    with pytest.raises(NothingToTakeBack):
        take_back_answer(invitation.id, at=LATER)


def test_nothing_is_taken_back_after_the_reply_by_nor_from_an_old_page(app):
    invitation = make_invitation(reply_by=LATER)
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    with pytest.raises(AnswerChanged):
        take_back_answer(invitation.id, at=NOON, seen=7)
    with pytest.raises(AnswersClosed):
        take_back_answer(invitation.id, at=LATER, seen=version_of(NOON))


def test_every_change_is_confirmed_and_one_that_waits_speaks_for_the_next(app):
    """A20"""
    invitation = make_invitation()
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    answer_invitation(invitation.id, Reply.DECLINED, "", at=NOON)
    assert confirmations() == [MessageState.WAITING]
    went_out()
    answer_invitation(invitation.id, Reply.DECLINED, "", at=LATER)
    assert confirmations() == [MessageState.ACCEPTED], "the same answer again"
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=LATER)
    assert len(confirmations()) == 2


def test_an_answer_taken_back_is_told_only_to_who_was_told_of_it(app):
    unheard, heard = make_invitation(), make_invitation()
    with transaction() as session:
        session.get_one(Stakeholder, unheard.stakeholder_id).email = None
    for invitation in (unheard, heard):
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    went_out()
    for invitation in (unheard, heard):
        take_back_answer(invitation.id, at=LATER)
    assert confirmations() == [MessageState.ACCEPTED, MessageState.WAITING]


def test_the_confirmation_is_in_the_persons_language(app):
    person = make_stakeholder(language="ar")
    answer_invitation(make_invitation(person).id, Reply.ACCEPTED, "", at=NOON)
    language = reading().scalar(
        select(TemplateText.language).join(Message, Message.text_id == TemplateText.id)
    )
    assert language == "ar"


@pytest.mark.parametrize(("reason", "count"), [("unsubscribed", 1), ("bounced", 0)])
def test_who_unsubscribed_is_still_confirmed_and_a_dead_address_is_not(app, reason, count):
    """A30"""
    person = make_stakeholder("Ana Silva", "ana@example.org")
    save(Suppression(digest=digest_of("ana@example.org"), reason=reason, source="page", since=NOON))
    answer_invitation(make_invitation(person).id, Reply.ACCEPTED, "", at=NOON)
    assert len(confirmations()) == count


def test_a_campaign_that_thanks_for_answers_confirms_the_first_one_itself(app):
    """One mail for one answer."""
    target_list = make_list()
    person = make_stakeholder()
    make_target(target_list, person)
    campaign = make_campaign(target_list)
    version = reading().scalar(
        select(TemplateVersion.id).join(Template).where(Template.code == "thank_you")
    )
    with transaction() as session:
        session.add(
            Step(
                campaign_id=campaign.id,
                position=2,
                kind=StepKind.THANK_YOU,
                anchor=Anchor.ANSWER,
                audience=Audience.ANSWERED,
                version_id=version,
            )
        )
        running = session.get_one(type(campaign), campaign.id)
        running.state, running.scheduled_at = CampaignState.RUNNING, NOON
    invitation = make_invitation(person)
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    assert confirmations() == []
    with transaction() as session:
        step_id = session.scalar(select(Step.id).where(Step.anchor == Anchor.ANSWER))
        session.add(
            Message(
                public_id="c" * 32,
                purpose=Purpose.THANK_YOU,
                state=MessageState.ACCEPTED,
                stakeholder_id=person.id,
                invitation_id=invitation.id,
                step_id=step_id,
                values={},
                campaign_id=campaign.id,
                event_id=campaign.event_id,
                created_at=NOON,
                changed_at=NOON,
            )
        )
    answer_invitation(invitation.id, Reply.DECLINED, "", at=LATER)
    assert confirmations() == [MessageState.WAITING]
