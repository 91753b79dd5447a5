"""A unit becomes a letter and its recipients; a preview is the same without touching anything."""

import pytest
from sqlalchemy import event, func, select, text, update

from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.steps import launch_due_steps
from outreach.db import db, transaction
from outreach.delivery.outbox import drain
from outreach.delivery.preview import preview_message, preview_step, preview_text
from outreach.delivery.render import render_unit
from outreach.delivery.sent_mail import MASK, mail_as_sent, masked
from outreach.delivery.waiting import who_waits
from outreach.errors import NotFound
from outreach.links import answer_url, seat_url, unsubscribe_url
from outreach.models.activity import CONSOLE
from outreach.models.message import Message, Purpose, Unit
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import Step
from outreach.models.template import TemplateText
from outreach.tokens import new_key
from tests.delivery.ledgers import frozen_campaign
from tests.factories import (
    NOON,
    make_campaign,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
    the_conference,
)
from tests.mailbox import Mailbox


@pytest.fixture
def person(app):
    organisation = make_organisation("Banque des Lacs", country="CH")
    return make_stakeholder(
        "李明华 & Söhne <b>", title="H.E. Mr", office="Governor", organisation=organisation
    )


@pytest.fixture
def draft(person):
    target_list = make_list()
    make_target(target_list, person)
    return make_campaign(target_list)


def step_id(campaign):
    return db.session.scalar(select(Step.id).where(Step.campaign_id == campaign.id))


def rewrite(body, subject="A letter"):
    with transaction() as session:
        session.execute(update(TemplateText).values(body=body, subject=subject))


def every_row():
    """How many rows each table holds."""
    db.session.rollback()
    tables = db.metadata.sorted_tables
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table)) for table in tables
    }


def test_a_unit_is_rendered_in_two_selects_whatever_its_size(app):
    frozen_campaign(20)
    unit_id = db.session.scalar(select(Unit.id))
    statements = []

    def note(connection, cursor, statement, *_):
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    rendered = render_unit(unit_id)
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(rendered.recipients) == 20
    assert sum(one.startswith("SELECT") for one in statements) == 2


def test_names_are_read_whole_whatever_stands_in_them(app):
    frozen_campaign(2)
    names = {'[1] Zoë, "Z"', "one\x1ftwo"}
    for name, message in zip(names, db.session.scalars(select(Message)), strict=True):
        message.name = name
    db.session.commit()
    assert {*who_waits(db.session.scalar(select(Unit.id)), Purpose.INVITATION).names} == names


def test_every_campaign_mail_offers_a_stop_and_says_what_list_it_is_of(app, mailer):
    """RFC 8058, RFC 2919."""
    frozen_campaign(1)
    drain(mailer, now=lambda: NOON)
    mail = mailer.sent[0]
    assert mail.headers["List-Unsubscribe"] == f"<{unsubscribe_url(mail.public_id)}>"
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["List-Id"].endswith(".outreach.example.org>")
    assert mail.message_id == f"<{mail.public_id}@example.org>"


def test_values_are_escaped_in_html_and_plain_in_text(person, draft):
    """A14."""
    preview = preview_step(draft.id, step_id(draft), person.id)
    assert "H.E. Mr 李明华 & Söhne <b>" in preview.text
    assert "李明华 &amp; Söhne &lt;b&gt;" in preview.html


def test_someone_who_is_called_like_a_field_stays_called_so(person, draft):
    """A13."""
    with transaction() as session:
        session.get(Stakeholder, person.id).full_name = "{email} {office}"
    assert "{email} {office}" in preview_step(draft.id, step_id(draft), person.id).text


def test_a_preview_makes_no_token_and_touches_nothing(person, draft):
    """A17: nothing of the invitee is used or counted."""
    before = every_row()
    preview = preview_step(draft.id, step_id(draft), person.id)
    assert every_row() == before
    assert masked(preview.text) == preview.text
    assert masked(preview.html) == preview.html
    assert "/i/their-own-page" in preview.text
    assert "/u/their-own-page" in preview.html


def test_a_preview_shows_where_nothing_stands_and_says_that_the_mail_would_be_held(person, draft):
    """A12."""
    rewrite("Dear {given_name}, {rsvp_link}\n")
    preview = preview_step(draft.id, step_id(draft), person.id)
    assert preview.missing == ("given_name",)
    assert "‹given_name?›" in preview.text


def test_a_preview_is_what_is_then_sent(person, draft):
    preview = preview_step(draft.id, step_id(draft), person.id)
    approve_campaign(draft.id, by=CONSOLE, at=NOON)
    schedule_campaign(draft.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    before = preview_message(db.session.scalar(select(Message.id)))
    mailer = Mailbox()
    drain(mailer, now=lambda: NOON)
    sent = mailer.sent[0]
    assert before.text == preview.text
    assert sent.subject == preview.subject
    stand_in = sent.text
    for word in sent.text.split():
        if "/i/" in word or "/u/" in word:
            stand_in = stand_in.replace(word, word.rpartition("/")[0] + "/their-own-page")
    assert stand_in == preview.text


def test_a_preview_is_for_people_of_the_audience_and_steps_of_the_campaign_only(draft, person):
    """A48."""
    stranger = make_stakeholder()
    with pytest.raises(NotFound):
        preview_step(draft.id, step_id(draft), stranger.id)
    with pytest.raises(NotFound):
        preview_step(draft.id, step_id(draft) + 1, person.id)
    with pytest.raises(NotFound):
        preview_message(10**9)


def test_a_text_that_cannot_become_a_mail_says_why_in_its_preview(app):
    """A11."""
    preview = preview_text("Subject", "{{ config }}", "en", "invitation")
    assert "field is written {name}" in preview.problem
    assert not preview.html
    assert "no field “answer_all”" in preview_text("S", "{answer_all}", "en", "seat").problem


def test_a_preview_in_arabic_runs_from_right_to_left(app):
    preview = preview_text("دعوة", "السلام عليكم {rsvp_link}", "ar", "invitation")
    assert 'dir="rtl"' in preview.html


def test_a_mail_as_it_was_sent_shows_its_links_masked(app, mail_folder):
    mail_folder.mkdir(exist_ok=True)
    key, public_id = new_key(), new_key()
    links = f"{answer_url(key)} {seat_url(key)} {unsubscribe_url(public_id)}"
    (mail_folder / f"{public_id}.eml").write_text(
        f"To: Amina <a@example.org>\nSubject: Hello\nList-Unsubscribe: <{unsubscribe_url(key)}>\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{links}\n"
    )
    mail = mail_as_sent(public_id)
    assert (mail.subject, mail.html) == ("Hello", "")
    assert mail.text.split() == [
        f"https://outreach.example.org/{letter}/{MASK}" for letter in "isu"
    ]
    assert dict(mail.headers)["List-Unsubscribe"] == f"<https://outreach.example.org/u/{MASK}>"


@pytest.mark.parametrize("public_id", ["0" * 32, "../../etc/passwd", "", "A" * 32])
def test_a_mail_that_is_not_there_is_none(app, public_id):
    """A10."""
    assert mail_as_sent(public_id) is None


def test_without_a_conference_there_is_nothing_to_preview(app):
    with transaction() as session:
        session.execute(text("DELETE FROM events WHERE kind = 'conference'"))
    with pytest.raises(NotFound, match="conference"):
        preview_text("S", "B", "en", "invitation")


def test_news_link_to_the_public_page_with_the_parameters_of_their_campaign(app, mailer):
    """Promotion invites to nothing: no personal link, and the others say where they come from."""
    campaign = frozen_campaign(1)
    body = "[Page]({conference_link}) [x](https://x.example/a) {full_name}\n"
    rewrite(body)
    with transaction() as session:
        session.execute(update(Unit).values(purpose=Purpose.PROMOTION))
    drain(mailer, now=lambda: NOON)
    html = mailer.sent[0].html
    name = f"invitations-to-the-banks-{campaign.id}"
    parameters = f"utm_source=outreach&amp;utm_medium=email&amp;utm_campaign={name}"
    code = the_conference().code
    assert f'https://outreach.example.org/conference/{code}?language=en&amp;{parameters}"' in html
    assert f'href="https://x.example/a?{parameters}"' in html
    assert "/i/" not in html


def test_an_invitation_tells_nobody_where_it_comes_from(person, draft):
    rewrite("[x](https://x.example/a) [Page]({conference_link}) {rsvp_link}\n")
    preview = preview_step(draft.id, step_id(draft), person.id)
    assert "utm_" not in preview.html
    assert "/conference/" in preview.text
