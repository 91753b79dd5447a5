"""Stopping campaign mail from a mail program or from the page, and starting it again."""

import pytest
from sqlalchemy import select

from outreach.actions.invitations import answer_invitation
from outreach.actions.suppressions import unsubscribe
from outreach.db import reading, transaction
from outreach.models.activity import Activity
from outreach.models.invitation import Invitation, Reply
from outreach.models.message import Message, Purpose
from outreach.models.stakeholder import Stakeholder
from outreach.models.suppression import CampaignStop, NewsStop, Suppression, digest_of
from tests.factories import (
    NOON,
    make_campaign,
    make_invitation,
    make_message,
    make_stakeholder,
    save,
)

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def message(app):
    return make_message(make_stakeholder("Ana Silva", "Ana.Silva@example.org"))


def stopped():
    reading().rollback()
    rows = reading().execute(
        select(Suppression.digest, Suppression.reason).order_by(Suppression.id)
    )
    return [tuple(row) for row in rows]


def verbs():
    return list(reading().scalars(select(Activity.verb).order_by(Activity.id)))


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_stops_the_mail_at_once_without_cookie_or_redirect(
    client, csrf, guest, message, encoding
):
    """A29"""
    path = guest(message, "unsubscribe").path
    for _ in range(2):
        answer = client.post(path, data=ONE_CLICK, content_type=encoding)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "is stopped" in answer.text
    assert stopped() == [(digest_of("ana.silva@example.org"), "unsubscribed")]
    assert verbs() == ["unsubscribed"]


def test_an_assistant_stops_mail_to_their_own_mailbox_alone(client, guest, message):
    person = reading().get_one(Stakeholder, message.stakeholder_id)
    theirs = make_message(person, purpose=Purpose.TO_ASSISTANT, address="Office@example.net")
    client.post(guest(theirs, "unsubscribe").path, data=ONE_CLICK)
    assert stopped() == [(digest_of("office@example.net"), "unsubscribed")]


def test_opening_the_link_stops_nothing(client, guest, message, tables):
    """A18, A29"""
    path = guest(message, "unsubscribe").path
    before = tables()
    for _ in range(100):
        for method in ("GET", "HEAD", "OPTIONS"):
            assert client.open(path, method=method, query_string=ONE_CLICK).status_code == 200
    assert tables() == before


def test_the_page_asks_and_does_not_give_the_address_away(guest, message):
    text = guest(message, "unsubscribe").open().text
    assert 'What may we send to <bdi dir="ltr">A•••@example.org</bdi>?' in text
    assert "Ana" not in text
    assert "What you have answered stays as it is" in text
    assert "No more of this series" not in text  # a mail outside campaigns stands alone


@pytest.fixture
def of_campaign(app):
    """A reminder to Ana, of a campaign."""
    campaign = make_campaign()
    person = make_stakeholder("Ana Silva", "ana.silva@example.org")
    return make_message(person, campaign_id=campaign.id)


def test_each_choice_is_confirmed_holds_alone_and_can_be_taken_back(client, guest, of_campaign):
    """A30"""
    page = guest(of_campaign, "unsubscribe")
    choices = {
        "news": ("News to", []),
        "campaign": ("This series of mails is stopped", []),
        "stop": ("is stopped", ["unsubscribed"]),
        "nothing": ("No mail goes to", ["wants_nothing"]),
        "all": ("Nothing is stopped for", []),
    }
    for choice, (said, reasons) in choices.items():
        for _ in range(2):
            sent = client.post(page.path, data=page.hidden() | {"choice": choice})
            assert sent.status_code == 200
            assert said in sent.text
            assert "Saved. It holds from now on" in sent.text
        assert f'value="{choice}" required checked' in page.open().text
        assert [reason for _, reason in stopped()] == reasons
        assert bool(reading().scalars(select(CampaignStop)).all()) == (choice == "campaign")
        assert bool(reading().scalars(select(NewsStop)).all()) == (choice != "all")
    assert verbs() == [
        "stopped_news", "stopped_campaign", "unsubscribed", "stopped_everything", "resubscribed"
    ]  # fmt: skip


def test_one_click_in_news_stops_news_alone_beside_what_else_is_stopped(client, guest, of_campaign):
    """RFC 8058, and what the words of the mail say: invitations may still come."""
    with transaction() as session:
        session.get_one(Message, of_campaign.id).purpose = Purpose.PROMOTION
    page = guest(of_campaign, "unsubscribe")
    client.post(page.path, data=page.hidden() | {"choice": "campaign"})
    for _ in range(2):
        assert "News is stopped as well" in client.post(page.path, data=ONE_CLICK).text
    client.post(page.path, data=page.hidden() | {"choice": "news"})
    assert (stopped(), verbs()) == ([], ["stopped_campaign", "stopped_news"])
    assert len(reading().scalars(select(NewsStop.source)).all()) == 1


def test_news_that_someone_stopped_at_an_old_address_is_seen_and_wanted_again(
    client, guest, of_campaign
):
    person = of_campaign.stakeholder_id
    save(NewsStop(digest=digest_of("old@example.org"), source="page", since=NOON,
                  stakeholder_id=person))  # fmt: skip
    page = guest(of_campaign, "unsubscribe")
    assert 'value="news" required checked' in page.open().text
    client.post(page.path, data=page.hidden() | {"choice": "all"})
    assert reading().scalars(select(NewsStop)).all() == []


def test_one_click_after_nothing_at_all_does_not_start_anything_again(client, guest, of_campaign):
    page = guest(of_campaign, "unsubscribe")
    client.post(page.path, data=page.hidden() | {"choice": "nothing"})
    client.post(page.path, data=ONE_CLICK)
    assert [reason for _, reason in stopped()] == ["wants_nothing"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"choice": "stop"}, {"choice": "all", "nonce": "0.x"}, {"choice": "campaign"}],
)
def test_a_post_that_says_nothing_of_ours_changes_nothing(client, guest, message, tables, fields):
    """A19"""
    page = guest(message, "unsubscribe")
    before = tables()
    assert client.post(page.path, data=fields).status_code == 400
    hidden = page.hidden() if fields.get("choice") == "campaign" else {}
    assert client.post(page.path, data=fields | hidden).status_code == 400
    assert tables() == before


def test_an_answer_stays_and_can_be_changed_after_unsubscribing_and_the_reverse(client, guest):
    """A30"""
    person = make_stakeholder()
    invitation = make_invitation(person)
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    path = guest(make_message(person, invitation), "unsubscribe").path
    client.post(path, data=ONE_CLICK)
    reading().rollback()
    assert reading().get(Invitation, invitation.id).state == "accepted"
    assert guest(invitation).send(answer="declined").status_code == 303
    assert [reason for _, reason in stopped()] == ["unsubscribed"]


def test_an_address_that_has_changed_since_is_stopped_in_both_spellings(client, guest, message):
    with transaction() as session:
        person = session.get_one(Stakeholder, message.stakeholder_id)
        person.email, person.email_key = "ana@example.net", "ana@example.net"
    client.post(guest(message, "unsubscribe").path, data=ONE_CLICK)
    both = {digest_of("ana.silva@example.org"), digest_of("ana@example.net")}
    assert {digest for digest, _ in stopped()} == both


@pytest.mark.parametrize(
    ("reason", "becomes", "after"),
    [
        ("bounced", "unsubscribed", []),
        ("complained", "complained", ["complained"]),
        ("staff", "staff", ["staff"]),
    ],
)
def test_what_others_stopped_only_they_can_start(client, guest, message, reason, becomes, after):
    save(
        Suppression(
            digest=digest_of("ana.silva@example.org"), reason=reason, source="before", since=NOON
        )
    )
    page = guest(message, "unsubscribe")
    client.post(page.path, data=ONE_CLICK)
    assert [each for _, each in stopped()] == [becomes]
    client.post(page.path, data=page.hidden() | {"choice": "all"})
    assert [each for _, each in stopped()] == after
    assert ("Save this choice" in page.open().text) == (after == [])


def test_a_mail_that_went_to_nobody_has_no_page(guest):
    message = make_message(make_stakeholder(email=None))
    assert guest(message, "unsubscribe").open().status_code == 404


def test_who_unsubscribes_twice_is_on_the_journal_once(app, message):
    assert unsubscribe(message.public_id, source="one-click", at=NOON)
    assert not unsubscribe(message.public_id, source="one-click", at=NOON)
    assert verbs() == ["unsubscribed"]
