"""People and organisations as a file; many people by a worker, for the one who asked."""

from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

from flask import abort, g, redirect, request, send_file, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach import exporting, sheets
from outreach.actions.errands import ask_errand
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.web.staff.door import blueprint
from outreach.web.staff.filtering import rule_of_form
from outreach.web.staff.lists import list_or_404


@blueprint.get("/staff/lists/<int:list_id>/export.<form>")
def export_list(list_id: int, form: str) -> Response:
    """A short list as a file; a long one is asked for by a button."""
    list_or_404(list_id)
    wishes = {"list_id": list_id, "form": _form(form)}
    if exporting.count_of(wishes, at=g.at) > exporting.FEW:
        raise Refusal("This list is long. Ask for its file on the list’s own page.")
    return _at_once(wishes)


@blueprint.post("/staff/lists/<int:list_id>/export")
def ask_list_export(list_id: int) -> Response:
    """A list as a file, whatever its length."""
    list_or_404(list_id)
    return _at_once_or_later({"list_id": list_id, "form": _form(request.form.get("form", ""))})


@blueprint.post("/staff/stakeholders/export")
def export_stakeholders() -> Response:
    """Those who fit a sentence as a file."""
    rule = rule_of_form()
    return _at_once_or_later({"rule": rule.to_json(), "form": _form(request.form.get("form", ""))})


@blueprint.post("/staff/organisations/export")
def export_organisations() -> Response:
    """The organisations that the page shows, with their standing at this conference."""
    form, rule = _form(request.form.get("form", "")), rule_of_form()
    file = _written(lambda file: exporting.write_organisations(form, file, rule, at=g.at))
    return send_file(
        file, mimetype=exporting.TYPES[form], as_attachment=True,
        download_name=f"organisations.{form}",
    )  # fmt: skip


def table_as(
    form: str, rows: Iterable[Sequence[sheets.Cell]], headers: Sequence[str], name: str
) -> Response:
    """A table as `csv` or `xlsx`, which no spreadsheet turns into formulas; 404 for another form.

    name  without its ending
    """
    write = sheets.xlsx_file if _form(form) == "xlsx" else sheets.csv_file
    return send_file(
        write(rows, headers), mimetype=exporting.TYPES[form], as_attachment=True,
        download_name=f"{name}.{form}",
    )  # fmt: skip


def _at_once_or_later(wishes: dict[str, Any]) -> Response:
    if exporting.count_of(wishes, at=g.at) <= exporting.FEW:
        return _at_once(wishes)
    by = Actor.account(current_user.id)
    errand_id = ask_errand("export-people", by, at=g.at, **wishes)
    return redirect(url_for("staff.errand", errand_id=errand_id), 303)


def _at_once(wishes: dict[str, Any]) -> Response:
    file = _written(lambda file: exporting.write_file(wishes, file, at=g.at))
    return send_file(
        file, mimetype=exporting.TYPES[wishes["form"]], as_attachment=True,
        download_name=exporting.name_of(wishes),
    )  # fmt: skip


def _written(write: Callable[[IO[bytes]], object]) -> IO[bytes]:
    """A whole file, from its start; none is left open where that is refused."""
    file = sheets.nameless_file()
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _form(form: str) -> str:
    if form not in exporting.TYPES:
        abort(404)
    return form
