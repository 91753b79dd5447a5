"""The journal read back: what happened to a person, newest first, each in a sentence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from outreach.db import reading
from outreach.models.account import Account
from outreach.models.activity import Activity
from outreach.models.event import Event
from outreach.queries.stakeholders import everyone_of

SENTENCES = {
    "added_to_list": "Put on the list {list}",
    "removed_from_list": "Taken off the list {list}",
    "starred": "Marked as a star on {list}",
    "unstarred": "No longer a star on {list}",
    "set_tier_1": "Tier 1 on {list}",
    "set_tier_2": "Tier 2 on {list}",
    "set_tier_3": "Tier 3 on {list}",
    "took_back": "A change was taken back",
    "filled_in": "Completed by a file: {fields}",
    "edited": "Changed by hand: {was}",
    "stopped_mail": "No more campaign mail, as asked",
    "allowed_mail": "Campaign mail allowed again",
    "invited": "Invited to {event}",
    "answered": "Answered {reply}",
    "recorded_answer": "Answer recorded: {reply}",
    "took_back_answer": "Answer taken back",
    "calendar_reply_ignored": "A calendar’s reply changed nothing: {because}",
    "calendar_reply_unverified": "A calendar’s reply waits for a person: {because}",
    "put_aside_calendar_reply": "A calendar’s reply was put aside",
    "came": "Came to {event}",
    "arrival_taken_back": "Did not come to {event} after all: a mistake at the door",
    "withdrew_invitation": "Invitation to {event} withdrawn",
    "added_address": "Another address may answer",
    "removed_address": "An address may answer no more",
    "made_feed": "Made a calendar feed",
    "stopped_feed": "Stopped the calendar feed",
    "merged": "Merged with {name}, known before as someone else",
    "unmerged": "The merge was taken back: two people again",
    "bounced": "The address bounced",
    "complained": "Reported a mail as unwanted",
    "unsubscribed": "Asked for no more campaign mail",
    "resubscribed": "Asked for campaign mail again",
    "replied_by_mail": "Replied by mail",
    "is_away": "Answered that they are away",
    "assigned_reply": "A reply was given to a colleague",
    "answered_reply": "A reply was answered",
    "closed_reply": "A reply was closed",
    "reopened_reply": "A reply was opened again",
    "suppressed": "The address must not be written to",
    "lifted_suppression": "The address may be written to again",
    "named_delegate": "Named someone to come instead",
    "asked_for_delegation": "Asked to name a delegation",
    "changed_delegation": "The limits of the delegation were changed",
    "withdrew_delegation": "Asked for no delegation any more",
    "named_member": "Named as a member of a delegation",
    "took_out_member": "Taken out of a delegation",
    "completed_delegation": "Called the delegation complete",
    "took_seat": "Accepted the seat",
    "declined_seat": "Declined the seat",
}
"""{verb: what it says}; other verbs are shown as they are."""

_ACTORS = {
    "invitee": "by the invitee",
    "clock": "by the clock",
    "provider": "by the provider",
    "console": "by an operator",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to someone."""

    id: int
    at: datetime
    what: str
    by: str
    event: str | None


def happenings_of(
    stakeholder_id: int, *, before: int | None = None, limit: int = 30
) -> list[Happening]:
    """What happened to someone, newest first. Cost: the rows shown, by an index.

    before  the id of the last one of the page before
    """
    statement = (
        select(
            Activity.id,
            Activity.at,
            Activity.verb,
            Activity.detail,
            Activity.actor,
            Account.name,
            Event.name,
        )
        .outerjoin(Account, Activity.account_id == Account.id)
        .outerjoin(Event, Activity.event_id == Event.id)
        .where(Activity.stakeholder_id.in_(everyone_of(stakeholder_id)))
        .order_by(Activity.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Activity.id < before)
    return [
        Happening(id_, at, sentence(verb, detail, event), _by(actor, name), event)
        for id_, at, verb, detail, actor, name, event in reading().execute(statement)
    ]


def sentence(verb: str, detail: dict[str, Any], event: str | None) -> str:
    """What a line of the journal says."""
    words = {
        "list": "a list",
        "event": event or "an event",
        "reply": "",
        "fields": "",
        "was": "",
        "name": "someone",
        "because": "",
    }
    words |= {name: _shown(value) for name, value in detail.items() if name in words}
    known = SENTENCES.get(verb)
    return known.format(**words) if known else verb.replace("_", " ").capitalize()


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        names = [str(name) for name in value if not str(name).endswith(("_key", "_id"))]
        return ", ".join(name.replace("_", " ") for name in names) or "details"
    return str(value)


def _by(actor: str, name: str | None) -> str:
    return f"by {name}" if name else _ACTORS.get(actor, "")
