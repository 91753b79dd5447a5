"""A letter and many recipients → the bodies of SendGrid's `mail/send`.

Source: SendGrid v3 mail/send and its list of errors: at most 1,000 personalizations, each address
once, substitutions of at most 10,000 bytes each, 30 MB in all; attachments stand on the request.
"""

import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from outreach.delivery.fit import check_recipient, mailbox
from outreach.delivery.letter import Compiled, Kind, UnfitLetter
from outreach.delivery.mailer import Attachment, Letter, Recipient

MOST_RECIPIENTS = 1_000
MOST_BYTES = 29_000_000
_MOST_SUBSTITUTION_BYTES = 9_500
_LONGEST_CLEAN = 1_000
_SPECIAL = re.compile("[&<>\"'\ud800-\udfff]")

NO_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}
"""Said in every request: an account's own setting would otherwise rewrite our links."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request before it is bytes: what all share, and an entry for each recipient."""

    shared: dict[str, Any]
    recipients: Sequence[Recipient]
    entries: Sequence[dict[str, Any]]

    def body(self) -> bytes:
        """The JSON."""
        return orjson.dumps({**self.shared, "personalizations": self.entries})

    def part(self, indexes: Sequence[int]) -> "Request":
        """The same request for some of its recipients."""
        recipients = [self.recipients[index] for index in indexes]
        return Request(self.shared, recipients, [self.entries[index] for index in indexes])


def groups(letter: Letter, recipients: Iterable[Recipient]) -> list[list[Recipient]]:
    """Who may share a request: up to 1,000 with different addresses; alone where it is personal."""
    alone: list[list[Recipient]] = []
    together: list[list[Recipient]] = []
    seen: dict[str, int] = {}
    for recipient in recipients:
        if letter.is_personal or recipient.attachments:
            alone.append([recipient])
            continue
        # The second person at an address goes into the second row of groups, and so on.
        address = recipient.to.email.lower()
        row = seen[address] = seen.get(address, -1) + 1
        while len(together) <= row:
            together.append([])
        together[row].append(recipient)
    cut = [
        row[start : start + MOST_RECIPIENTS]
        for row in together
        for start in range(0, len(row), MOST_RECIPIENTS)
    ]
    return cut + alone


def requests(
    letter: Letter, group: Sequence[Recipient]
) -> tuple[list[Request], dict[str, UnfitLetter]]:
    """The requests for a group, mostly one, and for whom there is none, with the reason.

    Someone whose own words are too long for substitutions gets a request of their own.
    """
    unfit: dict[str, UnfitLetter] = {}
    try:
        tags = _Tags(letter, group)
    except UnfitLetter as reason:
        return [], {recipient.public_id: reason for recipient in group}
    recipients, entries, large = list[Recipient](), list[dict[str, Any]](), list[Recipient]()
    for recipient in group:
        try:
            entry, size = tags.entry(recipient)
        except UnfitLetter as reason:
            unfit[recipient.public_id] = reason
            continue
        if size > _MOST_SUBSTITUTION_BYTES:
            large.append(recipient)
            continue
        recipients.append(recipient)
        entries.append(entry)
    found = [Request(tags.shared, recipients, entries)] if recipients else []
    for recipient in large:
        more, _ = requests(letter, [recipient])
        found += more
    return found, unfit


class _Tags:
    """Which fields differ within a group, and the tags that stand for them in the shared text.

    A field has one tag for plain places and one for HTML, where its value is escaped; one tag does
    for both when no value needs escaping. A tag holds random digits that no value can know, so
    that a value is never taken for a tag, in whatever order the provider replaces them.
    Raises UnfitLetter for what concerns everyone.
    """

    def __init__(self, letter: Letter, group: Sequence[Recipient]) -> None:
        self._headers = dict(letter.headers)
        self._clean: list[tuple[str, str]] = []
        self._others: list[tuple[str, str, Compiled]] = []
        first, secret = group[0].values, secrets.token_hex(5)
        # The subject comes last: its stricter check is the one that counts for the plain tag.
        homes = [(letter.html, "h"), (letter.text, "t"), (letter.subject, "t")]
        tags: dict[tuple[str, str], str] = {}
        for number, name in enumerate(dict.fromkeys(n for part, _ in homes for n in part.fields)):
            column = [recipient.values.get(name) or "" for recipient in group]
            if column.count(column[0]) == len(column):
                continue
            if _is_clean(column, is_link=name in letter.html.links):
                tags[name, "h"] = tags[name, "t"] = f"-{secret}b{number}-"
                self._clean.append((tags[name, "h"], name))
                continue
            wanted = {place: part for part, place in homes if name in part.fields}
            for place, part in wanted.items():
                tags[name, place] = f"-{secret}{place}{number}-"
                self._others.append((tags[name, place], name, part))

        def write(part: Compiled) -> str:
            place = "h" if part.kind is Kind.HTML else "t"
            return part.mark(lambda name: tags.get((name, place)) or part.value(name, first))

        self.shared = _shared(letter, group[0].attachments, write)

    def entry(self, recipient: Recipient) -> tuple[dict[str, Any], int]:
        """The personalization and the bytes of its substitutions. Raises UnfitLetter."""
        email, values = check_recipient(recipient), recipient.values
        entry: dict[str, Any] = {
            "to": [_address(email, recipient.to.name)],
            # All headers stand here, the shared ones too: an entry's headers replace the request's.
            "headers": {"Message-ID": recipient.message_id, **self._headers, **recipient.headers},
            "custom_args": {"m": recipient.public_id},
        }
        substitutions = {tag: values[name] for tag, name in self._clean}
        for tag, name, part in self._others:
            substitutions[tag] = part.value(name, values)
        if not substitutions:
            return entry, 0
        entry["substitutions"] = substitutions
        letters = sum(map(len, substitutions.values()))
        if letters < 1_000:
            return entry, 4 * letters
        return entry, sum(len(tag) + len(text.encode()) for tag, text in substitutions.items())


def _is_clean(column: Sequence[str], *, is_link: bool) -> bool:
    """Whether every value may stand as it is in a subject, a text and HTML alike.

    All at once, because one by one is what costs time at 100,000 people a second.
    """
    joined = "".join(column)
    return (
        all(column)
        and joined.isprintable()
        and not _SPECIAL.search(joined)
        and not any(map(str.isspace, column))
        and max(map(len, column)) <= _LONGEST_CLEAN
        and (not is_link or all(value.startswith("https://") for value in column))
    )


def _shared(
    letter: Letter, attachments: Sequence[Attachment], place: Callable[[Compiled], str]
) -> dict[str, Any]:
    """Everything of a request that its recipients have in common."""
    shared: dict[str, Any] = {
        "from": _address(mailbox(letter.sender), letter.sender.name),
        "subject": place(letter.subject),
        "content": [
            {"type": "text/plain", "value": place(letter.text)},
            {"type": "text/html", "value": place(letter.html)},
        ],
        "tracking_settings": NO_TRACKING,
    }
    if letter.reply_to is not None:
        shared["reply_to"] = _address(mailbox(letter.reply_to), letter.reply_to.name)
    if attachments:
        shared["attachments"] = [_attachment(attachment) for attachment in attachments]
    return shared


def _address(email: str, name: str) -> dict[str, str]:
    return {"email": email, "name": name} if name else {"email": email}


def _attachment(attachment: Attachment) -> dict[str, str]:
    """A file as the API wants it; `; method=` is the one parameter that it lets pass."""
    kind = attachment.media_type
    if attachment.method is not None:
        kind = f"{kind}; method={attachment.method}"
    return {
        "content": b64encode(attachment.content).decode(),
        "type": kind,
        "filename": attachment.filename,
        "disposition": "attachment",
    }
