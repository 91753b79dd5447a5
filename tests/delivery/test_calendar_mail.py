"""The calendar that goes with a mail: when, of which METHOD, and for whom alone."""

from email import message_from_bytes, policy

import pytest
from icalendar import Calendar
from sqlalchemy import select

from outreach.actions.calendar_changes import (
    WithdrawnAlready,
    tell_of_changes,
    withdraw_invitation,
)
from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.invitations import answer_invitation
from outreach.actions.steps import launch_due_steps
from outreach.db import reading, transaction
from outreach.delivery.file import FileMailer
from outreach.delivery.outbox import drain
from outreach.models.activity import Actor
from outreach.models.campaign import Campaign
from outreach.models.event import Event
from outreach.models.invitation import Invitation, Reply
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_campaign,
    make_invitation,
    make_list,
    make_stakeholder,
    make_target,
)

OTHERS = ("bea@example.org", "Béatrice")


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr("outreach.clock.now", lambda: NOON)


@pytest.fixture
def sent(mail_folder):
    """Drain what waits; gives (METHOD in the Content-Type, VEVENT, calendar as text) of each mail
    that went to an address, the latest last; None for a mail without a calendar."""

    def read(address):
        mailer = FileMailer(mail_folder)
        drain(mailer, now=lambda: NOON)
        found = []
        for path in sorted(mail_folder.rglob("*.eml"), key=lambda p: p.stat().st_mtime_ns):
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            if address not in mail["To"]:
                continue
            parts = [p for p in mail.walk() if p.get_content_type() == "text/calendar"]
            if not parts:
                found.append(None)
                continue
            text = parts[0].get_content()
            (entry,) = Calendar.from_ical(text).walk("VEVENT")
            found.append((parts[0]["Content-Type"].params["method"], entry, text))
        return found

    return read


def invited_by_campaign(**columns):
    target_list = make_list()
    amina = make_stakeholder("H.E. Ms Amina", "amina@example.org")
    bea = make_stakeholder(OTHERS[1], OTHERS[0])
    for person in (amina, bea):
        make_target(target_list, person)
    campaign = make_campaign(target_list, **columns)
    approver = Actor.account(make_account().id)
    approve_campaign(campaign.id, by=approver, at=NOON)
    schedule_campaign(campaign.id, by=approver, at=NOON)
    launch_due_steps(at=NOON)
    return reading().scalars(select(Invitation).where(Invitation.stakeholder_id == amina.id)).one()


@pytest.mark.parametrize("has_calendar", [True, False])
def test_an_invitation_carries_a_calendar_where_the_campaign_says_so(app, sent, has_calendar):
    invited_by_campaign(has_calendar=has_calendar)
    (mail,) = sent("amina@example.org")
    assert (mail is not None) is has_calendar


def test_the_request_names_its_one_attendee_and_asks_for_an_answer(app, sent):
    app.config["CALENDAR_ADDRESS"] = "calendar@in.example.org"
    invitation = invited_by_campaign(has_calendar=True)
    ((method, entry, text),) = sent("amina@example.org")
    assert method == "REQUEST"
    assert "METHOD:REQUEST\r\n" in text
    assert entry["ORGANIZER"] == "mailto:calendar@in.example.org"
    assert entry["ATTENDEE"] == "mailto:amina@example.org"
    assert entry["ATTENDEE"].params["RSVP"] == "TRUE"
    assert entry["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert entry["ATTENDEE"].params["CN"] == "H.E. Ms Amina"
    assert "BEGIN:VTIMEZONE" in text
    for secret in (*OTHERS, invitation.link_key, "/i/", "/u/", "http"):
        assert secret not in text


def test_whoever_accepts_gets_it_with_the_confirmation(app, sent):
    invitation = make_invitation(make_stakeholder("Amina", "amina@example.org"))
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    ((method, entry, _),) = sent("amina@example.org")
    assert (method, entry["ATTENDEE"].params["PARTSTAT"], entry["SEQUENCE"]) == (
        "REQUEST", "ACCEPTED", 0
    )  # fmt: skip


def test_whoever_declines_at_once_gets_no_calendar(app, sent):
    invitation = make_invitation(make_stakeholder("Amina", "amina@example.org"))
    answer_invitation(invitation.id, Reply.DECLINED, "", at=NOON)
    assert sent("amina@example.org") == [None]


def test_a_changed_mind_takes_it_out_of_the_calendar_and_puts_it_in_again(app, sent):
    """A39: SEQUENCE + 1 on every change, one UID all along."""
    invitation = make_invitation(make_stakeholder("Amina", "amina@example.org"))
    for reply in (Reply.ACCEPTED, Reply.DECLINED, Reply.TENTATIVE):
        answer_invitation(invitation.id, reply, "", at=NOON)
        mails = sent("amina@example.org")
    assert [(m, e["SEQUENCE"], str(e.get("STATUS"))) for m, e, _ in mails] == [
        ("REQUEST", 0, "CONFIRMED"), ("CANCEL", 1, "CANCELLED"), ("REQUEST", 2, "CONFIRMED"),
    ]  # fmt: skip
    assert len({str(entry["UID"]) for _, entry, _ in mails}) == 1


def test_a_calendar_that_answered_is_not_told_again(app, sent):
    invitation = make_invitation(make_stakeholder("Amina", "amina@example.org"))
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON, channel="calendar")
    assert sent("amina@example.org") == [None]


def test_the_flag_is_part_of_what_is_approved(app):
    campaign = make_campaign()
    before = afresh(lambda: reading().get_one(Campaign, campaign.id).digest())
    with transaction() as session:
        session.get_one(Campaign, campaign.id).has_calendar = True
    assert afresh(lambda: reading().get_one(Campaign, campaign.id).digest()) != before


def test_an_event_that_moved_has_a_higher_sequence_for_everyone(app, sent):
    invitation = make_invitation(make_stakeholder("Amina", "amina@example.org"), sequence=2)
    with transaction() as session:
        session.get_one(Event, invitation.event_id).sequence = 3
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    ((_, entry, _),) = sent("amina@example.org")
    assert entry["SEQUENCE"] == 5


def test_who_comes_is_told_once_when_the_event_moves_and_nobody_else(app, sent):
    """Rule 3 of the field: dates and venues do move."""
    amina = make_invitation(make_stakeholder("Amina", "amina@example.org"))
    make_invitation(make_stakeholder("Silent", "silent@example.org"))
    answer_invitation(amina.id, Reply.ACCEPTED, "", at=NOON)
    assert tell_of_changes(at=NOON) == 0
    with transaction() as session:
        event = session.get_one(Event, amina.event_id)
        event.sequence, event.city = 1, "Bern"
    assert (tell_of_changes(at=NOON), tell_of_changes(at=NOON)) == (1, 0)
    _, (method, entry, _) = sent("amina@example.org")
    assert (method, entry["SEQUENCE"]) == ("REQUEST", 1)
    assert "Bern" in entry["LOCATION"]
    assert sent("silent@example.org") == []


def test_who_accepts_after_the_move_is_not_told_again(app):
    invitation = make_invitation()
    with transaction() as session:
        session.get_one(Event, invitation.event_id).sequence = 4
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    assert tell_of_changes(at=NOON) == 0


def test_a_withdrawn_invitation_leaves_the_calendar(app, sent):
    """A39: CANCEL on withdrawal."""
    invitation = make_invitation(make_stakeholder("Amina", "amina@example.org"))
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    sent("amina@example.org")
    by = Actor.account(make_account().id)
    withdraw_invitation(invitation.id, by=by, at=NOON)
    *_, (method, entry, _) = sent("amina@example.org")
    assert (method, entry["SEQUENCE"], entry["STATUS"]) == ("CANCEL", 1, "CANCELLED")
    with pytest.raises(WithdrawnAlready):
        withdraw_invitation(invitation.id, by=by, at=NOON)


def test_the_confirmation_holds_the_code_for_the_door(app, sent, mail_folder):
    invitation = make_invitation(make_stakeholder("Amina", "amina@example.org"))
    answer_invitation(invitation.id, Reply.ACCEPTED, "", at=NOON)
    sent("amina@example.org")
    (path,) = mail_folder.rglob("*.eml")
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    (code,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert code.get_filename() == "Your code for the door.png"
    assert code.get_content().startswith(b"\x89PNG")
