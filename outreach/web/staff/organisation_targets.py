"""Organisations on a list: put there, corrected, approved, taken off, put back; and as a file."""

from collections.abc import Sequence

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from outreach.actions import organisation_targets as wanting
from outreach.errors import ChangedMeanwhile, Refusal
from outreach.models.account import Permission
from outreach.models.activity import Actor
from outreach.models.delegation import MOST_MEMBERS
from outreach.models.wish import OrganisationWish
from outreach.queries.choices import choices
from outreach.queries.focal_points import name_of_organisation
from outreach.queries.organisation_choices import organisations_for, organisations_named
from outreach.queries.organisation_targets import (
    WantedOrganisation,
    organisation_line,
    organisation_lines,
)
from outreach.web.frame import is_part, whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.exports import table_as
from outreach.web.staff.lists import list_or_404
from outreach.web.staff.meanwhile import Difference, settle, told
from outreach.web.staff.target_edits import WishForm
from outreach.web.staff.undo import offer_undo, offered_undo

MOST_PASTED = 2_000
HEADS = (
    "Organisation", "Tier", "Why", "Rank", "Wave", "May send", "Followed up by", "Decide by",
    "Where it stands", "In detail",
)  # fmt: skip


_SET = {
    "tier": ("now in tier {}", ""),
    "wave": ("now in wave {}", ""),
    "owner": ("given to their new owner", "without an owner now"),
}
"""{what: in words; the same for nobody}"""


class OrganisationWishForm(WishForm):
    """How an organisation is wanted, and how many it may send."""

    most_members = IntegerField(
        "May send at the most",
        [InputRequired("Say how many."), NumberRange(1, MOST_MEMBERS)],
        default=6,
        description="People of its delegation, where its focal point is asked from this list or by "
        "a campaign. They take the places; the organisation itself takes none.",
    )

    def fill(self, line: WantedOrganisation) -> None:
        """Show what stands there."""
        self.most_members.data = line.most_members
        super().fill(line)

    def wish(self) -> OrganisationWish:
        """As the action takes it."""
        said = super().wish()
        return OrganisationWish(
            said.tier, said.rank, said.wave, said.why, said.owner_id, said.decide_on,
            self.most_members.data,
        )  # fmt: skip


@blueprint.get("/staff/lists/<int:list_id>/organisations")
def wanted_organisations(list_id: int) -> str:
    """The organisations of a list and where each stands; several approved or asked at once."""
    line = list_or_404(list_id)
    return render_template(
        "staff/organisation_targets/organisations.html", list=line,
        lines=organisation_lines(list_id, limit=MOST_PASTED),
        may_approve=current_user.may(Permission.APPROVE), undo=offered_undo(),
        owners=choices("owner", line.conference_id),
    )  # fmt: skip


@blueprint.get("/staff/lists/<int:list_id>/organisations.<form>")
def organisations_file(list_id: int, form: str) -> Response:
    """The organisations of a list as CSV or XLSX."""
    line = list_or_404(list_id)
    rows = [_cells(one) for one in organisation_lines(list_id)]
    return table_as(form, rows, HEADS, f"{line.code}-organisations")


def _cells(one: WantedOrganisation) -> tuple[str | int | None, ...]:
    return (
        one.name, one.tier, one.why, one.rank, one.wave, one.most_members, one.owner or "",
        one.decide_on.isoformat() if one.decide_on else "", one.state(g.at).replace("_", " "),
        one.words(g.at),
    )  # fmt: skip


@blueprint.route("/staff/lists/<int:list_id>/organisations/add", methods=["GET", "POST"])
def want_organisation(list_id: int) -> str | tuple[str, int] | Response:
    """First the organisation, found as one types; then how it is wanted."""
    line, words = list_or_404(list_id), request.args.get("q", "")[:100]
    organisation_id = request.args.get("organisation_id", type=whole)
    if organisation_id is None:
        found = organisations_for(list_id, words)
        name = "_found.html" if is_part() else "choose.html"
        return render_template(
            f"staff/organisation_targets/{name}", list=line, found=found, words=words
        )
    name = name_of_organisation(organisation_id) or abort(404)
    form = OrganisationWishForm()
    form.offer(None)
    form.rank.description = "0: at the end of the list. No invitee sees it."
    if not form.is_submitted():
        form.tier.data, form.rank.data = 2, 0
    elif form.validate():
        try:
            by = Actor.account(current_user.id)
            wanting.want_organisation(list_id, organisation_id, form.wish(), by=by, at=g.at)
            flash(f"{name} is on the list.", "done")
            return redirect(url_for("staff.wanted_organisations", list_id=list_id), 303)
        except Refusal as refusal:
            form.form_errors = [str(refusal)]
    page = render_template("staff/organisation_targets/add.html", list=line, name=name, form=form)
    return page, 422 if form.errors else 200


@blueprint.post("/staff/lists/<int:list_id>/organisations/paste")
def paste_organisations(list_id: int) -> str | Response:
    """Several at once: a column of names, as copied from a spreadsheet or our own file."""
    line = list_or_404(list_id)
    lines = request.form.get("names", "")[:400_000].splitlines()
    names = [" ".join(each.split("\t")[0].split()) for each in lines]
    names = [name for name in dict.fromkeys(names) if name and name != HEADS[0]][:MOST_PASTED]
    known = organisations_named(names)
    wish = OrganisationWish(2, 0, 1, "", None, None)
    by = Actor.account(current_user.id)
    ids = [known[name] for name in names if name in known]
    count = wanting.want_many(list_id, ids, wish, by=by, at=g.at)
    words = "1 organisation is" if count == 1 else f"{count:,} organisations are"
    there = len(dict.fromkeys(ids)) - count
    flash(f"{words} put on the list; {there:,} stood on it already.", "done")
    if unknown := [name for name in names if name not in known]:
        return render_template(
            "staff/organisation_targets/choose.html", list=line, found=None, words="",
            unknown=unknown,
        )  # fmt: skip
    return redirect(url_for("staff.wanted_organisations", list_id=list_id), 303)


@blueprint.route(
    "/staff/lists/<int:list_id>/organisations/<int:target_id>", methods=["GET", "POST"]
)
def wanted_organisation(list_id: int, target_id: int) -> str | tuple[str, int] | Response:
    """One of them: where it stands, and how it is wanted, corrected; someone else's change in
    between is not overwritten."""
    line, form = _line(list_id, target_id), OrganisationWishForm()
    if not form.is_submitted():
        form.fill(line)
        return _page(line, form)
    form.offer(line.owner_id)
    now = OrganisationWishForm(formdata=None)
    now.fill(line)
    settle(form, now)
    if not form.validate():
        return _page(line, form), 422
    try:
        wanting.edit_organisation_target(
            list_id, target_id, form.wish(), seen=form.seen_version(),
            by=Actor.account(current_user.id), at=g.at,
        )  # fmt: skip
    except ChangedMeanwhile as refusal:
        flash(str(refusal), "problem")
        return _page(line, form, told(form, now)), refusal.status
    flash(f"How {line.name} is wanted is saved.", "done")
    return redirect(url_for("staff.list_", list_id=list_id), 303)


@blueprint.post("/staff/lists/<int:list_id>/organisations/approve")
def approve_organisations(list_id: int) -> Response:
    """Note that those ticked are to be asked."""
    ids, who = _ticked(list_id)
    by = Actor.account(current_user.id)
    line = wanting.approve_organisations(list_id, ids, by=by, at=g.at)
    return _done(list_id, line, f"{who} approved.")


@blueprint.post("/staff/lists/<int:list_id>/organisations/set/<what>")
def set_organisations(list_id: int, what: str) -> Response:
    """Give those ticked one tier, wave or owner."""
    value = request.form.get(what, None, whole)
    words = _SET.get(what) or abort(404)
    ids, by = _ticked(list_id)[0], Actor.account(current_user.id)
    name = "owner_id" if what == "owner" else what
    line, count = wanting.set_organisations(list_id, ids, name, value, by=by, at=g.at)
    said = words[1] if value is None else words[0].format(value)
    return _done(list_id, line, f"{_organisations(count)} {said}.")


@blueprint.post("/staff/lists/<int:list_id>/organisations/remove")
def remove_organisations(list_id: int) -> Response:
    """Take those ticked off the list."""
    ids, who = _ticked(list_id)
    by = Actor.account(current_user.id)
    line = wanting.remove_organisations(list_id, ids, by=by, at=g.at)
    return _done(list_id, line, f"{who} taken off the list.")


@blueprint.post("/staff/lists/<int:list_id>/organisations/undo/<int:activity_id>")
def take_back_organisations(list_id: int, activity_id: int) -> Response:
    """Put back what a change did."""
    count = wanting.take_back(list_id, activity_id, by=Actor.account(current_user.id), at=g.at)
    flash(f"Taken back for {_organisations(count)}.", "done")
    return redirect(url_for("staff.wanted_organisations", list_id=list_id), 303)


def _done(list_id: int, activity_id: int | None, words: str) -> Response:
    if activity_id is None:
        flash("Nothing was to change: it is so for all of them already.", "done")
    else:
        undo = "staff.take_back_organisations"
        offer_undo(words, url_for(undo, list_id=list_id, activity_id=activity_id))
    return redirect(url_for("staff.wanted_organisations", list_id=list_id), 303)


def _ticked(list_id: int) -> tuple[list[int], str]:
    """The ids that came with the form and who they are, in words: a name, or a count."""
    texts = request.form.getlist("ids")
    ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16]
    lines = organisation_lines(list_id, ids[:MOST_PASTED])
    if not lines:
        raise Refusal("Tick at least one organisation first.")
    return [one.id for one in lines], lines[0].name if len(lines) == 1 else _organisations(
        len(lines)
    )


def _organisations(count: int) -> str:
    return "1 organisation" if count == 1 else f"{count:,} organisations"


def _line(list_id: int, target_id: int) -> WantedOrganisation:
    return organisation_line(list_id, target_id) or abort(404)


def _page(
    line: WantedOrganisation, form: OrganisationWishForm, changed: Sequence[Difference] = ()
) -> str:
    return render_template(
        "staff/organisation_targets/organisation.html", list=list_or_404(line.list_id), line=line,
        form=form, changed=changed, may_approve=current_user.may(Permission.APPROVE),
    )  # fmt: skip
