"""Sending someone in one's place: each kind of name has one result (case A25)."""

import pytest
from sqlalchemy import func, select

from outreach.actions.delegations import CannotBeSent, DelegationChanged, send_someone
from outreach.actions.invitations import answer_invitation, take_back_answer
from outreach.db import reading
from outreach.models.invitation import (
    Invitation,
    InvitationState,
    InvitationWithdrawn,
    Reply,
    SomeoneIsSent,
)
from outreach.models.message import Message, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import Suppression, digest_of
from outreach.models.tally import Tally, TallyKind
from tests.factories import NOON, make_invitation, make_stakeholder, save


def fresh(invitation_id):
    reading().rollback()
    return reading().get_one(Invitation, invitation_id, populate_existing=True)


def mails():
    rows = reading().execute(select(Message.purpose, Message.name, Message.address))
    return sorted((purpose.value, name, address) for purpose, name, address in rows)


def counts():
    rows = reading().execute(
        select(Tally.state, Tally.count).where(
            Tally.kind == TallyKind.EVENT_INVITATIONS, Tally.count != 0
        )
    )
    return dict(rows.all())


def minister():
    return make_invitation(make_stakeholder("Amina Otieno", "amina@example.org"))


def send(invitation, name="Ben Mwangi", address="ben@example.org", **named):
    return send_someone(invitation.id, name, address, "", at=NOON, **named)


def test_the_person_has_an_invitation_and_one_mail_and_this_one_only_reads(app):
    invitation = minister()
    assert send(invitation)
    this = fresh(invitation.id)
    other = fresh(this.delegate_id)
    assert (this.state, other.state) == (InvitationState.DELEGATED, InvitationState.SILENT)
    assert other.delegated_by_id == this.id
    assert other.link_key != this.link_key
    assert (other.reply_by, other.event_id) == (this.reply_by, this.event_id)
    assert mails() == [
        ("confirmation", "Amina Otieno", "amina@example.org"),
        ("delegation", "Ben Mwangi", "ben@example.org"),
    ]
    assert counts() == {"delegated": 1, "silent": 1}
    with pytest.raises(SomeoneIsSent):
        answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)


def test_the_same_person_sent_again_is_one_person_and_one_mail(app):
    """A20"""
    invitation = minister()
    assert send(invitation, seen=0)
    assert not send(invitation, seen=0)
    assert len(mails()) == 2
    with pytest.raises(SomeoneIsSent):
        send(invitation, "Someone Else", "else@example.org")


@pytest.mark.parametrize(
    "address",
    [
        "amina@example.org", "AMINA@Example.org", "amina+travel@example.org", "ben@a.org, x@b.org",
        "ben@example.org<eve@example.net>", "", "no address",
    ],
)  # fmt: skip
def test_oneself_an_alias_and_several_addresses_are_refused(app, address):
    invitation = minister()
    with pytest.raises(CannotBeSent):
        send(invitation, "Amina Otieno", address)
    assert fresh(invitation.id).state is InvitationState.SILENT
    assert mails() == []


def test_an_address_that_we_must_not_write_to_is_refused(app):
    invitation = minister()
    save(
        Suppression(
            digest=digest_of("ben@example.org"), reason="unsubscribed", source="page", since=NOON
        )
    )
    with pytest.raises(CannotBeSent):
        send(invitation)
    assert mails() == []
    known = reading().scalar(select(func.count()).select_from(Stakeholder))
    assert known == 1


def test_another_invitee_keeps_the_invitation_and_gets_no_second_mail(app):
    invitation = minister()
    other = make_invitation(make_stakeholder("Ben Mwangi", "ben@example.org"))
    assert send(invitation)
    assert fresh(invitation.id).delegate_id == other.id
    assert fresh(other.id).delegated_by_id is None
    assert [purpose for purpose, *_ in mails()] == ["confirmation"]
    take_back_answer(invitation.id, at=NOON)
    assert fresh(other.id).withdrawn_at is None


def test_there_is_no_chain(app):
    invitation = minister()
    send(invitation)
    delegate = fresh(fresh(invitation.id).delegate_id)
    with pytest.raises(CannotBeSent):
        send(delegate, "Carla Diaz", "carla@example.org")
    with pytest.raises(CannotBeSent):  # nor back to where it came from
        send(delegate, "Amina Otieno", "amina@example.org")
    third = make_invitation(make_stakeholder("Dina Rossi", "dina@example.org"))
    with pytest.raises(CannotBeSent):  # comes for Amina already
        send(third)
    with pytest.raises(CannotBeSent):  # sends someone herself
        send(third, "Amina Otieno", "amina@example.org")


def test_two_people_may_share_an_office_address(app):
    invitation = minister()
    make_stakeholder("The Registry", "registry@example.org")
    make_stakeholder("The Archive", "registry@example.org")
    send(invitation, "Ben Mwangi", "registry@example.org")
    other = fresh(fresh(invitation.id).delegate_id)
    assert other.stakeholder.full_name == "Ben Mwangi"


def test_taken_back_the_link_of_the_person_closes_and_this_one_answers_again(app):
    invitation = minister()
    send(invitation)
    other_id = fresh(invitation.id).delegate_id
    take_back_answer(invitation.id, at=NOON)
    this = fresh(invitation.id)
    assert (this.state, this.delegate_id, this.answered_at) == (InvitationState.SILENT, None, None)
    with pytest.raises(InvitationWithdrawn):
        answer_invitation(other_id, Reply.ACCEPTED, "", at=NOON)
    old_link = fresh(other_id).link_key
    assert send(invitation)  # the same person once more: asked again, by a new link
    again = fresh(other_id)
    assert (again.id, again.withdrawn_at) == (fresh(invitation.id).delegate_id, None)
    assert again.link_key != old_link


def test_what_has_changed_since_is_not_overwritten(app):
    """A19"""
    invitation = minister()
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    with pytest.raises(DelegationChanged):
        send(invitation, seen=0)


def test_the_mail_names_who_sends_the_person(app):
    send(minister())
    values = reading().scalar(select(Message.values).where(Message.purpose == Purpose.DELEGATION))
    assert values["named_by"] == "Amina Otieno"
    assert values["full_name"] == "Ben Mwangi"
