"""Which script letters belong to, and which letters pass for others.

Source: Unicode Technical Standard 39, sections 4 (confusables) and 5 (restriction levels). The
letters below are those of its table that occur in addresses and look like small Latin ones.
"""

import unicodedata
from functools import lru_cache

_LOOKS_LIKE = str.maketrans(
    {
        # Cyrillic
        "а": "a", "ь": "b", "с": "c", "ԁ": "d", "е": "e", "ҽ": "e", "ԍ": "g", "һ": "h",
        "і": "i", "ј": "j", "к": "k", "ӏ": "l", "м": "m", "п": "n", "о": "o", "р": "p", "ԛ": "q",
        "г": "r", "ѕ": "s", "т": "t", "ц": "u", "ѵ": "v", "ԝ": "w", "х": "x", "у": "y", "ү": "y",
        "ё": "ë", "ї": "ï",
        # Greek
        "α": "a", "β": "b", "ϲ": "c", "ε": "e", "η": "n", "ι": "i", "κ": "k", "ν": "v", "ο": "o",
        "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "γ": "y", "ω": "w", "ϳ": "j",
        # Armenian
        "ս": "u", "օ": "o", "ո": "n", "հ": "h", "ց": "g", "զ": "q", "ա": "w", "յ": "j", "լ": "l",
        # Latin that is not what it seems: the dotless i, the script a and g
        "ı": "i", "ɑ": "a", "ɡ": "g", "ʟ": "l", "ｏ": "o",
    }
)  # fmt: skip

# East Asian names mix these as a matter of course, and with Latin: "highly restrictive" allows it.
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})


@lru_cache(maxsize=20_000)
def script_of(character: str) -> str | None:
    """The first word of a letter's Unicode name, which is its script; None for what has none."""
    if not character.isalpha():
        return None
    return unicodedata.name(character, "UNKNOWN").partition(" ")[0].partition("-")[0]


def is_mixed(text: str) -> bool:
    """Whether letters of scripts stand together that no one writes together."""
    if text.isascii():
        return False
    scripts = {script for character in text if (script := script_of(character))}
    if scripts <= _EAST_ASIAN | {"LATIN"}:
        return False
    return len(scripts) > 1


def skeleton(text: str) -> str:
    """What the text looks like, in small letters: `раураl` and `paypal` have the same."""
    plain = unicodedata.normalize("NFKC", text.lower()).translate(_LOOKS_LIKE)
    # A dotted capital I folds to an i with a second dot, which nobody sees.
    return unicodedata.normalize("NFC", plain.replace("i\u0307", "i"))
