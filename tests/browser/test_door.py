"""The door, recorded answers, replies in doubt and the calendar page, in a real browser."""

import os
from base64 import b64encode
from datetime import timedelta

import pytest

from outreach import clock
from outreach.actions.accounts import make_one_time_link
from outreach.actions.feeds import renew_feed
from outreach.delivery.codes import check_in_png, check_in_token
from outreach.models.calendar_reply import CalendarReply, Verdict
from outreach.models.inbound import InboundMail
from outreach.models.invitation import Reply
from outreach.queries.attendance import at_the_door
from outreach.tokens import personal_token
from tests.axe import violations, visit
from tests.factories import (
    NOON,
    afresh,
    make_account,
    make_invitation,
    make_organisation,
    make_stakeholder,
    save,
)

pytestmark = pytest.mark.browser
LONG = "Her Excellency Wolfeschlegelsteinhausenbergerdorff-Ångström " + "Ł" * 40


@pytest.fixture
def zoe(app):
    person = make_stakeholder(
        "Zoë Ångström", "zoe@example.org", make_organisation("Bank of the Lakes"), language="en"
    )
    return make_invitation(person, state="accepted", reply_by=clock.now() + timedelta(days=9))


@pytest.fixture
def staff(page):
    """Signed in, as by a mail."""
    page.goto(f"/account/link/{make_one_time_link(make_account().id, at=clock.now())}")
    page.click("form button")
    return page


def in_doubt(invitation):
    mail = InboundMail(
        stored_name="x", content_type="x", digest="x", bytes_count=1, received_at=NOON,
        sender="eve@example.org", sender_name="Eve", dkim="{@evil.example.com : pass}", spf="fail",
    )  # fmt: skip
    save(mail)
    save(CalendarReply(
        inbound_id=mail.id, invitation_id=invitation.id, event_id=invitation.event_id,
        verdict=Verdict.UNVERIFIED, reply=Reply.DECLINED, attendee="zoe@example.org",
        because="It is not proven that it comes from the address in From.", received_at=NOON,
        stamped_at=NOON, comment="Not coming " * 20,
    ))  # fmt: skip


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_passes_axe_and_fits_its_width(staff, zoe, scheme, width):
    make_invitation(make_stakeholder(LONG), reply_by=clock.now() + timedelta(days=9))
    in_doubt(zoe)
    renew_feed(zoe.stakeholder_id, at=NOON)
    door = f"/staff/checkin/{zoe.event_id}"
    staff.set_viewport_size({"width": width, "height": 900})
    staff.emulate_media(color_scheme=scheme)
    staff.goto(door)
    staff.fill("#code", check_in_token(zoe.link_key))
    staff.keyboard.press("Enter")
    staff.get_by_text("Zoë Ångström, Bank of the Lakes is in.").wait_for()
    calendar = f"/i/{personal_token('answer', zoe.link_key)}/calendar"
    pages = {
        "doors": "/staff/checkin", "door": f"{door}?q=e", "unverified": "/staff/replies/unverified",
        "record": f"/staff/invitations/{zoe.id}/answer", "calendar": calendar,
        "calendar-ar": f"{calendar}?language=ar",
        "addresses": f"/staff/stakeholders/{zoe.stakeholder_id}/addresses",
        "person": f"/staff/stakeholders/{zoe.stakeholder_id}",
    }  # fmt: skip
    for name, address in pages.items():
        visit(staff, address)
        if folder := os.environ.get("SHOTS"):
            staff.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
        assert staff.evaluate("document.documentElement.scrollWidth") <= width, name
        assert violations(staff) == [], name


CAMERA = """delete window.BarcodeDetector;
navigator.mediaDevices.getUserMedia = async () => {
  const picture = new Image();
  picture.src = "data:image/png;base64,CODE";
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const context = canvas.getContext("2d");
  context.rotate(0.2);
  const show = () => {
    context.fillStyle = "#998877";
    context.fillRect(-200, -200, 1200, 1000);
    context.drawImage(picture, 240, 80, 260, 260);
  };
  setInterval(show, 50);
  show();
  return canvas.captureStream(20);
};"""
"""A camera before which someone holds a phone with a code, a little askew."""


def test_a_phone_without_a_decoder_of_its_own_scans_a_code(staff, zoe):
    code = b64encode(check_in_png(zoe.link_key)).decode()
    staff.add_init_script(CAMERA.replace("CODE", code))
    staff.goto(f"/staff/checkin/{zoe.event_id}")
    staff.get_by_role("button", name="Scan with the camera").click()
    staff.get_by_text("Zoë Ångström, Bank of the Lakes is in.").wait_for()
    staff.get_by_role("button", name="Stop the camera").click()
    assert afresh(at_the_door, zoe.id).came_at is not None


def test_arrivals_wait_for_the_network_and_are_sent_when_it_is_back(staff, zoe):
    staff.goto(f"/staff/checkin/{zoe.event_id}")
    staff.context.set_offline(True)
    staff.fill("#code", check_in_token(zoe.link_key))
    staff.keyboard.press("Enter")
    staff.get_by_text("1 arrival waits for the network").wait_for()
    noted_by = clock.now()
    assert afresh(at_the_door, zoe.id).came_at is None
    staff.context.set_offline(False)
    staff.locator("[data-door-said]").get_by_text("is in.").wait_for(timeout=15_000)
    staff.get_by_text("Already in").first.wait_for(timeout=15_000)
    assert afresh(at_the_door, zoe.id).came_at <= noted_by
    assert staff.evaluate("localStorage.length") == 0
