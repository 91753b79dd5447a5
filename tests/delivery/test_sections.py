"""A letter with conditional sections, from the audience to the mail."""

from collections import Counter
from datetime import date

from sqlalchemy import func, select, update

from outreach.actions.campaigns import approve_campaign, schedule_campaign
from outreach.actions.invitations import answer_invitation
from outreach.actions.messages import release_message
from outreach.actions.steps import launch_due_steps
from outreach.db import db, transaction
from outreach.delivery.outbox import drain
from outreach.delivery.preview import preview_message, preview_step
from outreach.delivery.render import OTHER_SECTIONS
from outreach.models.account import Role
from outreach.models.activity import CONSOLE, Actor
from outreach.models.custom_field import CustomField, CustomKind, CustomSubject, CustomValue
from outreach.models.form_of_address import FormOfAddress
from outreach.models.invitation import Invitation, Reply
from outreach.models.kind import Kind, StakeholderKind
from outreach.models.message import Message, MessageState, Unit
from outreach.models.stakeholder import Stakeholder
from outreach.models.template import TemplateText
from outreach.queries.campaigns import steps_of
from outreach.queries.prospects import Doubt, doubtful, doubts
from outreach.signing import SIGN_OFF
from tests.delivery.ledgers import HOUR
from tests.factories import (
    NOON,
    make_account,
    make_campaign,
    make_list,
    make_stakeholder,
    make_target,
    save,
)

BODY = """Dear {salutation_or_name},

{if star}
A car will meet you, {office}.
{else}
Take the shuttle, {title|dear colleague}.
{end}

{if language fr}
*Une version française suivra.*
{end}

{rsvp_link}
"""


def audience():
    """Two stars, one of them without an office; three others; one who reads French."""
    with transaction() as session:
        session.execute(
            update(TemplateText).values(body=BODY, subject="{if star}To you: {end}Come")
        )
    target_list = make_list()
    for number in range(5):
        office = "Governor" if number else ""
        person = make_stakeholder(f"Person {number}", office=office, language="en")
        make_target(target_list, person, is_star=number < 2)
    make_target(target_list, make_stakeholder("Zoé", language="fr", title="Mme"))
    return make_campaign(target_list)


def send(campaign, mailer):
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    drain(mailer, now=lambda: NOON)
    db.session.rollback()
    for message_id in db.session.scalars(
        select(Message.id).where(Message.reason.startswith(SIGN_OFF)).order_by(Message.id)
    ).all():
        release_message(message_id, by=approver(), at=NOON)
    drain(mailer, now=lambda: NOON)
    db.session.rollback()


def approver():
    """Who signs for stars without an owner."""
    return Actor.account(make_account(Role.APPROVER).id)


def person_id(name):
    return db.session.scalar(select(Stakeholder.id).where(Stakeholder.full_name == name))


def message_to(name):
    return db.session.scalar(select(Message).where(Message.name == name))


def test_everyone_gets_the_sections_that_are_theirs_and_units_are_cut_by_them(app, mailer):
    send(audience(), mailer)
    lines = Counter(
        (mail.subject, "A car" in mail.text, "shuttle, dear colleague" in mail.text)
        for mail in mailer.sent
    )
    assert lines == {
        ("To you: Come", True, False): 1,
        ("Come", False, True): 3,
        ("Come", False, False): 1,
    }
    (french,) = [mail for mail in mailer.sent if "Une version" in mail.text]
    assert "shuttle, Mme." in french.text
    assert "<em>Une version" in french.html
    assert not [mail for mail in mailer.sent if "{" in mail.text]
    # English, French, and each star's own, which was signed for.
    assert db.session.scalar(select(func.count()).select_from(Unit)) == 4


def test_a_field_in_a_section_is_missed_by_those_only_who_get_the_section(app, mailer):
    """A12: foretold, held with its reason, and gone once it is mended."""
    campaign = audience()
    assert [(one.key, one.count) for one in doubts(campaign.id, NOON)] == [("office", 1)]
    found = doubtful(campaign.id, Doubt.HELD, 1, "office", NOON)
    assert [one.name for one in found] == ["Person 0"]
    send(campaign, mailer)
    held = message_to("Person 0")
    assert held.reason == "Nothing stands in the field {office} for this person."
    with transaction() as session:
        session.get(Stakeholder, held.stakeholder_id).office = "Minister"
    release_message(held.id, by=approver(), at=NOON)
    drain(mailer, now=lambda: NOON + HOUR)
    assert "A car will meet you, Minister." in mailer.sent[-1].text


def test_a_preview_shows_the_sections_of_the_one_who_would_get_it(app, mailer):
    campaign = audience()
    step = steps_of(campaign.id)[0].id
    star = preview_step(campaign.id, step, person_id("Person 1"))
    assert "A car" in star.text
    other = preview_step(campaign.id, step, person_id("Person 3"))
    assert "shuttle, dear colleague" in other.text
    assert other.missing == ()
    send(campaign, mailer)
    assert preview_message(message_to("Person 1").id).text == star.text


def test_whoever_stands_in_a_unit_of_other_sections_is_held_and_not_sent_what_is_not_theirs(
    app, mailer
):
    campaign = audience()
    approve_campaign(campaign.id, by=CONSOLE, at=NOON)
    schedule_campaign(campaign.id, by=CONSOLE, at=NOON)
    launch_due_steps(at=NOON)
    with transaction() as session:
        unit_id = session.scalar(select(Message.unit_id).where(Message.name == "Person 3"))
        session.execute(update(Message).where(Message.name == "Zoé").values(unit_id=unit_id))
    drain(mailer, now=lambda: NOON)
    db.session.rollback()
    message = message_to("Zoé")
    assert (message.state, message.reason) == (MessageState.HELD, OTHER_SECTIONS)


def test_a_letter_knows_kinds_forms_of_address_in_its_language_and_fields_of_our_own(app, mailer):
    """Own fields are foretold as missing, held, and filled once they are known."""
    own = "{custom_badge} {custom_hotel|-} {custom_lands|-}"
    body = "{title} {full_name}: " + own + "{if kind fund_owner}, bring funds{end} {rsvp_link}\n"
    with transaction() as session:
        session.execute(update(TemplateText).values(body=body, subject="Come"))
    target_list = make_list()
    zoe = make_stakeholder("Zoé", language="fr", title="Ms")
    ana = make_stakeholder("Ana", language="es", title="Ms")
    for person in (zoe, ana):
        make_target(target_list, person)
    field = CustomField(
        code="badge", label="Badge", subject=CustomSubject.PERSON, kind=CustomKind.NUMBER,
        choices=[], created_at=NOON,
    )  # fmt: skip
    hotel = CustomField(
        code="hotel", label="Hotel", subject=CustomSubject.PERSON, kind=CustomKind.YES_NO,
        choices=[], created_at=NOON,
    )  # fmt: skip
    lands = CustomField(
        code="lands", label="Lands", subject=CustomSubject.PERSON, kind=CustomKind.DATE,
        choices=[], created_at=NOON,
    )  # fmt: skip
    save(field, hotel, lands, FormOfAddress(stakeholder_id=zoe.id, language="fr", title="Mme"))
    save(CustomValue(field_id=hotel.id, stakeholder_id=zoe.id, is_yes=True))
    save(CustomValue(field_id=lands.id, stakeholder_id=zoe.id, day=date(2027, 3, 1)))
    save(StakeholderKind(stakeholder_id=zoe.id, kind=Kind.FUND_OWNER))
    save(CustomValue(field_id=field.id, stakeholder_id=zoe.id, number=1250000.5))
    campaign = make_campaign(target_list)
    assert [(one.key, one.count) for one in doubts(campaign.id, NOON)] == [("custom_badge", 1)]
    step = steps_of(campaign.id)[0].id
    words = "Mme Zoé: 1\u202f250\u202f000,5 oui 1 mars 2027, bring funds"
    assert words in preview_step(campaign.id, step, zoe.id).text
    send(campaign, mailer)
    (mail,) = mailer.sent
    assert words in mail.text
    save(CustomValue(field_id=field.id, stakeholder_id=ana.id, number=2.5))
    release_message(message_to("Ana").id, by=CONSOLE, at=NOON)
    drain(mailer, now=lambda: NOON + HOUR)
    assert "Ms Ana: 2,5 - - https://" in mailer.sent[-1].text
    first = select(Invitation.id).where(Invitation.stakeholder_id == zoe.id)
    answer_invitation(db.session.scalar(first), Reply.ACCEPTED, "", at=NOON + HOUR)
    drain(mailer, now=lambda: NOON + HOUR)
    assert words in mailer.sent[-1].text, "outside campaigns too"
