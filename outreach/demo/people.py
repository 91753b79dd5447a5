"""One person of the demonstration, and how one is made up."""

from dataclasses import dataclass, field
from functools import cache
from random import Random

from outreach.demo.names import Name, NameBook, ascii_letters
from outreach.demo.wordlists import REFERENCE, table, tree

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
DOMAINS = {
    "member_state": "example.org", "host_country": "example.org",
    "sector_member_itu_d": "example.com", "private_sector_non_member": "example.com",
    "associate": "example.com", "development_finance": "example.com",
    "academia": "example.net", "youth": "example.net", "media": "example.net",
}  # fmt: skip
WOMEN = {"minister": 0.28, "ambassador": 0.36}
WOMEN_ELSEWHERE = 0.45
UNSTATED = 0.11


@dataclass(frozen=True, slots=True)
class Body:
    """An administration, company, bank, university or agency."""

    name: str
    group: str
    country_code: str
    """ISO 3166-1 alpha-2; empty for a body of no country."""
    language: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone to be invited, as the secretariat's file has it."""

    body: Body
    given_name: str
    family_name: str
    full_name: str
    title: str
    salutation: str
    office: str
    email: str
    language: str
    gender: str
    """`female`, `male` or "" where nothing was stated."""
    tier: int
    star_reason: str = ""


@dataclass(slots=True)
class Maker:
    """Makes people up by lot; no name and no address comes twice."""

    lot: Random
    book: NameBook = field(init=False)
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.book = NameBook(self.lot)

    def person(
        self,
        body: Body,
        office: str,
        *,
        courtesy: str = "person",
        tier: int = 2,
        mailbox: str = "",
        seeks_star: str = "",
    ) -> Person:
        """A person who holds the office.

        courtesy    how they are addressed: `minister`, `ambassador`, `scholar`, `person`
        mailbox     the office's own address before the @; may be shared; else one of their own
        seeks_star  under which name words/stars.csv may give a reason to have them
        """
        draw = self.lot.random()
        gender = "" if draw < UNSTATED else self._lot_of_gender(courtesy)
        name = self.book.draw(body.country_code or self.lot.choice(_WIDE), gender)
        title, salutation = address_as(courtesy, body.language, gender, name)
        reason = star_reasons().get(seeks_star, "")
        return Person(
            body=body,
            given_name=name.given,
            family_name=name.family,
            full_name=name.full,
            title=title,
            salutation=salutation,
            office=office,
            email=self.address(body, name, mailbox),
            language=body.language,
            gender=gender,
            tier=1 if reason else tier,
            star_reason=reason,
        )

    def _lot_of_gender(self, courtesy: str) -> str:
        is_woman = self.lot.random() < WOMEN.get(courtesy, WOMEN_ELSEWHERE)
        return "female" if is_woman else "male"

    def address(self, body: Body, name: Name, mailbox: str = "") -> str:
        """An address at a domain that is kept for examples (RFC 2606)."""
        domain = DOMAINS.get(body.group, "example.org")
        if mailbox:
            self.taken.add(f"{mailbox}@{domain}")
            return f"{mailbox}@{domain}"
        given, family = (ascii_letters(part) for part in name.latin)
        stem = ".".join(filter(None, (given.split(".")[0], family))) or "office"
        wishes = [stem, f"{stem}.{body.country_code.lower() or 'int'}"]
        wishes += [f"{stem}{number}" for number in range(2, 20)]
        chosen = next(wish for wish in wishes if f"{wish}@{domain}" not in self.taken)
        self.taken.add(f"{chosen}@{domain}")
        return f"{chosen}@{domain}"


_WIDE = ("KE", "FR", "IN", "BR", "EG", "SE", "VN", "MX", "GE", "NG", "CA", "WS")
"""Whose names the staff of a body of no country may have."""


def address_as(courtesy: str, language: str, gender: str, name: Name) -> tuple[str, str]:
    """(title, salutation) as a secretariat types them.

    The title in the person's language; the salutation in that of the letter which they will get,
    with the name in its letters: "Dear Ms Ghviniashvili", not half of it in another script.
    """
    entry = tree("courtesy")[courtesy]
    form = ("female", "male", "").index(gender)
    letter = language if language in letter_languages() else "en"
    given, family = (name.given, name.family) if letter in ("ar", "ru", "zh") else name.latin
    return entry["title"][language][form], entry["salutation"][letter][form].format(family or given)


@cache
def letter_languages() -> frozenset[str]:
    """The languages in which there is an invitation to send."""
    letters = (REFERENCE / "letters").glob("invitation.*.md")
    return frozenset(path.name.split(".")[1] for path in letters)


@cache
def star_reasons() -> dict[str, str]:
    """{`minister:KE` or a body's name: why the conference needs this person}."""
    return {row["of"]: row["reason"] for row in table("stars")}
