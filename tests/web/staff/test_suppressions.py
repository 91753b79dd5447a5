"""The list of addresses that we must not write to, and a person's way back."""

import pytest
from sqlalchemy import select

from outreach.actions.receipt_effects import apply_receipts
from outreach.db import reading
from outreach.models.activity import Activity
from outreach.models.answering_address import AnsweringAddress
from outreach.models.invitation import InvitationState
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState
from outreach.models.suppression import NewsStop, Suppression, digest_of
from outreach.models.task import Task
from tests.factories import (
    NOON,
    make_invitation,
    make_message,
    make_stakeholder,
    save,
    sign_in,
)
from tests.web.staff.campaigning import words


@pytest.fixture(autouse=True)
def _colleague(client):
    sign_in(client)


def stop(address, reason="bounced", person=None, source="provider"):
    row = Suppression(
        digest=digest_of(address),
        reason=reason,
        source=source,
        since=NOON,
        stakeholder_id=person and person.id,
    )
    save(row)
    return row


def stopped():
    reading().rollback()
    return list(reading().scalars(select(Suppression.digest)))


def test_the_list_says_whose_why_and_since_when(client):
    person = make_stakeholder("Ana Silva", "ana@example.org")
    stop("ana@example.org", "complained", person)
    page = client.get("/staff/suppressions").text
    for text in ("Ana Silva", "ana@example.org", "Reported our mail", "1 September 2026"):
        assert text in page


def test_an_address_is_found_by_its_digest_even_where_nobody_has_it_any_more(client):
    """A46"""
    stop("gone@example.org")
    assert "Nobody we know" in client.get("/staff/suppressions?q=Gone@Example.ORG").text
    assert "gone@example.org" not in client.get("/staff/suppressions").text
    assert "Nothing found" in client.get("/staff/suppressions?q=other@example.org").text


def test_people_are_found_by_name_and_reason(client):
    for name, reason in (("Ana Silva", "bounced"), ("Bo Li", "unsubscribed")):
        address = f"{name[:2].lower()}@example.org"
        stop(address, reason, make_stakeholder(name, address))
    assert "Bo Li" not in client.get("/staff/suppressions?q=silva").text
    assert "Ana Silva" not in client.get("/staff/suppressions?reason=unsubscribed").text
    assert client.get("/staff/suppressions?q=%00%25&reason=x").status_code == 200


def test_lifting_asks_for_the_reason_and_keeps_it(client):
    row = stop("ana@example.org", "unsubscribed")
    url = f"/staff/suppressions/{row.id}/lift"
    assert client.get(url).status_code == 200
    assert client.post(url, data={"why": " "}).status_code == 422
    assert len(stopped()) == 1
    assert client.post(url, data={"why": "She called us"}).status_code == 303
    assert stopped() == []
    (line,) = reading().scalars(select(Activity))
    assert (line.verb, line.detail["why"]) == ("lifted_suppression", "She called us")


def test_who_wants_no_news_is_listed_apart_and_lifted_with_a_reason(client):
    row = NewsStop(digest=digest_of("ana@example.org"), source="one-click", since=NOON)
    save(row)
    assert "Who wants no news" in client.get("/staff/suppressions").text
    assert (
        "Wants no news" in client.get("/staff/suppressions?reason=no_news&q=ana@example.org").text
    )
    url = f"/staff/suppressions/news/{row.id}/lift"
    assert "invitations may still go" in client.get(url).text
    assert client.post(url, data={"why": " "}).status_code == 422
    assert client.post(url, data={"why": "She called us"}).status_code == 303
    assert not reading().scalars(select(NewsStop)).all()
    assert client.get(url).status_code == 404


def test_a_complaint_is_lifted_only_where_its_owner_asked(client):
    row = stop("ana@example.org", "complained")
    url = f"/staff/suppressions/{row.id}/lift"
    refused = client.post(url, data={"why": "They seem nice"})
    assert refused.status_code == 422
    assert "reported our mail as unwanted" in refused.text
    assert len(stopped()) == 1
    assert client.post(url, data={"why": "Asked", "is_confirmed": "y"}).status_code == 303
    assert stopped() == []


def test_a_mended_mailbox_opens_its_invitations_again(client):
    person = make_stakeholder(email="ana@example.org")
    invitation = make_invitation(person, state=InvitationState.UNDELIVERABLE)
    row = stop("ana@example.org", "bounced", person)
    client.post(f"/staff/suppressions/{row.id}/lift", data={"why": "Mended"})
    reading().rollback()
    assert reading().get(type(invitation), invitation.id).state == InvitationState.SILENT


def test_the_team_stops_an_address_by_hand(client):
    form = {"address": "press@example.org", "why": "A journalist"}
    assert client.post("/staff/suppressions/new", data=form).status_code == 303
    assert stopped() == [digest_of("press@example.org")]
    bad = client.post("/staff/suppressions/new", data={"address": "no address", "why": "x"})
    assert bad.status_code == 422
    assert len(stopped()) == 1


def test_lifting_what_was_lifted_already_is_not_found(client):
    assert client.post("/staff/suppressions/5/lift", data={"why": "x"}).status_code == 404


def test_a_persons_page_says_beside_each_address_that_mail_to_it_stopped_and_why(client):
    person = make_stakeholder("Ana Silva", "ana@example.org")
    save(
        AnsweringAddress(
            stakeholder_id=person.id, email="paul@example.org", email_key="paul@example.org",
            name="Paul", is_assistant=True, gets_copies=True, created_at=NOON,
        )
    )  # fmt: skip
    path = f"/staff/stakeholders/{person.id}"
    assert "goes to it" not in words(client.get(path))
    row = stop("ana@example.org", "bounced", person)
    stop("paul@example.org", "unsubscribed", person, "page")
    save(NewsStop(digest=digest_of("ana@example.org"), source="page", since=NOON))
    for answer in (client.get(path), client.get(path, headers={"HX-Request": "true"})):
        page = words(answer)
        since = "1 September 2026"
        assert f"No mail goes to it: mail came back, told by the provider, {since}. Lift" in page
        assert "No news goes to it: wants no news" in page
        assert "No campaign mail goes to it: unsubscribed" in page
        assert f"/staff/suppressions/{row.id}/lift" in answer.text


def test_lifting_a_bounce_ends_the_task_to_find_another_address_and_a_new_bounce_asks_again(client):
    person = make_stakeholder("Ana Silva", "ana@example.org")
    message = make_message(person)

    def bounce(number):
        save(
            Receipt(
                public_id=message.public_id, fingerprint=f"f{number}", kind=ReceiptKind.BOUNCE,
                state=ReceiptState.NEW, is_hard=True, happened_at=NOON, received_at=NOON,
            )
        )  # fmt: skip
        apply_receipts(at=NOON)
        reading().rollback()
        return reading().scalars(select(Task).where(Task.done_at.is_(None))).all()

    assert len(bounce(1)) == 1
    row = reading().scalars(select(Suppression)).one()
    client.post(f"/staff/suppressions/{row.id}/lift", data={"why": "It works again"})
    reading().rollback()
    task = reading().scalars(select(Task)).one()
    assert task.done_at is not None
    assert task.done_by_id is not None
    verbs = [one.verb for one in reading().scalars(select(Activity).order_by(Activity.id))]
    assert verbs[-2:] == ["finished_task", "lifted_suppression"]
    (another,) = bounce(2)
    assert another.id != task.id
