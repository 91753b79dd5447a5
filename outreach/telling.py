"""What an invitee answers to the questions of an event: put away with an answer, and put back as it
was where that answer is taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.models.invitation import TOLD, Answer
from outreach.models.question import QuestionAnswer

Told = Mapping[int, dict[str, Any] | None]
"""{question id: as in QuestionAnswer.value, None to forget}"""


def _keep(session: Session, invitation_id: int, told: Told, at: datetime) -> bool:
    """Put it away; say whether anything is new."""
    kept = _kept(session, invitation_id)
    is_news = False
    for question_id, value in sorted(told.items()):
        row = kept.get(question_id)
        if (row.value if row else None) == value:
            continue
        is_news = True
        if row is None:
            session.add(
                QuestionAnswer(
                    invitation_id=invitation_id, question_id=question_id, value=value, given_at=at
                )
            )
        elif value is None:
            session.delete(row)
        else:
            row.value, row.given_at = value, at
    session.flush()
    return is_news


def told_with(
    session: Session, invitation_id: int, told: Told | None, at: datetime
) -> tuple[bool, dict[str, Any] | None]:
    """Put it away; say whether anything is new, and what stands now, for the row of the answer:
    None where the event asks nothing."""
    if not told:
        return False, None
    is_news = _keep(session, invitation_id, told, at)
    return is_news, {
        str(id_): row.value for id_, row in sorted(_kept(session, invitation_id).items())
    }


def put_back_told(session: Session, last: Answer, at: datetime) -> dict[str, Any] | None:
    """Everything as it was before this answer; None where it changed nothing of the kind."""
    if TOLD not in last.particulars:
        return None
    before = session.scalars(
        select(Answer)
        .where(Answer.invitation_id == last.invitation_id, Answer.id < last.id)
        .order_by(Answer.id.desc())
    ).all()
    told: dict[str, Any] = next(
        (one.particulars[TOLD] for one in before if TOLD in one.particulars), {}
    )
    kept = _kept(session, last.invitation_id)
    wanted = {int(id_): value for id_, value in told.items()}
    _keep(session, last.invitation_id, dict.fromkeys(kept) | wanted, at)
    return dict(told)


def _kept(session: Session, invitation_id: int) -> dict[int, QuestionAnswer]:
    statement = select(QuestionAnswer).where(QuestionAnswer.invitation_id == invitation_id)
    return {row.question_id: row for row in session.scalars(statement)}
