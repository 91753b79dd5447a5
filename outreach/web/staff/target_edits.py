"""How one person is wanted on a list, corrected; two who do so at once are told."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from outreach.actions.target_edits import edit_target
from outreach.errors import ChangedMeanwhile
from outreach.intake.lines import Unread, many_lines
from outreach.models.activity import Actor
from outreach.models.wish import MOST_RANK, Wish
from outreach.queries.accounts import workers
from outreach.queries.targets import Wanted, wanted
from outreach.starring import OwnerOfStar
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.lists import list_or_404
from outreach.web.staff.meanwhile import Difference, SeenForm, settle, told

TIERS = [SelectChoice(number, f"Tier {number}") for number in (1, 2, 3)]
WAVES = [SelectChoice(number, f"Wave {number}") for number in range(1, 10)]


class WishForm(SeenForm):
    """How much someone is wanted, where in line, why, who follows them up, by when."""

    tier = SelectField("Tier", coerce=whole, choices=TIERS)
    rank = IntegerField(
        "Rank",
        [InputRequired("Give a number; the lowest comes first."), NumberRange(0, MOST_RANK)],
        description="The lowest comes first, alternates among themselves too. No invitee sees it.",
    )
    wave = SelectField("Wave", coerce=whole, choices=WAVES)
    why = TextAreaField("Why wanted", [Length(max=2_000)])
    owner = SelectField("Followed up by")
    decide_on = DateField("Decide by", [MayBeEmpty()])

    def validate_why(self, field: TextAreaField) -> None:
        """As an import reads it."""
        try:
            field.data, _ = many_lines(field.data or "")
        except Unread as refusal:
            raise ValidationError(f"This {refusal}.") from None

    def fill(self, line: Any) -> None:
        """Show what stands there."""
        self.offer(line.owner_id)
        self.tier.data, self.rank.data, self.wave.data = line.tier, line.rank, line.wave
        self.why.data, self.decide_on.data = line.why, line.decide_on
        self.owner.data = str(line.owner_id or "")
        self.remember(line.mark)

    def offer(self, owner_id: int | None) -> None:
        """The colleagues to choose from, and whoever it is now, who may have left the team."""
        people = [SelectChoice(str(one.id), one.name) for one in workers(owner_id)]
        self.owner.choices = [SelectChoice("", "Nobody"), *people]

    def wish(self) -> Wish:
        """As the action takes it."""
        owner = int(self.owner.data) if self.owner.data else None
        return Wish(
            self.tier.data, self.rank.data, self.wave.data, (self.why.data or "").strip(), owner,
            self.decide_on.data,
        )  # fmt: skip


@blueprint.route("/staff/lists/<int:list_id>/targets/<int:target_id>", methods=["GET", "POST"])
def edit_wish(list_id: int, target_id: int) -> str | tuple[str, int] | Response:
    """Correct how someone is wanted; someone else's change in between is not overwritten."""
    line, form = _line(list_id, target_id), WishForm()
    if not form.is_submitted():
        form.fill(line)
        return _page(list_id, line, form)
    form.offer(line.owner_id)
    now = WishForm(formdata=None)
    now.fill(line)
    settle(form, now)
    if not form.validate():
        return _page(list_id, line, form), 422
    try:
        by = Actor.account(current_user.id)
        edit_target(list_id, target_id, form.wish(), seen=form.seen_version(), by=by, at=g.at)
    except ChangedMeanwhile as refusal:
        flash(str(refusal), "problem")
        return _page(list_id, line, form, told(form, now)), refusal.status
    except OwnerOfStar as refusal:
        form.owner.errors = [str(refusal)]
        return _page(list_id, line, form), refusal.status
    flash(f"How {line.name} is wanted is saved.", "done")
    return redirect(url_for("staff.list_", list_id=list_id), 303)


def _line(list_id: int, target_id: int) -> Wanted:
    return wanted(list_id, target_id) or abort(404)


def _page(list_id: int, line: Wanted, form: WishForm, changed: Sequence[Difference] = ()) -> str:
    return render_template(
        "staff/targets/edit.html", list=list_or_404(list_id), line=line, form=form, changed=changed
    )
