"""Links that came into wrong hands: what they open, and other links in their place."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectChoice, SelectField

from outreach.actions.renewed_links import Closing, renew_links
from outreach.errors import Refusal
from outreach.models.activity import Actor
from outreach.queries.personal_links import OwnPage, PersonalLinks, personal_links
from outreach.queries.stakeholders import person
from outreach.web.staff.door import blueprint


class LinksForm(FlaskForm):
    """Who is told, and what is closed besides."""

    is_told = BooleanField(default=True)
    about = SelectField("The mail opens", coerce=str)
    copies = BooleanField(default=True)
    feed = BooleanField(default=True)
    mails = BooleanField()

    def offer(self, links: PersonalLinks) -> None:
        """The pages of which the mail may bring the link."""
        self.about.choices = [SelectChoice(page.code, named(page)) for page in links.pages]


def named(page: OwnPage) -> str:
    """A page in words."""
    if page.code.startswith("delegation-"):
        return f"The delegation of {page.name} to {page.event}"
    if page.role is None:
        return page.name
    return f"{page.role.value.replace('_', '-').capitalize()}, {page.name} ({page.event})"


@blueprint.get("/staff/stakeholders/<int:stakeholder_id>/links")
def links(stakeholder_id: int) -> str:
    """What the links of the person open, and the form."""
    known, found = person(stakeholder_id) or abort(404), personal_links(stakeholder_id)
    form = LinksForm(formdata=None, about=request.args.get("about", ""))
    form.offer(found)
    return render_template(
        "staff/personal_links/links.html", person=known, links=found, form=form, named=named
    )


@blueprint.post("/staff/stakeholders/<int:stakeholder_id>/links")
def replace_links(stakeholder_id: int) -> Response:
    """Give the person other links; the old ones open nothing from now on."""
    known, sent = person(stakeholder_id) or abort(404), request.form
    closing = Closing("copies" in sent, "feed" in sent, "mails" in sent)
    told_of = sent.get("about", "") if "is_told" in sent else ""
    try:
        renew_links(
            stakeholder_id, closing=closing, told_of=told_of, by=Actor.account(current_user.id),
            at=g.at,
        )  # fmt: skip
        told = "a mail brings them the new one" if told_of else "no mail tells them of it"
        flash(f"The old links of {known.full_name} open nothing any more; {told}.", "done")
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.links", stakeholder_id=stakeholder_id), 303)
