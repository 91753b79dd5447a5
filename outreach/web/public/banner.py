"""The banner of a conference: name, days and place on 1200 × 400, as SVG, in any language."""

from markupsafe import Markup

from outreach.languages import direction_of, spoken
from outreach.queries.conference_pages import EventLine
from outreach.web.public.speaking import days, place

WIDTH, HEIGHT, EDGE = 1200, 400, 72
FACES = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans Arabic', 'Noto Sans CJK SC', sans-serif"
_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
    'height="{height}" role="img" aria-label="{label}" direction="{side}">'
    '<rect width="{width}" height="{height}" fill="#0a3d75"/>'
    '<rect y="{bar}" width="{width}" height="12" fill="#6db3ff"/>'
    '<g fill="#ffffff" font-family="{faces}" text-anchor="start">{lines}</g></svg>'
)
_LINE = Markup('<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}">{text}</text>')


def banner(event: EventLine, host: str, language: str) -> str:
    """The picture. The longest names take smaller letters, and two lines at most."""
    code = spoken(language)
    side = direction_of(code)
    x = WIDTH - EDGE if side == "rtl" else EDGE
    name = _lines(event.name)
    size = 64 if max(map(len, name)) <= 28 else 46
    rows = [(100, 28, 400, host)]
    rows += [(185 + 70 * number, size, 700, line) for number, line in enumerate(name)]
    rows.append((330, 34, 400, f"{days(event, code)} · {place(event, code)}"))
    lines = Markup("").join(
        _LINE.format(x=x, y=y, size=size_, weight=weight, text=text)
        for y, size_, weight, text in rows
    )
    label = f"{event.name}, {days(event, code)}, {place(event, code)}"
    return str(
        _SVG.format(
            width=WIDTH,
            height=HEIGHT,
            bar=HEIGHT - 12,
            faces=FACES,
            side=side,
            label=label,
            lines=lines,
        )
    )


def _lines(name: str) -> list[str]:
    """A name on one line, or on two of about the same length."""
    if len(name) <= 28:
        return [name]
    words, first = name.split(), ""
    while words and len(first) + len(words[0]) <= max(len(name) / 2, 12):
        first = f"{first} {words.pop(0)}".strip()
    return [line for line in (first, " ".join(words)[:60]) if line]
