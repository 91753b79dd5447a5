"""Letters and recipients that take only what matters to a test."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from outreach.delivery.letter import compile_html, compile_line, compile_text
from outreach.delivery.mailer import Address, Attachment, Letter, Recipient

FIELDS = ("name", "event", "rsvp_link")
SOON = timedelta(seconds=10)
ICS = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def make_letter(
    subject: str = "Invitation to {event}",
    text: str = "Dear {name},\n\ncome to {event}:\n{rsvp_link}\n",
    html: str = '<p>Dear {name},</p><p><a href="{rsvp_link}">Come to {event}</a></p>\n',
    **rest: Any,
) -> Letter:
    return Letter(
        sender=rest.pop("sender", Address("The Secretariat", "invitations@example.org")),
        reply_to=rest.pop("reply_to", Address("Ana Pérez", "ana@example.org")),
        subject=compile_line(subject, FIELDS),
        text=compile_text(text, FIELDS),
        html=compile_html(html, FIELDS),
        headers=rest.pop("headers", {"List-Id": "<conference.example.org>"}),
        **rest,
    )


def make_recipient(
    number: int = 1,
    name: str = "Amina Diallo",
    email: str | None = None,
    attachments: tuple[Attachment, ...] = (),
    to_name: str | None = None,
    **values: str,
) -> Recipient:
    public_id = f"{number:032x}"
    link = f"https://outreach.example.org/i/{public_id}"
    stop = f"<https://outreach.example.org/u/{public_id}>"
    filled: Mapping[str, str] = {"name": name, "event": "WTDC", "rsvp_link": link} | values
    return Recipient(
        public_id=public_id,
        message_id=f"<{public_id}@example.org>",
        to=Address(
            name if to_name is None else to_name,
            f"person{number}@example.org" if email is None else email,
        ),
        values=filled,
        headers={
            "List-Unsubscribe": stop,
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        attachments=attachments,
    )


def calendar() -> Attachment:
    return Attachment("event.ics", ICS, "text/calendar", method="REQUEST")
