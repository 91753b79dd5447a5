"""Conditional sections of a letter: kept or left out for each person, before the rest is read.

    {if star}A car will meet you.{else}The shuttle leaves every ten minutes.{end}
    {if group un_agencies, development_finance}…{end}
    {if not kind fund_owner}…{end}
    {if language fr}Une version française suivra.{end}

There is this one kind and no expression language: a section names one fact and its values, stands
in no other section, and loops over nothing. Those of an audience for whom the same sections hold
share a unit, so that a letter is still compiled once for all of them.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations

MOST = 6
"""Distinct conditions in one letter: 64 variants are as many as anyone can look through."""

ABOUT = {
    "star": "people of the short list",
    "group": "a constituent group, by its code",
    "kind": "problem owners, solution owners, fund owners or beneficiaries",
    "language": "the language that the person reads, whatever the letter is in",
}
"""{what a condition asks: whom it means}"""

_TAG = re.compile(
    r"^[ \t]*\{[ \t]*(if\b[^{}\n]*|else|end)[ \t]*\}[ \t]*(?:\n|\Z)"
    r"|\{[ \t]*(if\b[^{}\n]*|else|end)[ \t]*\}",
    re.MULTILINE,
)
_VALUE = re.compile(r"[A-Za-z0-9_-]{1,60}")


class UnfitSection(ValueError):
    """The sections of a text do not fit together; the message says how to mend it."""


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """What a section asks of a person.

    what    one of ABOUT
    values  any of these; none for a star
    """

    what: str
    values: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """As it is written, and as a message remembers that it held: "group banks, media"."""
        return " ".join([self.what, ", ".join(self.values)]).strip()


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions may ask of a person."""

    is_star: bool = False
    group: str = ""
    kinds: Collection[str] = ()
    language: str = ""

    def meet(self, condition: Condition) -> bool:
        """Whether a condition holds."""
        known = {"group": [self.group], "kind": self.kinds, "language": [self.language]}
        if condition.what == "star":
            return self.is_star
        return not set(condition.values).isdisjoint(known[condition.what])

    def held(self, *texts: str) -> str:
        """The conditions of these texts that hold, as a message keeps them: "star; group banks"."""
        return joined(one.key for one in conditions_in(*texts) if self.meet(one))


def joined(keys: Iterable[str]) -> str:
    """Keys of conditions as one text."""
    return "; ".join(sorted(keys))


def has_sections(*texts: str) -> bool:
    """Whether anything in these texts is conditional; cheap where nothing is."""
    return any("{" in text and _TAG.search(text) for text in texts)


def conditions_in(*texts: str) -> list[Condition]:
    """The distinct conditions, without their "not". Raises UnfitSection."""
    return sorted(
        {part.condition for text in texts for part in _parts(text) if part.condition is not None}
    )


def resolved(text: str, held: str) -> str:
    """The text as it stands for those for whom these conditions hold. Raises UnfitSection.

    held  from `Facts.held`
    """
    if not has_sections(text):
        return text
    keys = set(held.split("; "))
    return "".join(part.text for part in _parts(text) if part.stands(keys))


def whole(text: str) -> str:
    """Everything that anyone could read, every section of it. Raises UnfitSection."""
    return "".join(part.text for part in _parts(text))


def without_tags(text: str) -> str:
    """The same, whether or not the sections fit together: what stands between the tags."""
    return _TAG.sub("", text) if has_sections(text) else text


def variants(*texts: str) -> Iterator[str]:
    """Every combination of conditions, as `held`; one of none first. Raises UnfitSection."""
    keys = [one.key for one in conditions_in(*texts)]
    for count in range(len(keys) + 1):
        for some in combinations(keys, count):
            yield joined(some)


def section_problems(
    *texts: str, values: Mapping[str, Collection[str]] | None = None
) -> Iterator[str]:
    """What must be mended before texts with sections are saved, as sentences.

    values  {what: the values that exist}, where they are to be checked
    """
    try:
        found = conditions_in(*texts)
    except UnfitSection as problem:
        yield str(problem)
        return
    if len(found) > MOST:
        yield f"There are {len(found)} different conditions. Keep to {MOST} in one letter."
    for one in found:
        known = (values or {}).get(one.what)
        for value in one.values:
            if known is not None and value not in known:
                near = get_close_matches(value, known, n=1)
                hint = f" Did you mean “{near[0]}”?" if near else ""
                yield f"{{if {one.key}}}: there is no {one.what} “{value}”.{hint}"


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    condition: Condition | None = None
    is_not: bool = False

    def stands(self, keys: Collection[str]) -> bool:
        """Whether it is kept where the conditions of these keys hold."""
        return self.condition is None or (self.condition.key in keys) is not self.is_not


def _parts(text: str) -> Iterator[_Part]:
    """The text cut at its tags."""
    place, condition, is_not, has_else = 0, None, False, False
    for tag in _TAG.finditer(text):
        yield _Part(text[place : tag.start()], condition, is_not)
        place, word = tag.end(), (tag[1] or tag[2]).strip()
        if word.startswith("if"):
            if condition is not None:
                raise UnfitSection(
                    f"{{{word}}} stands inside another section. End that one first with {{end}}."
                )
            condition, is_not = _condition(word)
            has_else = False
        elif condition is None:
            raise UnfitSection(f"{{{word}}} has no {{if …}} before it.")
        elif word == "else":
            if has_else:
                raise UnfitSection(f"{{if {condition.key}}} has two {{else}}.")
            is_not, has_else = not is_not, True
        else:
            condition, is_not = None, False
    if condition is not None:
        raise UnfitSection(f"{{if {condition.key}}} is not ended. Write {{end}} where it ends.")
    yield _Part(text[place:])


def _condition(word: str) -> tuple[Condition, bool]:
    words = word.removeprefix("if").split(None, 1)
    is_not = bool(words) and words[0] == "not"
    if is_not:
        words = words[1].split(None, 1) if len(words) > 1 else []
    what, rest = [*words, "", ""][:2]
    if what not in ABOUT:
        near = get_close_matches(what, ABOUT, n=1)
        hint = f" Did you mean {{if {near[0]}}}?" if near else ""
        raise UnfitSection(
            f"A section asks for star, group, kind or language; “{what[:40]}” is none.{hint}"
        )
    values = tuple(sorted({value.strip() for value in rest.split(",") if value.strip()}))
    if what == "star":
        if values:
            raise UnfitSection("{if star} takes nothing more.")
        return Condition("star"), is_not
    if not values:
        raise UnfitSection(f"{{if {what} …}} names no {what}.")
    for value in values:
        if not _VALUE.fullmatch(value):
            raise UnfitSection(
                f"“{value[:40]}” is no code of a {what}. Separate several by commas."
            )
    return Condition(what, values), is_not
