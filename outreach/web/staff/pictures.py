"""Pictures that letters may show, and the emblem that heads them."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, InputRequired, Length

from outreach.actions import pictures as actions
from outreach.errors import NotAllowed, NotFound, Refusal
from outreach.intake.pictures import LARGEST, WIDEST
from outreach.models.account import Permission
from outreach.models.activity import Actor
from outreach.queries.conferences import current_conference
from outreach.queries.pictures import picture_count
from outreach.queries.pictures import pictures as pictures_kept
from outreach.web.staff.door import blueprint


class PictureForm(FlaskForm):
    """A picture and what it shows."""

    file = FileField(
        "The picture", [InputRequired("Choose the file.")],
        description=f"A PNG or JPEG of up to {LARGEST // 1000} KB and {WIDEST} pixels.",
    )  # fmt: skip
    words = StringField(
        "What it shows",
        [DataRequired("Say what it shows."), Length(max=actions.LONGEST_WORDS)],
        description="Read out, or shown in its place, wherever pictures are off.",
    )


@blueprint.get("/staff/pictures")
def pictures() -> str:
    """Those that there are, and a new one."""
    return _page(PictureForm(formdata=None))


@blueprint.post("/staff/pictures")
def add_picture() -> tuple[str, int] | Response:
    """Keep a picture for letters."""
    form = PictureForm()
    if not form.validate():
        return _page(form), 422
    content = form.file.data.stream.read(LARGEST + 1)
    try:
        actions.put_picture(
            content, form.words.data or "", by=Actor.account(current_user.id), at=g.at
        )
    except Refusal as refusal:
        form.file.errors = [str(refusal)]
        return _page(form), refusal.status
    flash("The picture is kept. Copy its line into a letter.", "done")
    return redirect(url_for("staff.pictures"), 303)


@blueprint.post("/staff/pictures/emblem")
def choose_emblem() -> Response:
    """Let a picture head every letter, or none."""
    if not current_user.may(Permission.ADMINISTER):
        raise NotAllowed("The emblem stands on every letter. An administrator can choose it.")
    conference = current_conference()
    if conference is None:
        raise NotFound("conference")
    name = request.form.get("name") or None
    actions.choose_emblem(conference.id, name, by=Actor.account(current_user.id), at=g.at)
    flash("Every letter bears it from now on." if name else "Letters bear no emblem now.", "done")
    return redirect(url_for("staff.pictures"), 303)


def _page(form: PictureForm) -> str:
    return render_template(
        "staff/pictures/pictures.html", form=form, count=picture_count(),
        page=pictures_kept(request.args.get("after")),
        may_choose=current_user.may(Permission.ADMINISTER),
    )  # fmt: skip
