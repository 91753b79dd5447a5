"""A template's text in one language → the compiled subject, plain part and HTML part.

Done once for each text (texts never change once written): Markdown, the MJML layout, style sheets
inlined. Merge tags survive all of it, in links too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import NamedTuple

import css_inline
import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mjml import mjml_to_html

from outreach.advice.hyperlinks import is_of_this_house, with_parameters
from outreach.advice.merging import FIELDS, LINKS, OWN, fields_in, with_defaults
from outreach.delivery.letter import Compiled, compile_html, compile_line, compile_text
from outreach.delivery.phrases import stop_words
from outreach.languages import direction_of

LAYOUT = Path(__file__).parent.parent.parent / "templates/email/layout/body.mjml"
SCHEMES = (
    '<meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark">'
)
"""Both are provided for; the compiler of MJML lets nothing raw into the head."""

ALL_FIELDS = frozenset(FIELDS) | {"unsubscribe_link"}

_markdown = MarkdownIt("commonmark", {"html": False}).disable(["html_block", "html_inline"])

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, minify_css=True)


WIDEST = 552
"""In pixels: what the layout leaves to a letter. Some mail programs know no other measure than the
width that stands with a picture."""
HIGHEST = 64
"""In pixels: an emblem is small, and the letter is what is read."""


class Emblem(NamedTuple):
    """The picture that heads a letter; path as of this house."""

    path: str
    words: str
    width: int
    height: int

    def html(self, home: str) -> str:
        """As it stands above the host's name, no higher than HIGHEST."""
        height = min(self.height, HIGHEST)
        width = max(round(self.width * height / self.height), 1)
        return (
            f'<img class="emblem" src="{escape(home + self.path)}" alt="{escape(self.words)}" '
            f'width="{width}" height="{height}">'
        )


def emblem_of(name: str | None, words: str, width: int, height: int) -> Emblem | None:
    """Of what the conference has chosen; None where that is nothing."""
    return Emblem(f"/pictures/{name}", words, width, height) if name else None


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything that a mail says, with fields where people differ.

    defaults  {a field of its own: (what stands there, the words where nothing is known)}
    """

    subject: Compiled
    text: Compiled
    html: Compiled
    defaults: Mapping[str, tuple[str, str]]

    def complete(self, values: dict[str, str]) -> None:
        """Give each field that has words to stand in for it what stands there for this person."""
        for key, (name, words) in self.defaults.items():
            value = values.get(name)
            values[key] = words if not value or value.isspace() else value


@lru_cache(256)
def wording_of(
    subject: str,
    body: str,
    language: str,
    footer: str,
    has_unsubscribe: bool,
    home: str = "",
    parameters: str = "",
    own_fields: frozenset[str] = frozenset(),
    *,
    is_news: bool = False,
    emblem: Emblem | None = None,
    widths: tuple[tuple[str, int], ...] = (),
) -> Wording:
    """Compile a text.

    body        Markdown with `{field}`s, its sections resolved
    footer      a sentence or two of plain text under the letter: who sent it, and why
    home        what stands before paths of this house, from the settings: "https://our.example"
    own_fields  that a mail of the house has besides those of letters
    parameters  of the campaign, for every link that is not personal: "utm_source=…"
    is_news     it invites to nothing, and its link stops news alone
    emblem      above it all
    widths      (address, pixels) of the pictures of this house in it
    Raises UnfitLetter where the text cannot become a mail.
    """
    (subject, body), defaults = with_defaults(subject, body)
    own = {name for name in fields_in(subject, body) if name.startswith(OWN)}
    allowed = ALL_FIELDS | defaults.keys() | own | own_fields
    letter = _tokens(body, home, parameters, dict(widths))
    stop = stop_words(language, is_news=is_news) if has_unsubscribe else ""
    tail = footer + (f"\n\n{stop}:\n{{unsubscribe_link}}" if stop else "")
    picture = emblem.html(home) if emblem else ""
    return Wording(
        subject=compile_line(subject, allowed),
        text=compile_text(f"{_text_of(letter)}\n\n-- \n{tail}\n", allowed),
        html=compile_html(_page(letter, language, footer, stop, picture), allowed),
        defaults=defaults,
    )


def as_text(body: str) -> str:
    """The plain part that says the same as the Markdown: links as "words: address"."""
    return _text_of(_tokens(body))


def _tokens(
    body: str, home: str = "", parameters: str = "", widths: Mapping[str, int] | None = None
) -> list[Token]:
    """The Markdown taken apart, with whole addresses; images from elsewhere become their words."""
    tokens = _markdown.parse(body)
    for token in tokens:
        for inner in token.children or []:
            if inner.type == "link_open":
                link = str(inner.attrs.get("href", ""))
                if not link.startswith(("mailto:", "%7B")):
                    link = with_parameters(link, parameters)
                inner.attrSet("href", home + link if is_of_this_house(link) else link)
            elif inner.type == "image":
                _show(inner, home, widths or {})
    return tokens


def _show(image: Token, home: str, widths: Mapping[str, int]) -> None:
    address = str(image.attrs.get("src", ""))
    if is_of_this_house(address):
        image.attrSet("src", home + address)
        if address in widths:
            image.attrSet("width", str(min(widths[address], WIDEST)))
    else:
        image.type, image.tag, image.children = "text", "", None


def _text_of(tokens: list[Token]) -> str:
    lines: list[str] = []
    for token in tokens:
        if token.type == "inline":
            lines.append(_inline_text(token.children or []))
        elif token.type in ("paragraph_close", "heading_close"):
            lines.append("")
        elif token.type == "list_item_open":
            lines.append("- ")
        elif token.type == "fence":
            lines.append(token.content)
    text = "\n".join(lines).replace("- \n", "- ")
    return text.replace("%7B", "{").replace("%7D", "}").strip()


def _inline_text(tokens: list[Token]) -> str:
    parts: list[str] = []
    links: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            links.append(str(token.attrs.get("href", "")))
        elif token.type == "link_close":
            parts.append(f":\n{links.pop()}")
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)


def _page(letter: list[Token], language: str, footer: str, stop: str, emblem: str) -> str:
    html = str(_markdown.renderer.render(letter, _markdown.options, {}))
    html = html.replace("%7B", "{").replace("%7D", "}")
    html = _clean_around_links(html)
    html = html.replace('<a href="{rsvp_link}">', '<a class="button" href="{rsvp_link}">')
    written = "".join(f"<p>{escape(line)}</p>" for line in footer.split("\n\n"))
    if stop:
        written += f'<p><a href="{{unsubscribe_link}}">{stop}</a></p>'
    side = direction_of(language)
    page = _layout().replace('lang="und" dir="auto"', f'lang="{language}" dir="{side}"')
    page = page.replace("direction:ltr", f"direction:{side}")  # MJML says it of every column
    # All at once: what one of them says is not looked through for the names of the others.
    parts = {"HOST": emblem + "{host}", "LETTER": html, "FOOTER": written}
    page = re.sub("|".join(parts), lambda found: parts[found[0]], page)
    return str(_inliner.inline(page)).replace("%7B", "{").replace("%7D", "}")


def _clean_around_links(html: str) -> str:
    """Sanitise with stand-ins for links that are fields: a sanitiser takes those for no address."""
    stand_ins = {f"{{{name}}}": f"https://{name[:-5]}.link.invalid/" for name in LINKS}
    for name, stand_in in stand_ins.items():
        html = html.replace(name, stand_in)
    html = str(nh3.clean(html, url_schemes={"https", "http", "mailto"}, link_rel=None))
    for name, stand_in in stand_ins.items():
        html = html.replace(stand_in, name)
    return html


@cache
def _layout() -> str:
    """The compiled MJML; `start` in place of `left`, so that it turns with the language.

    Its indentation is a fifth of every mail; no text stands in it yet that spaces could matter to.
    """
    with LAYOUT.open("rb") as file:
        page = str(mjml_to_html(file).html).replace("text-align:left", "text-align:start")
    page = re.sub(r"\s*\n\s*", "\n", page)
    head, opening, rest = page.partition("<head>")
    assert opening
    return head + opening + SCHEMES + rest
