"""The team's own fields of people and organisations, for administrators."""

from flask import flash, g, redirect, render_template, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from outreach.actions import custom_fields as fields
from outreach.errors import ChangedMeanwhile, NotFound, Refusal
from outreach.models.activity import Actor
from outreach.models.custom_field import CustomKind, CustomSubject
from outreach.queries.custom_fields import FieldLine, custom_fields, use_count
from outreach.web.staff.door import blueprint
from outreach.web.staff.meanwhile import SeenForm, changed_page, seen_of, settle
from outreach.web.staff.settings import administrators_only

KINDS = {
    CustomKind.TEXT: "Text",
    CustomKind.NUMBER: "Number",
    CustomKind.DATE: "Date",
    CustomKind.CHOICE: "Choice",
    CustomKind.YES_NO: "Yes or no",
}
SUBJECTS = {CustomSubject.PERSON: "people", CustomSubject.ORGANISATION: "organisations"}


class CustomFieldForm(FlaskForm):
    """A new field, or what can be changed of one."""

    subject = SelectField(
        "Of", choices=[SelectChoice(code.value, word) for code, word in SUBJECTS.items()],
        default=CustomSubject.PERSON.value,
    )  # fmt: skip
    label = StringField("Name", [InputRequired("Give the field a name."), Length(max=60)])
    kind = SelectField(
        "Holds", choices=[SelectChoice(code.value, word) for code, word in KINDS.items()],
        default=CustomKind.TEXT.value,
    )  # fmt: skip
    choices = TextAreaField(
        "Choices", [Length(max=10_000)], description="One a line; for a choice only."
    )
    hint = StringField("Hint", [Length(max=200)], description="Stands beneath the name, as here.")


class WordsForm(SeenForm):
    """What can be changed of a field that there is."""

    label = StringField("Name", [Length(max=60)])
    hint = StringField("Hint", [Length(max=200)])
    choices = TextAreaField("Choices, one a line", [Length(max=20_000)])


def _words(line: FieldLine) -> WordsForm:
    form = WordsForm(
        formdata=None, label=line.label, hint=line.hint, choices="\n".join(line.choices)
    )
    form.remember(line.mark)
    return form


@blueprint.get("/staff/settings/fields", endpoint="custom_fields")
@administrators_only
def all_custom_fields() -> str:
    """Every field, those in use in their order, and a form for another."""
    return _page(CustomFieldForm(formdata=None))


@blueprint.post("/staff/settings/fields")
@administrators_only
def add_custom_field() -> tuple[str, int] | Response:
    """Define a field."""
    form = CustomFieldForm()
    if not form.validate():
        return _page(form), 422
    try:
        fields.add_custom_field(
            CustomSubject(form.subject.data), CustomKind(form.kind.data), form.label.data,
            hint=form.hint.data or "", choices=(form.choices.data or "").splitlines(), by=_me(),
            at=g.at,
        )  # fmt: skip
    except Refusal as refusal:
        form.label.errors = [str(refusal)]
        return _page(form), refusal.status
    flash(f"The field “{form.label.data}” can be filled in from now on.", "done")
    return redirect(url_for("staff.custom_fields"), 303)


@blueprint.post("/staff/settings/fields/<int:field_id>")
@administrators_only
def edit_custom_field(field_id: int) -> tuple[str, int] | Response:
    """Another name, hint or choices."""
    line = next((one for one in custom_fields() if one.id == field_id), None)
    if line is None:
        raise NotFound("field")
    form, now = WordsForm(), _words(line)
    if not line.choices:
        del form.choices, now.choices
    settle(form, now)
    try:
        fields.edit_custom_field(
            field_id, form.label.data or "", (form.hint.data or "")[:200],
            (form.choices.data or "")[:20_000].splitlines() if line.choices else (),
            seen=seen_of(form, now), by=_me(), at=g.at,
        )  # fmt: skip
        flash("The field is saved.", "done")
    except ChangedMeanwhile as refusal:
        return changed_page(
            refusal, form, now, what="Save this field", back=url_for("staff.custom_fields")
        )
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.custom_fields"), 303)


@blueprint.post("/staff/settings/fields/<int:field_id>/up", defaults={"step": -1})
@blueprint.post("/staff/settings/fields/<int:field_id>/down", defaults={"step": 1})
@administrators_only
def move_custom_field(field_id: int, step: int) -> Response:
    """One place up or down in every form."""
    fields.move_custom_field(field_id, step, by=_me(), at=g.at)
    return redirect(url_for("staff.custom_fields"), 303)


@blueprint.post("/staff/settings/fields/<int:field_id>/retire", defaults={"is_retired": True})
@blueprint.post("/staff/settings/fields/<int:field_id>/revive", defaults={"is_retired": False})
@administrators_only
def retire_custom_field(field_id: int, is_retired: bool) -> Response:
    """Offer it no more, or again; what stands in it is kept."""
    fields.retire_custom_field(field_id, is_retired, by=_me(), at=g.at)
    flash("The field is offered no more; what stands in it is kept." if is_retired
          else "The field is offered again, with all that stood in it.", "done")  # fmt: skip
    return redirect(url_for("staff.custom_fields"), 303)


def _page(form: CustomFieldForm) -> str:
    lines = custom_fields(with_retired=True)
    return render_template(
        "staff/custom_fields/custom_fields.html", lines=lines, form=form, kinds=KINDS,
        subjects=SUBJECTS, words={line.id: _words(line) for line in lines},
        counts={line.id: use_count(line.id) for line in lines},
    )  # fmt: skip


def _me() -> Actor:
    return Actor.account(current_user.id)
