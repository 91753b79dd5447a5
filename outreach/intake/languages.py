"""Languages by code and by name, in the six languages of the UN and in their own."""

import re
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from outreach.intake.words import fold

_LOCALES = ("en", "fr", "es", "ru", "ar", "zh")
# What languages call themselves. Babel knows too, from a file of each: 1.8 s before the first row.
_NATIVE = (
    "am አማርኛ|az azərbaycan|bg български|bn বাংলা|cs čeština|da dansk|de Deutsch|el Ελληνικά|"
    "et eesti|fa فارسی|fi suomi|ha Hausa|he עברית|hi हिन्दी|hr hrvatski|hu magyar|hy հայերեն|"
    "id Indonesia|is íslenska|it italiano|ja 日本語|ka ქართული|kk қазақ тілі|km ខ្មែរ|ko 한국어|"
    "ky кыргызча|lo ລາວ|lt lietuvių|lv latviešu|mk македонски|mn монгол|ms Melayu|my မြန်မာ|"
    "nb norsk bokmål|ne नेपाली|nl Nederlands|pl polski|ps پښتو|pt português|ro română|"
    "si සිංහල|sk slovenčina|sl slovenščina|so Soomaali|sq shqip|sr српски|sv svenska|"
    "sw Kiswahili|ta தமிழ்|tg тоҷикӣ|th ไทย|tk türkmen dili|tr Türkçe|uk українська|ur اردو|"
    "uz o‘zbek|vi Tiếng Việt|yo Èdè Yorùbá|zu isiZulu"
)
# The symbols on documents of the UN and of ITU.
_UN_SYMBOLS = {"a": "ar", "c": "zh", "e": "en", "f": "fr", "r": "ru", "s": "es"}
_ALSO = {
    "mandarin": "zh", "putonghua": "zh", "汉语": "zh", "普通话": "zh", "华语": "zh", "中国语": "zh",
    "cn": "zh", "farsi": "fa", "castellano": "es", "castilian": "es", "عربي": "ar",
    "no": "nb", "norwegian": "nb",
}  # fmt: skip
_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*\Z")
_ASIDE = re.compile(r"\s*[(（\[].*\Z")


@lru_cache(maxsize=5_000)
def read_language(text: str) -> str | None:
    """The language's code ("fr", whether from "French", "français", "fr-CH", "fra" or "F").

    None when it is not known. Source: CLDR; the single letters are the UN's document symbols.
    """
    names, folded = _names(), fold(text)
    if found := names.get(folded) or names.get(fold(_ASIDE.sub("", text))):
        return found
    code = _CODE.match(text.strip().casefold())
    return names.get(code.group(1)) if code else None


def own_names() -> dict[str, str]:
    """{code: what the language calls itself}, beside the six of the UN."""
    return dict(pair.split(" ", 1) for pair in _NATIVE.split("|"))


@cache
def _names() -> dict[str, str]:
    codes = {code for code in _cldr("en") if code.isalpha() and code.islower() and len(code) <= 3}
    names = {**_ALSO, **_UN_SYMBOLS}
    for code in codes:
        names.setdefault(code, code)
    for alias, code in get_global("language_aliases").items():
        if code in codes:
            names.setdefault(alias.casefold(), _ALSO.get(code, code))
    for locale in _LOCALES:
        for code, name in _cldr(locale).items():
            if code in codes:
                names.setdefault(fold(name), _ALSO.get(code, code))
    for code, name in own_names().items():
        names.setdefault(fold(name), code)
    return names


def _cldr(locale: str) -> dict[str, str]:
    return {str(code): str(name) for code, name in Locale.parse(locale).languages.items()}
