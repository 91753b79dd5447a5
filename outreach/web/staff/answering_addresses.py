"""Other addresses from which someone's answers may come: their own, and their assistants'."""

from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from outreach.actions.answering_addresses import add_answering_address, remove_answering_address
from outreach.errors import Refusal
from outreach.intake.lines import Unread, one_line
from outreach.models.activity import Actor
from outreach.queries.calendar_replies import answering_addresses
from outreach.queries.stakeholders import Person, person
from outreach.web.staff.door import blueprint

OWN, ASSISTANT = "own", "assistant"


class AddressForm(FlaskForm):
    """An address, and whose it is."""

    email = StringField("Address", [InputRequired("Type an address."), Length(max=254)])
    whose = RadioField(
        "It belongs to",
        choices=[
            SelectChoice(OWN, "the person"),
            SelectChoice(ASSISTANT, "an assistant, who may answer for them"),
        ],
        default=OWN,
    )
    name = StringField(
        "Name of the assistant", [Length(max=200)], description="It stands beside their answers."
    )
    gets_copies = BooleanField(
        "The assistant gets a copy of every mail", default=True,
        description="With a link of their own, by which they answer for the person.",
    )  # fmt: skip


@blueprint.get("/staff/stakeholders/<int:stakeholder_id>/addresses")
def addresses(stakeholder_id: int) -> str:
    """The addresses, and a form for another."""
    return _page(_person_or_404(stakeholder_id), AddressForm(formdata=None))


@blueprint.post("/staff/stakeholders/<int:stakeholder_id>/addresses")
def add_address(stakeholder_id: int) -> tuple[str, int] | Response:
    """Note another address."""
    known, form = _person_or_404(stakeholder_id), AddressForm()
    if not form.validate():
        return _page(known, form), 422
    try:
        add_answering_address(
            stakeholder_id, form.email.data, is_assistant=form.whose.data == ASSISTANT,
            name=" ".join(one_line(form.name.data or "")[0].split()),
            gets_copies=form.gets_copies.data,
            by=Actor.account(current_user.id), at=g.at,
        )  # fmt: skip
    except Unread as refusal:
        form.name.errors = [f"This {refusal}."]
        return _page(known, form), 422
    except Refusal as refusal:
        form.email.errors = [str(refusal)]
        return _page(known, form), refusal.status
    flash("Answers from this address count from now on.", "done")
    return redirect(url_for("staff.addresses", stakeholder_id=stakeholder_id), 303)


@blueprint.post("/staff/addresses/<int:address_id>/remove")
def remove_address(address_id: int) -> Response:
    """Answers from there count no more."""
    whose = remove_answering_address(address_id, by=Actor.account(current_user.id), at=g.at)
    flash("Answers from this address count no more.", "done")
    return redirect(url_for("staff.addresses", stakeholder_id=whose), 303)


def _page(known: Person, form: AddressForm) -> str:
    return render_template(
        "staff/answering_addresses/addresses.html", person=known, form=form,
        addresses=answering_addresses(known.id),
    )  # fmt: skip


def _person_or_404(stakeholder_id: int) -> Person:
    return person(stakeholder_id) or abort(404)
