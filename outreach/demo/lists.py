"""Target lists of the demonstration, filled from files as a secretariat keeps them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from outreach.actions.imports import import_file
from outreach.demo.people import Person
from outreach.models.activity import Actor
from outreach.sheets import write_csv

HEADERS = (
    "Name", "Given name", "Family name", "Title", "Salutation", "Office", "Email", "Organisation",
    "Country", "Language", "Gender", "Tier", "Why",
)  # fmt: skip

BLEMISHES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "sector_member_itu_d": (("Front desk", "info(at)example.com", "Kalahari Backbone"),),
    "academia": (("Registrar", "registrar@example@net", "Fjordane School of Computing"),),
    "private_sector_non_member": (("", "unknown", "Ashgrove Cloud"),),
    "media": (
        ("Caoimhe O'Tierney Darcey", "press.caoimhe@example.net", "Shannonlink"),
        ("Alisi Tuihalangingi", "alisi.t@example.net", "Moananet"),
    ),
}
"""Rows as they stand in real files: the import says what is wrong with them and takes the rest.
The last two are people of another list, misspelt: the search for duplicates finds them."""


def row_of(person: Person) -> tuple[str, ...]:
    """One person under HEADERS."""
    return (
        person.full_name, person.given_name, person.family_name, person.title, person.salutation,
        person.office, person.email, person.body.name, person.body.country_code, person.language,
        person.gender, str(person.tier), person.star_reason,
    )  # fmt: skip


def bring_in(
    list_id: int,
    file_name: str,
    people: Iterable[Person],
    *,
    by: Actor,
    at: datetime,
    blemishes: Sequence[tuple[str, str, str]] = (),
) -> None:
    """Import people into a list through a CSV file that is gone afterwards."""
    rows = [row_of(person) for person in people]
    rows += [
        (name, "", "", "", "", "", email, body, "", "", "", "", "")
        for name, email, body in blemishes
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            write_csv(rows, HEADERS, file)
        import_file(path, file_name, list_id, by=by, at=at)
