"""Files that take long to write: made by whichever worker is free, fetched by whoever asked."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import current_app

from outreach import clock, exporting, sheets
from outreach.errands import Told, Work
from outreach.errors import NotFound
from outreach.queries.campaign_pages import CampaignPage, campaign_page
from outreach.queries.campaigns import everyone_in, written_outcomes

KEPT_FOR = 24 * 3600
"""Seconds after which a file is taken away; it holds names and addresses."""

COLUMNS = (
    "Name", "Address", "Outcome", "State", "Reason", "Changed at", "Attempts", "Possible double",
)  # fmt: skip

Cells = tuple[str | int | None, ...]


def export_campaign(work: Work) -> Told:
    """Everyone of a campaign as CSV; a second run writes the same file anew."""
    page = campaign_page(int(work.wishes["campaign_id"]))
    if page is None:
        raise NotFound("campaign")
    folder = exports_folder()
    folder.mkdir(parents=True, exist_ok=True)
    forget_old(folder)
    total = sum(written_outcomes(page.id).values())
    name = f"{work.key}.csv"
    fresh = folder / f".{name}.{os.getpid()}"
    try:
        with fresh.open("w", encoding="utf-8-sig", newline="") as file:
            sheets.write_csv(_telling(work, rows_of(page), total), COLUMNS, file)
        fresh.replace(folder / name)
    finally:
        fresh.unlink(missing_ok=True)
    return Told(
        f"{work.done:,} people of “{page.name}” stand in the file, for a day.",
        {"file": name, "download_name": f"campaign-{page.id}.csv"},
    )


def export_people(work: Work) -> Told:
    """A list, or those who fit a sentence; a second run writes the same file anew."""
    folder = exports_folder()
    folder.mkdir(parents=True, exist_ok=True)
    forget_old(folder)
    name = f"{work.key}.{work.wishes['form']}"
    fresh = folder / f".{name}.{os.getpid()}"

    def tell(done: int, total: int) -> None:
        work.tell(done, total, "Writing the file.")

    try:
        with fresh.open("wb") as file:
            count = exporting.write_file(work.wishes, file, at=clock.now(), tell=tell)
        fresh.replace(folder / name)
    finally:
        fresh.unlink(missing_ok=True)
    return Told(
        f"{count:,} people stand in the file, for a day.",
        {"file": name, "download_name": exporting.name_of(work.wishes)},
    )


def exports_folder() -> Path:
    """Where the files stand; shared by all machines, as INSTANCE_DIR is."""
    return Path(current_app.config["INSTANCE_DIR"]).absolute() / "exports"


def rows_of(page: CampaignPage) -> Iterator[Cells]:
    """Everyone of a campaign, with what became of them."""
    zone = ZoneInfo(page.time_zone)
    for one in everyone_in(page.id):
        yield (
            one.name,
            one.address,
            one.outcome,
            one.state.value,
            one.reason,
            one.at.astimezone(zone).isoformat(timespec="seconds"),
            one.attempts,
            "yes" if one.possible_double else "",
        )


def forget_old(folder: Path) -> None:
    """Take away what nobody can fetch any more."""
    for path in folder.iterdir():
        if path.stat().st_mtime < clock.now().timestamp() - KEPT_FOR:
            path.unlink(missing_ok=True)


def _telling(work: Work, rows: Iterable[Cells], total: int) -> Iterator[Cells]:
    for number, row in enumerate(rows, start=1):
        work.tell(number, total, "Writing the file.")
        yield row
