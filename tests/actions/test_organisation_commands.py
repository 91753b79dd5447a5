"""The command that brings organisations in, and onto a list."""

import json

import pytest

from outreach.actions.imports import take_back_import
from outreach.importing.run import run_import
from outreach.models.activity import CONSOLE
from outreach.queries.organisation_targets import organisation_lines
from tests.factories import NOON, afresh, make_list

ROWS = "Naam,Group\nBanque d’Émission,academia\n另一家银行,nobles\n,academia\n"


@pytest.fixture
def command(app, tmp_path):
    path = tmp_path / "bodies.csv"
    path.write_text(ROWS, encoding="utf-8")

    def command(*options):
        said = app.test_cli_runner().invoke(
            args=["import-organisations", str(path), "--map", "Naam=name", *options]
        )
        return said.exit_code, json.loads(said.output) if said.exit_code == 0 else said.output

    return command


def test_a_file_of_organisations_comes_in_by_command_onto_a_list_and_goes_again(command):
    wanted = make_list()
    assert command("--list", "nowhere")[0] == 1
    assert "all rows or none" in command("--all-or-nothing")[1]
    for is_dry in (True, False):
        code, report = command("--list", wanted.code, *["--dry-run"] * is_dry)
        assert code == 0
        assert [report[name] for name in ("read", "created", "skipped")] == [3, 2, 1]
        assert (report["dry_run"], report.get("put_on_list")) == (is_dry, None if is_dry else 2)
        assert (report["problems"][0]["row"], report["warnings"][0]["column"]) == (4, "Group")
    names = [line.name for line in afresh(organisation_lines, wanted.id)]
    assert names == ["Banque d’Émission", "另一家银行"]
    assert "already imported" in command("--list", wanted.code)[1]
    take_back_import(report["import"], by=CONSOLE)
    run_import(report["import"], None, now=lambda: NOON)
    assert len(afresh(organisation_lines, wanted.id)) == 2, "they are in use: on a list"
