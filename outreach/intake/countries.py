"""Countries by code and by name, as people write them, in the six languages of the UN."""

import csv
import re
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale
from babel.core import get_global

from outreach.intake.words import fold

_MEMBER_STATES = Path(__file__).parents[1] / "reference" / "itu_member_states.csv"
_LOCALES = ("en", "fr", "es", "ru", "ar", "zh")
_NO_COUNTRY = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"})

# Names in use that neither CLDR nor ITU's list has. "Korea" alone and "China (Republic of)" are
# left out on purpose: a person should say which.
_ALSO = {
    "CD": "DRC|DR Congo|Congo DR|Congo (Democratic Republic of the)|Congo, Dem. Rep."
    "|République démocratique du Congo|RDC|Zaire|ДРК|刚果民主共和国|جمهورية الكونغو الديمقراطية",
    "CG": "Congo|Congo-Brazzaville|Congo, Rep.|République du Congo|Конго|刚果共和国",
    "CI": "Ivory Coast|Costa de Marfil|Берег Слоновой Кости",
    "CN": "PR China|P.R. China|People's Republic of China|中华人民共和国|КНР",
    "CV": "Cape Verde",
    "CZ": "Czechia",
    "FM": "Micronesia",
    "GB": "United Kingdom|Great Britain|England|Scotland|Wales|Northern Ireland|UK|U.K.",
    "GM": "Gambia|The Gambia",
    "GR": "EL",
    "HK": "Hong Kong",
    "IR": "I.R. Iran",
    "KP": "DPRK|DPR Korea|Democratic People's Republic of Korea|RPDC|朝鲜民主主义人民共和国",
    "KR": "ROK|South Korea|Corée (République de)|República de Corea|大韩民国|جمهورية كوريا",
    "LA": "Lao PDR|Laos|RDP Lao",
    "MK": "Macedonia|FYROM",
    "MM": "Burma|Birmanie|Myanmar",
    "PS": "Palestine|State of Palestine|Palestina|Палестина|فلسطين|دولة فلسطين|巴勒斯坦",
    "RU": "Russia|Russian Fed.|РФ|俄罗斯联邦",
    "ST": "São Tomé",
    "SY": "Syria",
    "SZ": "Swaziland",
    "TL": "East Timor",
    "TR": "Turkey",
    "TZ": "Tanzania|United Rep. of Tanzania",
    "AE": "UAE|U.A.E.|EAU|ОАЭ|阿联酋",
    "US": "USA|U.S.|U.S.A.|America|EE. UU.|EEUU|États-Unis d'Amérique|США|美利坚合众国",
    "VA": "Holy See|Saint-Siège|Santa Sede|Vatican",
    "VN": "Vietnam",
}
_INVERTED = re.compile(r"(.+?) \((.+ of(?: the)?)\)\Z")
_FORM_OF_STATE = re.compile(
    r"(?:the )?(?:(?:federal|democratic|socialist|islamic|hashemite|arab|plurinational|bolivarian"
    r"|oriental|co operative|federative|independent|united|grand) )*"
    r"(?:republic|kingdom|states?|sultanate|principality|duchy|commonwealth|federation|union"
    r"|republique|royaume|etat|principaute|republica|reino|estado) "
    r"(?:of the |of |de la |de l |del |de |du |des |d )"
)
# Two countries each: with their form of state taken off, no one could tell which is meant.
_AMBIGUOUS = frozenset({"congo", "korea", "corea", "coree", "china", "chine"})


@lru_cache(maxsize=20_000)
def read_country(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country's name or code; None when it is not known.

    "NA" is Namibia. Source of names: CLDR in six languages; ITU's list of Member States.
    """
    names, folded = _names(), fold(text)
    plain = folded.removeprefix("the ").removesuffix(" the")
    if found := names.get(folded) or names.get(plain):
        return found
    bare = _FORM_OF_STATE.sub("", folded, count=1)
    return None if bare in _AMBIGUOUS else names.get(bare)


@cache
def _names() -> dict[str, str]:
    """{folded name or code: alpha-2}; the names of ITU win over all others."""
    names: dict[str, str] = {}
    for name, code in [*_of_itu(), *_of_ours(), *_of_cldr(), *_codes()]:
        names.setdefault(fold(name), code)
    return names


def _of_itu() -> list[tuple[str, str]]:
    found = []
    with _MEMBER_STATES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name, code = row["name_en"], row["iso3166_alpha2"]
            found.append((name, code))
            if inverted := _INVERTED.match(name):
                found.append((f"{inverted.group(2)} {inverted.group(1)}", code))
    return found


def _of_ours() -> list[tuple[str, str]]:
    return [(name, code) for code, names in _ALSO.items() for name in names.split("|")]


def _of_cldr() -> list[tuple[str, str]]:
    return [
        (name, code)
        for locale in _LOCALES
        for code, name in _territories(locale).items()
        if is_country(code)
    ]


def _codes() -> list[tuple[str, str]]:
    """Alpha-2 codes, then what CLDR takes for them: alpha-3 and numbers."""
    own = [(code, code) for code in _territories("en") if is_country(code)]
    others = [
        (alias, codes[0])
        for alias, codes in get_global("territory_aliases").items()
        if len(codes) == 1 and is_country(codes[0])
    ]
    return own + others


def _territories(locale: str) -> dict[str, str]:
    return {str(code): str(name) for code, name in Locale.parse(locale).territories.items()}


def is_country(code: str) -> bool:
    """Whether a territory of CLDR is one, by its code."""
    return len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
