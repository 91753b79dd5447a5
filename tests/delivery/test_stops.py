"""What the owner of an address wants holds when an audience is frozen and again at the claim."""

from collections import Counter

import pytest
from sqlalchemy import select

from outreach.actions.invitations import answer_invitation
from outreach.actions.merges import merge_stakeholders
from outreach.actions.messages import hold_message, release_message
from outreach.actions.suppressions import choose_mail, unsubscribe
from outreach.db import db
from outreach.delivery.outbox import drain
from outreach.models.activity import CONSOLE
from outreach.models.audience import CampaignLeftOutList
from outreach.models.invitation import Reply
from outreach.models.message import Message
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Step, StepKind
from outreach.models.suppression import CampaignStop, NewsStop, Wish, digest_of
from outreach.models.target import TargetList
from outreach.queries.audience import audience, texts_of
from outreach.queries.audience_members import on_left_out_list
from outreach.queries.audit import audit
from outreach.queries.reasons import STOPPED_HERE, STOPPED_NEWS, SUPPRESSED
from tests.delivery.ledgers import frozen_campaign, reasons
from tests.factories import NOON, make_campaign, make_list, make_stakeholder, make_target

pytestmark = pytest.mark.usefixtures("app")


def first_mail() -> Message:
    db.session.rollback()
    return db.session.scalars(select(Message).order_by(Message.id)).first()


def send(mailer) -> list[str]:
    """What leaves now, by its subject's first word."""
    before = len(mailer.sent)
    drain(mailer, now=lambda: NOON)
    return [mail.subject.split()[0] for mail in mailer.sent[before:]]


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (Wish.NOT_THIS, STOPPED_HERE),
        (Wish.NO_CAMPAIGNS, SUPPRESSED),
        (Wish.NOTHING, SUPPRESSED),
    ],
)
def test_what_waits_is_left_out_when_its_turn_comes(mailer, wish, reason):
    """A29, A30, P3: effective before the next claim, for the campaign or for all of them."""
    frozen_campaign(2)
    choose_mail(first_mail().public_id, wish, at=NOON)
    send(mailer)
    assert reasons("left_out") == {reason: 1}
    assert audit(NOON).is_sound


def test_a_list_that_is_left_out_counts_until_the_mail_leaves(mailer):
    """P3: who is put on it after the freeze gets nothing, unless a person lets that mail go."""
    no_guests = make_list(name="Not to be asked")
    campaign = frozen_campaign(
        3, left_out_lists=[CampaignLeftOutList(list=no_guests)], is_by_lists=False
    )
    barred, let_go, _ = db.session.scalars(select(Message).order_by(Message.id)).all()
    for message in (barred, let_go):
        make_target(no_guests, db.session.get(Stakeholder, message.stakeholder_id))
    hold_message(let_go.id, by=CONSOLE, who="a person", at=NOON)
    release_message(let_go.id, by=CONSOLE, at=NOON)
    send(mailer)
    assert {mail.to for mail in mailer.sent} == {
        "person.1@example.org",
        "person.2@example.org",
    }
    assert reasons("left_out") == {on_left_out_list("Not to be asked"): 1}
    assert dry_run_of(campaign.id)[on_left_out_list("Not to be asked")] == 2
    assert audit(NOON).is_sound


def test_a_stopped_campaign_sends_no_reminder_and_another_campaign_still_asks(mailer):
    """A30: the scope is one campaign."""
    campaign = frozen_campaign(1)
    send(mailer)
    choose_mail(first_mail().public_id, Wish.NOT_THIS, at=NOON)
    list_id = campaign.lists[0].list_id
    reminder = dry_run_of(campaign.id)
    assert reminder == {STOPPED_HERE: 1}
    target_list = db.session.get(TargetList, list_id)
    other = make_campaign(target_list, asks_again=True)
    assert dry_run_of(other.id) == {None: 1}


@pytest.mark.parametrize("wish", [Wish.NO_NEWS, None])
def test_who_wants_no_news_is_still_invited(mailer, wish):
    """A30: frozen before or after the wish, by one click in a news mail (None) or on the page."""
    news = frozen_campaign(3, kind=StepKind.PROMOTION)
    at_claim, at_freeze, _ = db.session.scalars(select(Message).order_by(Message.id)).all()
    if wish is None:
        assert unsubscribe(at_claim.public_id, source="one-click", at=NOON)
    else:
        choose_mail(at_claim.public_id, wish, at=NOON)
    send(mailer)
    assert reasons("left_out") == {STOPPED_NEWS: 1}
    choose_mail(at_freeze.public_id, Wish.NO_NEWS, at=NOON)
    target_list = db.session.get(TargetList, news.lists[0].list_id)
    more_news = make_campaign(target_list, kind=StepKind.PROMOTION)
    assert dry_run_of(more_news.id) == {STOPPED_NEWS: 2, None: 1}
    assert dry_run_of(make_campaign(target_list).id) == {None: 3}
    assert audit(NOON).is_sound


def test_one_click_in_an_invitation_stops_invitations_and_news_as_it_did(mailer):
    """What the words of that mail say, and what rows of before that mean."""
    campaign = frozen_campaign(1)
    send(mailer)
    unsubscribe(first_mail().public_id, source="one-click", at=NOON)
    target_list = db.session.get(TargetList, campaign.lists[0].list_id)
    for kind in (StepKind.PROMOTION, StepKind.INVITATION):
        assert dry_run_of(make_campaign(target_list, kind=kind).id) == {SUPPRESSED: 1}


def dry_run_of(campaign_id: int) -> Counter:
    """{reason, None for those who would get it: how many} of a campaign's first step."""
    db.session.rollback()
    step = db.session.scalars(select(Step).where(Step.campaign_id == campaign_id)).first()
    rows = db.session.execute(audience(step, texts_of(step.version_id), NOON))
    return Counter(row.reason for row in rows)


def test_two_who_become_one_keep_what_either_stopped(mailer):
    frozen_campaign(1)
    for wish in (Wish.NO_NEWS, Wish.NOT_THIS):
        choose_mail(first_mail().public_id, wish, at=NOON)
    kept = make_stakeholder("Person Nought", "nought@example.org")
    merge_stakeholders(kept.id, first_mail().stakeholder_id, {}, by=CONSOLE, at=NOON)
    db.session.rollback()
    for stops in (CampaignStop, NewsStop):
        assert digest_of("nought@example.org") in set(db.session.scalars(select(stops.digest)))


def test_an_answer_is_confirmed_unless_nothing_at_all_is_wanted(mailer):
    """A30: accepted stays accepted; confirmations still come, but to those who want none."""
    frozen_campaign(2)
    send(mailer)
    db.session.rollback()
    mails = db.session.scalars(select(Message).order_by(Message.name)).all()
    for mail, wish in zip(mails, (Wish.NO_CAMPAIGNS, Wish.NOTHING), strict=True):
        choose_mail(mail.public_id, wish, at=NOON)
        answer_invitation(mail.invitation_id, Reply.ACCEPTED, "", at=NOON)
    drain(mailer, now=lambda: NOON)
    assert [mail.name for mail in mailer.sent[2:]] == ["Person 0"]
