"""Everyone who is no administration: companies, banks, agencies, universities, youth, media."""

from collections.abc import Iterator

from outreach.demo.names import ascii_letters
from outreach.demo.people import Body, Maker, Person, star_reasons
from outreach.demo.wordlists import table, tree

SECOND_PERSON = 0.33
SCHOLARS = ("academia",)
CHIEFS = {"un_specialized_agency", "regional_telecom_org", "united_nations", "development_finance"}
"""Groups whose first person counts as tier 1."""


def bodies() -> tuple[Body, ...]:
    """The organisations from outside, by group, in the order of words/organisations.csv."""
    return tuple(
        Body(row["name"], row["group"], row["country"], row["language"])
        for row in table("organisations")
    )


def outsiders(maker: Maker) -> Iterator[Person]:
    """One or two people for each organisation."""
    particular = {row["organisation"]: row for row in table("particular_people")}
    for body in bodies():
        row = particular.get(body.name)
        yield _particular(maker, body, row) if row else _first(maker, body)
        if maker.lot.random() < SECOND_PERSON:
            yield _second(maker, body)


def _first(maker: Maker, body: Body) -> Person:
    if body.group == "state_of_palestine":
        return maker.person(
            body,
            "Minister of Communications and Digital Economy",
            courtesy="minister",
            tier=1,
            mailbox="minister.ps",
        )
    return maker.person(
        body,
        _offices(body)[0],
        courtesy=_courtesy(body),
        seeks_star=body.name,
        tier=1 if body.group in CHIEFS else 2,
    )


def _second(maker: Maker, body: Body) -> Person:
    others = _offices(body)[1:] or tree("offices")[body.group]["en"][1:] or ["Adviser"]
    return maker.person(body, maker.lot.choice(others), courtesy=_courtesy(body), tier=3)


def _particular(maker: Maker, body: Body, row: dict[str, str]) -> Person:
    """Someone whose name is written out in words/particular_people.csv: the odd cases."""
    reason = star_reasons().get(body.name, "")
    mailbox = ascii_letters(f"{row['given_name']} {row['family_name']}")
    maker.book.given_out.add(mailbox)
    domain = "example.org" if reason else "example.com"
    maker.taken.add(f"{mailbox}@{domain}")
    return Person(
        body=body,
        given_name=row["given_name"],
        family_name=row["family_name"],
        full_name=row["full_name"],
        title=row["title"],
        salutation=row["salutation"],
        office=row["office"],
        email=f"{mailbox}@{domain}",
        language=row["language"],
        gender=row["gender"],
        tier=1 if reason else 2,
        star_reason=reason,
    )


def _offices(body: Body) -> list[str]:
    offices: dict[str, list[str]] = tree("offices")[body.group]
    return offices.get(body.language, offices["en"])


def _courtesy(body: Body) -> str:
    return "scholar" if body.group in SCHOLARS else "person"
