"""Target lists: all of them, a new one, one with its people."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from outreach.actions import lists
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.queries.conferences import current_conference, groups
from outreach.queries.imports import imports_of
from outreach.queries.lists import ListLine, event_choices, free_code, target_list, target_lists
from outreach.queries.targets import SORTS, Selection, targets
from outreach.web.staff.door import blueprint
from outreach.web.staff.undo import offered_undo


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
    return render_template("staff/lists/lists.html", lists=target_lists())


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
def list_(list_id: int) -> str:
    """A list with its people."""
    line = list_or_404(list_id)
    selection = _selection()
    return render_template(
        "staff/lists/list.html",
        list=line,
        selection=selection,
        undo=offered_undo(),
        page=targets(list_id, selection, after=request.args.get("after")),
        imports=imports_of(list_id, limit=5),
        here=request.full_path.rstrip("?"),
    )


@blueprint.post("/staff/lists/<int:list_id>/name")
def rename_list(list_id: int) -> Response:
    """Give a list another name."""
    lists.rename_list(
        list_id, request.form.get("name", "")[:200], by=Actor.account(current_user.id), at=g.at
    )
    flash("The list has its new name.", "done")
    return redirect(url_for("staff.list_", list_id=list_id), 303)


def _selection() -> Selection:
    """What the address asks for; anything else is the whole list by rank."""
    sort, tier = request.args.get("sort", ""), request.args.get("tier", "")
    return Selection(
        sort=sort if sort.removeprefix("-") in SORTS else "rank",
        words=request.args.get("q", ""),
        stars_only=request.args.get("star") == "yes",
        tier=int(tier) if tier in ("1", "2", "3") else None,
    )


def list_or_404(list_id: int) -> ListLine:
    """The list of an address, or the page that says that there is none."""
    line = target_list(list_id)
    if line is None:
        abort(404)
    return line
