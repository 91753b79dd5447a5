"""The timeline of a campaign, its dry run, and dates that move: as pages."""

import csv
import io
from datetime import timedelta

import pytest

from outreach.actions.campaigns import approve_campaign, change_campaign, schedule_campaign
from outreach.actions.steps import launch_due_steps
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from outreach.queries.campaign_pages import campaign_page
from outreach.queries.campaigns import steps_of
from tests.actions.test_campaigns import INVITATION, plan, reminder
from tests.actions.test_steps import THANKS
from tests.factories import (
    NOON,
    afresh,
    make_campaign,
    make_list,
    make_stakeholder,
    make_target,
    sign_in,
)

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """The pages' clock stands at noon of the tests' first day."""
    monkeypatch.setattr("outreach.clock.now", lambda: NOON)


@pytest.fixture
def draft(app):
    target_list = make_list()
    for name, email in (("Amina Diallo", ""), ("Bela Nagy", ""), ("Chen Wei", None)):
        make_target(target_list, make_stakeholder(name, email=email))
    campaign = make_campaign(target_list)
    steps = (INVITATION, reminder(14), reminder(3))
    change_campaign(campaign.id, plan(target_list, *steps, THANKS), by=CONSOLE, at=NOON)
    return campaign.id


@pytest.fixture
def scheduled(draft):
    approve_campaign(draft, by=CONSOLE, at=NOON)
    schedule_campaign(draft, by=CONSOLE, at=NOON)
    return draft


def address(campaign_id, end):
    return f"/staff/campaigns/{campaign_id}/{end}"


def due(campaign_id):
    """Of each step that has a time."""
    return [step.due_at for step in afresh(steps_of, campaign_id) if step.due_at]


def test_the_picture_shows_every_step_with_its_count_and_says_so_in_words(client, scheduled):
    sign_in(client)
    page = client.get(address(scheduled, "timeline"))
    assert page.status_code == 200
    assert page.text.count('<svg class="o-time') == 2
    assert "6 mails still to go" in page.text
    assert "1 left out: No address is known." in page.text
    assert "Step 2, Reminder:" in page.text
    assert "Step 4, Thanks: after each answer, 0 mails." in page.text
    assert page.text.count("after each answer · 0</text>") == 2
    assert "Reply-by</text>" in page.text
    assert "Today</text>" in page.text
    assert "style=" not in page.text


def test_steps_that_have_gone_show_their_outcome_and_cannot_be_moved(client, scheduled):
    launch_due_steps(at=NOON)
    sign_in(client, Role.APPROVER)
    page = client.get(address(scheduled, "timeline")).text
    assert "Began Tue 1 Sep" in page
    assert "Invitation: Tue 1 Sep" in page
    assert "· 2, 1 left out</text>" in page
    assert page.count("Move this step") == 2
    step = steps_of(scheduled)[0]
    form = {"on": "2026-09-20", "time": "09:00"}
    client.post(address(scheduled, f"steps/{step.id}/move"), data=form)
    assert "Only a step to come can be moved" in client.get(address(scheduled, "timeline")).text


def test_the_dry_run_names_everyone_page_by_page_and_as_a_file(client, scheduled, monkeypatch):
    monkeypatch.setattr("outreach.web.staff.campaign_timeline.PEOPLE_SHOWN", 2)
    sign_in(client)
    page = client.get(address(scheduled, "dry-run")).text
    assert "6 mails to 3 people" in page
    assert "Amina Diallo" in page
    assert "Chen Wei" not in page
    file = client.get(address(scheduled, "dry-run.csv"))
    text = file.text
    file.close()
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(lines) == 9
    assert [line["Reason"] for line in lines if line["Goes"] == "no"] == [
        "No address is known."
    ] * 3
    after = max(int(part.split('"')[0]) for part in page.split("after=")[1:])
    assert "Chen Wei" in client.get(address(scheduled, f"dry-run?after={after}")).text


def test_another_reply_by_shows_what_moves_before_anything_does(client, scheduled):
    launch_due_steps(at=NOON)
    sign_in(client, Role.APPROVER)
    before = due(scheduled)
    form = {"on": "2026-10-08", "time": "14:00"}
    page = client.get(address(scheduled, "reply-by"), query_string=form).text
    assert "2 open invitations move along" in page
    assert page.count('<td class="o-row-name">') == 3
    assert due(scheduled) == before
    assert client.post(address(scheduled, "reply-by"), data=form).status_code == 303
    moved = due(scheduled)
    assert moved[0] == before[0]
    assert [new - old for old, new in zip(before[1:], moved[1:], strict=True)] == [7 * DAY, 7 * DAY]
    assert afresh(campaign_page, scheduled).reply_by == NOON + 37 * DAY


@pytest.mark.parametrize(
    "form", [{}, {"on": "2026-10-08"}, {"on": "yesterday", "time": "9"}, {"time": "09:00"}]
)
def test_a_reply_by_that_is_no_date_is_said_where_it_was_typed(client, scheduled, form):
    sign_in(client, Role.APPROVER)
    page = client.get(address(scheduled, "reply-by"), query_string=form)
    assert page.status_code == 422
    assert "Nothing has been moved yet" in page.text
    assert client.post(address(scheduled, "reply-by"), data=form).status_code == 422


def test_a_reply_by_that_has_passed_is_refused(client, scheduled):
    sign_in(client, Role.APPROVER)
    form = {"on": "2026-08-01", "time": "09:00"}
    assert client.get(address(scheduled, "reply-by"), query_string=form).status_code == 409
    assert client.post(address(scheduled, "reply-by"), data=form).status_code == 409


def test_a_step_is_moved_by_an_ordinary_form(client, scheduled):
    sign_in(client, Role.APPROVER)
    second = steps_of(scheduled)[1]
    form = {"on": "2026-09-20", "time": "09:30"}
    answer = client.post(address(scheduled, f"steps/{second.id}/move"), data=form)
    assert answer.status_code == 303
    zone_hours = due(scheduled)[1].isoformat()
    assert zone_hours.startswith("2026-09-20T")
    assert client.post(address(scheduled, "steps/999999/move"), data=form).status_code == 404


def test_on_the_way_only_an_approver_moves_what_was_approved(client, scheduled):
    """A51."""
    sign_in(client, Role.PROMOTER)
    step = steps_of(scheduled)[1]
    form = {"on": "2026-09-20", "time": "09:30"}
    assert client.post(address(scheduled, f"steps/{step.id}/move"), data=form).status_code == 403
    assert client.post(address(scheduled, "reply-by"), data=form).status_code == 403


def test_moving_a_step_of_an_approved_campaign_takes_the_approval_away(client, draft):
    """A51."""
    approve_campaign(draft, by=CONSOLE, at=NOON)
    sign_in(client)
    step = steps_of(draft)[1]
    client.post(address(draft, f"steps/{step.id}/move"), data={"on": "2026-09-20", "time": "09:30"})
    assert afresh(campaign_page, draft).state == "draft"


def test_what_is_not_there_is_404(client):
    sign_in(client)
    for end in ("timeline", "dry-run", "dry-run.csv", "reply-by"):
        assert client.get(address(10**9, end)).status_code == 404


def test_the_form_sets_an_hour_and_working_days_and_shows_them_again(client, draft):
    sign_in(client)
    page = client.get(address(draft, "change")).text
    assert page.count("Working days only") == 2
    form = {
        "name": "With hours", "event": campaign_page(draft).event_id, "do": "save",
        "lists": campaign_page(draft).lists[0][0], "reply_on": "2026-10-04", "reply_at": "18:00",
        "invitation": "invitation", "goes": "start", "sender_name": "The Secretariat",
        "reminders-0-days": "14", "reminders-0-template": "reminder", "reminders-0-hour": "9",
        "reminders-0-working_days_only": "y", "thanks_letter": "thank_you",
    }  # fmt: skip
    assert client.post(address(draft, "change"), data=form).status_code == 303
    again = client.get(address(draft, "change")).text
    assert '<option selected value="9">09:00</option>' in again
    picture = client.get(address(draft, "timeline")).text
    assert "Fri 18 Sep" in picture  # two weeks before is a Sunday
    assert "09:00" in picture
