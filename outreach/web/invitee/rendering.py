"""An invitee's page as bytes: one request, small, and made with little work.

The head with its style is the same for every page of a language, so it is written and compressed
once for each process; what differs is compressed after it, as one stream. The style is named by its
hash in the policy: a nonce, being new for each answer, would keep the head from being one.

Templates speak through the catalogue of their language itself and not through Flask-Babel, whose
gettext looks the language up anew for each text (24 µs a text against 0.1; a page has fifty).
A page shows nothing that came in a GET, so that compressing it tells nobody its secrets (BREACH).
"""

import zlib
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from outreach.delivery.calendar import place
from outreach.delivery.phrases import comma, greeting, semicolon
from outreach.languages import direction_of, languages, name_of, words_of
from outreach.web.invitee import words
from outreach.web.invitee.folding import FoldingEnvironment

TEMPLATES = Path(__file__).parents[3] / "templates"
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""RFC 1952, section 2.3.1: deflate, no flags, no time, any system."""
PLAIN = [("Content-Type", "text/html; charset=utf-8"), ("Vary", "Accept-Encoding")]
GZIPPED = [*PLAIN, ("Content-Encoding", "gzip")]
WORDS = ("instant", "left", "days", "day", "hours")
"""Those of `words` that are told the language last."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all pages of a language share."""

    language: str
    environment: Environment
    head: bytes
    policy: str
    _squeezed: bytes = field(repr=False)
    _squeezer: Any = field(repr=False)
    _crc: int = field(repr=False)

    def fill(self, name: str, **context: Any) -> bytes:
        """What follows the head, from the template of this name under invitee/."""
        text = self.environment.get_template(f"invitee/{name}").render(context)
        return text.encode("utf-8", "replace")

    def pack(self, tail: bytes) -> bytes:
        """Head and tail as one gzip stream."""
        squeezer = self._squeezer.copy()
        crc = zlib.crc32(tail, self._crc)
        size = (len(self.head) + len(tail)) & 0xFFFFFFFF
        return b"".join(
            (
                self._squeezed, squeezer.compress(tail), squeezer.flush(),
                crc.to_bytes(4, "little"), size.to_bytes(4, "little"),
            )
        )  # fmt: skip

    def whole(self, tail: bytes, accepts: str) -> tuple[bytes, list[tuple[str, str]]]:
        """The body and the headers of its form.

        accepts  the request's Accept-Encoding
        """
        if takes_gzip(accepts):
            return self.pack(tail), GZIPPED
        return self.head + tail, PLAIN


@lru_cache(512)
def takes_gzip(accepts: str) -> bool:
    """Whether an Accept-Encoding names gzip and does not refuse it (RFC 9110, section 12.5.3)."""
    for part in accepts[:500].lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


@cache
def sheet_of(language: str) -> Sheet:
    """The sheet of one of our languages."""
    environment = _environment(language)
    style = _style()
    element = Markup("<style>{}</style>").format(Markup(style))  # a file of ours, no one else's
    head = environment.get_template("invitee/_head.html").render(style=element).encode()
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    squeezed = GZIP_HEAD + squeezer.compress(head) + squeezer.flush(zlib.Z_SYNC_FLUSH)
    named = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{named}'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return Sheet(language, environment, head, policy, squeezed, squeezer, zlib.crc32(head))


def _environment(language: str) -> Environment:
    environment = FoldingEnvironment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"], auto_reload=False,
    )  # fmt: skip
    environment.catalogue = words_of(language)
    environment.filters["apart"] = apart
    translated: Any = environment  # the extension gives it this method
    translated.install_gettext_translations(words_of(language), newstyle=True)
    environment.globals.update(
        {name: partial(getattr(words, name), language=language) for name in WORDS},
        place=partial(place, language=language),
        map_url=words.map_url,
        comma=comma(language),
        semicolon=semicolon(language),
        greeting=partial(greeting, language=language),
        signs=words.signs(language),
        language=language,
        direction=direction_of(language),
        tongues=[(code, name_of(code), direction_of(code)) for code in languages()],
    )
    return environment


def apart(text: str) -> Markup:
    """A name within a sentence, which may be written in another direction."""
    return Markup("<bdi>{}</bdi>").format(text)


@cache
def _style() -> str:
    lines = (TEMPLATES / "invitee/_style.css").read_text().splitlines()
    return "".join(line.strip() for line in lines if not line.strip().startswith("/*"))
