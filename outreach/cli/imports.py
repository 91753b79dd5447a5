"""import: a CSV or XLSX into a target list; import-undo: out of it again."""

from pathlib import Path

import click
from flask import current_app

from outreach import clock
from outreach.actions.imports import import_file, take_back_import
from outreach.cli.speaking import acting, actor, plainly, say
from outreach.errors import Refusal
from outreach.importing.run import run_import
from outreach.models.imports import Rule
from outreach.queries.import_fields import import_fields
from outreach.queries.imports import import_line, kept_organisations, kept_people
from outreach.queries.lists import list_id_of

ROWS_AT_ONCE = 10_000
"""Whoever types the command waits for it, so that others may wait a second for it too."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--list", "list_code", required=True, help="The target list's code.")
@click.option(
    "--map", "wishes", multiple=True, metavar="COLUMN=FIELD", help="Over the guessed mapping."
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="FIELD=RULE",
    help="For what stands already: keep, fill (if empty, the default) or overwrite.",
)
@click.option("--all-or-nothing", "is_whole", is_flag=True, help="One bad row, and none comes in.")
@click.option("--without-address", is_flag=True, help="Take rows without an address too.")
@click.option(
    "--likely",
    "likely_score",
    type=click.IntRange(60, 100),
    help="From so many of 100 on a row counts as the person whom it resembles.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@acting
@plainly
def command(
    file: Path,
    list_code: str,
    wishes: tuple[str, ...],
    rules: tuple[str, ...],
    is_whole: bool,
    without_address: bool,
    likely_score: int | None,
    dry_run: bool,
    as_: str | None,
) -> None:
    """Import FILE into a target list; prints a JSON report. Cut short, the same command goes on."""
    list_id = list_id_of(list_code)
    if list_id is None:
        raise click.ClickException(f"There is no target list {list_code}.")
    if not file.is_file():
        raise click.ClickException(f"There is no file {file}.")
    report = import_file(
        file,
        file.name,
        list_id,
        wishes,
        by=actor(as_),
        at=clock.now(),
        dry_run=dry_run,
        is_whole=is_whole,
        takes_addressless=without_address,
        rules=dict(map(_rule, rules)),
        likely_score=likely_score,
        now=clock.now,
        rows_at_once=ROWS_AT_ONCE,
    )
    say(report.as_dict() | {"dry_run": dry_run})


@click.command("import-undo")
@click.argument("import_id", type=int)
@acting
@plainly
def undo(import_id: int, as_: str | None) -> None:
    """Take back what an import did; prints who stays, since they were used meanwhile."""
    take_back_import(import_id, by=actor(as_))
    run_import(import_id, Path(), now=clock.now)
    line = import_line(import_id)
    assert line is not None
    who = kept_people if line.list_id is not None else kept_organisations
    kept = [{"id": id_, "name": name, "why": why} for id_, name, why in who(line.kept)]
    say({"import": import_id, "state": line.state, "kept_count": line.kept_count, "kept": kept})


@click.command("import-go-on", hidden=True)
@click.argument("import_id", type=int)
@plainly
def go_on(import_id: int) -> None:
    """Do what there is to do for an import, as the clock asks for it."""
    line = import_line(import_id)
    if line is None:
        raise click.ClickException(f"There is no import {import_id}.")
    folder = Path(current_app.config["INSTANCE_DIR"]).absolute() / "imports"
    run_import(import_id, folder / line.stored_name, now=clock.now)


def _rule(wish: str) -> tuple[str, str]:
    code, _, rule = wish.partition("=")
    if code not in import_fields() or rule not in set(Rule):
        raise Refusal(f"“{wish}” should be FIELD=RULE, such as “office=overwrite”.")
    return code, rule
