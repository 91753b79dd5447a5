"""Answers that came by letter, note verbale or phone, written down by staff with their proof."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.answering import record_answer
from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.intake.proofs import kind_of
from outreach.models.activity import Actor
from outreach.models.invitation import Answer, Invitation, Reply, still_said
from outreach.models.proof import Proof, Way
from outreach.models.seat import SeatAnswer
from outreach.seating import last_seat_answers, locked_offer, record_seat_answer

CHANNELS = {Way.LETTER: "letter", Way.NOTE_VERBALE: "letter"}
"""Of the answer; everything else comes through `staff`."""


class CameLater(Refusal):
    """Nothing has come yet on a day that lies ahead."""

    def __init__(self) -> None:
        super().__init__("This day lies ahead. Give the day on which the answer came.")


class SameAnswer(Conflict):
    """That is how it stands already."""

    def __init__(self) -> None:
        super().__init__("This is how the answer stands already, so nothing was recorded.")


class NotTheLast(Conflict):
    """Only the last answer is taken back, and only one that staff recorded."""

    def __init__(self) -> None:
        super().__init__("Another answer came after this one; only the last can be taken back.")


@dataclass(frozen=True, slots=True)
class Paper:
    """A scanned letter: its bytes, and what the person's machine called it."""

    content: bytes
    file_name: str


def write_down_answer(
    invitation_id: int,
    reply: Reply,
    note: str,
    *,
    way: Way,
    came_on: date,
    by: Actor,
    at: datetime,
    given_by: str = "",
    reference: str = "",
    paper: Paper | None = None,
    folder: Path | None = None,
) -> int:
    """Write down an answer on someone's behalf; gives the answer's id.

    came_on  the day on which it came, in the event's zone: whether it came in time counts by it
    paper    kept in `folder` under a name of ours
    Raises UnfitProof, CameLater, SameAnswer, AnswersClosed, InvitationWithdrawn, SomeoneIsSent.
    """
    proof = Proof(way=way, came_on=came_on, reference=reference, account_id=by.account_id)
    with _kept(paper, folder, proof), transaction() as session:
        invitation = _locked(session, invitation_id)
        zone = invitation.event.zone
        _check_day(came_on, at, zone)
        morning = datetime.combine(came_on, time(), zone)
        old = invitation.state
        said = still_said(invitation.particulars, old, reply)
        if not invitation.take(reply, note, min(at, morning + timedelta(hours=12)), said):
            raise SameAnswer
        invitation.answered_at = at
        record_answer(
            session, invitation, old, at=at, by=by, channel=CHANNELS.get(way, "staff"),
            given_by=given_by, verb="recorded_answer",
        )  # fmt: skip
        answer_id = _last(session, invitation_id).id
        proof.answer_id = answer_id
        session.add(proof)
        return answer_id


def write_down_seat_answer(
    offer_id: int,
    is_yes: bool,
    note: str,
    *,
    way: Way,
    came_on: date,
    by: Actor,
    at: datetime,
    given_by: str = "",
    reference: str = "",
    paper: Paper | None = None,
    folder: Path | None = None,
) -> int:
    """The same of an answer about a seat, which has no day by which it must come.

    Raises UnfitProof, CameLater, SameAnswer, OfferClosed.
    """
    proof = Proof(way=way, came_on=came_on, reference=reference, account_id=by.account_id)
    with _kept(paper, folder, proof), transaction() as session:
        offer = locked_offer(session, offer_id)
        _check_day(came_on, at, offer.seat.track.event.zone)
        if not offer.take(is_yes, note, at):
            raise SameAnswer
        answer = record_seat_answer(
            session, offer, CHANNELS.get(way, "staff"), by=by, at=at, given_by=given_by,
            verb="recorded_seat_answer",
        )  # fmt: skip
        session.flush()
        proof.seat_answer_id = answer.id
        session.add(proof)
        return answer.id


def take_back_recorded_answer(answer_id: int, *, by: Actor, at: datetime) -> None:
    """Undo an answer that staff recorded, if it is the last; its proof stays in the history."""
    with transaction() as session:
        answer = session.get(Answer, answer_id)
        proof = session.scalar(select(Proof.id).where(Proof.answer_id == answer_id))
        if answer is None or proof is None:
            raise NotFound("recorded answer")
        invitation = _locked(session, answer.invitation_id)
        if _last(session, invitation.id).id != answer_id:
            raise NotTheLast
        before = session.scalar(
            select(Answer)
            .where(Answer.invitation_id == invitation.id, Answer.id < answer_id)
            .order_by(Answer.id.desc())
            .limit(1)
        )
        old = invitation.state
        invitation.take_back(before, min(at, invitation.reply_by - timedelta(microseconds=1)))
        record_answer(
            session, invitation, old, at=at, by=by, channel="undo", verb="took_back_answer"
        )


def take_back_recorded_seat_answer(answer_id: int, *, by: Actor, at: datetime) -> None:
    """The same about a seat. Raises NotTheLast, OfferClosed."""
    with transaction() as session:
        answer = session.get(SeatAnswer, answer_id)
        proof = session.scalar(select(Proof.id).where(Proof.seat_answer_id == answer_id))
        if answer is None or proof is None:
            raise NotFound("recorded answer")
        offer = locked_offer(session, answer.offer_id)
        last, before = last_seat_answers(session, offer.id)
        if last is not answer:
            raise NotTheLast
        offer.take_back(before, at)
        record_seat_answer(session, offer, "undo", by=by, at=at)


def _check_day(came_on: date, at: datetime, zone: ZoneInfo) -> None:
    if came_on > at.astimezone(zone).date():
        raise CameLater


@contextmanager
def _kept(paper: Paper | None, folder: Path | None, proof: Proof) -> Iterator[None]:
    """Keep the paper and say so on its proof; drop it where the answer is refused."""
    if paper is None or folder is None:
        yield
        return
    path, proof.media_type = _keep(paper, folder)
    proof.stored_name, proof.file_name = path.name, paper.file_name[:255]
    proof.bytes_count = len(paper.content)
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _keep(paper: Paper, folder: Path) -> tuple[Path, str]:
    """The file on disk, safe against a power cut, and its type by its content."""
    ending, media_type = kind_of(paper.content)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}.{ending}"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(paper.content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, media_type


def _last(session: Session, invitation_id: int) -> Answer:
    statement = select(Answer).where(Answer.invitation_id == invitation_id)
    return session.scalars(statement.order_by(Answer.id.desc()).limit(1)).one()


def _locked(session: Session, invitation_id: int) -> Invitation:
    statement = select(Invitation).where(Invitation.id == invitation_id)
    invitation = session.scalar(statement.with_for_update(of=Invitation))
    if invitation is None:
        raise NotFound("invitation")
    return invitation
