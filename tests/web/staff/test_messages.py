"""One mail: as it was sent, its links masked; held ones released or cancelled."""

import re
from html import unescape

import pytest
from sqlalchemy import select, update

from outreach.db import reading, transaction
from outreach.delivery.file import FileMailer
from outreach.delivery.outbox import drain
from outreach.links import answer_url
from outreach.models.account import Role
from outreach.models.invitation import Invitation
from outreach.models.message import Message
from outreach.models.stakeholder import Stakeholder
from outreach.models.template import TemplateText
from outreach.signing import SIGN_OFF
from tests.delivery.ledgers import frozen_campaign, states
from tests.factories import NOON, make_message, make_seat_offer, make_stakeholder, sign_in
from tests.recount import assert_counts_add_up


@pytest.fixture
def staff(client):
    sign_in(client)
    return client


def text(answer):
    return answer.get_data(as_text=True)


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text(answer))))


def only_message():
    reading().rollback()
    return reading().scalars(select(Message)).one()


@pytest.fixture
def sent(app, mail_folder):
    frozen_campaign(1)
    drain(FileMailer(mail_folder), now=lambda: NOON)
    return only_message()


@pytest.fixture
def held(app, mailer):
    frozen_campaign(1)
    with transaction() as session:
        session.execute(update(TemplateText).values(body="Dear {office}: {rsvp_link}\n"))
    drain(mailer, now=lambda: NOON)
    return only_message()


def test_a_mail_is_shown_exactly_as_it_was_sent_with_its_link_masked(staff, sent):
    page = staff.get(f"/staff/messages/{sent.id}")
    assert "exactly as it was sent" in words(page)
    assert "List-Unsubscribe" in text(page)
    assert f"{sent.public_id}@example.org" in words(page)
    assert "/i/••••" in text(page)
    key = reading().scalars(select(Invitation.link_key)).one()
    link = answer_url(key)
    for answer in (page, staff.get(f"/staff/messages/{sent.id}/html")):
        assert link not in text(answer)
        assert not re.search(r"/[isu]/[A-Za-z0-9_-]{43}", text(answer))


def test_the_frame_shows_the_html_part_and_can_do_nothing(staff, sent):
    answer = staff.get(f"/staff/messages/{sent.id}/html")
    assert "Dear Person 0" in text(answer)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert re.search(
        rf'<iframe[^>]*src="/staff/messages/{sent.id}/html" sandbox',
        text(staff.get(f"/staff/messages/{sent.id}")),
    )


def test_what_has_not_left_is_previewed_and_says_so(staff):
    frozen_campaign(1)
    page = words(staff.get(f"/staff/messages/{only_message().id}"))
    assert "It has not left: this is what it would say" in page
    assert "/i/their-own-page" in page
    assert "waiting for its turn" in page.lower()


def test_where_the_mailer_keeps_no_copy_the_mail_is_made_again_from_the_ledger(staff, mailer):
    frozen_campaign(1)
    drain(mailer, now=lambda: NOON)
    page = words(staff.get(f"/staff/messages/{only_message().id}"))
    assert "was made again from what the ledger kept" in page
    assert "Dear Person 0" in page


def test_a_held_mail_says_what_is_missing_and_goes_when_it_is_released(staff, held, mailer):
    """P1, A12."""
    path = f"/staff/messages/{held.id}"
    page = words(staff.get(path))
    assert "Nothing stands in the field {office} for this person." in page
    assert "Release this mail" in page
    with transaction() as session:
        session.get(Stakeholder, held.stakeholder_id).office = "Governor"
    assert staff.post(f"{path}/release").status_code == 303
    assert states() == {"waiting": 1}
    assert staff.post(f"{path}/release").status_code == 409
    drain(mailer, now=lambda: NOON)
    assert_counts_add_up()


def test_all_that_a_campaign_holds_for_one_reason_is_released_together(staff, mailer):
    """But a star's mail, and none where there are others by now than the page said."""
    campaign = frozen_campaign(4)
    with transaction() as session:
        session.execute(update(TemplateText).values(body="Dear {office}: {rsvp_link}\n"))
    drain(mailer, now=lambda: NOON)
    with transaction() as session:
        rows = session.scalars(select(Message).order_by(Message.id)).all()
        rows[0].reason = f"{SIGN_OFF}Olga."
        session.get(Stakeholder, rows[1].stakeholder_id).email = None
        reason = rows[1].reason
    path = f"/staff/campaigns/{campaign.id}"
    page = staff.get(f"{path}/people?outcome=held")
    assert f"3 mails: {reason}" in words(page)
    assert "Release all 3" in words(page)
    assert f"mail: {SIGN_OFF}" not in words(page)
    assert "Held, by reason" not in words(staff.get(f"{path}/people"))
    form = {"reason": reason, "count": 4}
    page = words(staff.post(f"{path}/release", data=form, follow_redirects=True))
    assert "3 mails are held for this reason now, not 4. Look again." in page
    assert states() == {"held": 4}
    page = words(staff.post(f"{path}/release", data=form | {"count": 3}, follow_redirects=True))
    assert "2 released: they wait for their turn." in page
    assert "1 not released. No address is known for this person." in page
    assert states() == {"held": 2, "waiting": 2}
    assert_counts_add_up()


def test_a_held_mail_is_cancelled(staff, held):
    path = f"/staff/messages/{held.id}"
    assert staff.post(f"{path}/cancel").status_code == 303
    assert states() == {"cancelled": 1}
    assert "Cancelled by a person" in words(staff.get(path))
    assert_counts_add_up()


def test_a_mail_about_a_seat_has_a_page_too(staff):
    """Mails outside campaigns: no campaign, no step."""
    person = make_stakeholder()
    offer = make_seat_offer(person)
    message = make_message(person, offer_id=offer.id, purpose="seat")
    assert staff.get(f"/staff/messages/{message.id}").status_code == 200


def test_reasons_from_outside_stay_inert(staff, sent):
    """A14."""
    with transaction() as session:
        row = session.get(Message, sent.id)
        row.reason, row.name = "<script>alert(1)</script>", "<img src=x onerror=alert(1)>"
    for path in (f"/staff/messages/{sent.id}", "/staff/outbox"):
        page = text(staff.get(path))
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "&lt;img src=x" in page, path
    assert "&lt;script&gt;alert(1)" in text(staff.get(f"/staff/messages/{sent.id}"))


def test_mails_are_for_the_promotion_team(app, client, sent):
    for path in (f"/staff/messages/{sent.id}", f"/staff/messages/{sent.id}/html"):
        assert client.get(path).status_code == 302
    sign_in(client, Role.ORGANISER)
    assert client.get(f"/staff/messages/{sent.id}").status_code == 403
    staff = app.test_client()
    sign_in(staff)
    assert staff.get("/staff/messages/999999").status_code == 404
    assert staff.get("/staff/messages/999999/html").status_code == 404
    assert staff.post("/staff/messages/999999/release").status_code == 404
