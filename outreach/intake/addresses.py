"""E-mail addresses: exactly the one that is shown, or refused with the reason.

The verdicts are email-validator's. Its verdict on a domain is kept, since a list of thousands
names few domains, and a plain local part is judged by one regular expression: 0.8 µs instead of 32.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from outreach.errors import Refusal
from outreach.intake.scripts import is_mixed, skeleton

_ATOM = r"[a-zA-Z0-9_!#$%&'*+\-/=?^`{|}~]+"
_PLAIN = re.compile(rf"(?=[^@]{{1,64}}@)(?!=\?)({_ATOM}(?:\.{_ATOM})*)@([^@\s<>,;]+)\Z")
_LINES = re.compile(
    rf"^(?:(?=[^@\n]{{1,64}}@)(?!=\?)({_ATOM}(?:\.{_ATOM})*)@([^@\s<>,;]+)|.*)$", re.MULTILINE
)
_MAILBOXES = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)
_ADDRESS = tuple.__new__
LONGEST = 254
"""Bytes, RFC 5321 section 4.5.3.1.3 with errata; the local part has at most 64 characters."""


class Address(NamedTuple):
    """A checked address."""

    email: str
    """As it is shown and written to: the local part as typed, the domain in small letters."""
    key: str
    """The same for every spelling of one mailbox: look addresses up by this."""
    is_lookalike: bool
    """Scripts are mixed, or foreign letters pass for Latin ones: to be shown to a person."""

    @property
    def skeleton(self) -> str:
        """What the key looks like: two addresses with one skeleton and two keys are look-alikes."""
        return self.key if self.key.isascii() and "xn--" not in self.key else skeleton(self.email)


class MalformedAddress(Refusal):
    """Not an address that mail can go to; says why."""


class _Domain(NamedTuple):
    shown: str
    ascii: str
    is_lookalike: bool


def read_address(text: str) -> Address:
    """The address that the text is, and nothing else: no name, no brackets, no second address.

    White space around it is taken off. Raises MalformedAddress.
    """
    typed = text.strip()
    if len(typed) <= LONGEST and (plain := _PLAIN.match(typed)):
        local, domain = plain.groups()
        known = _domain(domain)
        if isinstance(known, str):
            raise MalformedAddress(known)
        shown, ascii_form, _ = known
        if shown == ascii_form and len(local) + 1 + len(ascii_form) <= LONGEST:
            folded = local.lower()
            key = f"{folded}@{ascii_form}"
            if local is folded or local == folded or folded in _MAILBOXES:
                return _ADDRESS(Address, (key, key, False))
            return _ADDRESS(Address, (f"{local}@{ascii_form}", key, False))
    return _read_unusual(typed)


def read_addresses(cells: Sequence[str], odd: set[int]) -> list[Address | None]:
    """What `read_address` gives for each, at a third of its cost where they are plain; None where
    nothing stands. Where it refuses one, the place goes into `odd`."""
    found: list[Address | None] = [None] * len(cells)
    together = "\n".join(cells)
    small = together.lower()
    parts = _LINES.findall(together) if together.isascii() else []
    if len(parts) != len(cells) or max(map(len, cells), default=0) > LONGEST:
        parts = [("", "")] * len(cells)
    is_small, domains = small == together, {domain for _, domain in parts}
    plain = {domain for domain in domains if _is_as_written(domain)}
    if is_small and plain == domains:
        return [_ADDRESS(Address, (cell, cell, False)) for cell in cells]
    keys = cells if is_small else small.split("\n")
    for place, (cell, (local, domain)) in enumerate(zip(cells, parts, strict=True)):
        if domain in plain and (is_small or local.lower() not in _MAILBOXES):
            found[place] = _ADDRESS(Address, (cell, keys[place], False))
        elif cell.strip():
            try:
                found[place] = read_address(cell)
            except MalformedAddress:
                odd.add(place)
    return found


def _is_as_written(domain: str) -> bool:
    """Whether it is one, and shown and looked up as it stands there."""
    known = _domain(domain) if domain else ""
    return not isinstance(known, str) and known.shown == known.ascii == domain


def _read_unusual(typed: str) -> Address:
    _refuse_common_mistakes(typed)
    try:
        verdict = validate_email(typed, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise MalformedAddress(str(error)) from None
    domain = _domain(typed.rpartition("@")[2])
    if isinstance(domain, str) or verdict.ascii_domain != domain.ascii:
        raise MalformedAddress(domain if isinstance(domain, str) else _NOT_AS_SHOWN)
    local = verdict.local_part
    if unicodedata.normalize("NFKC", local) != local:
        # A ligature or a full-width letter: a mailbox that looks like another and is not it.
        raise MalformedAddress(_NOT_AS_SHOWN)
    # Not casefold(): it makes ss of ß, which is another mailbox. The final sigma is no other.
    folded = unicodedata.normalize("NFC", local.lower().replace("ς", "σ"))
    return Address(
        f"{local}@{verdict.domain}",
        f"{folded}@{domain.ascii}",
        domain.is_lookalike or is_mixed(local) or _passes_for_latin(local),
    )


_NOT_AS_SHOWN = "The address holds characters that mail programs read as others; type it plainly."


@lru_cache(maxsize=50_000)
def _domain(domain: str) -> _Domain | str:
    """The domain, or why it is none. Its own verdict: it depends on no local part."""
    try:
        verdict = validate_email(f"a@{domain}", check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        return str(error)
    shown, ascii_form = verdict.domain, verdict.ascii_domain
    # Full-width letters and their like would be mapped to an address that was not shown.
    typed = unicodedata.normalize("NFC", domain.casefold())
    if typed not in (unicodedata.normalize("NFC", shown.casefold()), ascii_form):
        return _NOT_AS_SHOWN
    odd = any(is_mixed(label) or _passes_for_latin(label) for label in shown.split("."))
    return _Domain(shown, ascii_form, odd)


def _passes_for_latin(text: str) -> bool:
    return not text.isascii() and skeleton(text).isascii()


def _refuse_common_mistakes(typed: str) -> None:
    """Reasons plainer than the validator's own, for what people really type."""
    if not typed:
        raise MalformedAddress("There is no address.")
    if len(typed.encode("utf-8", "replace")) > LONGEST:
        raise MalformedAddress(f"The address is longer than {LONGEST} letters.")
    if typed.casefold().startswith("mailto:"):
        raise MalformedAddress("Leave out “mailto:” before the address.")
    if "<" in typed or ">" in typed:
        raise MalformedAddress("Leave out the name and the angle brackets around the address.")
    if typed.count("@") > 1:
        raise MalformedAddress("There is more than one @-sign; give one address only.")
    if typed.startswith("=?"):
        # Valid to the letter; but a mail program decodes it, and shows or writes to another.
        raise MalformedAddress(
            "The address is written in a code for mail headers; type it plainly."
        )
    if "," in typed or ";" in typed:
        raise MalformedAddress("Give one address only; commas and semicolons are not part of one.")
    if any(character.isspace() for character in typed):
        raise MalformedAddress("There is a space or a line break inside the address.")


def address_digest(key: str, secret: str | bytes) -> str:
    """A keyed hash of an address, which outlives the address on lists of those not to write to.

    key     `Address.key`
    secret  of this installation; without it the hash tells nobody whose address it was
    Returns 64 hexadecimal digits: HMAC-SHA256.
    """
    secret_bytes = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(secret_bytes, key.encode(), hashlib.sha256).hexdigest()
