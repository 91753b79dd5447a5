"""The pages of campaigns: drafted, looked through, approved by another, scheduled, watched."""

import csv
import io
import re

import pytest
from sqlalchemy import select

from outreach import clock
from outreach.actions.segments import save_segment
from outreach.actions.steps import launch_due_steps
from outreach.advice.segments import Condition, Rule
from outreach.db import reading
from outreach.delivery.mailer import Accepted, Busy
from outreach.delivery.outbox import drain
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.message import Message
from outreach.models.step import StepState
from outreach.queries.campaigns import steps_of
from outreach.queries.rates import Pace
from tests.factories import (
    afresh,
    make_campaign,
    make_event,
    make_list,
    make_stakeholder,
    make_target,
    sign_in,
)
from tests.web.staff.campaigning import DAY, campaign, drafted, text, typed, words


def test_only_the_promotion_team_sees_campaigns(client):
    assert client.get("/staff/campaigns").status_code == 302
    sign_in(client, Role.ORGANISER)
    for path in ("campaigns", "campaigns/new", "outbox", "templates"):
        assert client.get(f"/staff/{path}").status_code == 403


def test_an_empty_page_says_what_a_campaign_does_and_where_to_begin(staff):
    page = text(staff.get("/staff/campaigns"))
    assert "Nobody has been written to yet" in page
    assert 'href="/staff/campaigns/new"' in page


def test_the_form_offers_reminders_14_and_3_days_before_and_thanks(staff, banks):
    page = text(staff.get("/staff/campaigns/new"))
    assert re.findall(r'name="reminders-\d-days"[^>]*value="(\d+)"', page) == ["14", "3"]
    assert "Development banks (4 people)" in page
    assert re.search(r'<input checked[^>]*name="thanks"', page)


def test_a_draft_is_kept_with_its_steps_in_the_zone_of_the_event(staff, banks):
    found = campaign(drafted(staff, banks))
    assert [step.kind for step in found.steps] == [
        "invitation",
        "reminder",
        "reminder",
        "thank_you",
    ]
    assert found.reply_by.astimezone(found.event.zone).hour == 18
    assert (found.author_id, found.sender_name) == (staff.account.id, "The Secretariat")


def test_fields_that_the_form_does_not_have_say_nothing(staff, banks):
    """A49: and of a field that comes twice, the first counts."""
    more = {"state": "approved", "approver_id": staff.account.id, "author_id": 999_999, "id": 77,
            "approved_at": "2026-09-01T12:00", "name": ["First", "Second"]}  # fmt: skip
    found = campaign(drafted(staff, banks, **more))
    assert (found.state, found.approver_id, found.approved_at) == ("draft", None, None)
    assert (found.author_id, found.name) == (staff.account.id, "First")
    assert found.id != 77


def test_reminders_are_added_and_removed_without_scripts_and_keep_what_was_typed(staff, banks):
    page = staff.post("/staff/campaigns/new", data=typed(banks, do="add_reminder", name="Mine"))
    assert page.status_code == 200
    assert re.findall(r'name="reminders-\d-days"[^>]*value="(\d+)"', text(page)) == ["14", "3", "7"]
    assert 'value="Mine"' in text(page)
    page = staff.post("/staff/campaigns/new", data=typed(banks, do="remove_reminder:0"))
    assert re.findall(r'name="reminders-\d-days"[^>]*value="(\d+)"', text(page)) == ["3"]
    left = typed(banks, **{"reminders-0-days": None, "reminders-0-template": None})
    answer = staff.post("/staff/campaigns/new", data=left)
    assert [
        step.days_before for step in campaign(int(answer.location.rsplit("/", 1)[1])).steps
    ] == [
        None,
        3,
        None,
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Give the campaign a name."),
        ({"lists": None}, "Choose at least one list of this event, or a segment."),
        ({"reply_on": ""}, "Choose the day of the reply-by."),
        ({"reply_on": "2020-01-01"}, "The reply-by lies in the past."),
        ({"goes": "fixed"}, "Choose the day and the hour at which the invitation goes."),
        ({"reminders-1-days": "14"}, "Two steps to the same people stand on the same day."),
        ({"reminders-1-days": "soon"}, "Not a valid integer value."),
        ({"invitation": "nothing"}, "Choose the letter of the first mail."),
        ({"does": "news", "news": "promotion"}, "News asks for no answer"),
        ({"event": "999999"}, "Not a valid choice."),
    ],
)
def test_what_is_wrong_is_said_where_it_is_and_what_was_typed_is_kept(staff, banks, changes, said):
    answer = staff.post("/staff/campaigns/new", data=typed(banks, **changes))
    assert answer.status_code == 422
    assert said in words(answer)
    if "name" not in changes:
        assert 'value="Invitations to the banks"' in text(answer)
    assert reading().query(Campaign).count() == 0


def test_the_lists_follow_the_event_that_is_chosen(staff, banks):
    other = make_event(name="Round table")
    theirs = make_list(event=other, name="Round table guests")
    part = text(staff.get(f"/staff/campaigns/lists?event={other.id}"))
    assert theirs.name in part
    assert banks.name not in part
    page = staff.post(
        "/staff/campaigns/new", data=typed(banks, event=other.id, do="show_lists", lists=None)
    )
    assert theirs.name in text(page)
    assert "has no target list yet" in text(staff.get("/staff/campaigns/lists?event=999999"))


def test_the_author_asks_someone_else_approves_and_the_page_says_who_must_do_what(
    staff, approver, banks
):
    """A51."""
    campaign_id = drafted(staff, banks)
    path = f"/staff/campaigns/{campaign_id}"
    page = words(staff.get(path))
    assert "Ask for approval" in page
    assert f"Someone other than you approves it: {approver.account.name}" in page
    assert staff.post(f"{path}/ask").status_code == 303
    assert "asked for an approval" in words(staff.get(path))
    assert staff.post(f"{path}/approve").status_code == 403
    assert "Approve for 4 people" in words(approver.get(path))
    assert approver.post(f"{path}/approve").status_code == 303
    assert "Schedule for 4 people" in words(staff.get(path))


def test_an_approver_does_not_approve_what_they_wrote(approver, banks):
    """A51."""
    campaign_id = drafted(approver, banks)
    page = words(approver.get(f"/staff/campaigns/{campaign_id}"))
    assert "Your role approves, but not what you wrote yourself" in page
    assert "Approve for" not in page
    answer = approver.post(f"/staff/campaigns/{campaign_id}/approve")
    assert answer.status_code == 403
    assert "someone other than its author" in words(answer)


def test_a_change_says_that_it_takes_the_approval_away(staff, approver, banks):
    """A51."""
    campaign_id = drafted(staff, banks)
    approver.post(f"/staff/campaigns/{campaign_id}/approve")
    path = f"/staff/campaigns/{campaign_id}/change"
    page = words(staff.get(path))
    assert f"{approver.account.name} approved this campaign" in page
    assert staff.post(path, data=typed(banks, name="Other")).status_code == 303
    assert campaign(campaign_id).state == CampaignState.DRAFT
    assert staff.post(path, data=typed(banks, reply_on="")).status_code == 422


def test_the_last_confirmation_names_the_count_and_the_first_three(app, staff, approved, banks):
    make_target(banks, make_stakeholder("Nobody", email=None))
    page = words(staff.get(f"{approved}/schedule"))
    assert "Schedule for 4 people" in page
    for number in range(3):
        assert f"Person {number}" in page
    assert "Person 3" not in page
    assert "1 of the 5 in its audience would be left out" in page
    app.config["SEND_RATE"] = 2
    rate = "At 2 a second, the rate that is set, all 4 take 2 seconds."
    assert rate in words(staff.get(f"{approved}/schedule"))
    app.config["SEND_RATE"] = 0
    assert staff.post(f"{approved}/schedule").status_code == 303
    assert campaign(int(approved.rsplit("/", 1)[1])).state == CampaignState.SCHEDULED


def test_what_is_not_approved_has_no_last_confirmation(staff, banks):
    """A51."""
    path = f"/staff/campaigns/{drafted(staff, banks)}/schedule"
    assert staff.get(path).status_code == 409
    assert staff.post(path).status_code == 409


def test_a_running_campaign_asks_for_its_numbers_again_only_while_mails_leave(
    staff, running, mailer
):
    page = text(staff.get(running))
    assert f'hx-get="{running}/standing?state=running" hx-trigger="every 2s"' in page
    assert "0</b> of 4" in page
    drain(mailer)
    part = staff.get(f"{running}/standing?state=running")
    assert "hx-trigger" not in text(part)
    assert "HX-Refresh" not in part.headers
    assert re.search(r"Sent\s*<b>4</b>", text(part))


def test_the_page_is_loaded_anew_when_the_state_has_changed_meanwhile(staff, running):
    staff.post(f"{running}/pause")
    part = staff.get(f"{running}/standing?state=running")
    assert part.headers["HX-Refresh"] == "true"
    assert "Resume" in words(staff.get(running))


def test_the_estimate_follows_the_rate_at_which_it_leaves(app, staff, running, mailer):
    mailer.answers = lambda one: Busy("Later.") if one.to.name == "Person 0" else Accepted()
    drain(mailer)
    assert re.search(r"At 0\.\d+ a second done by", words(staff.get(running)))


def test_the_estimate_stands_where_a_rate_is_set(app, staff, running, monkeypatch):
    app.config["SEND_RATE"] = 2
    assert "At 2 a second done by" in words(staff.get(running))
    app.config["SENDER_RATE"] = 1
    assert "At 1 a second done by" in words(staff.get(running))
    monkeypatch.setattr("outreach.web.staff.campaigns.pace", lambda *_: Pace(50, None, None, None))
    assert "At 1 a second done by" in words(staff.get(running)), "it was lowered meanwhile"
    app.config["SEND_RATE"] = app.config["SENDER_RATE"] = 0
    monkeypatch.undo()
    assert "a second done by" not in words(staff.get(running))


def test_a_large_audience_counts_while_it_is_still_being_written_down(
    staff, approved, mailer, monkeypatch
):
    monkeypatch.setattr("outreach.gathering.CROWD", 3)
    staff.post(f"{approved}/schedule")
    launch_due_steps(at=clock.now(), keeps_going=lambda: afresh(nobody_is_written_down))
    page = words(staff.get(approved))
    assert "1 person is still being written down" in page
    assert "4 people" in page


def nobody_is_written_down():
    return reading().scalar(select(Message.id).limit(1)) is None


def test_pausing_resuming_and_cancelling_by_their_buttons(staff, running, mailer):
    campaign_id = int(running.rsplit("/", 1)[1])
    staff.post(f"{running}/pause")
    drain(mailer)
    assert not mailer.sent
    staff.post(f"{running}/resume")
    assert campaign(campaign_id).state == CampaignState.RUNNING
    assert "4 mails that wait would be shown as cancelled" in words(staff.get(f"{running}/cancel"))
    assert staff.post(f"{running}/cancel").status_code == 303
    assert campaign(campaign_id).state == CampaignState.CANCELLED
    assert staff.get(f"{running}/cancel").status_code == 409


def test_everyone_is_listed_with_what_happened_by_outcome_and_name(staff, running, mailer):
    drain(mailer)
    page = words(staff.get(f"{running}/people?outcome=sent"))
    assert "4 of 4 people: sent" in page
    assert "Accepted by the provider" in page
    assert "Person 2" in words(staff.get(f"{running}/people?q=2"))
    assert "Nobody fits" in text(staff.get(f"{running}/people?q=nobody"))
    for odd in ("after=-1", f"after={2**70}", "q=%00", "outcome=%27", "after=x"):
        assert staff.get(f"{running}/people?{odd}").status_code == 200


def test_everyone_is_exported_and_no_cell_becomes_a_formula(staff, approved, banks):
    """A01."""
    make_target(banks, make_stakeholder("=cmd|x"))
    staff.post(f"{approved}/schedule")
    launch_due_steps(at=clock.now())
    with staff.get(f"{approved}/people.csv") as answer:
        rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0][:3] == ["Name", "Address", "Outcome"]
    assert len(rows) == 6
    assert {row[0] for row in rows} >= {"'=cmd|x", "Person 0"}


def test_a_missed_step_asks_and_goes_or_is_skipped(staff, running):
    campaign_id = int(running.rsplit("/", 1)[1])
    found = campaign(campaign_id)
    reminder = found.steps[1]
    launch_due_steps(at=reminder.due_at + DAY)
    assert "Does it still go?" in words(staff.get(running))
    path = f"{running}/steps/{reminder.id}"
    assert staff.post(path, data={}).status_code == 303
    assert staff.post(f"{running}/steps/999999", data={"decision": "skip"}).status_code == 404
    staff.post(path, data={"decision": "skip"})
    reading().rollback()
    assert {step.id: step.state for step in steps_of(campaign_id)}[reminder.id] == StepState.SKIPPED


def test_names_from_anywhere_stay_inert_on_every_page(staff, banks):
    """A14."""
    make_target(banks, make_stakeholder('<script>alert("x")</script>'))
    campaign_id = drafted(staff, banks, name="<img src=x onerror=alert(1)>")
    for path in ("", "/people", "/preview?q=script", "/cancel", "/change"):
        page = text(staff.get(f"/staff/campaigns/{campaign_id}{path}"))
        assert "<script>alert" not in page
        assert ("&lt;script&gt;alert" in page) == ("script" in path)
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page, path


def test_every_change_wants_its_token(csrf, staff, banks):
    """A53."""
    found = make_campaign(banks)
    for verb in ("ask", "approve", "schedule", "pause", "resume", "cancel", "steps/1"):
        assert staff.post(f"/staff/campaigns/{found.id}/{verb}").status_code == 400


def test_what_is_not_there_is_404(staff):
    for path in (
        "",
        "/people",
        "/people.csv",
        "/standing",
        "/preview",
        "/change",
        "/schedule",
        "/cancel",
        "/doubts?doubt=held",
    ):
        assert staff.get(f"/staff/campaigns/999999{path}").status_code == 404, path
    for verb in ("ask", "pause", "resume", "cancel"):
        assert staff.post(f"/staff/campaigns/999999/{verb}").status_code == 404


def test_get_and_head_change_nothing(staff, approved):
    campaign_id = int(approved.rsplit("/", 1)[1])
    for path in ("", "/schedule", "/cancel", "/preview", "/people", "/change"):
        staff.get(f"{approved}{path}")
        staff.head(f"{approved}{path}")
    for verb in ("ask", "approve", "pause", "resume"):
        assert staff.get(f"{approved}/{verb}").status_code == 405
    assert campaign(campaign_id).state == CampaignState.APPROVED


def test_a_campaign_of_the_console_is_approved_like_any_other(staff, approver, banks):
    found = make_campaign(banks, reply_by=clock.now() + 30 * DAY)
    path = f"/staff/campaigns/{found.id}"
    assert "The operator wrote this draft" in words(staff.get(path))
    approver.post(f"{path}/approve")
    assert campaign(found.id).state == CampaignState.APPROVED


def test_news_to_a_segment_less_a_list_is_counted_and_drafted_by_ticks_alone(staff, banks):
    """Without a script "Count them now" answers with the whole page, what was ticked included."""
    make_stakeholder("Zoë of Bern", country_code="CH")
    make_target(banks, make_stakeholder("On the list", country_code="CH"))
    rule = Rule.of([Condition("country", ("CH",))])
    swiss = save_segment("Swiss", rule, is_shared=True, by=CONSOLE, at=clock.now())
    ticked = {
        "does": "news", "news": "promotion", "lists": None, "segments": [swiss],
        "not_lists": [banks.id], "reminders-0-days": None, "reminders-1-days": None,
        "reminders-0-template": None, "reminders-1-template": None, "newcomers": "0",
    }  # fmt: skip
    page = text(staff.post("/staff/campaigns/new", data=typed(banks, **ticked, do="count")))
    wrong = typed(banks, **ticked, name="")  # counted again as well where something is wrong
    again = text(staff.post("/staff/campaigns/new", data=wrong))
    assert re.search(r'checked[^>]*name="segments"', page)
    part = words(staff.post("/staff/campaigns/audience", data=typed(banks, **ticked)))
    pages = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", one)) for one in (page, again)]
    for seen in (*pages, part):
        assert "2 people , of whom 1 would get the first mail now: Zoë of Bern" in seen
        assert "1: Left out by the team: on the list “Development banks”." in seen
    id_ = drafted(staff, banks, **ticked)
    shown = words(staff.get(f"/staff/campaigns/{id_}"))
    assert "the segment Swiss : Everyone from Switzerland" in shown
    page = text(staff.get(f"/staff/campaigns/{id_}/change"))
    for name in ("segments", "not_lists"):
        assert re.search(rf'checked[^>]*name="{name}"', page)


def test_a_person_is_left_out_from_the_preview_and_the_approval_goes_with_that(
    staff, approved, banks
):
    """Case A51. The preview also goes to oneself, as a test."""
    page = text(staff.get(f"{approved}/preview"))
    path = re.search(rf'action="({approved}/left-out/(\d+))"', page)
    told = words(staff.post(path[1], data={"do": "out"}, follow_redirects=True))
    assert "Left out: this person gets nothing of the campaign." in told
    id_ = int(approved.rsplit("/", 1)[1])
    assert campaign(id_).state is CampaignState.DRAFT
    shown = words(staff.get(approved))
    assert "1 person would be left out of step 1: left out of this campaign by the team." in shown
    assert "Left out by name Person 0 take back in" in shown
    page = text(staff.get(f"{approved}/preview?person={path[2]}"))
    assert "Take this person back in" in page
    trial = re.search(rf'action="({approved}/preview/\d+/\d+)"', page)[1]
    told = words(staff.post(trial, follow_redirects=True))
    assert f"The test is on its way to {staff.account.email}" in told
    staff.post(path[1], data={"do": "in"})
    assert "Left out by name" not in words(staff.get(approved))
