"""A mail that came to us, read within bounds: who wrote, what sort of mail it is, what it answers.

Source: SendGrid, "Inbound Parse" (raw and parsed form); RFC 3464 (reports on delivery), RFC 3834
(automatic replies), RFC 6047 (calendar replies by mail).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.message import Message
from html import unescape
from typing import Any

import nh3

from outreach.errors import Refusal
from outreach.intake.addresses import MalformedAddress, read_address
from outreach.intake.away import returns_on, says_away
from outreach.intake.failed_delivery import OUR_ID, FailedDelivery, failed_delivery, is_from_daemon
from outreach.intake.mime_parts import (
    Mail,
    Part,
    as_text,
    header,
    read_mail,
    split_head,
    split_parts,
)

LONGEST_TEXT = 20_000
LONGEST_HTML = 300_000
LONGEST_CALENDAR = 256 * 1024
MOST_FIELDS = 600
MOST_REFERENCES = 50
_METHOD = re.compile(r"^METHOD(?:;[^:\r\n]*)?:\s*([A-Z]+)\s*$", re.IGNORECASE | re.MULTILINE)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,200}>", re.IGNORECASE)


class UnreadableMail(Refusal):
    """The bytes are no mail in any form that the provider sends."""


@dataclass(frozen=True, slots=True)
class InboundLetter:
    """A mail, read."""

    kind: str
    """`reply`, `calendar`, `out_of_office`, `bounce` or `automatic`."""
    mail_id: str
    own_id: str
    """Set where the mail's own Message-ID has the form of ours: it may be our mail come back."""
    answers: tuple[str, ...]
    """Public ids of ours in In-Reply-To and References, the nearest first."""
    sender: str
    """The one address in From, checked; empty where there is none or more than one."""
    sender_name: str
    subject: str
    text: str
    calendar: str
    dkim: str
    spf: str
    envelope_sender: str
    """Of whose domain the SPF verdict speaks."""
    attachments_count: int
    is_cut: bool
    returns_on: date | None
    failed: FailedDelivery | None


def read_inbound(raw: bytes, content_type: str, *, at: datetime) -> InboundLetter:
    """Read a request of the provider as it came. Raises UnreadableMail."""
    fields = dict(_fields(raw, content_type))
    mail = _mail(fields)
    method, calendar = _calendar(mail)
    answers = _answers(mail.head)
    failed = failed_delivery(mail, answers)
    kind = _kind(mail, method, failed, _field(fields, "envelope"))
    text, is_longer = _text(mail)
    sender, name = _sender(header(mail.head, "From") or _field(fields, "from"))
    mail_id = header(mail.head, "Message-ID")
    own = OUR_ID.match(mail_id)
    return InboundLetter(
        kind=kind,
        mail_id=mail_id[:500],
        own_id=own[1] if own else "",
        answers=answers,
        sender=sender,
        sender_name=name,
        subject=header(mail.head, "Subject")[:500],
        text=text,
        calendar=calendar,
        dkim=_field(fields, "dkim")[:500],
        spf=_field(fields, "SPF")[:200],
        envelope_sender=_envelope_sender(_field(fields, "envelope")),
        attachments_count=sum(_is_kept(part) for part in mail.parts),
        is_cut=mail.is_cut or is_longer,
        returns_on=returns_on(text, at.date()) if kind == "out_of_office" else None,
        failed=failed if kind == "bounce" else None,
    )


def _envelope_sender(envelope: str) -> str:
    """The sender in the provider's `{"to": […], "from": "…"}`; empty where there is none."""
    try:
        known = json.loads(envelope)
    except (ValueError, RecursionError):
        return ""
    sender = known.get("from") if isinstance(known, dict) else None
    return sender[:300] if isinstance(sender, str) else ""


def _fields(raw: bytes, content_type: str) -> Iterator[tuple[str, Part]]:
    """The fields of a form of several parts, the first of each name."""
    head, _ = split_head(f"Content-Type: {content_type}\r\n\r\n".encode("ascii", "replace"))
    boundary = head.get_boundary()
    if head.get_content_type() != "multipart/form-data" or not boundary:
        raise UnreadableMail("It is no form of several parts.")
    bodies, _ = split_parts(raw, boundary.encode("ascii", "replace"), MOST_FIELDS)
    seen = set()
    for body in bodies:
        inner, content = split_head(body)
        name = inner.get_param("name", header="content-disposition")
        if isinstance(name, str) and name not in seen:
            seen.add(name)
            yield name, Part(inner, content)


def _field(fields: dict[str, Part], name: str) -> str:
    return as_text(fields[name].body[:10_000], "").strip() if name in fields else ""


def _mail(fields: dict[str, Part]) -> Mail:
    """The mail in either of the provider's forms: raw, or taken apart by it."""
    if "email" in fields:
        return read_mail(fields["email"].body)
    if "headers" not in fields:
        raise UnreadableMail("The form holds no mail.")
    head, _ = split_head(fields["headers"].body + b"\r\n\r\n")
    charsets = _charsets(_field(fields, "charsets"))
    parts = [
        Part(_typed(f"text/{kind}; charset={charsets.get(name, 'utf-8')}"), fields[name].body)
        for name, kind in (("text", "plain"), ("html", "html"))
        if name in fields
    ]
    parts += [part for name, part in fields.items() if re.fullmatch(r"attachment\d{1,4}", name)]
    return Mail(head, tuple(parts), is_cut=False)


def _charsets(text: str) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    named: dict[Any, Any] = found if isinstance(found, dict) else {}
    return {
        name: charset
        for name, charset in named.items()
        if isinstance(charset, str) and re.fullmatch(r"[\w.:-]{1,40}", charset)
    }


def _typed(content_type: str) -> Message:
    head = Message()
    head["Content-Type"] = content_type
    return head


def _is_kept(part: Part) -> bool:
    """Whether it is a file, not words to be read in place."""
    return part.is_attachment or not part.media_type.startswith("text/")


def _calendar(mail: Mail) -> tuple[str, str]:
    """METHOD and text of the first calendar part; empty where there is none."""
    for part in mail.parts:
        if part.media_type in ("text/calendar", "application/ics"):
            text = part.text()[:LONGEST_CALENDAR]
            named = _METHOD.search(text)
            return (named[1] if named else part.parameter("method")).upper(), text
    return "", ""


def _kind(mail: Mail, method: str, failed: FailedDelivery | None, envelope: str) -> str:
    if method in ("REPLY", "COUNTER"):
        # First of all: calendar services call their replies automatic.
        return "calendar"
    head = mail.head
    if failed or head.get_content_type() == "multipart/report" or is_from_daemon(head):
        return "bounce"
    submitted = header(head, "Auto-Submitted").lower()
    if says_away(header(head, "Subject")) or submitted.startswith("auto-replied"):
        return "out_of_office"
    if any(name in head for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder")):
        return "out_of_office"
    precedence = header(head, "Precedence").lower()
    if submitted not in ("", "no") or precedence in ("bulk", "junk", "list", "auto_reply"):
        return "automatic"
    return "automatic" if "List-Id" in head or _is_from_nobody(head, envelope) else "reply"


def _is_from_nobody(head: Message, envelope: str) -> bool:
    """An empty return path: a machine that wants no answer (RFC 3834, section 3.3)."""
    return header(head, "Return-Path") == "<>" or '"from":""' in envelope.replace(" ", "")


def _answers(head: Message) -> tuple[str, ...]:
    nearest = OUR_ID.findall(header(head, "In-Reply-To"))
    others = OUR_ID.findall(header(head, "References"))
    return tuple(dict.fromkeys([*nearest, *reversed(others)]))[:MOST_REFERENCES]


def _sender(text: str) -> tuple[str, str]:
    """(address, name). A From of two mailboxes is nobody's."""
    name, bracket, rest = text.rpartition("<")
    address = rest.partition(">")[0] if bracket else text
    shown = name.strip().strip('"').strip()[:200]
    if "<" in name:
        return "", shown
    try:
        return read_address(address).email, shown
    except MalformedAddress:
        return "", shown or text[:200]


def _text(mail: Mail) -> tuple[str, bool]:
    """What was written, as plain text, and whether there was more of it."""
    for kind in ("text/plain", "text/html"):
        parts = [part for part in mail.parts if part.media_type == kind and not part.is_attachment]
        if parts:
            texts = (part.text() for part in parts[:5])
            text = "\n".join(map(_without_tags, texts) if kind == "text/html" else texts).strip()
            return text[:LONGEST_TEXT], len(text) > LONGEST_TEXT
    return "", False


def _without_tags(html: str) -> str:
    broken = _BREAKS.sub("\n", html[:LONGEST_HTML])
    plain = unescape(nh3.clean(broken, tags=set()))
    return re.sub(r"\n\s*\n\s*", "\n\n", plain.replace("\xa0", " "))
