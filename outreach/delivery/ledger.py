"""Moving messages from state to state, with their summary rows, inside an open transaction."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from outreach.db import is_postgresql
from outreach.models.message import Message, MessageState, counted_as, may_become
from outreach.models.tally import TallyKind
from outreach.tally import Place, add_to_tallies, moved, total

PLACES = (Message.step_id, Message.campaign_id, Message.group_id, Message.is_first)
"""What decides in which summary rows a message counts."""


def move_messages(
    session: Session,
    which: ColumnElement[bool],
    old: MessageState,
    new: MessageState,
    *,
    at: datetime,
    reason: str = "",
    **values: Any,
) -> int:
    """Move the messages that `which` names and that are in the old state; says how many moved.

    A message that is no longer in that state (an event came first) stays as it is.
    """
    if not may_become(old, new):
        raise ValueError(f"a message never goes from {old} to {new}")
    those = (which, Message.state == old)
    change = (
        update(Message)
        .where(*those)
        .values(state=new, reason=reason, changed_at=at, **values)
        .execution_options(synchronize_session=False)
    )
    if counted_as(old) == counted_as(new):
        return session.connection().execute(change).rowcount
    if is_postgresql():
        moved_rows = change.returning(*PLACES).cte("moved_rows")
        columns = [moved_rows.c[column.key] for column in PLACES]
        rows: Sequence[Any] = session.execute(
            select(*columns, func.count()).group_by(*columns)
        ).all()
    else:
        # One writer at a time: what is counted here is what is changed in the next line.
        rows = session.execute(select(*PLACES, func.count()).where(*those).group_by(*PLACES)).all()
        session.execute(change)
    recount(session, Counter({tuple(row[:-1]): row[-1] for row in rows}), old, new)
    return sum(row[-1] for row in rows)


def move_by_id(
    session: Session,
    ids: Sequence[int],
    old: MessageState,
    new: MessageState,
    *,
    at: datetime,
    reason: str = "",
    **values: Any,
) -> int:
    """The same for messages by their ids."""
    if not ids:
        return 0
    return move_messages(session, Message.id.in_(ids), old, new, at=at, reason=reason, **values)


def recount(
    session: Session, rows: Counter[tuple[Any, ...]], old: MessageState, new: MessageState
) -> None:
    """Change the summary rows for so many messages by each of their PLACES."""
    before, after = counted_as(old), counted_as(new)
    if before == after:
        return
    parts: list[Counter[Place]] = []
    for (step_id, campaign_id, group_id, is_first), count in rows.items():
        subjects = [(TallyKind.STEP_MESSAGES, step_id)]
        if is_first:
            subjects.append((TallyKind.CAMPAIGN_PEOPLE, campaign_id))
        for kind, subject_id in subjects:
            if subject_id is not None:
                change = moved(kind, subject_id, group_id, before, after)
                parts.append(Counter({place: part * count for place, part in change.items()}))
    add_to_tallies(session, total(parts))
