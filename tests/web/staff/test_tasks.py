"""Tasks: given, taken, done, opened again; what is due stands on Today."""

from datetime import timedelta
from io import BytesIO

from openpyxl import load_workbook

from outreach.actions.tasks import add_task
from outreach.clock import now
from outreach.models.account import Role
from outreach.models.activity import CONSOLE
from tests.factories import make_account, make_stakeholder, make_target, sign_in


def test_work_is_given_to_those_who_can_do_it(client):
    make_account(Role.ORGANISER, name="Kwesi Reads")
    make_account(Role.PROMOTER, name="Ana Left", is_disabled=True)
    make_account(Role.PROMOTER, name="Tomasz Works")
    target = make_target(is_star=True)
    sign_in(client, Role.APPROVER)
    person, list_ = f"/staff/stakeholders/{target.stakeholder_id}/edit", target.list_id
    for place in (
        "/staff/tasks", f"/staff/stars/{target.id}", person, f"/staff/lists/{list_}",
        f"/staff/lists/{list_}/targets/{target.id}",
    ):  # fmt: skip
        page = client.get(place).text
        assert "Tomasz Works" in page, place
        assert "Kwesi Reads" not in page, place
        assert "Ana Left" not in page, place


def test_a_task_about_someone_is_given_done_and_opened_again(client):
    person = make_stakeholder("Amina Diallo")
    account = sign_in(client)
    url = f"/staff/tasks?stakeholder_id={person.id}"
    assert "about <bdi>Amina Diallo</bdi>" in client.get(url).text
    form = {"what": "Call the office", "due_on": f"{now().date()}", "owner_id": account.id,
            "stakeholder_id": person.id}  # fmt: skip
    assert client.post("/staff/tasks", data=form).status_code == 303
    page = client.get("/staff/tasks").text
    assert "1 thing is to be done by you" in page
    assert f"/staff/stakeholders/{person.id}" in page
    today = client.get("/staff/today").text
    assert "Call the office" in today
    assert "1 thing is due." in today
    assert "(today)" in client.get(f"/staff/stakeholders/{person.id}").text
    number = page.split("/staff/tasks/")[1].split("/")[0]
    for _ in range(2):
        assert client.post(f"/staff/tasks/{number}/done").status_code == 303
    assert "Nothing is to be done by you" in client.get("/staff/tasks").text
    client.post(f"/staff/tasks/{number}/open")
    assert "1 thing is to be done by you" in client.get("/staff/tasks").text


def test_what_nobody_has_taken_is_shown_to_everyone_until_one_takes_it(client):
    task_id = add_task("Find an address", now().date(), by=CONSOLE, at=now())
    sign_in(client)
    assert "Take" in client.get("/staff/tasks").text
    client.post(f"/staff/tasks/{task_id}/take")
    sign_in(client, account=make_account())
    assert "Find an address" not in client.get("/staff/tasks").text
    assert "Find an address" in client.get("/staff/tasks?whose=all").text


def test_what_is_overdue_says_so_and_a_task_without_words_is_refused(client):
    late = (now() - timedelta(days=3)).date()
    add_task("Call", late, by=CONSOLE, at=now())
    sign_in(client)
    assert "Overdue since" in client.get("/staff/tasks").text
    wrong = client.post("/staff/tasks", data={"what": "", "due_on": f"{late}", "owner_id": 0})
    assert wrong.status_code == 422
    assert client.post("/staff/tasks/99999/done").status_code == 404


def test_tasks_are_taken_along_as_a_file_that_runs_nothing(client):
    me, other = sign_in(client), make_account()
    person = make_stakeholder("أمل O'Neil")
    for what, owner in (("=call(); @home", me), ("Not mine", other)):
        add_task(
            what, now().date(), owner_id=owner.id, stakeholder_id=person.id, by=CONSOLE, at=now()
        )
    with client.get("/staff/tasks.csv") as file:
        head, mine = file.data.decode("utf-8-sig").split("\r\n")[:2]
    assert head.startswith('"What is to be done","By"')
    assert mine.startswith(f'"\'=call(); @home","{now().date()}","{me.name}","أمل O\'Neil",')
    with client.get("/staff/tasks.xlsx?whose=all") as file:
        book = load_workbook(BytesIO(file.data)).active
    cells = [(row[0].value, row[0].data_type) for row in book.iter_rows(min_row=2)]
    assert cells == [("=call(); @home", "s"), ("Not mine", "s")]
    assert client.get("/staff/tasks.exe").status_code == 404
