"""Whether a letter can go to a person at all: asked before anyone is called, for all mailers."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from outreach.delivery.letter import UnsafeValue, one_line
from outreach.delivery.mailer import Address, Letter, Recipient
from outreach.delivery.personal_json import is_plain
from outreach.delivery.recipients import Column, Recipients

_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)
_PLAIN_ADDRESSES = re.compile(rf"(?>{_PLAIN_ADDRESS.pattern}\n)+", re.ASCII)
"""Each with a line break behind it. Nothing is tried twice, whatever the addresses are."""
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}", re.ASCII)
_FILE_NAME = re.compile(r'[^/\\"<>|:*?]{1,200}')
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,100}")
_METHOD = re.compile(r"[A-Z]{1,20}")
_PUBLIC_ID = re.compile(r"[0-9a-f]{32}")
_MESSAGE_ID = re.compile(r"<[^\s<>@]+@[^\s<>@]+>", re.ASCII)
_LONGEST_HEADER = 900

_OURS = frozenset(
    [
        *("from", "to", "cc", "bcc", "subject", "date", "reply-to", "sender", "message-id"),
        *("return-path", "received", "mime-version", "dkim-signature"),
        *("content-type", "content-transfer-encoding", "content-disposition"),
    ]
)


def mailbox(address: Address) -> str:
    """The address in ASCII (the domain by IDNA), fit for an envelope and a header.

    Raises UnsafeValue when it is malformed, or when the part before the @ is not ASCII: few
    servers take those, and no provider of ours does.
    """
    if _PLAIN_ADDRESS.fullmatch(address.email):
        return address.email
    try:
        checked = validate_email(address.email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise UnsafeValue(f"“{address.email[:80]}” is not an address: {error}") from error
    if checked.ascii_email is None:
        raise UnsafeValue(f"“{address.email[:80]}” has letters before the @ that are not ASCII.")
    return checked.ascii_email


@lru_cache(256)
def _may_be_set(name: str) -> bool:
    return bool(_HEADER_NAME.fullmatch(name)) and name.lower() not in _OURS


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise UnsafeValue unless these may be added to a mail as they are."""
    for name, value in headers.items():
        if not _may_be_set(name):
            raise UnsafeValue(f"“{name[:80]!r}” may not be set as a header.")
        if not value.isascii() or len(value) > _LONGEST_HEADER:
            raise UnsafeValue(f"The header {name} is not ASCII or is too long.")
        one_line(value, what=name)


def check_attachments(recipient: Recipient) -> None:
    """Raise UnsafeValue unless every attachment has a harmless name and a plain type."""
    for attachment in recipient.attachments:
        one_line(attachment.filename, what="name of an attachment")
        if not _FILE_NAME.fullmatch(attachment.filename):
            raise UnsafeValue("The name of an attachment is empty, too long or holds a path.")
        if not _MEDIA_TYPE.fullmatch(attachment.media_type):
            raise UnsafeValue(f"“{attachment.media_type[:80]}” is not a media type.")
        if attachment.method is not None and not _METHOD.fullmatch(attachment.method):
            raise UnsafeValue("The METHOD of a calendar is a word in capitals.")


def check_letter(letter: Letter) -> None:
    """What is equal for everyone: sender, Reply-To, shared headers. Raises UnsafeValue."""
    for address in (letter.sender, letter.reply_to):
        if address is not None:
            one_line(address.name, what="name")
            mailbox(address)
    check_headers(letter.headers)


def check_recipient(recipient: Recipient) -> str:
    """All of one person's but the values; returns the address in ASCII. Raises UnsafeValue."""
    if not _PUBLIC_ID.fullmatch(recipient.public_id):
        raise UnsafeValue("A public id is 32 hexadecimal digits.")
    if not _MESSAGE_ID.fullmatch(recipient.message_id):
        raise UnsafeValue("The Message-ID is malformed.")
    one_line(recipient.to.name, what="name")
    check_headers(recipient.headers)
    if recipient.attachments:
        check_attachments(recipient)
    return mailbox(recipient.to)


def fit_addresses(recipients: Recipients) -> list[str]:
    """`check_recipient` for all at once; returns the addresses in ASCII.

    Raises UnsafeValue when something is wrong with anyone: then they are to be asked one by one.
    What is plain is seen in a whole column, because one by one is what costs time.
    """
    if recipients and not _is_plain(recipients):
        return [check_recipient(recipient) for recipient in recipients]
    return list(recipients.emails)


def _is_plain(recipients: Recipients) -> bool:
    """Whether nothing is odd about anyone; a false alarm costs time only."""
    ids, message_ids, names = recipients.public_ids, recipients.message_ids, recipients.names
    domain = message_ids[0].partition("@")[2]
    return (
        not recipients.attachments
        and _are_ids(ids)
        and bool(_MESSAGE_ID.fullmatch(message_ids[0]))
        and list(message_ids) == [f"<{public_id}@{domain}" for public_id in ids]
        and is_plain("".join(names))
        and max(map(len, names)) <= _LONGEST_HEADER
        and _are_addresses(recipients.emails)
        and all(_are_headers(name, column) for name, column in recipients.headers.items())
    )


def _are_ids(ids: Sequence[str]) -> bool:
    joined = "".join(ids)
    try:
        size = len(bytes.fromhex(joined))  # spaces would be let pass, and be missing here
    except ValueError:
        return False
    return set(map(len, ids)) == {32} and size == 16 * len(ids) and joined == joined.lower()


def _are_addresses(emails: Sequence[str]) -> bool:
    lines = "\n".join([*emails, ""])
    # A line break within an address would make two of it.
    return lines.count("\n") == len(emails) and bool(_PLAIN_ADDRESSES.fullmatch(lines))


def _are_headers(name: str, column: Column) -> bool:
    joined = "".join(column)
    longest = len(column) if isinstance(column, str) else max(map(len, column))
    is_line = joined.isascii() and is_plain(joined) and longest <= _LONGEST_HEADER
    return _may_be_set(name) and is_line
