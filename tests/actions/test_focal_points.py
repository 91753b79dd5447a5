"""Delegations: a focal point is asked, names members, takes some out, and says that it is all."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.actions.delegation_members import (
    DelegationChangedMeanwhile,
    Named,
    complete_delegation,
    name_member,
    take_out_member,
)
from outreach.actions.focal_points import (
    ask_for_delegation,
    ask_group,
    change_delegation,
    remind_focal_points,
    withdraw_delegation,
    withdraw_group,
)
from outreach.actions.merges import merge_stakeholders, undo_merge
from outreach.db import reading
from outreach.delivery.outbox import drain
from outreach.errors import Conflict, Refusal
from outreach.models.activity import CONSOLE
from outreach.models.delegation import Delegation, DelegationClosed, DelegationFull, MemberRole
from outreach.models.focal_point import FocalPoint
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import Suppression, digest_of
from outreach.naming import CannotBeSent
from outreach.queries.audit import audit
from outreach.queries.delegation_members import members_of
from outreach.queries.delegations import delegation_line, delegations_of
from tests.factories import (
    NOON,
    afresh,
    make_invitation,
    make_organisation,
    make_stakeholder,
    save,
    the_event,
    the_group,
)

BY_CONSOLE = {"by": CONSOLE, "at": NOON}
NAME_BY = NOON + timedelta(days=30)
BEN = Named("Ben Mwangi", "ben@example.org")


@pytest.fixture
def ministry(app):
    return make_organisation("Ministry of Communications", group="member_state", country="KE")


@pytest.fixture
def delegation_id(ministry):
    return asked(ministry)


def asked(organisation, most=3, focal=None, **named):
    focal = focal or make_stakeholder("Amina Otieno", "amina@example.org", organisation)
    values = {
        "authorised_by": "Note verbale 12/26", "authorised_on": date(2026, 1, 12),
        "name_by": NAME_BY,
    }  # fmt: skip
    return ask_for_delegation(
        organisation.id, the_event().id, focal.id, most_members=most,
        **values | BY_CONSOLE | named,
    )  # fmt: skip


def mails():
    rows = reading().execute(select(Message.purpose, Message.name).order_by(Message.id))
    return [(purpose.value, name) for purpose, name in rows]


def names(delegation_id):
    return [(line.full_name, line.role.value) for line in afresh(members_of, delegation_id)]


def test_the_focal_point_gets_a_mail_whose_link_opens_the_page(delegation_id, mailer):
    drain(mailer, now=lambda: NOON)
    (mail,) = mailer.sent
    assert mail.to == "amina@example.org"
    assert "Ministry of Communications" in mail.subject
    assert "/d/" in mail.text
    assert "up to 3 persons" in mail.text


def test_each_member_has_an_invitation_a_link_and_a_mail_of_their_own(delegation_id, mailer):
    assert name_member(delegation_id, BEN, at=NOON)
    drain(mailer, now=lambda: NOON)
    invitation = reading().scalars(select(Invitation)).one()
    assert invitation.group_id == reading().scalars(select(Delegation.group_id)).one()
    assert invitation.reply_by == NAME_BY
    assert mails() == [("focal_point", "Amina Otieno"), ("member", "Ben Mwangi")]
    assert "Amina Otieno, the focal point of" in mailer.sent[1].text
    assert audit(NOON).is_sound


def test_the_mail_says_as_what_someone_is_named_in_the_language_of_its_reader(app, mailer):
    ministry = make_organisation("Ministry", group="member_state", country="KE")
    delegation_id = asked(ministry, most=9)
    said = {
        "en": "named as the head of", "fr": "désigné(e) chef de", "es": "designado jefe de",
        "ru": "назначены главой", "zh": "代表团团长", "ar": "تسميتكم رئيساً لوفد",
    }  # fmt: skip
    for language in said:
        make_stakeholder(language, f"{language}@example.org", language=language)
        head = Named(language, f"{language}@example.org", MemberRole.HEAD)
        name_member(delegation_id, head, at=NOON)
    name_member(delegation_id, Named("Di", "di@example.org", MemberRole.DEPUTY), at=NOON)
    drain(mailer, now=lambda: NOON)
    subjects = {mail.to.partition("@")[0]: mail.subject for mail in mailer.sent}
    assert {one: words for one, words in said.items() if words not in subjects[one]} == {}
    assert "named as a deputy head of the delegation" in subjects["di"]


def test_the_same_person_named_twice_is_one_member_with_one_mail(delegation_id):
    """A20"""
    assert name_member(delegation_id, BEN, at=NOON)
    assert not name_member(delegation_id, BEN, at=NOON)
    assert names(delegation_id) == [("Ben Mwangi", "member")]
    assert len(mails()) == 2


def test_whoever_is_invited_already_keeps_that_and_gets_no_second_mail(delegation_id):
    known = make_invitation(make_stakeholder("Ben Mwangi", "ben@example.org"))
    name_member(delegation_id, BEN, at=NOON)
    assert reading().scalars(select(Invitation.id)).all() == [known.id]
    assert mails() == [("focal_point", "Amina Otieno")]
    (member,) = members_of(delegation_id)
    take_out_member(delegation_id, member.id, at=NOON)
    assert afresh(reading().get_one, Invitation, known.id).withdrawn_at is None


def test_a_delegation_has_one_head_who_stands_first(delegation_id):
    name_member(delegation_id, BEN, at=NOON)
    for name in ("Chan", "Dia"):
        head = Named(name, f"{name}@example.org", MemberRole.HEAD)
        name_member(delegation_id, head, at=NOON)
    assert names(delegation_id) == [("Dia", "head"), ("Ben Mwangi", "member"), ("Chan", "member")]


def test_nobody_is_named_beyond_the_limit_and_who_is_taken_out_makes_room(delegation_id):
    for number in range(3):
        name_member(delegation_id, Named(f"One {number}", f"one{number}@example.org"), at=NOON)
    with pytest.raises(DelegationFull):
        name_member(delegation_id, BEN, at=NOON)
    assert take_out_member(delegation_id, members_of(delegation_id)[0].id, at=NOON)
    assert name_member(delegation_id, BEN, at=NOON)
    with pytest.raises(Refusal, match="More members are named already"):
        change_delegation(delegation_id, most_members=2, name_by=NAME_BY, **BY_CONSOLE)


def test_whoever_is_taken_out_is_asked_no_more_and_named_again_has_a_new_link(delegation_id):
    name_member(delegation_id, BEN, at=NOON)
    before = reading().scalars(select(Invitation)).one()
    take_out_member(delegation_id, members_of(delegation_id)[0].id, at=NOON)
    assert afresh(reading().get_one, Invitation, before.id).withdrawn_at == NOON
    assert names(delegation_id) == []
    old_key = before.link_key
    assert name_member(delegation_id, BEN, at=NOON)
    after = afresh(reading().get_one, Invitation, before.id, populate_existing=True)
    assert (after.withdrawn_at, after.link_key == old_key) == (None, False)


@pytest.mark.parametrize("address", ["not an address", "a@b.example, c@d.example", ""])
def test_an_address_that_is_none_is_refused(delegation_id, address):
    with pytest.raises(CannotBeSent, match="one address"):
        name_member(delegation_id, Named("Ben", address), at=NOON)


def test_someone_whom_we_must_not_write_to_is_refused_and_nothing_is_kept(delegation_id):
    save(Suppression(digest=digest_of("ben@example.org"), reason="bounced", source="x", since=NOON))
    with pytest.raises(CannotBeSent, match="cannot write"):
        name_member(delegation_id, BEN, at=NOON)
    assert reading().scalar(select(Stakeholder.id).where(Stakeholder.full_name == BEN.name)) is None


def test_a_page_that_was_open_too_long_changes_nothing(delegation_id):
    """A19"""
    name_member(delegation_id, BEN, at=NOON)
    with pytest.raises(DelegationChangedMeanwhile):
        name_member(delegation_id, Named("Chan", "chan@example.org"), seen=1, at=NOON)
    assert names(delegation_id) == [("Ben Mwangi", "member")]


def test_after_its_date_or_a_withdrawal_nobody_is_named(delegation_id):
    """A22"""
    with pytest.raises(DelegationClosed):
        name_member(delegation_id, BEN, at=NAME_BY)
    withdraw_delegation(delegation_id, **BY_CONSOLE)
    with pytest.raises(DelegationClosed):
        name_member(delegation_id, BEN, at=NOON)


def test_a_request_withdrawn_before_it_left_is_left_out(delegation_id, mailer):
    withdraw_delegation(delegation_id, **BY_CONSOLE)
    drain(mailer, now=lambda: NOON)
    assert mailer.sent == []
    assert afresh(lambda: reading().scalars(select(Message.state)).one()) is MessageState.LEFT_OUT


def test_asked_again_after_a_withdrawal_it_is_the_same_delegation_with_a_new_link(ministry):
    first = asked(ministry)
    key = reading().get_one(Delegation, first).link_key
    with pytest.raises(Conflict, match="already"):
        asked(ministry, focal=make_stakeholder())
    withdraw_delegation(first, **BY_CONSOLE)
    assert asked(ministry, focal=make_stakeholder("Someone else", "else@example.org")) == first
    assert afresh(reading().get_one, Delegation, first).link_key != key


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"authorised_by": " "}, "who authorised"),
        ({"name_by": NOON}, "a date to come"),
        ({"most": 0}, "1 to 1,000"),
    ],
)
def test_what_is_missing_is_said_and_nobody_is_asked(ministry, wrong, said):
    with pytest.raises(Refusal, match=said):
        asked(ministry, **wrong)
    assert mails() == []


def test_an_organisation_without_a_group_is_not_asked(app):
    with pytest.raises(Refusal, match="constituent group"):
        asked(make_organisation("Nobody knows"))


def test_it_is_complete_when_the_focal_point_says_so_and_no_more_after_a_change(delegation_id):
    with pytest.raises(CannotBeSent, match="Name somebody first"):
        complete_delegation(delegation_id, at=NOON)
    name_member(delegation_id, BEN, at=NOON)
    assert complete_delegation(delegation_id, at=NOON)
    assert not complete_delegation(delegation_id, at=NOON)
    assert afresh(delegation_line, delegation_id).state(NOON) == "complete"
    name_member(delegation_id, Named("Chan", "chan@example.org"), at=NOON)
    assert afresh(delegation_line, delegation_id).state(NOON) == "naming"


def test_women_are_counted_among_those_whose_gender_is_stated(delegation_id):
    for name, gender in (("Ana", "female"), ("Ben", "male"), ("Chan", "")):
        named = Named(name, f"{name}@example.org", gender=gender)
        name_member(delegation_id, named, at=NOON)
    (line,), following = delegations_of(the_event().id)
    assert following is None
    assert (line.member_count, line.stated_count, line.women_count) == (3, 2, 1)


def test_a_merge_takes_what_a_focal_point_speaks_for_along_and_its_undo_gives_it_back(ministry):
    focal, other = make_stakeholder("Amina Otieno"), make_stakeholder("A. Otieno")
    delegation_id = asked(ministry, focal=focal)
    merge_id = merge_stakeholders(other.id, focal.id, {}, **BY_CONSOLE)
    assert afresh(reading().get_one, Delegation, delegation_id).focal_point_id == other.id
    undo_merge(merge_id, **BY_CONSOLE)
    delegation = afresh(reading().get_one, Delegation, delegation_id, populate_existing=True)
    assert delegation.focal_point_id == focal.id


def on_record(name, **person):
    """A Member State's ministry with its focal point on record."""
    ministry = make_organisation(name, group="member_state", country="KE")
    focal = make_stakeholder(f"Focal of {name}", f"{name}@example.org", ministry, **person)
    save(
        FocalPoint(
            conference_id=the_event().conference_id, organisation_id=ministry.id,
            stakeholder_id=focal.id, authorised_by="Note 1", authorised_on=NOON.date(),
            recorded_at=NOON,
        )
    )  # fmt: skip
    return ministry


def test_a_whole_group_is_asked_once_the_count_is_stated_and_withdrawn_but_for_who_named(ministry):
    on_record("A"), on_record("B"), on_record("C", is_mail_stopped=True)
    asked(on_record("D"))
    group_id = the_group("member_state").id
    terms = {"most_members": 4, "name_by": NAME_BY, **BY_CONSOLE}
    with pytest.raises(Conflict, match="3 focal points can be asked by now, not 4"):
        ask_group(the_event().id, group_id, said_count=4, **terms)
    line, count = ask_group(the_event().id, group_id, said_count=3, **terms)
    assert count == 2
    assert [name for purpose, name in mails() if purpose == "focal_point"][1:] == [
        "Focal of A", "Focal of B",
    ]  # fmt: skip
    (first,), following = delegations_of(the_event().id, limit=1)
    assert delegations_of(the_event().id, after=following)[0][0].organisation > first.organisation
    name_member(first.id, BEN, at=NOON)
    assert withdraw_group(line, **BY_CONSOLE) == 1
    assert withdraw_group(line, **BY_CONSOLE) == 0
    assert [one.withdrawn_at is None for one in afresh(delegations_of, the_event().id)[0][:2]] == [
        True, False,
    ]  # fmt: skip


def test_a_focal_point_who_named_nobody_is_reminded_once_for_each_of_the_days(delegation_id):
    days, sent = (7, 2), []
    for before in (10, 7, 6, 2, 1):
        at = NAME_BY - timedelta(days=before)
        sent.append((remind_focal_points(days, at=at), remind_focal_points(days, at=at)))
    assert sent == [(0, 0), (1, 0), (0, 0), (1, 0), (0, 0)]
    assert len(mails()) == 3
    assert remind_focal_points((), at=NAME_BY - timedelta(days=1)) == 0


def test_whoever_named_someone_or_was_withdrawn_is_not_reminded(delegation_id):
    named, withdrawn = delegation_id, asked(on_record("A"))
    name_member(named, BEN, at=NOON)
    withdraw_delegation(withdrawn, **BY_CONSOLE)
    assert remind_focal_points((7,), at=NAME_BY - timedelta(days=1)) == 0
