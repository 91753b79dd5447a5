"""import-organisations: a CSV or XLSX of organisations, and onto a target list if one is named."""

from pathlib import Path

import click

from outreach import clock
from outreach.actions.organisation_imports import import_organisations
from outreach.actions.organisation_targets import want_many
from outreach.cli.speaking import acting, actor, plainly, say
from outreach.models.wish import OrganisationWish
from outreach.queries.conferences import current_conference
from outreach.queries.lists import list_id_of, target_list
from outreach.queries.organisation_previews import organisations_of_file

WISH = OrganisationWish(2, 0, 1, "", None, None)
"""As the page puts pasted names on a list: tier 2, wave 1, at its end."""


@click.command("import-organisations")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--list", "list_code", help="A target list's code: all of them are wanted on it.")
@click.option(
    "--map", "wishes", multiple=True, metavar="COLUMN=FIELD", help="Over the guessed mapping."
)
@click.option("--all-or-nothing", "is_whole", is_flag=True, help="One bad row, and none comes in.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@acting
@plainly
def command(
    file: Path,
    list_code: str | None,
    wishes: tuple[str, ...],
    is_whole: bool,
    dry_run: bool,
    as_: str | None,
) -> None:
    """Import FILE of organisations; prints a JSON report."""
    list_id = list_id_of(list_code) if list_code else None
    wanted = target_list(list_id) if list_id is not None else None
    if list_code and wanted is None:
        raise click.ClickException(f"There is no target list {list_code}.")
    if not file.is_file():
        raise click.ClickException(f"There is no file {file}.")
    by, at = actor(as_), clock.now()
    current = current_conference()
    conference_id = wanted.conference_id if wanted else current.id if current else None
    report = import_organisations(
        file, file.name, conference_id, wishes, by=by, at=at, dry_run=dry_run, is_whole=is_whole,
        now=clock.now,
    )  # fmt: skip
    said = report.as_dict() | {"dry_run": dry_run}
    if wanted is not None and report.import_id is not None:
        ids = organisations_of_file(file, report.import_id)
        said["put_on_list"] = want_many(wanted.id, ids, WISH, by=by, at=at)
    say(said)
