"""The page of someone who has not answered yet, or plainly, put together once for all who share its
event and their answer.

Such pages differ in a few words of the person, so the page is rendered once with marks in their
place, cut at the marks, and each piece kept, plain and deflated. A person's page is then the pieces
and the words by turns. In the gzip stream the words are stored blocks between deflated ones, which
is 4 KB as a whole and costs nothing to compress. Source: RFC 1951, sections 3.2.3 and 3.2.4.
"""

import re
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from markupsafe import escape

from outreach.delivery.phrases import greeting
from outreach.models.invitation import InvitationState
from outreach.queries.invitations import Addressee, InvitationPage
from outreach.web.invitee.nonce import form_nonce
from outreach.web.invitee.rendering import GZIP_HEAD, sheet_of
from outreach.web.invitee.view import invitation_view
from outreach.web.invitee.words import instant

OPEN, CLOSE = "\ue000", "\ue001"
MARK = re.compile(f"{OPEN}(\\w+){CLOSE}")
SLOT_SECONDS = 900
"""How long a page is kept: "in 9 days" turns at a midnight, which falls on a quarter of an hour."""
NO_ONE = "0" * 32
"""A link key that opens nothing, for the page with marks."""
PLAIN_ANSWERS = (InvitationState.ACCEPTED, InvitationState.DECLINED, InvitationState.TENTATIVE)
FEW = frozenset(("attendance", "reason"))
"""Particulars of which there are a few: the others are a person's own."""
LAST_BLOCK = b"\x01\x00\x00\xff\xff"
LONGEST_STORED = 65_535


@dataclass(frozen=True, slots=True)
class Pressed:
    """literals[0], words[0], literals[1], … literals[-1]; `squeezed` the literals deflated."""

    literals: tuple[bytes, ...]
    squeezed: tuple[bytes, ...]
    words: tuple[str, ...]

    def fill(self, values: dict[str, bytes]) -> bytes:
        """The plain page."""
        parts = [self.literals[0]]
        for word, literal in zip(self.words, self.literals[1:], strict=True):
            parts += (values[word], literal)
        return b"".join(parts)

    def pack(self, values: dict[str, bytes]) -> bytes:
        """The page as a gzip stream."""
        whole = self.fill(values)
        parts = [GZIP_HEAD, self.squeezed[0]]
        for word, squeezed in zip(self.words, self.squeezed[1:], strict=True):
            parts += (_stored(values[word]), squeezed)
        ends = zlib.crc32(whole).to_bytes(4, "little") + len(whole).to_bytes(4, "little")
        return b"".join((*parts, LAST_BLOCK, ends))


def pressed_page(
    page: InvitationPage, link_key: str, *, token: str, at: datetime, language: str, onward: str
) -> tuple[Pressed, dict[str, bytes]] | None:
    """The page's mould and this person's words; None where the page says more of the person."""
    if not _is_plain(page, at):
        return None
    person = page.person
    named = f"{person.title} {person.full_name}".strip()
    spoken = {
        "named": named, "office": person.office, "organisation": person.organisation or "",
        "greeting": greeting(person.salutation, named, language), "token": token,
        "nonce": form_nonce("answer", link_key, page.version), "noted_at": "",
    }  # fmt: skip
    if page.answered_at:
        spoken["noted_at"] = instant(page.answered_at, page.event, language)
    values = {word: str(escape(text)).encode("utf-8", "replace") for word, text in spoken.items()}
    if any(len(value) > LONGEST_STORED for value in values.values()):
        return None
    marked = Addressee(
        "", "", _mark("named", named),
        _mark("office", person.office), _mark("organisation", person.organisation),
        language=person.language, country_code=person.country_code, time_zone=person.time_zone,
        greeting=_mark("greeting", True),
    )  # fmt: skip
    group_id = page.group_id if page.letter_id else 0
    slot = int(at.timestamp()) // SLOT_SECONDS
    said = page.state, *sorted(page.particulars.items())
    about = (
        page.event, page.reply_by, marked, slot, said, page.letter_id, group_id, language, onward,
    )  # fmt: skip
    return _press(_Shared(page, marked, at), *about), values


def _is_plain(page: InvitationPage, at: datetime) -> bool:
    """Whether many have the same page, but for a few words."""
    if page.has_others or page.has_questions or page.named_by or not page.is_open(at):
        return False
    if page.state is InvitationState.SILENT:
        return not (page.has_answers or page.particulars)
    is_answered = page.state in PLAIN_ANSWERS and page.only_answer is not None
    return is_answered and not page.note and FEW.issuperset(page.particulars)


class _Shared:
    """What a mould is made from. Equal to any other: what tells moulds apart stands beside it in
    `_press`, and of people of one mould whoever comes first will do."""

    def __init__(self, page: InvitationPage, marked: Addressee, at: datetime) -> None:
        self._page, self._marked, self.at = page, marked, at

    def mould(self) -> InvitationPage:
        return replace(self._page, id=0, stakeholder_id=0, note="", person=self._marked)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shared)

    def __hash__(self) -> int:
        return 0


@lru_cache(256)
def _press(shared: _Shared, *about: object) -> Pressed:
    *_, language, onward = about
    assert isinstance(language, str)
    view = invitation_view(
        shared.mould(), NO_ONE, base=f"/i/{_mark('token', True)}", at=shared.at, language=language
    )
    sheet = sheet_of(language)
    marks = {"nonce": _mark("nonce", True), "noted_at": _mark("noted_at", True)}
    tail = sheet.fill("invitation.html", onward=onward, **view | marks).decode()
    pieces = MARK.split(sheet.head.decode() + tail)
    literals = tuple(piece.encode() for piece in pieces[::2])
    return Pressed(literals, tuple(map(_deflated, literals)), tuple(pieces[1::2]))


def _mark(word: str, stands: object) -> str:
    return f"{OPEN}{word}{CLOSE}" if stands else ""


def _deflated(piece: bytes) -> bytes:
    """Blocks that end on a whole byte and look back at nothing before them."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeezer.compress(piece) + squeezer.flush(zlib.Z_FULL_FLUSH)


def _stored(words: bytes) -> bytes:
    size = len(words)
    return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + words
