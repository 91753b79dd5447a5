"""One row changed behind everyone's back: the audit names the promise that it breaks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from outreach.actions.invitations import answer_invitation
from outreach.actions.seat_answers import answer_seat_offer
from outreach.db import db, transaction
from outreach.models.activity import CONSOLE, Activity
from outreach.models.calendar_reply import CalendarReply, Verdict
from outreach.models.campaign import CampaignExclusion
from outreach.models.confirmation import ConfirmationDue
from outreach.models.heartbeat import Bucket
from outreach.models.inbound import InboundMail
from outreach.models.invitation import Answer, Invitation, InvitationState, Reply
from outreach.models.message import Attempt, Message, MessageState, Unit, UnitState
from outreach.models.receipt import Receipt, ReceiptKind, ReceiptState
from outreach.models.restore import Restore
from outreach.models.seat import OfferState, SeatAnswer, SeatOffer
from outreach.models.stakeholder import Stakeholder
from tests.factories import NOON, make_seat_offer, save
from tests.queries.breaking import LATER, change, findings

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def first(model: Any) -> Any:
    db.session.remove()
    return db.session.scalars(select(model).order_by(model.id).limit(1)).one()


def remove(row: Any) -> None:
    with transaction() as session:
        session.execute(delete(type(row)).where(type(row).id == row.id))


def again(result: str, /, **columns: Any) -> None:
    """The campaign's one unit was handed over before, as SendGrid's, with this result."""
    last = first(Attempt)
    values = {"unit_id": last.unit_id, "token": 2, "mailer": "sendgrid", "messages_count": 3}
    values |= {"started_at": NOON, "ended_at": NOON, "result": "accepted"}
    save(added := Attempt(**values | columns))
    change(Attempt, last.id, mailer="sendgrid", result=result)
    change(Unit, token=2)
    change(Message, attempt_id=added.id, attempts_count=2)


def told(kind: ReceiptKind, state: ReceiptState, at: Any = NOON, public_id: str = "") -> None:
    public_id = public_id or first(Message).public_id
    save(Receipt(public_id=public_id, fingerprint="a" * 64, kind=kind, state=state,
                 happened_at=at, received_at=at))  # fmt: skip


def in_another_state(state: UnitState, **columns: Any) -> None:
    change(Message, first(Message).id, state=MessageState.UNKNOWN)
    change(Unit, state=state, **columns)


def answers(*replies: Reply) -> int:
    invitation_id: int = first(Invitation).id
    for number, reply in enumerate(replies, start=1):
        answer_invitation(invitation_id, reply, "", at=NOON + number * HOUR / 10)
    db.session.remove()
    return invitation_id


def last_answer(given: Any = Answer) -> Any:
    db.session.remove()
    return db.session.scalars(select(given).order_by(given.id.desc()).limit(1)).one()


def sits() -> SeatOffer:
    offer = make_seat_offer(first(Stakeholder))
    answer_seat_offer(offer.id, True, "", at=NOON)
    return offer


def answered_before(days: timedelta) -> None:
    """Answered, then asked, then answered anew: only the history knows."""
    invitation_id = answers(Reply.ACCEPTED, Reply.DECLINED)
    with transaction() as session:
        earliest = select(func.min(Answer.id)).where(Answer.invitation_id == invitation_id)
        session.get_one(Answer, session.scalar(earliest)).given_at = NOON - days


def excluded() -> None:
    message = first(Message)
    save(CampaignExclusion(campaign_id=message.campaign_id, stakeholder_id=message.stakeholder_id,
                           stopped_at=NOON - HOUR))  # fmt: skip


def mail_stopped() -> None:
    person = first(Message).stakeholder_id
    change(Stakeholder, person, is_mail_stopped=True)
    save(Activity.of("stopped_mail", CONSOLE, NOON - HOUR, stakeholder_id=person))


def more_to_a_domain_than_its_rate() -> None:
    since = {"per_second": 1, "rate_since": NOON - HOUR, "refilled_at": LATER, "tokens": 0}
    save(Bucket(name="to example.org", **since | {"per_second": 0.04}))
    save(Bucket(name="to example.net", **since | {"per_second": 0.01}))


TOLD_OF = "No outcome that only a provider can tell of came without an event."
HEEDED = "Every event is of a mail of ours, and is heeded within a day."
PUT_OFF = "No unit is under a lease that ended long ago, unknown for days, or put off for ever."
SHOWN = "Every answer that is given is shown, and what is shown is the last of its history."
GAPS = "Every answer that the journal tells of is in its history, and none besides."
STOPPED = "Nothing left to a person after the team had stopped it."
POINTS = "Every row points at rows that are there."
MARKED = "Every second try after an unknown or accepted one is marked a possible double."
BREACHES: list[tuple[str, str, Callable[[], object]]] = [
    ("P1", PUT_OFF, lambda: change(Unit, state=UnitState.LEASED, leased_until=None)),
    ("P1", PUT_OFF, lambda: change(Unit, state=UnitState.LEASED, leased_until=LATER + DAY)),
    ("P1", PUT_OFF, lambda: change(Unit, state=UnitState.WAITING, next_at=LATER + 365 * DAY)),
    ("P1", PUT_OFF, lambda: (change(Attempt, started_at=NOON - 30 * DAY),
                             in_another_state(UnitState.UNKNOWN))),
    ("P1", "Every answer that is to be confirmed is, within a day.",
     lambda: save(ConfirmationDue(invitation_id=first(Invitation).id, since=NOON - 2 * DAY))),
    ("P1", "Of all that was accepted the rows are there.", lambda: remove(first(Message))),
    ("P1", "Every hand-over that began has ended, or is under way.",
     lambda: change(Attempt, ended_at=None)),
    ("P2", MARKED, lambda: again("accepted")),
    ("P2", "Nothing is tried again by itself after a second unknown.",
     lambda: (again("silent"), again("silent", token=3, result="silent"), again("silent"))),
    ("P3", STOPPED, mail_stopped),
    ("P3", STOPPED, excluded),
    ("P3", "Nobody was asked after they had answered.", lambda: answered_before(HOUR)),
    ("P4", SHOWN, lambda: change(Invitation, answers(Reply.ACCEPTED), note="Not mine")),
    ("P4", SHOWN, lambda: change(Invitation, answers(Reply.ACCEPTED), answered_at=NOON)),
    ("P4", SHOWN, lambda: change(Invitation, answers(Reply.ACCEPTED),
                                 state=InvitationState.SILENT)),
    ("P4", SHOWN, lambda: (sits(), remove(last_answer(SeatAnswer)))),
    ("P4", SHOWN, lambda: change(SeatOffer, sits().id, state=OfferState.DECLINED)),
    ("P4", GAPS, lambda: (answers(Reply.ACCEPTED, Reply.DECLINED), remove(first(Answer)))),
    ("P4", GAPS, lambda: (sits(), remove(last_answer(SeatAnswer)))),
    ("P4", "Every history is in the order in which its answers were given.",
     lambda: (answers(Reply.ACCEPTED, Reply.DECLINED),
              change(Answer, last_answer().id, given_at=NOON - DAY))),
    *(
        ("P5", POINTS, lambda column=column: change(Message, first(Message).id, **{column: 10**9}))
        for column in ("event_id", "text_id", "delegation_id", "attempt_id", "copy_of_id")
    ),
    ("P6", "No minute held more than the rate allows, of all, of one sender or to one domain.",
     more_to_a_domain_than_its_rate),
    *(
        ("P7", TOLD_OF, lambda state=state: change(Message, first(Message).id, state=state))
        for state in ("delivered", "bounced", "dropped", "complained")
    ),
    ("P7", HEEDED, lambda: told(ReceiptKind.DELIVERED, ReceiptState.APPLIED, public_id="f" * 32)),
    ("P7", HEEDED, lambda: told(ReceiptKind.DELIVERED, ReceiptState.NEW, NOON - 2 * DAY)),
    ("P7", HEEDED, lambda: told(ReceiptKind.BOUNCE, ReceiptState.PARKED, NOON - 2 * DAY)),
    ("P8", "No lease was used for two hand-overs, and none that was never given.",
     lambda: change(Attempt, token=9)),
    ("P8", "No two calls with the same mails were under way at once.",
     lambda: again("busy", started_at=NOON - HOUR)),
]  # fmt: skip


@pytest.mark.parametrize(("promise", "what", "breach"), BREACHES)
def test_a_promise_that_one_row_breaks_is_named(campaign, promise, what, breach):
    assert findings() == []
    breach()
    assert (promise, what, 1) in findings() or (promise, what, 3) in findings()


def test_an_answer_by_calendar_binds_us_once_it_is_read_or_taken(campaign):
    """It counts from when its mail came; the reminder left before a person took it."""
    answered_before(3 * DAY)
    with transaction() as session:
        session.get_one(Answer, first(Answer).id).channel = "calendar"
    asked = ("P3", "Nobody was asked after they had answered.", 1)
    assert asked in findings()
    mail = InboundMail(
        stored_name="x", digest="a" * 64, bytes_count=1, content_type="x", received_at=NOON
    )
    save(mail)
    answer = first(Answer)
    save(CalendarReply(inbound_id=mail.id, invitation_id=answer.invitation_id, because="In doubt.",
                       verdict=Verdict.UNVERIFIED, received_at=answer.given_at,
                       settled_at=LATER))  # fmt: skip
    assert asked not in findings()


def test_what_was_under_way_when_the_backup_was_made_never_ends(campaign):
    change(Attempt, ended_at=None)
    save(Restore(at=LATER))
    assert findings() == []
