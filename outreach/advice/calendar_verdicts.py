"""Whether what a calendar program answered counts, changes nothing, or waits for a person.

docs/calendar.md holds the rules in words and a table of real replies with their verdicts.
Source: RFC 5546 section 2.1.5 (which of two is newer), RFC 7489 section 3.1 (alignment).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

APPLIED, IGNORED, UNVERIFIED = "applied", "ignored", "unverified"

ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}

NOT_THEIRS = {
    False: "It is about an event to which this person is not invited.",
    True: "It is about a seat that this person is not asked to take.",
}
GONE = {
    False: "The invitation was withdrawn.",
    True: "The person is asked for this seat no more.",
}
"""{whether it is about a seat: why it changes nothing}"""

_SIGNATURE = re.compile(r"@([A-Za-z0-9.-]{1,253})\\?\s*:\s*([A-Za-z]{1,20})")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a reply and of the invitation that it is about.

    sender      normalised address in From; empty where there is none
    is_proven   DKIM or SPF passed for the domain of that address
    own         the person's own addresses; assistants  {address: name} of those who may answer
    sequence    of the reply; current_sequence of what the person was sent last
    later_at    when an answer was given otherwise than by calendar
    newest      (SEQUENCE, DTSTAMP) of the newest reply that counted
    """

    method: str
    partstat: str
    attendee: str
    sent_by: str
    delegated_to: str
    is_occurrence: bool
    sequence: int
    stamped_at: datetime | None
    sender: str
    is_proven: bool
    is_event_known: bool
    is_attendee_known: bool
    invitations_count: int
    is_of_seat: bool = False
    """Then the seat's question stands for the invitation: to that one person, about one seat."""
    is_withdrawn: bool = False
    current_sequence: int = 0
    own: frozenset[str] = frozenset()
    assistants: Mapping[str, str] = field(default_factory=dict)
    later_at: datetime | None = None
    newest: tuple[int, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a reply.

    because   as a sentence that staff read
    given_by  who answered, where that was not the invitee
    """

    verdict: str
    because: str
    given_by: str = ""


def judge(facts: Facts) -> Judgement:
    """The verdict: what changes nothing first, then what nobody may decide but a person."""
    if because := next(_nothing(facts), ""):
        return Judgement(IGNORED, because)
    if because := next(_doubts(facts), ""):
        return Judgement(UNVERIFIED, because)
    given_by = ""
    if facts.sender not in facts.own:
        given_by = facts.assistants[facts.sender] or facts.sender
    elif facts.sent_by and facts.sent_by not in facts.own:
        given_by = facts.assistants.get(facts.sent_by) or facts.sent_by
    return Judgement(APPLIED, "It is newer than all before, and its sender is proven.", given_by)


def _nothing(facts: Facts) -> Iterator[str]:
    """Why it changes nothing and nobody need look."""
    if facts.method not in ("REPLY", "COUNTER"):
        yield f"Only replies are read; a {facts.method or 'calendar'} from outside changes nothing."
    if not facts.is_event_known:
        yield "It is about an event that is not ours."
    if facts.is_attendee_known and not facts.invitations_count:
        yield NOT_THEIRS[facts.is_of_seat]
    if facts.invitations_count != 1:
        return
    if facts.is_withdrawn:
        yield GONE[facts.is_of_seat]
    if facts.sequence < facts.current_sequence:
        yield "It answers an older version of the event than the one that was sent since."
    if facts.stamped_at is None:
        return
    if facts.newest and (facts.sequence, facts.stamped_at) <= facts.newest:
        yield "A newer reply of the calendar has been applied already."
    if facts.later_at and facts.later_at >= facts.stamped_at:
        yield "A later answer was given in another way; that one stands."
    if facts.partstat == "NEEDS-ACTION" and facts.method == "REPLY":
        yield "It says that nothing is decided yet."


def _doubts(facts: Facts) -> Iterator[str]:
    """Why a person must look."""
    if facts.method == "COUNTER":
        yield "Another time is proposed."
    if not facts.attendee:
        yield "It does not say, or not clearly, who answers."
    if facts.invitations_count == 0:
        yield "Somebody answers who is not invited."
    if facts.invitations_count > 1:
        yield "Several invitees share this address."
    if facts.partstat == "DELEGATED" or facts.delegated_to:
        yield "Someone else is to come instead: name them on the invitee’s page, or write back."
    if facts.partstat not in ANSWERS or facts.is_occurrence:
        yield "It says something that is no answer to an invitation."
    if facts.is_of_seat and facts.partstat == "TENTATIVE":
        yield "A seat is taken or declined; it says neither."
    if facts.stamped_at is None:
        yield "It does not say when it was written."
    if not facts.is_proven:
        yield "It is not proven that it comes from the address in From."
    if facts.sender in facts.own:
        return
    if facts.sender not in facts.assistants:
        yield "It comes from another address than the invitee’s."
    elif facts.sent_by != facts.sender:
        yield "It comes from an assistant and does not say so."


def is_proven(sender: str, dkim: str, spf: str, envelope_sender: str) -> bool:
    """Whether DKIM or SPF passed for the domain of the address in From.

    dkim  as Inbound Parse tells it: "{@example.org : pass}"; none for unsigned mail
    spf   its verdict on the domain of the envelope's sender
    """
    domain = _domain(sender)
    if not domain:
        return False
    signed = (found[0] for found in _SIGNATURE.findall(dkim) if found[1].lower() == "pass")
    if any(_is_aligned(signer, domain) for signer in signed):
        return True
    return spf.strip().lower() == "pass" and _is_aligned(_domain(envelope_sender), domain)


def _is_aligned(proven: str, domain: str) -> bool:
    """The same domain, or one of them within the other; never a bare top level."""
    proven = proven.lower().rstrip(".")
    if "." not in proven:
        return False
    return proven == domain or domain.endswith(f".{proven}") or proven.endswith(f".{domain}")


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower().strip().rstrip(".>")
