"""python -m tools.translations [update]: what invitees read, from the source to the catalogues.

Without a word it says what is missing; `update` brings each catalogue (.po) up to the source and
compiles it (.mo). docs/languages.md says how to translate and how to add a language.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from outreach.languages import DOMAIN, FOLDER

HEADER = "# What invitees read, in PROJECT. How to translate it: docs/languages.md."
ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {
    "_": None, "marked": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip
LEFT_ALONE = ("translations", ".venv", "instance", "tests", "static", ".git", "__pycache__")
PAGES = ("templates/invitee/**.html", "templates/public/**.html")
PLACES = [("outreach/**.py", "python"), *((pages, "jinja2") for pages in PAGES)]


def source() -> Catalog:
    """Every text of the source, without the places, which would change with every line."""
    catalog = Catalog(project="Outreach", charset="utf-8")
    found = extract_from_dir(
        str(ROOT), method_map=PLACES, keywords=KEYWORDS,
        options_map={pages: {"silent": "false", "trimmed": "true"} for pages in PAGES},
        directory_filter=lambda path: Path(path).name not in LEFT_ALONE,
    )  # fmt: skip
    for _file, _line, message, _comments, context in found:
        catalog.add(message, context=context)
    return catalog


def catalogues() -> Iterator[tuple[str, Path]]:
    """(language, its .po), in the order of their codes."""
    for path in sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        yield path.parent.parent.name, path


def read(path: Path) -> Catalog:
    """A catalogue as it stands in its file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def problems(path: Path, wanted: Catalog) -> Iterator[str]:
    """What is missing, fuzzy or stale, and texts whose fields are not those of the source."""
    catalog = read(path)
    known = {(message.id, message.context) for message in catalog if message.id}
    for message in wanted:
        if message.id and (message.id, message.context) not in known:
            yield f"missing: {message.id}"
    asked = {(message.id, message.context) for message in wanted}
    for message in catalog:
        if not message.id:
            continue
        if (message.id, message.context) not in asked:
            yield f"stale: {message.id}"
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if not all(texts) or (message.pluralizable and len(texts) != catalog.num_plurals):
            yield f"not translated: {message.id}"
        if message.fuzzy:
            yield f"fuzzy: {message.id}"
        for error in message.check(catalog):
            yield f"{error}: {message.id}"
    if catalog.obsolete:
        yield f"obsolete: {len(catalog.obsolete)} texts"


def compiled(path: Path) -> bytes:
    """The .mo that belongs to a .po."""
    written = BytesIO()
    write_mo(written, read(path))
    return written.getvalue()


def update(path: Path, wanted: Catalog) -> None:
    """Bring a catalogue up to the source, keeping what is translated, and compile it."""
    catalog = read(path)
    catalog.update(wanted, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment = HEADER
    catalog.msgid_bugs_address = catalog.copyright_holder = ""
    with path.open("wb") as file:
        write_po(file, catalog, width=100, sort_output=True, omit_header=False, no_location=True)
    path.with_suffix(".mo").write_bytes(compiled(path))


def main(words: list[str]) -> int:
    """Say what is wrong, or mend it. Returns 1 where something is left to translate."""
    wanted = source()
    if words == ["update"]:
        for _, path in catalogues():
            update(path, wanted)
    wrong = [f"{code}: {each}" for code, path in catalogues() for each in problems(path, wanted)]
    print("\n".join(wrong) or f"{len(wanted)} texts, complete in every catalogue.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
