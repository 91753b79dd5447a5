"""Every state of every page that an invitee may see, and what axe found on each.

`PAGES` says it in a table; `faults` looks at one of them as it comes from the application, in one
document of a browser: axe is read once, and nothing is fetched.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from outreach.actions.answering_addresses import add_answering_address
from outreach.actions.delegation_members import Named, complete_delegation, name_member
from outreach.actions.delegations import send_someone
from outreach.actions.feeds import renew_feed
from outreach.actions.focal_points import ask_for_delegation
from outreach.actions.invitations import answer_invitation, take_back_answer
from outreach.actions.seat_answers import answer_seat_offer, take_back_seat_answer
from outreach.actions.suppressions import choose_mail, unsubscribe
from outreach.db import reading, transaction
from outreach.models.activity import CONSOLE
from outreach.models.delegation import Delegation, MemberRole
from outreach.models.event import NEEDS, Parts
from outreach.models.invitation import Invitation, Reply
from outreach.models.letter import Letter
from outreach.models.message import Message, Purpose
from outreach.models.question import Question, QuestionKind
from outreach.models.seat import SeatOffer
from outreach.models.suppression import Wish
from outreach.queries.delegation_members import members_of
from outreach.tokens import personal_token, preview_token
from outreach.web.invitee.nonce import form_nonce
from tests.axe import violations
from tests.factories import (
    NOON,
    make_event,
    make_invitation,
    make_message,
    make_organisation,
    make_seat_offer,
    make_stakeholder,
    save,
    the_event,
)

LONG = "سموّ الشيخ عبد الرحمن بن محمد آل نهيان"
PARTICULARS = {
    "attendance": "in_person", "party": 2, "needs": list(NEEDS), "needs_note": "A ramp, please",
    "days": ["2026-12-01"],
}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A page: where it is, and what is sent to it where it is the answer to a form."""

    path: str
    sent: Mapping[str, str] | None = None
    below: str = "/answer"
    """Where the form goes to."""
    status: int = 200
    is_stale: bool = False
    """The form was opened before its answer changed."""


def fetched(client: Any, page: Page, language: str) -> str:
    """The page as text, in a language; its status is as the table says."""
    wish = f"?language={language}"
    if page.sent is None:
        answer = client.get(page.path + wish)
    else:
        shown = client.get(page.path).text
        nonce = re.search(r'name="nonce" value="([^"]+)"', shown)
        fields = {"nonce": nonce[1] if nonce and not page.is_stale else "0.x", **page.sent}
        answer = client.post(page.path + page.below + wish, data=fields)
    assert answer.status_code == page.status, (page, answer.status_code)
    return str(answer.text)


def faults(document: Any, text: str, **options: Sequence[str]) -> list[Any]:
    """What is wrong with a page, all that can be folded open, that nothing need be scrolled for."""
    document.set_content(text)
    width, wide = document.evaluate(
        """() => {
            document.querySelectorAll("details").forEach(each => each.open = true);
            return [innerWidth, document.documentElement.scrollWidth];
        }"""
    )
    too_wide = [["width", f"{wide} > {width}"]] if wide > width else []
    return violations(document, **options) + too_wide


def own(row: Any, purpose: str = "answer") -> str:
    """The path of someone's page."""
    letters = {"answer": "i", "seat": "s", "delegation": "d", "unsubscribe": "u", "assistant": "a"}
    key = row.public_id if purpose in ("unsubscribe", "assistant") else row.link_key
    return f"/{letters[purpose]}/{personal_token(purpose, key)}"


def asking_everything(required: Sequence[str] = ()) -> Invitation:
    """An event whose form has every kind of field, and someone with other things to answer.

    required  the replies with which the question for words must be answered
    """
    event = make_event(
        name="Round table on finance", allows_remote=True, party_limit=3, needs_asked=list(NEEDS),
        venue="Palais des Nations", parts_asked=Parts.DAYS, ends_at=NOON + timedelta(days=92),
    )  # fmt: skip
    save(
        Letter(
            event_id=event.id, language="en", reference="CL-17/41", stored_name="none.pdf",
            bytes_count=1, uploaded_at=NOON,
        )
    )  # fmt: skip
    for number, kind in enumerate(QuestionKind):
        words = {"text": f"Question {number}?", "hint": "A hint", "choices": ["One", "Two"]}
        save(
            Question(
                event_id=event.id, kind=kind, texts={"en": words}, position=number,
                required_for=list(required) if kind is QuestionKind.TEXT else [],
            )
        )  # fmt: skip
    person = make_stakeholder("Amina Otieno", salutation="Your Excellency", country_code="KE")
    make_invitation(person)
    make_seat_offer(person)
    return make_invitation(person, event)


def of_invitations() -> dict[str, Page]:
    """An invitation: open, answered in every way, closed, gone, and what can be wrong with it."""
    arabic = make_stakeholder(LONG, title="صاحب السمو الملكي", office="وزير الاتصالات")
    answered, taken_back = make_invitation(), make_invitation()
    for days, reply in ((3, Reply.TENTATIVE), (1, Reply.DELEGATED)):
        answer_invitation(answered.id, reply, "مع التحيات", at=NOON - timedelta(days=days))
    answer_invitation(taken_back.id, Reply.ACCEPTED, "", at=NOON, given_by="Ms Assistant")
    take_back_answer(taken_back.id, at=NOON)
    in_full, everything = asking_everything(), asking_everything(["accepted"])
    answer_invitation(in_full.id, Reply.ACCEPTED, "Gladly", at=NOON, particulars=PARTICULARS)
    declined, sent, late = make_invitation(), make_invitation(), make_invitation()
    answer_invitation(declined.id, Reply.DECLINED, "", at=NOON, particulars={"reason": "other"})
    send_someone(sent.id, "Ben Mwangi", "ben@example.org", "", at=NOON)
    answer_invitation(late.id, Reply.ACCEPTED, "", at=NOON)
    with transaction() as session:
        session.get_one(Invitation, late.id).reply_by = NOON
        sender = session.get_one(Invitation, sent.id)
        delegate = session.get_one(Invitation, sender.delegate_id or 0)
    open_, closed = own(make_invitation()), make_invitation(reply_by=NOON)
    choice = {"answer": "accepted"}
    return {
        "invitation, open": Page(own(make_invitation(arabic))),
        "invitation, with everything that can be asked": Page(own(everything)),
        "invitation, previewed by the team": Page(f"/p/{preview_token(everything.link_key, NOON)}"),
        "invitation, answered and changed": Page(own(answered)),
        "invitation, accepted with everything": Page(own(in_full)),
        "invitation, declined": Page(own(declined)),
        "invitation, taken back": Page(own(taken_back)),
        "invitation, sent on": Page(own(sent)),
        "invitation, of the person who is sent": Page(own(delegate)),
        "invitation, closed": Page(own(closed)),
        "invitation, closed after an answer": Page(own(late)),
        "invitation, withdrawn": Page(own(make_invitation(withdrawn_at=NOON)), status=410),
        "answer, without a choice": Page(open_, {}, status=400),
        "answer, with a question left out": Page(own(everything), choice, status=422),
        "answer, from an old page": Page(open_, choice, status=400, is_stale=True),
        "answer, too long": Page(open_, choice | {"note": "x" * 300_000}, status=413),
        "answer, after the date": Page(
            own(closed), choice | {"nonce": form_nonce("answer", closed.link_key, 0)}, status=410
        ),
        "calendar": Page(f"{own(everything)}/calendar"),
        "a link that does not work": Page("/i/nothing", status=404),
    }


def copy_for_assistant(stakeholder_id: int, **about: int) -> Message:
    """What an assistant got of what someone was asked."""
    add_answering_address(
        stakeholder_id, "assistant@example.org", name="Ms Assistant", is_assistant=True,
        by=CONSOLE, at=NOON,
    )  # fmt: skip
    message = make_message(purpose=Purpose.COPY, address="assistant@example.org")
    for name, id_ in about.items() | {("stakeholder_id", stakeholder_id)}:
        setattr(message, name, id_)
    save(message)
    return message


def of_others() -> dict[str, Page]:
    """An assistant's page, calendars, seats and mail."""
    in_full = make_invitation(make_stakeholder("Zoë Ångström"))
    answer_invitation(in_full.id, Reply.ACCEPTED, "", at=NOON)
    renew_feed(in_full.stakeholder_id, at=NOON)
    copy = copy_for_assistant(in_full.stakeholder_id, invitation_id=in_full.id)
    seated, declined, back, gone = (make_seat_offer() for _ in range(4))
    answer_seat_offer(seated.id, False, "", at=NOON - timedelta(days=2))
    answer_seat_offer(seated.id, True, "Gladly", at=NOON)
    answer_seat_offer(declined.id, False, "", at=NOON)
    answer_seat_offer(back.id, True, "", at=NOON)
    take_back_seat_answer(back.id, at=NOON)
    with transaction() as session:
        session.get_one(SeatOffer, gone.id).withdraw(NOON)
    stopped, nothing, mail = make_message(), make_message(), own(make_message(), "unsubscribe")
    unsubscribe(stopped.public_id, source="page", at=NOON)
    choose_mail(nothing.public_id, Wish.NOTHING, at=NOON)
    offer = make_seat_offer()
    asked = own(offer, "seat")
    seat_copy = copy_for_assistant(offer.stakeholder_id, offer_id=offer.id)
    return {
        "invitation, for an assistant": Page(own(copy, "assistant")),
        "calendar, with a feed and the code for the door": Page(f"{own(in_full)}/calendar"),
        "seat, asked": Page(asked),
        "seat, for an assistant": Page(own(seat_copy, "assistant")),
        "seat, taken after a no": Page(own(seated, "seat")),
        "seat, declined": Page(own(declined, "seat")),
        "seat, answer taken back": Page(own(back, "seat")),
        "seat, no longer open": Page(own(gone, "seat"), status=410),
        "seat, without a choice": Page(asked, {}, status=400),
        "mail": Page(mail),
        "mail, saved": Page(mail, {"choice": "all"}, below=""),
        "mail, without a choice": Page(mail, {}, below="", status=400),
        "mail, stopped": Page(own(stopped, "unsubscribe")),
        "mail, nothing at all": Page(own(nothing, "unsubscribe")),
    }


def of_delegations() -> dict[str, Page]:
    """A focal point's page: empty, named, complete, full, closed, and an answer for a member."""

    numbers = count(1)

    def asked(most: int = 3) -> Delegation:
        name = f"Ministry {next(numbers)}"
        ministry = make_organisation(name, group="member_state", country="KE")
        focal = make_stakeholder("Amina Otieno", organisation=ministry)
        id_ = ask_for_delegation(
            ministry.id, the_event().id, focal.id, authorised_by="Letter 4", authorised_on=None,
            most_members=most, name_by=NOON + timedelta(days=20), by=CONSOLE, at=NOON,
        )  # fmt: skip
        return reading().get_one(Delegation, id_)

    def named(delegation: Delegation) -> Delegation:
        name_member(
            delegation.id, Named(LONG, f"of-{delegation.id}@example.org", MemberRole.HEAD), at=NOON
        )
        return delegation

    empty, some, complete, full, closed, gone = (
        asked(), named(asked()), named(asked()), named(asked(1)), named(asked()), asked(),
    )  # fmt: skip
    complete_delegation(complete.id, at=NOON)
    with transaction() as session:
        session.get_one(Delegation, closed.id).name_by = NOON
        session.get_one(Delegation, gone.id).withdrawn_at = NOON
    (member,) = members_of(some.id)
    copy = copy_for_assistant(some.focal_point_id, delegation_id=some.id)
    path = own(some, "delegation")
    wrong = {"member_name": "", "member_address": "no address", "role": "head"}
    return {
        "delegation, nobody named": Page(own(empty, "delegation")),
        "delegation, named": Page(path),
        "delegation, for an assistant": Page(own(copy, "assistant")),
        "delegation, with mistakes": Page(path, wrong, below="/members", status=422),
        "delegation, complete": Page(own(complete, "delegation")),
        "delegation, full": Page(own(full, "delegation")),
        "delegation, after the date": Page(own(closed, "delegation")),
        "delegation, withdrawn": Page(own(gone, "delegation"), status=410),
        "invitation, for a focal point": Page(f"{path}/members/{member.id}"),
    }


OF_ALL: tuple[Callable[[], dict[str, Page]], ...] = (of_invitations, of_others, of_delegations)


def every_state() -> dict[str, Page]:
    """{state, as a person would say it: the page}"""
    return {name: page for some in OF_ALL for name, page in some().items()}
