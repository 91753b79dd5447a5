"""The 194 administrations: a ministry each, many a regulator, some an embassy in Geneva."""

from collections.abc import Iterator

from babel import Locale

from outreach.demo.names import language_of
from outreach.demo.people import Body, Maker, Person
from outreach.demo.wordlists import member_states, tree

REGULATORS = 68
MISSIONS = 42
DEPUTIES = 40
SHARED_OFFICES = 4
"""So many deputies read the minister's own mailbox and have no other."""


def administrations(maker: Maker, host_country_code: str) -> Iterator[Person]:
    """A minister for each Member State, then heads of regulators, ambassadors and deputies."""
    countries = {row["iso3166_alpha2"]: row["name_en"] for row in member_states()}
    ministries = {}
    for code, name in countries.items():
        ministry, office = _ministry(maker, code, name)
        ministries[code] = ministry
        yield _minister(maker, ministry, office)
    codes = [code for code in countries if code not in ("VA", host_country_code)]
    for code in sorted(maker.lot.sample(codes, REGULATORS)):
        yield _head(maker, code, countries[code], "regulator", "person")
    for code in sorted(maker.lot.sample(codes, MISSIONS)):
        yield _head(maker, code, countries[code], "mission", "ambassador")
    deputies = sorted(maker.lot.sample(codes, DEPUTIES))
    sharing = set(maker.lot.sample(deputies, SHARED_OFFICES))
    for code in deputies:
        offices = tree("administrations")["deputy"]
        yield maker.person(
            ministries[code],
            maker.lot.choice(offices[_letterhead(code)]),
            tier=3,
            mailbox=f"minister.{code.lower()}" if code in sharing else "",
        )
    yield from _hosts(maker, host_country_code, countries[host_country_code])


def _ministry(maker: Maker, code: str, name: str) -> tuple[Body, str]:
    titles = tree("administrations")
    particular = titles["particular"].get(code)
    called, office = particular or maker.lot.choice(titles["ministry"][_letterhead(code)])
    body = Body(called.format(_country(code, name)), "member_state", code, language_of(code))
    return body, office


def _minister(maker: Maker, ministry: Body, office: str) -> Person:
    code = ministry.country_code
    is_minister = code != "VA"
    return maker.person(
        ministry,
        office,
        courtesy="minister" if is_minister else "person",
        tier=1,
        mailbox=f"minister.{code.lower()}" if is_minister else "",
        seeks_star=f"minister:{code}",
    )


def _head(maker: Maker, code: str, name: str, kind: str, courtesy: str) -> Person:
    called, office = maker.lot.choice(_forms(kind, _letterhead(code)))
    body = Body(called.format(_country(code, name)), "member_state", code, language_of(code))
    mailbox = f"mission.geneva.{code.lower()}" if kind == "mission" else ""
    return maker.person(body, office, courtesy=courtesy, mailbox=mailbox)


def _hosts(maker: Maker, code: str, name: str) -> Iterator[Person]:
    called, office = tree("administrations")["particular"]["HOST"]
    committee = Body(called.format(name), "host_country", code, language_of(code))
    yield maker.person(committee, office, tier=1)
    for role in ("Head of Protocol", "Head of Logistics", "Liaison to the Secretariat"):
        yield maker.person(committee, role)


def _forms(kind: str, language: str) -> list[list[str]]:
    forms = tree("administrations")[kind][language]
    return forms if isinstance(forms[0], list) else [forms]


def _letterhead(code: str) -> str:
    """The language in which the office itself is called."""
    language = language_of(code)
    return language if language in ("fr", "es") else "en"


def _country(code: str, name: str) -> str:
    """The country's name in the language of the letterhead."""
    language = _letterhead(code)
    if language == "en":
        return name
    return str(Locale(language).territories[code])
