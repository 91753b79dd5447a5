"""An import is a job: cut short it goes on where it stood, and all of it can be taken back."""

import csv

import pytest
from sqlalchemy import func, select

from outreach.actions.imports import (
    begin_import,
    import_file,
    pause_import,
    resume_import,
    take_back_import,
)
from outreach.actions.stakeholders import edit_stakeholder
from outreach.actions.uploads import start_import
from outreach.db import reading
from outreach.importing import run as importing_run
from outreach.importing.lease import Busy, take
from outreach.importing.run import HasProblems, run_import
from outreach.intake.addresses import read_address
from outreach.intake.people import PersonRow
from outreach.models.activity import CONSOLE, Activity
from outreach.models.duplicate import Duplicate
from outreach.models.imports import AlreadyImported, ImportChunk, ImportState, NotNow
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.star import Star
from outreach.models.target import Target
from outreach.queries import import_reports
from outreach.queries.imports import import_line
from outreach.queries.lists import target_list
from outreach.roster import Roster
from tests.factories import (
    NOON,
    afresh,
    make_invitation,
    make_list,
    make_organisation,
    make_stakeholder,
    make_target,
)

pytestmark = pytest.mark.usefixtures("app")
BY = {"by": CONSOLE, "at": NOON}
PEOPLE = [["Name", "Email", "Organisation"]] + [
    [f"P {n}", f"p{n}@example.org", f"Bank {n % 2}"] for n in range(5)
]

PLACE = ["wave", "decide_on", "alternate", "follower"]


def now():
    return NOON


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Two rows at a time: a file of five takes three transactions."""
    for module in (importing_run, import_reports):
        monkeypatch.setattr(module, "CHUNK", 2)


@pytest.fixture
def write(tmp_path):
    def write(rows, name="people.csv"):
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        return path

    return write


@pytest.fixture
def fails_at_the_third(monkeypatch):
    """The power goes at the third chunk; called, it comes back."""
    whole, calls = Roster.bring_in, []

    def bring_in(roster, lines):
        calls.append(len(lines))
        if len(calls) == 3:
            raise RuntimeError("the power went")
        return whole(roster, lines)

    monkeypatch.setattr(Roster, "bring_in", bring_in)


def count(*tables):
    reading().rollback()
    return [reading().scalar(select(func.count()).select_from(table)) for table in tables]


def counted(list_id):
    line = afresh(target_list, list_id)
    return line.wanted_count, line.star_count


def test_cut_short_the_same_command_goes_on_where_it_stood(write, fails_at_the_third):
    wanted, path = make_list(), write(PEOPLE)
    with pytest.raises(RuntimeError):
        import_file(path, "people.csv", wanted.id, **BY)
    assert count(Stakeholder, Target, ImportChunk) == [4, 4, 2]
    assert counted(wanted.id) == (4, 0)
    report = import_file(path, "people.csv", wanted.id, **BY)
    assert count(Stakeholder, Target, ImportChunk) == [5, 5, 3]
    line = import_line(report.import_id)
    assert (line.state, line.read_count, line.created_count) == (ImportState.APPLIED, 5, 5)
    with pytest.raises(AlreadyImported):
        import_file(path, "people.csv", wanted.id, **BY)


def test_a_run_that_lives_keeps_others_out_and_one_that_died_does_not(write, monkeypatch):
    wanted, path = make_list(), write(PEOPLE)
    import_id = start_import(wanted.id, path, "people.csv", **BY)
    begin_import(import_id)
    assert take(import_id, now) is not None
    with pytest.raises(Busy):
        take(import_id, now)
    monkeypatch.setattr("outreach.importing.lease._lives", lambda key: False)
    assert take(import_id, now) is not None


def test_a_run_that_was_taken_over_writes_nothing_more(write):
    wanted, path = make_list(), write(PEOPLE)
    import_id = start_import(wanted.id, path, "people.csv", **BY)
    stored = path.with_name(import_line(import_id).stored_name)
    begin_import(import_id)

    def pauses_after_the_first_chunk():
        pause_import(import_id)
        return True

    assert run_import(import_id, stored, now=now, keeps_going=pauses_after_the_first_chunk) is None
    line = afresh(import_line, import_id)
    assert (line.state, line.position, line.created_count) == (ImportState.PAUSED, 2, 2)
    assert run_import(import_id, stored, now=now) is None  # paused: there is nothing to do
    resume_import(import_id)
    assert run_import(import_id, stored, now=now).read == 3
    assert afresh(import_line, import_id).created_count == 5
    with pytest.raises(NotNow):
        resume_import(import_id)


def test_told_to_stop_a_run_ends_after_its_chunk_and_another_goes_on(write):
    wanted, path = make_list(), write(PEOPLE)
    import_id = start_import(wanted.id, path, "people.csv", **BY)
    stored = path.with_name(import_line(import_id).stored_name)
    begin_import(import_id)
    run_import(import_id, stored, now=now, keeps_going=lambda: False)
    assert afresh(import_line, import_id).position == 2
    run_import(import_id, stored, now=now)
    assert count(Stakeholder) == [5]


def test_all_rows_or_none(write):
    wanted = make_list()
    rows = [*PEOPLE, ["Bad", "a@b@c", ""]]
    with pytest.raises(HasProblems, match="Nothing was imported: 1 row has problems"):
        import_file(write(rows), "people.csv", wanted.id, **BY, is_whole=True)
    assert count(Stakeholder, Target, Organisation, ImportChunk) == [0, 0, 0, 0]
    assert import_file(write(PEOPLE), "good.csv", wanted.id, **BY, is_whole=True).created == 5


# ---- the rules


COLUMNS = ["Name", "Email", "Office", "Organisation", "Why", "Star"]


@pytest.mark.parametrize(
    ("rule", "office", "empty"),
    [("keep", "Governor", ""), ("fill", "Governor", "fr"), ("overwrite", "Director", "fr")],
)
def test_a_rule_for_each_column_says_what_becomes_of_what_stands(write, rule, office, empty):
    known = make_stakeholder("Ana Paz", "ana@example.org", office="Governor")
    path = write([["Email", "Office", "Language"], ["ana@example.org", "Director", "fr"]])
    import_file(path, "x", make_list().id, **BY, rules={"office": rule, "language": rule})
    row = afresh(reading().get, Stakeholder, known.id)
    assert (row.office, row.language or "") == (office, empty)


def test_an_empty_cell_erases_nothing_and_what_the_list_says_changes_only_if_asked(write):
    known = make_stakeholder(
        "Ana Paz", "ana@example.org", make_organisation("Bank"), office="Chair"
    )
    wanted = make_list()
    make_target(wanted, known, tier=2, why="Chairs")
    rows = [COLUMNS, ["Ana María Paz", "ana@example.org", "", "Fund", "Knows everyone", "yes"]]
    assert import_file(write(rows), "x", wanted.id, **BY).on_list == 1
    rules = dict.fromkeys(["full_name", "office", "organisation", "why", "star"], "overwrite")
    rows.append(["Eva", "eva@example.org", "", "", "", ""])
    assert import_file(write(rows), "x", wanted.id, **BY, rules=rules).updated == 1
    row = afresh(reading().get, Stakeholder, known.id)
    assert (row.full_name, row.name_key, row.office) == ("Ana María Paz", "ana maria paz", "Chair")
    assert row.organisation.name == "Fund"
    target = reading().scalars(select(Target).where(Target.stakeholder_id == known.id)).one()
    star = reading().scalars(select(Star)).one()
    assert (target.why, target.is_star) == ("Knows everyone", False)
    assert (star.target_id, star.stage.value, star.reason) == (
        target.id,
        "nominated",
        "Knows everyone",
    )
    assert import_file(write([*rows, rows[2]]), "x", wanted.id, **BY, rules=rules).updated == 0
    assert counted(wanted.id) == (2, 0)


# ---- who is who


def test_a_number_of_another_system_counts_before_the_address(write):
    known = make_stakeholder("Ana Paz", "old@example.org", external_id="7")
    make_stakeholder("Eva Mar", "eva@example.org")
    rows = [["Name", "Email", "External ID"], ["Ana Paz", "new@example.org", "7"],
            ["Eva Mar", "eva@example.org", "8"], ["Juan", "juan@example.org", "7"]]  # fmt: skip
    report = import_file(write(rows), "x", make_list().id, **BY, rules={"email": "overwrite"})
    assert (report.created, report.updated) == (0, 2)
    assert [problem.reason for problem in report.problems] == ["7: same number as row 2"]
    assert afresh(reading().get, Stakeholder, known.id).email == "new@example.org"
    numbers = reading().scalars(select(Stakeholder.external_id).order_by(Stakeholder.id)).all()
    assert numbers == ["7", "8"]


def test_the_same_name_elsewhere_is_a_pair_to_look_at_and_never_merged(write):
    bank = make_organisation("Bank of the Lakes")
    make_stakeholder("Wanjiru Kamau", "w@example.org", bank)
    rows = [["Name", "Email", "Organisation"], ["Kamau, Wanjiru", "k@example.com", bank.name]]
    later = NOON.replace(hour=13)
    report = import_file(write(rows), "x", make_list().id, by=CONSOLE, at=later)
    assert (report.created, report.suggested) == (1, 1)
    assert count(Stakeholder) == [2]


def test_an_address_that_passes_for_another_is_a_pair_to_look_at_at_once(write):
    """A09: whatever the name; "а" is Cyrillic. Once, where the name is the same too."""
    known = [make_stakeholder(name, f"{name}@example.org") for name in ("paola", "Kamau")]
    rows = [["Name", "Email"], ["Somebody", "pаolа@example.org"], ["Kamau", "kаmau@example.org"]]
    later = NOON.replace(hour=13)
    report = import_file(write(rows), "x", make_list().id, by=CONSOLE, at=later)
    assert (report.created, report.suggested) == (2, 2)
    pairs = reading().execute(select(Duplicate.first_id, Duplicate.is_lookalike)).all()
    assert sorted(pairs) == [(one.id, True) for one in known]


def test_rows_without_an_address_are_taken_where_that_was_asked_for(write):
    rows = [["Name", "Organisation"], ["Ana Paz", "Bank"], ["Ł", ""], ["李", "银行"], ["", "Bank"]]
    report = import_file(write(rows), "x", make_list().id, **BY, takes_addressless=True)
    assert (report.created, len(report.warnings)) == (3, 3)
    assert [row.email for row in reading().scalars(select(Stakeholder))] == [None] * 3


# ---- the way back


def take_back(import_id):
    take_back_import(import_id, by=CONSOLE)
    run_import(import_id, None, now=now)
    return afresh(import_line, import_id)


def everything():
    reading().rollback()
    tables = (Stakeholder, Target, Organisation, Standing)
    return [
        sorted(
            tuple(v for name, v in row._mapping.items() if name not in ("changed_at", "version"))
            for row in reading().execute(select(table.__table__))
        )
        for table in tables
    ]


def test_an_import_is_taken_back_changed_people_included_and_comes_again(write):
    wanted = make_list()
    bank = make_organisation("Bank 0")
    one = make_stakeholder("P 1", "p1@example.org", office="Governor")
    make_target(wanted, one, why="Old")
    make_stakeholder("Other", "p2@example.org", bank)
    before = everything()
    header, *people = [[*row, "Director", "New", "3"] for row in PEOPLE]
    header[-3:] = ["Office", "Why", "Wave"]
    path = write([header, *people])
    rules = dict.fromkeys(["full_name", "office", "organisation", "why", "wave"], "overwrite")
    first = import_file(path, "x", wanted.id, **BY, rules=rules)
    after = everything()
    assert before != after
    assert (first.created, first.updated) == (3, 2)
    line = take_back(first.import_id)
    assert (line.state, line.kept_count) == (ImportState.UNDONE, 0)
    assert everything() == before
    assert counted(wanted.id) == (1, 0)
    assert count(ImportChunk) == [0]
    again = import_file(path, "x", wanted.id, **BY, rules=rules)
    assert (again.created, again.updated) == (3, 2)
    assert counted(wanted.id) == (5, 0)
    with pytest.raises(AlreadyImported):
        import_file(path, "x", wanted.id, **BY)


def test_who_was_invited_edited_or_wanted_elsewhere_since_stays_and_is_named(write):
    wanted, other = make_list(), make_list()
    path = write(PEOPLE)
    report = import_file(path, "x", wanted.id, **BY)
    zero, one, two, _, _ = reading().scalars(select(Stakeholder).order_by(Stakeholder.id)).all()
    make_invitation(zero)
    person = PersonRow(1, address=read_address("p1@example.org"), full_name="P One")
    later = NOON.replace(hour=13)
    edit_stakeholder(one.id, person, version=one.version, by=CONSOLE, at=later)
    make_target(other, two)
    line = take_back(report.import_id)
    assert line.kept_count == 3
    assert line.kept == {str(zero.id): "invited", str(one.id): "edited",
                         str(two.id): "on another list"}  # fmt: skip
    assert count(Stakeholder, Target) == [3, 4]
    assert counted(wanted.id)[0] == 3
    assert import_file(path, "x", wanted.id, **BY).created == 2


def test_two_files_are_taken_back_in_any_order(write):
    """What the first brought, and the second let go of, is there no more once the first is gone."""
    head, wanted, other = ["Name", "Email", "Organisation"], make_list(), make_list()
    one = import_file(write([head, ["Ana", "ana@example.org", "Bank"]]), "1", wanted.id, **BY)
    path = write([head, ["Ana", "ana@example.org", "Fund"]], "other.csv")
    two = import_file(path, "2", other.id, **BY, rules={"organisation": "overwrite"})
    for report in (one, two):
        take_back_import(report.import_id, by=CONSOLE)
        run_import(report.import_id, path, now=now)
        assert afresh(import_line, report.import_id).state is ImportState.UNDONE
    assert count(Stakeholder) == [1]


def test_a_value_that_someone_changed_since_stays(write):
    known = make_stakeholder("Ana Paz", "ana@example.org", office="Governor")
    path = write([["Email", "Office", "Title"], ["ana@example.org", "Director", "Dr"]])
    rules = {"office": "overwrite"}
    report = import_file(path, "x", make_list().id, **BY, rules=rules)
    row = afresh(reading().get, Stakeholder, known.id)
    person = PersonRow(1, address=read_address("ana@example.org"), full_name="Ana Paz",
                       office="President", title="Dr")  # fmt: skip
    edit_stakeholder(known.id, person, version=row.version, by=CONSOLE, at=NOON)
    line = take_back(report.import_id)
    row = afresh(reading().get, Stakeholder, known.id)
    assert (row.office, row.title) == ("President", "")
    assert line.kept == {str(known.id): "changed"}


def test_an_import_is_stopped_in_the_middle_and_what_came_in_goes_again(write, fails_at_the_third):
    wanted = make_list()
    with pytest.raises(RuntimeError):
        import_file(write(PEOPLE), "x", wanted.id, **BY)
    import_id = reading().scalar(select(ImportChunk.import_id).limit(1))
    line = take_back(import_id)
    assert (line.state, line.applied_at) == (ImportState.UNDONE, None)
    assert count(Stakeholder, Target, Organisation, ImportChunk) == [0, 0, 0, 0]
    verbs = reading().scalars(select(Activity.verb).where(Activity.stakeholder_id.is_not(None)))
    assert verbs.all() == []


def test_a_file_with_the_same_columns_is_taken_as_the_last_one_was(write):
    rows = [["Who", "Where to", "Post"], ["Ana", "ana@example.org", "Chair"]]
    wishes = ["Who=full_name", "Where to=email", "Post=office"]
    import_file(write(rows), "x", make_list().id, wishes, **BY, rules={"office": "overwrite"})
    rows[1][0] = "Eva"
    line = import_line(start_import(make_list().id, write(rows), "y", **BY))
    assert line.columns == {0: "full_name", 1: "email", 2: "office"}
    assert line.rules == {"office": "overwrite"}
