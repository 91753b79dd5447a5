"""What a server says of a mail of ours that it could not deliver: in a report, or in prose.

Source: RFC 3464 (reports). Servers that send none: Exim before 4.84 and cPanel, which name the
addresses in X-Failed-Recipients; qmail, whose form is QSBMF (D. J. Bernstein, "The qmail-send
Bounce Message Format").
"""

import re
from dataclasses import dataclass
from email.message import Message

from outreach.intake.mime_parts import Mail, Part, header, split_head

OUR_ID = re.compile(r"<?\b([0-9a-f]{32})@[^>\s]+")
"""A Message-ID that has the form of ours."""

_FIELD = re.compile(r"^([A-Za-z-]{1,40}):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
_DAEMONS = ("mailer-daemon@", "postmaster@", "mailer_daemon@")
_QMAIL = re.compile(r"^<([^<>\s]{3,320})>:\n", re.MULTILINE)
_ITS_ID = re.compile(r"^Message-ID:\s*<([0-9a-f]{32})@", re.IGNORECASE | re.MULTILINE)
_CODE = re.compile(r"(?<![\d.])(?:([45])\.\d{1,3}\.\d{1,3}|([45])\d\d)(?![\d.])")
_LONGEST_PROSE = 20_000


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """What a server said of a mail of ours."""

    public_id: str
    recipient: str
    """The address that failed, as the report has it."""
    is_hard: bool
    detail: str


def failed_delivery(mail: Mail, answers: tuple[str, ...]) -> FailedDelivery | None:
    """What is said of the first mail of ours that a report is about; None where nothing failed.

    answers  public ids of ours in In-Reply-To and References
    """
    for part in mail.parts:
        if part.media_type == "message/delivery-status":
            return _reported(mail, part, answers)
    return _told_in_prose(mail)


def is_from_daemon(head: Message) -> bool:
    """Whether a server wrote it, by its address."""
    sender = header(head, "From").lower()
    return any(name in sender for name in _DAEMONS)


def _reported(mail: Mail, report: Part, answers: tuple[str, ...]) -> FailedDelivery | None:
    said = {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(report.text())}
    original = next(
        (
            found[1]
            for part in mail.parts
            if part.media_type in ("message/rfc822", "text/rfc822-headers")
            and (found := OUR_ID.search(_original_id(part)))
        ),
        next(iter(answers), ""),
    )
    if said.get("action", "").lower() != "failed" or not original:
        return None
    diagnosis = said.get("diagnostic-code", "").partition(";")[2].strip()
    recipient = said.get("original-recipient") or said.get("final-recipient", "")
    return FailedDelivery(
        public_id=original,
        recipient=recipient.partition(";")[2].strip().strip("<>"),
        is_hard=said.get("status", "").startswith("5"),
        detail=(diagnosis or said.get("status", ""))[:300],
    )


def _original_id(part: Part) -> str:
    head, _ = split_head(part.body)
    return header(head, "Message-ID")


def _told_in_prose(mail: Mail) -> FailedDelivery | None:
    """The same of a server that names the address, says why, and then copies our mail."""
    if not is_from_daemon(mail.head):
        return None
    text = "\n".join(part.text() for part in mail.parts[:5] if part.media_type == "text/plain")
    text = text[:_LONGEST_PROSE].replace("\r\n", "\n")
    original = _ITS_ID.search(text)
    told, listed = text[: original.start()] if original else "", _QMAIL.search(text)
    address = header(mail.head, "X-Failed-Recipients").split(",")[0].strip().strip("<>")
    if not address and listed:
        address = listed[1]
    if original is None or not address or address not in told:
        return None
    why = told[told.index(address) + len(address) :].lstrip(">: \n").partition("\n\n")[0]
    code = _CODE.search(why)
    return FailedDelivery(
        public_id=original[1],
        recipient=address,
        is_hard=code is not None and "5" in (code[1], code[2]),
        detail=" ".join(why.split())[:300],
    )
