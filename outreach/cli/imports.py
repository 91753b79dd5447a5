"""import: a CSV or XLSX into a target list."""

from pathlib import Path

import click

from outreach import clock
from outreach.actions.imports import import_file
from outreach.cli.speaking import acting, actor, plainly, say
from outreach.queries.lists import list_id_of


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--list", "list_code", required=True, help="The target list's code.")
@click.option(
    "--map", "wishes", multiple=True, metavar="COLUMN=FIELD", help="Over the guessed mapping."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@acting
@plainly
def command(
    file: Path, list_code: str, wishes: tuple[str, ...], dry_run: bool, as_: str | None
) -> None:
    """Import FILE into a target list; prints a JSON report."""
    list_id = list_id_of(list_code)
    if list_id is None:
        raise click.ClickException(f"There is no target list {list_code}.")
    if not file.is_file():
        raise click.ClickException(f"There is no file {file}.")
    report = import_file(
        file, file.name, list_id, wishes, by=actor(as_), at=clock.now(), dry_run=dry_run
    )
    say(report.as_dict() | {"dry_run": dry_run})
