"""The demonstration as a newcomer finds it; loaded once for all of these tests, which only look."""

import email
import email.policy
from collections import Counter
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from outreach import clock
from outreach.actions.accounts import use_one_time_link
from outreach.actions.duplicates import find_duplicates
from outreach.db import db
from outreach.demo import load_demo, sign_in_links
from outreach.demo.timeline import Timeline
from outreach.models.activity import Activity
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.conference import ConstituentGroup
from outreach.models.invitation import Answer, Invitation, InvitationState
from outreach.models.message import Message, MessageState
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.seat import OfferState, Seat, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.star import UNDER_WAY, StarStage
from outreach.models.step import Step, StepState
from outreach.models.tally import Tally, TallyKind
from outreach.models.target import Target, TargetList
from outreach.queries.allotments import allotments_of
from outreach.queries.board import group_standings, together
from outreach.queries.campaigns import campaign_summary
from outreach.queries.duplicates import found_count
from outreach.queries.events import events
from outreach.queries.organisation_targets import organisation_lines
from outreach.queries.stars import star_cards
from outreach.signing import SIGN_OFF
from tests.conftest import DATABASE

pytestmark = pytest.mark.database

TODAY = clock.now()
NOW = TODAY.replace(hour=8, minute=30) + timedelta(days=2 - TODAY.weekday())
"""The Wednesday morning of this week: the conference was founded at the machine's own time."""


@pytest.fixture(scope="module")
def demo(_filled_app: Flask, tmp_path_factory):
    DATABASE.restore()
    mails = tmp_path_factory.mktemp("mails")
    kept = _filled_app.config["MAIL_DIR"]
    _filled_app.config["MAIL_DIR"] = str(mails)
    with _filled_app.app_context():
        asked: Counter[str] = Counter()

        def note(*_: object) -> None:
            asked["statements"] += 1

        event.listen(db.engine, "before_cursor_execute", note)
        load_demo(NOW)
        event.remove(db.engine, "before_cursor_execute", note)
        _filled_app.extensions["demo-statements"] = asked["statements"]
        yield _filled_app
    _filled_app.config["MAIL_DIR"] = kept


@pytest.fixture
def session(demo):
    return db.session


def counted(session, column):
    return Counter(dict(session.execute(select(column, func.count()).group_by(column)).all()))


def test_it_asks_the_database_no_more_than_fits_into_twenty_seconds(demo):
    """A bound on the work, which is the same on every machine; `make bench ONLY=demo` times it."""
    assert demo.extensions["demo-statements"] < 20_000


def test_every_group_has_a_list_with_people(session):
    rows = session.execute(
        select(ConstituentGroup.code, func.count(Target.id))
        .join(TargetList, TargetList.group_id == ConstituentGroup.id)
        .join(Target, Target.list_id == TargetList.id)
        .group_by(ConstituentGroup.code)
    ).all()
    assert len(rows) == 17
    assert dict(rows)["member_state"] >= 194


def test_four_campaigns_stand_in_four_stages(session):
    running, sent, waiting, news = session.scalars(select(Campaign).order_by(Campaign.id)).all()
    assert running.state is CampaignState.RUNNING
    assert timedelta(weeks=4) < NOW - running.scheduled_at < timedelta(weeks=7)
    assert sent.state is CampaignState.RUNNING
    assert timedelta(0) < NOW - sent.scheduled_at < timedelta(days=4)
    assert waiting.state is CampaignState.APPROVED
    assert waiting.author_id != waiting.approver_id
    assert (news.state, news.reaches_segments) == (CampaignState.DRAFT, True)


def test_answers_close_in_about_six_weeks_on_a_working_day(session):
    reply_by = min(session.scalars(select(Campaign.reply_by).order_by(Campaign.id).limit(2)))
    assert timedelta(days=38) < reply_by - NOW < timedelta(days=46)
    assert reply_by.astimezone(ZoneInfo("Europe/Zurich")).weekday() == 4


def test_reminders_are_ahead_and_none_was_missed(session):
    steps = session.scalars(select(Step)).all()
    assert not [step for step in steps if step.state in (StepState.MISSED, StepState.SKIPPED)]
    ahead = [s for s in steps if s.state is StepState.WAITING and s.due_at and s.due_at > NOW]
    assert len(ahead) == 4


def test_answers_look_like_life(session):
    states = counted(session, Invitation.state)
    total = sum(states.values())
    assert total > 650
    assert 0.3 < states[InvitationState.SILENT] / total < 0.65
    assert states[InvitationState.ACCEPTED] > states[InvitationState.DECLINED] > 15
    assert states[InvitationState.TENTATIVE] > 15
    assert states[InvitationState.DELEGATED] > 15
    twice = select(Answer.invitation_id).group_by(Answer.invitation_id).having(func.count() > 1)
    assert len(session.scalars(twice).all()) >= 5
    assert set(counted(session, Answer.channel)) == {"link", "letter"}
    assert session.scalar(select(func.count()).where(Answer.note != "")) > 15


def test_the_board_adds_up_for_each_group(session):
    """Invited = accepted + declined + tentative + delegated + no answer + undeliverable."""
    (here, *_) = events()
    standings = group_standings(here.id)
    rows = session.execute(
        select(ConstituentGroup.code, Invitation.state, func.count())
        .join(Invitation, Invitation.group_id == ConstituentGroup.id)
        .where(Invitation.event_id == here.id)
        .group_by(ConstituentGroup.code, Invitation.state)
    )
    real: dict[str, dict[str, int]] = {}
    for code, state, count in rows:
        real.setdefault(code, {})[state.value] = count
    for standing in standings:
        shown = {state: count for state, count in standing.counts.items() if count}
        assert shown == real.get(standing.code, {}), standing.code
    assert sum(together(standings).counts.values()) == sum(
        sum(one.values()) for one in real.values()
    )


def test_every_tally_can_be_recomputed_from_the_rows(session):
    kept = dict(
        session.execute(
            select(Tally.state, func.sum(Tally.count))
            .where(Tally.kind == TallyKind.STEP_MESSAGES)
            .group_by(Tally.state)
        ).all()
    )
    of_campaigns = select(Message.state, func.count()).where(Message.campaign_id.is_not(None))
    real = {s.value: n for s, n in session.execute(of_campaigns.group_by(Message.state))}
    assert {state: int(count) for state, count in kept.items() if count} == real


def test_each_audience_is_the_sum_of_its_outcomes(session):
    for id_ in session.scalars(select(Campaign.id)):
        summary = campaign_summary(id_)
        assert summary["audience_count"] == sum(summary["outcomes"].values()) > 50


def test_every_mail_was_handed_over_and_is_a_file_that_can_be_read(demo, session):
    states = counted(session, Message.state)
    assert set(states) - {MessageState.HELD} == {MessageState.ACCEPTED, MessageState.LEFT_OUT}
    held = session.scalars(select(Message.reason).where(Message.state == MessageState.HELD))
    assert all(reason.startswith(SIGN_OFF) for reason in held), "only what a star is to get"
    files = {path.stem: path for path in Path(demo.config["MAIL_DIR"]).glob("*.eml")}
    went = session.scalars(
        select(Message.public_id).where(Message.state == MessageState.ACCEPTED)
    ).all()
    assert set(files) == set(went)
    assert 1_000 < len(files) < 2_000
    for path in list(files.values())[:40]:
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert mail["To"].addresses[0].domain in ("example.org", "example.net", "example.com")
        assert "{" not in mail.get_body(("plain",)).get_content()


def test_nothing_happened_later_than_now(session):
    for column in (
        Activity.at, Answer.given_at, Message.changed_at, Invitation.invited_at, Target.created_at,
        SeatOffer.proposed_at, SeatOffer.asked_at, SeatOffer.answered_at,
    ):  # fmt: skip
        assert session.scalar(select(func.max(column))) < NOW
        assert session.scalar(select(func.min(column))) > NOW - timedelta(days=80)


def test_some_thirty_stars_are_marked_and_say_why(session):
    stars = session.execute(select(Target.why, Target.tier).where(Target.is_star)).all()
    assert 28 <= len(stars) <= 36
    assert all(why and tier == 1 for why, tier in stars)


def test_stars_have_owners_and_those_whose_answer_is_open_a_next_step(session):
    cards = star_cards([one.id for one in events()])
    (proposed,) = [card for card in cards if card.column is StarStage.NOMINATED]
    assert proposed.reason
    assert all(card.owner for card in cards if card is not proposed)
    open_ones = [card for card in cards if card.column in UNDER_WAY]
    assert len(open_ones) > 6
    assert all(card.next_step and card.next_on for card in open_ones)
    assert {card.column.value for card in open_ones} >= {"asked", "talking"}
    assert 1 < sum(card.is_late(NOW) for card in open_ones) < len(open_ones) / 2


def test_seats_are_filled_asked_for_and_at_risk(session):
    seats = session.scalars(select(Seat)).all()
    assert len(seats) == 16
    assert 6 <= sum(seat.holder_id is not None for seat in seats) <= 10
    offers = counted(session, SeatOffer.state)
    assert offers[OfferState.ASKED] >= 3
    assert offers[OfferState.DECLINED] >= 1
    assert offers[OfferState.PROPOSED] >= 1
    soon = NOW + timedelta(days=14)
    assert sum(seat.holder_id is None and seat.fill_by < soon for seat in seats) >= 2


def test_of_three_wanted_organisations_one_is_naming_its_delegation(session):
    list_id = session.scalar(select(OrganisationTarget.list_id).distinct())
    lines = {line.name: line for line in organisation_lines(list_id)}
    assert {name: line.state(NOW) for name, line in lines.items()} == {
        "Barrier-Free Asia": "naming",
        "Sightline Foundation for the Blind": "approved",
        "Community Networks Forum": "wanted",
    }
    assert lines["Barrier-Free Asia"].named_count == 2
    assert lines["Sightline Foundation for the Blind"].can_be_asked
    assert "focal point" in lines["Community Networks Forum"].obstacle


def test_places_of_a_group_and_a_host_are_taken_and_alternates_stand_behind_them(session):
    lines = allotments_of(events()[0].id)
    assert {(line.host, line.is_automatic) for line in lines} == {
        ("", True),
        ("Host country", False),
    }
    for line in lines:
        where = line.standing
        assert where.taken + where.asked + where.free == line.places
        assert where.taken + where.asked
    behind = session.scalar(select(func.count()).where(Target.is_alternate))
    assert behind == 6, "some of them were asked by now"


def test_nobody_is_known_twice_but_two_whose_names_one_file_misspells(demo, session):
    assert max(counted(session, Stakeholder.name_key).values()) == 1
    find_duplicates(at=NOW)
    assert found_count() == 2


def test_each_role_has_a_link_that_signs_in_once(demo):
    links = sign_in_links()
    assert [role for role, _ in links] == ["administrator", "promoter", "approver", "organiser"]
    for _, url in links:
        assert url.startswith(demo.config["PUBLIC_URL"] + "/account/link/")
        assert use_one_time_link(url.rsplit("/", 1)[1], at=clock.now()).account_id


def test_days_of_the_story_keep_their_order_whatever_the_weekday():
    """Three days apart is enough, though weekends give their Friday."""
    for weekday in range(7):
        timeline = Timeline(NOW + timedelta(days=weekday), ZoneInfo("Europe/Zurich"), None)
        days = [timeline.workday(ago, 12) for ago in range(70)]
        assert all(day.weekday() < 5 and day < timeline.now for day in days[1:])
        assert all(days[ago + 3] < days[ago] for ago in range(60))
