"""Words made comparable: accents, case and punctuation forgiven, in any script."""

import re
import unicodedata

_NOT_WORDS = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# What decomposition leaves apart: the Arabic stroke that only lengthens, the final yeh without
# dots, and Latin letters whose stroke is not an accent.
_ALIKE = str.maketrans({"ـ": "", "ى": "ي", "ı": "i", "ø": "o", "ł": "l", "đ": "d", "&": " and "})


def fold(text: str) -> str:
    """Small letters and digits, words apart by one space: "  Côte-d’Ivoire" is "cote d ivoire"."""
    if text.isascii():
        folded = text.lower().replace("&", " and ")
        return folded if folded.isalnum() else _NOT_WORDS.sub(" ", folded).strip()
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return _NOT_WORDS.sub(" ", bare.casefold().translate(_ALIKE)).strip()


def fold_heading(text: str) -> str:
    """As `fold`; "firstName" and "first_name" are "first name"."""
    return fold(_CAMEL.sub(" ", text))
