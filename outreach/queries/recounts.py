"""What every summary row adds up to, counted again from the rows."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import (
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import (
    Message,
    MessageState,
    counted_as,
)
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.tally import NUMBERS, TallyKind
from outreach.models.target import Target
from outreach.queries.promises import Rows


def wrong_tallies(session: Session, at: datetime) -> Rows:
    """Summary rows that differ from what the rows add up to, both ways round."""
    counted: Counter[tuple[str, int, int, str]] = Counter()
    for kind, statement in RECOUNTS.items():
        for subject_id, group_id, state, count in session.execute(statement):
            name = _name(kind, state)
            counted[kind.value, subject_id, group_id or 0, name] += count
    kept: Counter[tuple[str, int, int, str]] = Counter()
    for kind, subject_id, group_id, state, count in session.execute(
        select(*NUMBERS).where(NUMBERS.kind.in_(RECOUNTS))
    ):
        kept[kind.value, subject_id, group_id, state] += count
    for place in sorted(counted.keys() | kept.keys()):
        if counted[place] != kept[place]:
            names = dict(zip(("kind", "subject_id", "group_id", "state"), place, strict=True))
            yield {**names, "rows": counted[place], "shown": kept[place]}


def _messages_by(subject: Any) -> Any:
    return (
        select(subject, Message.group_id, Message.state, func.count())
        .where(subject.is_not(None))
        .group_by(subject, Message.group_id, Message.state)
    )


def _on_lists(of: Any, word: str) -> Any:
    return select(of.list_id, literal(0), literal(word), func.count()).group_by(of.list_id)


RECOUNTS: dict[TallyKind, Any] = {
    TallyKind.STEP_MESSAGES: _messages_by(Message.step_id),
    TallyKind.CAMPAIGN_PEOPLE: _messages_by(Message.campaign_id).where(Message.is_first),
    TallyKind.EVENT_INVITATIONS: select(
        Invitation.event_id, Invitation.group_id, Invitation.state, func.count()
    )
    .where(Invitation.merged_into_id.is_(None))
    .group_by(Invitation.event_id, Invitation.group_id, Invitation.state),
    TallyKind.LIST_TARGETS: union_all(
        _on_lists(Target, "wanted"), _on_lists(Target, "star").where(Target.is_star)
    ),
    TallyKind.LIST_ORGANISATIONS: _on_lists(OrganisationTarget, "wanted"),
}
"""{kind: SELECT of subject, group, state, count}; whoever adds a kind adds its recount."""


def _name(kind: TallyKind, state: Any) -> str:
    """Under which word a summary row counts the state."""
    if kind in (TallyKind.STEP_MESSAGES, TallyKind.CAMPAIGN_PEOPLE):
        return counted_as(MessageState(state))
    return str(state.value if isinstance(state, InvitationState) else state)
