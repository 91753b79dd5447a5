"""Target lists: all of them, a new one, one with its people."""

import json
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from outreach.actions import lists
from outreach.advice.segments import Rule
from outreach.errors import Refusal
from outreach.models.account import Permission
from outreach.models.activity import Actor
from outreach.queries.allotments import allotment_of_list
from outreach.queries.choices import choices
from outreach.queries.conferences import current_conference, groups
from outreach.queries.counting import targets_counted
from outreach.queries.events import events
from outreach.queries.imports import imports_of
from outreach.queries.keyset import PAGE as LINES
from outreach.queries.list_pages import list_page
from outreach.queries.lists import ListLine, event_choices, free_code, target_list, target_lists
from outreach.queries.organisation_orders import is_of_people
from outreach.queries.people import own_fields
from outreach.queries.shapes import Ground
from outreach.queries.targets import (
    COLUMNS,
    SHOWN_AT_FIRST,
    target_count,
)
from outreach.web.frame import is_part
from outreach.web.staff.door import blueprint
from outreach.web.staff.filtering import (
    address_of,
    chosen_columns,
    filter_of_page,
    is_typed,
    typed_part,
)
from outreach.web.staff.in_mind import in_mind
from outreach.web.staff.looking import looking_on, place_before, shown_before
from outreach.web.staff.undo import offered_undo

PAGE = "staff.list_"


class ListForm(FlaskForm):
    """A target list: whom of, for what, and its two names."""

    group = SelectField("Constituent group", [InputRequired()])
    event = SelectField("Wanted at", [InputRequired()])
    name = StringField(
        "Name",
        [Length(max=200)],
        description="What the team calls it. Left empty, the group’s name.",
    )
    code = StringField(
        "Code",
        [Length(max=60)],
        description="For commands and links; it stays. Left empty, one is made for you.",
    )

    def fill_in(self) -> None:
        """Offer the groups, the events of the conference, and a name and a code to begin with."""
        conference = current_conference()
        self.group.choices = [SelectChoice(group.code, group.name) for group in groups()]
        events = event_choices(conference.id) if conference else []
        self.event.choices = [SelectChoice(code, name) for code, name in events]
        for field, name in ((self.group, "group"), (self.event, "event")):
            first = field.choices[0].value if field.choices else ""
            field.data = field.data or request.args.get(name) or first

    def suggested(self) -> tuple[str, str]:
        """The name and the code that the list gets where none is typed."""
        names = {choice.value: choice.label for choice in self.group.choices}
        name = names.get(self.group.data, "")
        return name, free_code(self.group.data or "", self.event.data or "")


@blueprint.get("/staff/lists", endpoint="lists")
def all_lists() -> str:
    """Every target list with its numbers."""
    lines = target_lists()
    event_id = in_mind(events()) if lines else None
    return render_template("staff/lists/lists.html", lists=lines, event_id=event_id)


@blueprint.route("/staff/lists/new", methods=["GET", "POST"])
def new_list() -> str | tuple[str, int] | Response:
    """Make a target list."""
    form = ListForm()
    form.fill_in()
    if request.method == "GET":
        form.name.data, form.code.data = request.args.get("name"), request.args.get("code")
        return render_template("staff/lists/new.html", form=form)
    if not form.validate():
        return render_template("staff/lists/new.html", form=form), 422
    name, code = form.suggested()
    try:
        list_id = lists.create_list(
            form.code.data or code,
            form.name.data or name,
            form.group.data,
            form.event.data,
            by=Actor.account(current_user.id),
            at=g.at,
        )
    except Refusal as refusal:
        form.code.errors = [str(refusal)]
        return render_template("staff/lists/new.html", form=form), refusal.status
    return redirect(url_for("staff.list_", list_id=list_id), 303)


@blueprint.get("/staff/lists/<int:list_id>")
def list_(list_id: int) -> str | Response:
    """A list with its people: those who fit the sentence that the address says."""
    line = list_or_404(list_id)
    chosen = filter_of_page(PAGE, ground_of(line), list_id=list_id)
    own = own_fields()
    columns, sort = shown_columns([code for code, _ in own]), request.args.get("sort", "rank")
    shown = shown_before()
    page = list_page(
        list_id, chosen.rule, chosen.ground, has_organisations=bool(line.organisation_count),
        sort=sort, columns=columns, after=request.args.get("after"),
        before=request.args.get("before"), limit=LINES - shown,
    )  # fmt: skip

    def address(rule: Rule = chosen.rule, **more: Any) -> str:
        return address_of(PAGE, rule, list_id=list_id, **more)

    is_all = request.args.get("all") == "yes" and bool(page.lines)
    values: dict[str, Any] = {
        "list": line,
        "page": page,
        "looking": looking_on(page, address),
        "previous": place_before(page),
        "hides_organisations": is_of_people(chosen.rule, chosen.ground),
        "filter": chosen,
        "sort": sort,
        "columns": columns,
        "heads": COLUMNS | dict(own),
        "here": request.full_path.rstrip("?"),
        "address": address,
        "rule_text": json.dumps(chosen.rule.to_json()),
        "count": target_count(list_id, chosen.rule, chosen.ground) if is_all else None,
        "count_url": address_of("staff.list_count", chosen.rule, list_id=list_id),
        "owners": choices("owner", line.conference_id),
        "may_approve": current_user.may(Permission.APPROVE),
    }
    if shown:
        return render_template("staff/lists/_more.html", **values)
    if is_part() and is_typed():
        return typed_part("staff/lists/_typed.html", **values)
    if is_part():
        return render_template("staff/lists/_table.html", **values)
    return render_template(
        "staff/lists/list.html",
        undo=offered_undo(),
        allotment=allotment_of_list(list_id),
        imports=imports_of(list_id, limit=5),
        **values,
    )


@blueprint.get("/staff/lists/<int:list_id>/count")
def list_count(list_id: int) -> str:
    """How many fit, and how many of them are women, as far as that is soon counted: a part that
    the page asks for."""
    line = list_or_404(list_id)
    chosen = filter_of_page(PAGE, ground_of(line), list_id=list_id)
    return render_template(
        "staff/people/_count.html",
        counted=targets_counted(list_id, chosen.rule, chosen.ground),
        all_url=address_of(PAGE, chosen.rule, list_id=list_id, all="yes"),
    )


@blueprint.post("/staff/lists/<int:list_id>/name")
def rename_list(list_id: int) -> Response:
    """Give a list another name."""
    lists.rename_list(
        list_id, request.form.get("name", "")[:200], by=Actor.account(current_user.id), at=g.at
    )
    flash("The list has its new name.", "done")
    return redirect(url_for("staff.list_", list_id=list_id), 303)


def ground_of(line: ListLine) -> Ground:
    """What a rule's words refer to on the page of a list."""
    return Ground(line.conference_id, g.at, line.code, line.event_code)


def shown_columns(own: Sequence[str]) -> list[str]:
    """The columns of a list that the address asks for, or that this person chose last."""
    return chosen_columns("list_columns", [*COLUMNS, *own], SHOWN_AT_FIRST)


def list_or_404(list_id: int) -> ListLine:
    """The list of an address, or the page that says that there is none."""
    line = target_list(list_id)
    if line is None:
        abort(404)
    return line
