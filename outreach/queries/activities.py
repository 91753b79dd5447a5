"""The lines of the journal as sentences."""

from datetime import date
from typing import Any

SENTENCES = {
    "added_to_list": "Put on the list {list}",
    "left_out": "Left out of the campaign {campaign}",
    "took_back_in": "Taken back into the campaign {campaign}",
    "stopped_for_person": "No more mail of the campaign {campaign}",
    "went_on_for_person": "Mail of the campaign {campaign} again",
    "released_message": "A held mail was let go: {purpose}",
    "held_message": "A mail was held back: {purpose}",
    "cancelled_message": "A mail that waited was cancelled: {purpose}",
    "resent_message": "Sent once more: {purpose}",
    "named_vip": "Answers are confirmed by the team before they count as certain",
    "unnamed_vip": "Answers need no confirmation by the team",
    "confirmed_answer": "The team confirmed the answer to {event}: {reply}",
    "not_a_duplicate": "Looked at beside someone alike: two people",
    "maybe_a_duplicate": "To be looked at beside someone alike once more",
    "set_wave": "Wave {wave} on {list}",
    "put_on_list": "People of its segments put on the list {list}",
    "wanted_organisation": "Wanted on the list {list}",
    "approved_on_list": "Approved on the list {list}",
    "removed_from_list": "Taken off the list {list}",
    "starred": "Marked as a star on {list}",
    "unstarred": "No longer a star on {list}",
    "nominated_star": "Nominated for the short list: {reason}",
    "approved_star": "Approved as a star",
    "rejected_star": "Not a star: {why}",
    "moved_star": "As a star now: {column}",
    "planned_star": "As a star: owner or next step changed",
    "moved_reply_by": "The day until which answers count was moved",
    "set_tier_1": "Tier 1 on {list}",
    "set_tier_2": "Tier 2 on {list}",
    "set_tier_3": "Tier 3 on {list}",
    "made_alternate": "Asked when a place is freed, on {list}",
    "unmade_alternate": "Asked with the others, on {list}",
    "moved_alternate": "Moved to place {place} among the alternates of {list}",
    "promoted_alternate": "Asked for a place that was free, as the next alternate",
    "edited_target": "Changed on {list}: {fields}",
    "took_back": "A change was taken back",
    "bulk_office": "{said}, with all who hold it",
    "bulk_tagged": "{said}{others}",
    "bulk_untagged": "{said}{others}",
    "bulk_gave_owner": "{said}{others}",
    "bulk_put_on_list": "{said}{others}",
    "bulk_targets_tier": "{said}{others}",
    "bulk_targets_wave": "{said}{others}",
    "bulk_targets_alternate": "{said}{others}",
    "bulk_targets_owner": "{said}{others}",
    "bulk_targets_approved": "{said}{others}",
    "bulk_targets_removed": "{said}{others}",
    "bulk_targets_nominated": "{said}{others}",
    "bulk_taken_back": "Taken back{others}: {said}",
    "filled_in": "Completed by a file: {fields}",
    "edited": "Changed by hand: {fields}",
    "created": "Written down by hand",
    "came_from_file": "Written down from a file: {file}",
    "authorised_focal_point": "{name} speaks for it, authorised by {authority}",
    "ended_focal_point": "{name} speaks for it no more",
    "added_task": "To do: {what}",
    "finished_task": "Done: {what}",
    "reopened_task": "To do after all: {what}",
    "took_task": "Taken on: {what}",
    "gave_task": "To do: {what}",
    "passed_on_task": "To be done by someone else: {what}",
    "proposed_for_seat": "Proposed for a seat",
    "asked_for_seat": "Asked to take a seat",
    "withdrew_offer": "No longer considered for the seat in {track}",
    "freed_seat": "Gave back the seat in {track}",
    "stopped_mail": "No more campaign mail, as asked",
    "allowed_mail": "Campaign mail allowed again",
    "invited": "Invited to {event}",
    "answered": "Answer to {event}: {reply}",
    "recorded_answer": "Answer to {event} recorded: {reply}",
    "took_back_answer": "Answer to {event} taken back",
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
    "stopped_news": "Asked for no more news",
    "stopped_campaign": "Asked for no more mail of this campaign",
    "stopped_everything": "Asked for no mail at all",
    "resubscribed": "Asked for campaign mail again",
    "replied_by_mail": "Replied by mail",
    "is_away": "Answered that they are away{until}",
    "assigned_reply": "A reply was given to a colleague",
    "answered_reply": "A reply was answered",
    "closed_reply": "A reply was closed",
    "reopened_reply": "A reply was opened again",
    "suppressed": "The address must not be written to",
    "lifted_suppression": "The address may be written to again",
    "named_delegate": "Named someone to come instead",
    "asked_for_delegation": "Asked to name a delegation",
    "asked_organisations": "Focal points of the organisations on its lists asked for delegations",
    "reminded_focal_point": "Asked again to name a delegation: nobody was named yet",
    "changed_delegation": "The limits of the delegation were changed",
    "withdrew_delegation": "Asked for no delegation any more",
    "named_member": "Named as a member of a delegation",
    "took_out_member": "Taken out of a delegation",
    "completed_delegation": "Called the delegation complete",
    "accepted_nomination": "Asked on the public page to be invited, and put on a list",
    "known_nomination": "Asked on the public page to be invited; known already",
    "took_seat": "Accepted the seat",
    "declined_seat": "Declined the seat",
    "renewed_link": "Replaced the personal links",
    "recorded_seat_answer": "Answer about the seat recorded: {reply}",
    "took_back_seat_answer": "Took back the answer about the seat",
}
"""{verb: what it says}; other verbs are shown as they are."""

_FIELDS = {"external": "number in another system", "full_name": "name", "country_code": "country"}
"""{field as the journal has it: its words}, where they are not the same."""

_ACTORS = {
    "invitee": "by the invitee",
    "clock": "by the clock",
    "provider": "by the provider",
    "console": "by an operator",
}


def sentence(verb: str, detail: dict[str, Any], event: str | None) -> str:
    """What a line of the journal says."""
    words = {
        "campaign": "a campaign",
        "purpose": "mail",
        "track": "a track",
        "wave": "another",
        "list": "a list",
        "event": event or "an event",
        "reply": "",
        "fields": "",
        "what": "",
        "authority": "someone",
        "name": "someone",
        "because": "",
        "said": "Changed",
        "file": "a file",
        "place": "another",
        "reason": "",
        "why": "",
        "column": "",
        "until": "",
    }
    if day := detail.get("returns_on"):
        words["until"] = f", until {date.fromisoformat(day):%-d %B %Y}"
    words["others"] = "" if detail.get("count") == 1 else ", with others"
    if detail.get("back_count", detail.get("count")) != detail.get("count"):
        words["others"] = f", for {detail['back_count']:,} of {detail['count']:,}"
    words |= {name: _shown(value) for name, value in detail.items() if name in words}
    words["purpose"] = words["purpose"].replace("_", " ")
    if verb == "edited" and not words["fields"]:
        words["fields"] = _shown(detail.get("was", ""))
    known = SENTENCES.get(verb)
    return known.format(**words) if known else verb.replace("_", " ").capitalize()


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        names = [str(name) for name in value if not str(name).endswith(("_key", "_id"))]
        return ", ".join(_FIELDS.get(name, name.replace("_", " ")) for name in names) or "details"
    return str(value)


def by_whom(actor: str, name: str | None) -> str:
    """Who did it, as it stands at the end of a line."""
    return f"by {name}" if name else _ACTORS.get(actor, "")
