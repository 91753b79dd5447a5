"""A mail exactly as it was sent, read from the file mailer's folder; personal links are masked."""

import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from flask import current_app

from outreach.tokens import TOKEN_LENGTH

MASK = "••••"
_PUBLIC_ID = re.compile(r"[0-9a-f]{32}")
_TOKEN = re.compile(rf"/([isu])/[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class SentMail:
    """The parsed file.

    headers  (name, value) in their order
    html     the HTML part; empty where there is none
    """

    headers: list[tuple[str, str]]
    subject: str
    text: str
    html: str


def mail_as_sent(public_id: str) -> SentMail | None:
    """The mail with this public id; None where the mailer in use keeps no copy, or not yet."""
    if _PUBLIC_ID.fullmatch(public_id) is None:
        return None
    try:
        raw = (Path(current_app.config["MAIL_DIR"]) / f"{public_id}.eml").read_bytes()
    except FileNotFoundError:
        return None
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    return SentMail(
        headers=[(name, masked(str(value))) for name, value in mail.items()],
        subject=masked(str(mail["Subject"] or "")),
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
    )


def masked(text: str) -> str:
    """The text with every personal link made useless: who reads a mail here must not answer it."""
    return _TOKEN.sub(rf"/\1/{MASK}", text)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return masked(str(part.get_content())) if part is not None else ""
