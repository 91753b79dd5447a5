"""Text with fields in it: compiled once for each version and language, filled for each person.

A field is `{name}`, in links also `%7Bname%7D`, as Markdown writes it. There is no expression
language: what staff write cannot run, loop or reach an object. A value is put in once and never
looked at again, so that someone who is called `{email}` stays `{email}`.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum

from markupsafe import escape

_FIELD = re.compile(r"\{([a-z][a-z0-9_]*)\}|%7[Bb]([a-z][a-z0-9_]*)%7[Dd]")
_STYLE = re.compile(r"(<style\b.*?</style\s*>)", re.IGNORECASE | re.DOTALL)
_BEFORE_LINK = re.compile(r"""\b(?:href|src|action)\s*=\s*["']?$""", re.IGNORECASE)
_SAFE_LINK = ("https://", "http://", "mailto:", "cid:")

_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
# What no header may hold: control characters, every line break of Unicode, halves of characters.

_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SPECIAL = re.compile("[&<>\"']")
_LONGEST_LINE = 2_000


class UnfitLetter(ValueError):
    """This text cannot become a mail; the message says why, for staff to read."""


class UnknownField(UnfitLetter):
    """The text names a field that does not exist."""

    def __init__(self, name: str) -> None:
        self.field = name
        super().__init__(f"There is no field “{name}”.")


class UnfilledField(UnfitLetter):
    """One person has nothing to put into a field."""

    def __init__(self, name: str) -> None:
        self.field = name
        super().__init__(f"The field “{name}” is empty.")


class UnsafeValue(UnfitLetter):
    """A value would break out of the place where it is put."""


class Kind(StrEnum):
    """Where the text goes, which decides what a value may hold and how it is written."""

    LINE = "line"
    """A header: one line, no control characters."""
    TEXT = "text"
    """The plain part."""
    HTML = "html"
    """The HTML part: values are escaped."""


class Compiled:
    """Literals and fields by turns: literals[0], fields[0], literals[1], … literals[-1].

    links  the fields that stand somewhere at the start of a link
    """

    __slots__ = ("_template", "fields", "kind", "links", "literals")

    def __init__(self, kind: Kind, literals: Sequence[str], fields: Sequence[str]) -> None:
        self.kind = kind
        self.literals = tuple(literals)
        self.fields = tuple(fields)
        self.links = frozenset(
            name
            for name, before in zip(fields, literals, strict=False)
            if kind is Kind.HTML and _BEFORE_LINK.search(before[-40:])
        )
        self._template = [""] * (len(literals) + len(fields))
        self._template[::2] = literals

    def value(self, name: str, values: Mapping[str, str]) -> str:
        """One field as it stands in the mail: checked for its place and, in HTML, escaped.

        Raises UnfilledField when there is nothing to say, UnsafeValue when it would break out.
        """
        plain = values.get(name)
        if not plain or plain.isspace():
            raise UnfilledField(name)
        if self.kind is Kind.LINE:
            return one_line(plain, what=name)
        if not plain.isprintable() and _NEVER.search(plain):
            raise UnsafeValue(f"The field “{name}” holds a control character.")
        if self.kind is Kind.TEXT:
            return plain
        if name in self.links and not plain.lower().startswith(_SAFE_LINK):
            raise UnsafeValue(f"The field “{name}” stands where a link is expected and is none.")
        return str(escape(plain)) if _SPECIAL.search(plain) else plain

    def column(self, name: str, values: Sequence[str]) -> Sequence[str]:
        """One field of many as it stands in their mails; what is plain is seen in all at once.

        Returns the very same sequence where nothing had to be written otherwise. Raises as `value`.
        """
        lines = "\n".join(["", *values])
        if (
            all(values)
            and "".join(values).isprintable()
            and not any(map(str.isspace, values))
            and (self.kind is not Kind.LINE or max(map(len, values)) <= _LONGEST_LINE)
            and (self.kind is not Kind.HTML or not _SPECIAL.search(lines))
            and (name not in self.links or lines.count("\nhttps://") == len(values))
        ):
            return values
        return [self.value(name, {name: value}) for value in values]

    def fill(self, values: Mapping[str, str]) -> str:
        """The text for one person. Raises UnfitLetter where it cannot be made."""
        parts = self._template.copy()
        parts[1::2] = [self.value(name, values) for name in self.fields]
        return "".join(parts)

    def known(self, values: Mapping[str, str]) -> "Compiled":
        """The same with these values in it for good: what many share is filled in once.

        Raises UnfitLetter where one of them cannot stand there.
        """
        literals, fields = [self.literals[0]], list[str]()
        for name, after in zip(self.fields, self.literals[1:], strict=True):
            if name in values:
                literals[-1] += self.value(name, values) + after
            else:
                fields.append(name)
                literals.append(after)
        return Compiled(self.kind, literals, fields)

    def mark(self, write: Callable[[str], str]) -> str:
        """The text with write(name) in place of every field."""
        parts = self._template.copy()
        parts[1::2] = [write(name) for name in self.fields]
        return "".join(parts)


def one_line(value: str, *, what: str) -> str:
    """The value itself, if it may stand in a header.

    Raises UnsafeValue on line breaks, control characters, lone surrogates and more than 2,000
    characters; nothing is repaired in silence.
    """
    if len(value) > _LONGEST_LINE:
        raise UnsafeValue(f"The {what} is longer than {_LONGEST_LINE} characters.")
    if not value.isprintable() and _BREAKS.search(value):
        raise UnsafeValue(f"The {what} holds a line break or a control character.")
    return value


def compile_line(source: str, fields: Collection[str]) -> Compiled:
    """A subject. Raises UnknownField, UnfitLetter (stray braces) and UnsafeValue (line breaks)."""
    return _compile(Kind.LINE, one_line(source, what="subject"), fields)


def compile_text(source: str, fields: Collection[str]) -> Compiled:
    """A plain part; fields are the names that may stand in it. Raises UnfitLetter."""
    return _compile(Kind.TEXT, source, fields)


def compile_html(source: str, fields: Collection[str]) -> Compiled:
    """An HTML part. Braces inside <style> are CSS and stay; elsewhere they must be fields."""
    return _compile(Kind.HTML, source, fields)


def _compile(kind: Kind, source: str, allowed: Collection[str]) -> Compiled:
    """Cut the source at its fields; style sheets count as literal text."""
    literals, fields = [""], list[str]()
    pieces = _STYLE.split(source) if kind is Kind.HTML else [source]
    for number, piece in enumerate(pieces):
        if number % 2:
            literals[-1] += piece
            continue
        end = 0
        for match in _FIELD.finditer(piece):
            name = match[1] or match[2]
            if name not in allowed:
                raise UnknownField(name)
            literals[-1] += _clean(piece[end : match.start()])
            fields.append(name)
            literals.append("")
            end = match.end()
        literals[-1] += _clean(piece[end:])
    return Compiled(kind, literals, fields)


def _clean(literal: str) -> str:
    """The literal itself, unless a reader would see a brace that was meant to be a field."""
    if "{" in literal or "}" in literal:
        around = literal[max(0, min(i for i in map(literal.find, "{}") if i >= 0) - 10) :][:40]
        raise UnfitLetter(f"A brace stands alone near “{around}”: a field is written {{name}}.")
    if _NEVER.search(literal):
        raise UnfitLetter("The text holds a control character.")
    return literal
