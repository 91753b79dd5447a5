"""A letter and many recipients → the bodies of SendGrid's `mail/send`.

Source: SendGrid v3 mail/send and its list of errors: at most 1,000 personalizations, each address
once, substitutions of at most 10,000 bytes each, 30 MB in all; attachments stand on the request.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from outreach.delivery.fit import check_recipient, fit_addresses, mailbox
from outreach.delivery.letter import Compiled, Kind, UnfitLetter
from outreach.delivery.mailer import Attachment, Letter, Recipient
from outreach.delivery.personal_json import Blank, Texts, escaped, is_plain
from outreach.delivery.recipients import Column, Recipients

MOST_RECIPIENTS = 1_000
MOST_BYTES = 29_000_000
_MOST_SUBSTITUTION_BYTES = 9_500
_LONGEST_CLEAN = 1_000
_SPECIAL = "&<>'"
"""What HTML would want to be escaped, beside the double quote."""

NO_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}
"""Said in every request: an account's own setting would otherwise rewrite our links."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request before it is bytes: what all share, and the JSON of each recipient's entry."""

    shared: dict[str, Any]
    public_ids: Sequence[str]
    entries: Texts

    def body(self) -> bytes:
        """The JSON."""
        # Each by itself: one letter beyond Latin-1 in what is shared would widen all the rest.
        parts = orjson.dumps(self.shared)[:-1], self.entries.joined().encode()
        return b'%b,"personalizations":[%b]}' % parts

    def part(self, indexes: Sequence[int]) -> "Request":
        """The same request for some of its recipients."""
        public_ids = [self.public_ids[index] for index in indexes]
        return Request(self.shared, public_ids, self.entries.only(indexes))


def groups(letter: Letter, recipients: Sequence[Recipient]) -> list[Recipients]:
    """Who may share a request: up to 1,000 with different addresses; alone where it is personal."""
    everyone = Recipients.of(recipients)
    alone: list[list[int]] = []
    together: list[list[int]] = []
    seen: dict[str, int] = {}
    addresses = list(map(str.lower, everyone.emails))
    is_alone = letter.is_personal or bool(everyone.attachments)
    if not is_alone and len(everyone) <= MOST_RECIPIENTS and len(set(addresses)) == len(addresses):
        return [everyone] if addresses else []
    for index, address in enumerate(addresses):
        if letter.is_personal or (everyone.attachments and everyone.attachments[index]):
            alone.append([index])
            continue
        # The second person at an address goes into the second row of groups, and so on.
        row = seen[address] = seen.get(address, -1) + 1
        while len(together) <= row:
            together.append([])
        together[row].append(index)
    cut = [
        row[start : start + MOST_RECIPIENTS]
        for row in together
        for start in range(0, len(row), MOST_RECIPIENTS)
    ]
    return [everyone.only(indexes) for indexes in cut + alone]


def requests(
    letter: Letter, recipients: Sequence[Recipient]
) -> tuple[list[Request], dict[str, UnfitLetter]]:
    """The requests for a group, mostly one, and for whom there is none, with the reason.

    Someone whose own words are too long for substitutions gets a request of their own.
    """
    group = Recipients.of(recipients)
    if not group:
        return [], {}
    try:
        tags = _Tags(letter, group)
    except UnfitLetter as reason:
        return [], dict.fromkeys(group.public_ids, reason)
    try:
        emails, substitutions = fit_addresses(group), tags.substitutions()
    except UnfitLetter:
        unfit = {index: why for index, one in enumerate(group) if (why := tags.problem_of(one))}
        rest = group.only([index for index in range(len(group)) if index not in unfit])
        found, more = requests(letter, rest)
        return found, {group.public_ids[index]: why for index, why in unfit.items()} | more
    if large := _too_large(substitutions):
        found, _ = requests(letter, group.only([i for i in range(len(group)) if i not in large]))
        for index in large:
            found += requests(letter, group.only([index]))[0]
        return found, {}
    entries = _entries(letter, group, emails, substitutions)
    return [Request(tags.shared, group.public_ids, entries)], {}


class _Tags:
    """Which fields differ within a group, and the tags that stand for them in the shared text.

    A field has one tag for plain places and one for HTML, where its value is escaped; one tag does
    for both when no value needs escaping. A tag holds random digits that no value can know, so
    that a value is never taken for a tag, in whatever order the provider replaces them.
    Raises UnfitLetter for what concerns everyone.
    """

    def __init__(self, letter: Letter, group: Recipients) -> None:
        self._values = group.values
        self._clean: list[tuple[str, Sequence[str]]] = []
        self._others: list[tuple[str, str, Compiled]] = []
        first, secret = dict[str, str](), secrets.token_hex(5)
        # The subject comes last: its stricter check is the one that counts for the plain tag.
        homes = [(letter.html, "h"), (letter.text, "t"), (letter.subject, "t")]
        tags: dict[tuple[str, str], str] = {}
        for number, name in enumerate(dict.fromkeys(n for part, _ in homes for n in part.fields)):
            column = group.values.get(name, "")
            if isinstance(column, str) or column.count(column[0]) == len(column):
                first[name] = column if isinstance(column, str) else column[0]
                continue
            if _is_clean(column, is_link=name in letter.html.links):
                tags[name, "h"] = tags[name, "t"] = f"-{secret}b{number}-"
                self._clean.append((tags[name, "h"], column))
                continue
            wanted = {place: part for part, place in homes if name in part.fields}
            for place, part in wanted.items():
                tags[name, place] = f"-{secret}{place}{number}-"
                self._others.append((tags[name, place], name, part))

        def write(part: Compiled) -> str:
            place = "h" if part.kind is Kind.HTML else "t"
            return part.mark(lambda name: tags.get((name, place)) or part.value(name, first))

        files = group.attachments[0] if group.attachments else ()
        self.shared = _shared(letter, files, write)

    def substitutions(self) -> dict[str, tuple[Sequence[str], bool]]:
        """{tag: its column, and whether that may stand in JSON as it is}. Raises UnfitLetter."""
        found = {tag: (column, True) for tag, column in self._clean}
        for tag, name, part in self._others:
            found[tag] = [part.value(name, {name: value}) for value in self._values[name]], False
        return found

    def problem_of(self, recipient: Recipient) -> UnfitLetter | None:
        """Why there is no mail for this one person, if there is none."""
        try:
            check_recipient(recipient)
            for _, name, part in self._others:
                part.value(name, recipient.values)
        except UnfitLetter as reason:
            return reason
        return None


def _is_clean(column: Sequence[str], *, is_link: bool) -> bool:
    """Whether every value may stand as it is in a subject, a text, HTML and JSON alike.

    All at once, because one by one is what costs time at 100,000 people a second.
    """
    joined = "".join(column)
    return (
        all(column)
        and is_plain(joined)
        and not any(letter in joined for letter in _SPECIAL)
        and not any(map(str.isspace, column))
        and max(map(len, column)) <= _LONGEST_CLEAN
        # No value holds a line break, so that each begins one line.
        and (not is_link or "\n".join(["", *column]).count("\nhttps://") == len(column))
    )


def _too_large(substitutions: Mapping[str, tuple[Sequence[str], bool]]) -> list[int]:
    """Whose substitutions are more bytes than the API takes."""
    columns = [column for column, _ in substitutions.values()]
    if sum(4 * max(map(len, column)) for column in columns) < _MOST_SUBSTITUTION_BYTES:
        return []
    tags = sum(map(len, substitutions))
    return [
        index
        for index, values in enumerate(zip(*columns, strict=True))
        if tags + sum(len(value.encode()) for value in values) > _MOST_SUBSTITUTION_BYTES
    ]


def _entries(
    letter: Letter,
    group: Recipients,
    emails: Sequence[str],
    substitutions: Mapping[str, tuple[Sequence[str], bool]],
) -> Texts:
    """The personalizations, with the shared headers too: an entry's headers replace them."""
    blank = Blank()
    blank.write('{"to":[{"email":"')
    blank.gap(escaped(emails))
    blank.write('"')
    blank.item("name", group.names)
    blank.write('}],"headers":{"Message-ID":"')
    blank.gap(escaped(group.message_ids))
    blank.write('"')
    for name, column in _headers(letter, group).items():
        blank.item(name, column)
    blank.write('},"custom_args":{"m":"')
    blank.gap(group.public_ids)
    blank.write('"}')
    between = ',"substitutions":{'
    for tag, (column, is_clean) in substitutions.items():
        blank.write(f'{between}"{tag}":"')
        blank.gap(column if is_clean else escaped(column))
        between = '",'
    blank.write('"}}' if substitutions else "}")
    return blank.filled()


def _headers(letter: Letter, group: Recipients) -> dict[str, Column]:
    """Everyone's headers; one's own instead of the shared one of that name."""
    headers: dict[str, Column] = dict(letter.headers)
    for name, column in group.headers.items():
        shared = letter.headers.get(name)
        if shared and not isinstance(column, str):
            headers[name] = [own or shared for own in column]
        else:
            headers[name] = column or shared or ""
    return headers


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
