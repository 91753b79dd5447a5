"""Mails as they come in, and the provider's form around them."""

import re
from base64 import b64decode, encodebytes
from email.message import EmailMessage
from typing import Any

BOUNDARY = "xYzZY"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
OURS = "0123456789abcdef0123456789abcdef"
ICS = (
    "BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:1@outreach.example.org\r\n"
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
OWN_REPLY = (
    "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nSEQUENCE:9\r\n"
    "DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}\r\nATTENDEE;PARTSTAT={says}:mailto:{who}\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)
"""An answer to an event of ours, from whoever it is."""


def form(**fields: bytes | str) -> bytes:
    """The body of the provider's request."""
    parts = b""
    for name, content in fields.items():
        raw = content.encode() if isinstance(content, str) else content
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts += head.encode() + raw + b"\r\n"
    return parts + f"--{BOUNDARY}--\r\n".encode()


def mail(
    text: str = "I shall come.", subject: str = "Re: Invitation", **headers: Any
) -> EmailMessage:
    """A mail from Ana; headers by their names with _ for -."""
    message = EmailMessage()
    values = {"From": "Ana Silva <ana@example.org>", "Message-ID": "<abc@example.org>"}
    for name, value in (values | {n.replace("_", "-"): v for n, v in headers.items()}).items():
        if value is not None:
            message[name] = value
    message["Subject"] = subject
    message.set_content(text)
    return message


def calendar_mail(method: str = "REPLY", cte: str = "base64", **headers: Any) -> EmailMessage:
    """A calendar program's answer."""
    message = mail("Accepted", "Accepted: Invitation", **headers)
    message.add_alternative(ICS.format(method=method).encode(), "text", "calendar", cte=cte)
    return message


def report(
    action: str = "failed",
    status: str = "5.1.1",
    recipient: str = "ana@example.org",
    original: str = OURS,
) -> bytes:
    """A report on delivery (RFC 3464)."""
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\r\nSubject: Undelivered\r\n"
        "Message-ID: <report@mx.example.org>\r\nAuto-Submitted: auto-replied\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n"
        "--r\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--r\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such\r\n mailbox\r\n\r\n"
        f"--r\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{original}@example.org>\r\n"
        "Subject: Invitation\r\n\r\nPlease come.\r\n--r--\r\n"
    ).encode()


def with_uids(text: str, own: str, other: str) -> str:
    """The UIDs put into a reply of a calendar, also where its part is encoded."""

    def again(match: re.Match[str]) -> str:
        plain = b64decode(match[2]).decode().replace("{UID}", own).replace("{OTHER}", other)
        return match[1] + encodebytes(plain.encode()).decode().replace("\n", "\r\n")

    text = re.sub(
        r"(Content-Transfer-Encoding: base64\r\n\r\n)([A-Za-z0-9+/=\r\n]{40,})", again, text
    )
    text = text.replace("UID:{UID}", f"UID:{own}").replace("UID:{OTHER}", f"UID:{other}")
    return text.replace("UID:=7BUID=7D", f"UID:{own}")
