"""Offices and the protocol category that each carries, for administrators."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.validators import Optional as MayBeEmpty

from outreach.actions import offices as actions
from outreach.advice.protocol import UNRANKED
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.models.office import CATEGORIES, ProtocolCategory
from outreach.queries.conferences import current_conference
from outreach.queries.offices import OfficeSaid, consequences, office, office_lines
from outreach.queries.saved_segments import bulk_changes
from outreach.web.staff.door import blueprint
from outreach.web.staff.settings import administrators_only
from outreach.web.staff.undo import offer_undo, offered_undo

SHOWN = 50
"""Offices as people hold them, of which the consequence is told one by one."""


class OfficeForm(FlaskForm):
    """Words with which an office begins, and what follows from it."""

    class Meta:
        """Looking changes nothing, and its answer stands in the address."""

        csrf = False

    name = StringField(
        "The office begins with", [InputRequired("Give its first words."), Length(max=120)],
        description="Whole words, accents and capitals do not matter; the longest known beginning "
        "counts: “Minister”, and “Minister Counsellor” for none.",
    )  # fmt: skip
    category = SelectField(
        "Protocol category",
        choices=[
            SelectChoice("", "None: it only sounds like another"),
            *(SelectChoice(code.value, word) for code, word in CATEGORIES.items()),
        ],
        default="",
    )
    precedence = IntegerField(
        "Place in precedence", [MayBeEmpty()],
        description=f"1 to {UNRANKED - 1}, the lower number first; empty for that of the category.",
    )  # fmt: skip

    def said(self) -> OfficeSaid:
        """What it says."""
        category = ProtocolCategory(self.category.data) if self.category.data else None
        place = self.precedence.data
        if place is None or category is None:
            place = actions.proposed_precedence(category)
        return OfficeSaid(" ".join((self.name.data or "").split()), category, place)


@blueprint.get("/staff/settings/offices", endpoint="offices")
@administrators_only
def all_offices() -> str:
    """Every office that carries a category or only sounds like one, and who holds it."""
    return _page(OfficeForm(formdata=None))


@blueprint.get("/staff/settings/offices/look")
@administrators_only
def look_at_office() -> str | tuple[str, int]:
    """What a change would do to how many people; nothing is written."""
    office_id = _number(request.args.get("office", ""))
    before = office(office_id) if office_id else None
    if office_id and before is None:
        abort(404)
    is_retired = "retire" in request.args
    form = OfficeForm(request.args)
    said = None
    if not is_retired:
        if not form.validate():
            return _page(form), 422
        said = form.said()
        try:
            known = [(line.id, OfficeSaid(line.name, None, 0).key) for line in office_lines()]
            actions.check_office(said, office_id, known)
        except Refusal as refusal:
            form.name.errors = [str(refusal)]
            return _page(form), refusal.status
    elif before is None:
        abort(404)
    found = consequences(office_id, said)
    return render_template(
        "staff/offices/look.html", office_id=office_id, before=before, said=said,
        count=sum(one.count for one in found), found=found[:SHOWN], more=len(found) - SHOWN,
        categories=CATEGORIES,
    )  # fmt: skip


@blueprint.post("/staff/settings/offices")
@administrators_only
def change_office() -> Response:
    """Add, change or retire an office as it was looked at."""
    office_id, said = _number(request.form.get("office", "")), None
    if "retire" not in request.form:
        form = OfficeForm(request.form)
        if not form.validate():
            raise Refusal("Give the office's first words and a category that there is.")
        said = form.said()
    count = _number(request.form.get("count", "")) or 0
    done = actions.change_office(office_id, said, count, by=_me(), at=g.at)
    what = "Saved" if said else "Retired"
    people = "1 person is" if done.count == 1 else f"{done.count:,} people are"
    offer_undo(
        f"{what}: {people} received otherwise.",
        url_for("staff.take_back_office", change_id=done.change_id),
    )
    return redirect(url_for("staff.offices"), 303)


@blueprint.post("/staff/settings/offices/changes/<int:change_id>/undo")
@administrators_only
def take_back_office(change_id: int) -> Response:
    """Let follow from an office what did before."""
    count = actions.take_back_office(change_id, by=_me(), at=g.at)
    people = "1 person" if count == 1 else f"{count:,} people"
    flash(f"Taken back for {people}.", "done")
    return redirect(url_for("staff.offices"), 303)


def _page(form: OfficeForm) -> str:
    conference = current_conference()
    return render_template(
        "staff/offices/offices.html", lines=office_lines(), form=form, categories=CATEGORIES,
        changes=bulk_changes(of_offices=True, limit=10), undo=offered_undo(), at=g.at,
        zone=conference.time_zone if conference else "UTC",
    )  # fmt: skip


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _me() -> Actor:
    return Actor.account(current_user.id)
