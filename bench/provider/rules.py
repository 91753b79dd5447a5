"""What SendGrid's v3 `mail/send` refuses, as its documentation and its list of errors say.

Source: SendGrid v3 API reference, "Mail Send" and "Mail Send Errors".
"""

import re
from collections.abc import Iterator
from typing import Any

Fault = tuple[str, str]
"""The message, and the field that it names."""

MOST_BYTES = 30_000_000
_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")
_CALENDAR = re.compile(r"text/calendar; ?method=[A-Z]+")
_KNOWN = frozenset(
    [
        *("personalizations", "from", "reply_to", "reply_to_list", "subject", "content"),
        *("attachments", "template_id", "headers", "categories", "custom_args", "send_at"),
        *("batch_id", "asm", "ip_pool_name", "mail_settings", "tracking_settings", "sections"),
    ]
)
_KNOWN_PERSONAL = frozenset(
    [
        *("to", "cc", "bcc", "from", "subject", "headers", "substitutions"),
        *("dynamic_template_data", "custom_args", "send_at"),
    ]
)
_RESERVED = frozenset(
    [
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "to", "from"),
        *("content-transfer-encoding", "subject", "reply-to", "cc", "bcc"),
    ]
)


def faults(mail: Any) -> Iterator[Fault]:
    """Everything that is wrong with a request, in the order of the documentation."""
    if not isinstance(mail, dict):
        yield "The request body must be an object.", ""
        return
    for name in mail.keys() - _KNOWN:
        yield f"Unknown parameter: {name}", name
    yield from _letter(mail)
    entries = mail.get("personalizations")
    if not isinstance(entries, list) or not entries:
        yield "You must have at least one personalization.", "personalizations"
        return
    if len(entries) > 1000:
        yield "The personalization block is limited to 1000.", "personalizations"
        return
    yield from _personalizations(entries)


def _letter(mail: dict[str, Any]) -> Iterator[Fault]:
    if not _is_address(mail.get("from")):
        yield "The from email does not contain a valid address.", "from.email"
    if "reply_to" in mail and not _is_address(mail["reply_to"]):
        yield "The reply_to email does not contain a valid address.", "reply_to.email"
    if not isinstance(mail.get("subject"), str) or not mail["subject"]:
        yield "The subject is required.", "subject"
    content = mail.get("content")
    if not isinstance(content, list) or not content:
        yield "The content is required.", "content"
        content = []
    for index, part in enumerate(content):
        if not isinstance(part, dict) or not isinstance(part.get("value"), str):
            yield "The content value must be a string.", f"content.{index}.value"
        elif not part["value"]:
            yield "The content value must be at least one character.", f"content.{index}.value"
        elif not isinstance(part.get("type"), str) or re.search("[;\r\n]", part["type"]):
            yield (
                "The content type cannot contain ';', or CRLF characters.",
                f"content.{index}.type",
            )
    kinds = [part.get("type") for part in content if isinstance(part, dict)]
    if kinds[:2] not in (["text/plain", "text/html"], ["text/plain"], ["text/html"]):
        yield "text/plain must come first, then text/html.", "content"
    for index, attachment in enumerate(mail.get("attachments", ())):
        kind = attachment.get("type", "")
        if ";" in kind and not _CALENDAR.fullmatch(kind):
            words = "The attachment type cannot contain ';', or CRLF characters."
            yield words, f"attachments.{index}.type"
        if not attachment.get("content") or not attachment.get("filename"):
            yield "An attachment needs content and filename.", f"attachments.{index}"


def _personalizations(entries: list[Any]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        field = f"personalizations.{index}"
        if not isinstance(entry, dict) or not isinstance(entry.get("to"), list) or not entry["to"]:
            yield "The to parameter is required for all personalization objects.", f"{field}.to"
            continue
        if entry.keys() - _KNOWN_PERSONAL:
            yield "Unknown parameter in a personalization.", field
        for place in ("to", "cc", "bcc"):
            for number, mailbox in enumerate(entry.get(place, ())):
                if not _is_address(mailbox):
                    yield "Does not contain a valid address.", f"{field}.{place}.{number}.email"
                    continue
                email = mailbox["email"].lower()
                if email in seen:
                    yield f"Each email address should be unique: {email}", f"{field}.{place}"
                seen.add(email)
        yield from _texts(entry, field)
    if len(seen) > 1000:
        yield "There is a limit of 1000 total recipients.", "personalizations"


def _texts(entry: dict[str, Any], field: str) -> list[Fault]:
    found: list[Fault] = []
    for name in ("substitutions", "custom_args", "headers"):
        texts = entry.get(name)
        if texts is None:
            continue
        try:
            joined = "".join(texts.values())
        except (TypeError, AttributeError):
            found.append((f"{name} must be an object of strings.", f"{field}.{name}"))
            continue
        if name != "headers":
            if len("".join(texts).encode()) + len(joined.encode()) > 10_000:
                found.append((f"{name} are limited to 10000 bytes.", f"{field}.{name}"))
        elif any(key.lower() in _RESERVED for key in texts):
            found.append(("One of the header keys is reserved.", f"{field}.headers"))
        elif not joined.isascii() or "\r" in joined or "\n" in joined:
            found.append(("The headers must be ASCII and on one line.", f"{field}.headers"))
    return found


def _is_address(mailbox: Any) -> bool:
    if not isinstance(mailbox, dict) or mailbox.keys() - {"email", "name"}:
        return False
    email, name = mailbox.get("email"), mailbox.get("name", "")
    if not isinstance(email, str) or not isinstance(name, str):
        return False
    return bool(_ADDRESS.fullmatch(email)) and email.isascii() and "\n" not in name


def arriving(mail: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The mails of an accepted request as they arrive, substitutions replaced in turn."""
    for entry in mail["personalizations"]:
        parts = [mail["subject"], *(part["value"] for part in mail["content"])]
        for tag, text in entry.get("substitutions", {}).items():
            parts = [part.replace(tag, text) for part in parts]
        yield {
            "m": entry.get("custom_args", {}).get("m", ""),
            "to": entry["to"][0],
            "headers": {**mail.get("headers", {}), **entry.get("headers", {})},
            "subject": parts[0],
            "content": parts[1:],
            "attachments": mail.get("attachments", []),
            "together_with": len(mail["personalizations"]) - 1,
        }
