"""Templates: all of them, one with its languages side by side, written anew, tried out."""

from flask import Response as Answer
from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import (
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Regexp
from wtforms.widgets import HiddenInput

from outreach.actions import templates as actions
from outreach.actions.templates import UnevenTexts, UnfitText, Wording, WrittenMeanwhile
from outreach.advice.changes import changes
from outreach.advice.merging import FIELDS
from outreach.delivery.preview import preview_text
from outreach.models.activity import Actor
from outreach.queries.merging import own_fields
from outreach.queries.sections import codes, people_to_read_as
from outreach.queries.templates import TemplateLine, latest_texts, texts_of_version, versions
from outreach.queries.templates import template as template_line
from outreach.queries.templates import templates as template_lines
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.mail_frame import framed

LANGUAGES = {
    "ar": "Arabic",
    "zh": "Chinese",
    "en": "English",
    "fr": "French",
    "ru": "Russian",
    "es": "Spanish",
}
KINDS = {
    "save_the_date": "Save the date",
    "invitation": "Invitation",
    "reminder": "Reminder to the silent",
    "last_call": "Last call, before answers close",
    "thank_you": "Thanks for an answer",
    "practical": "Practical information, before the event",
    "miss_you": "We will miss you, after a decline",
    "to_assistant": "To the assistant, when an address bounced",
    "promotion": "Promotion: news that invites to nothing",
    "confirmation": "Confirmation of an answer",
    "delegation": "Welcome to someone who is sent in an invitee’s place",
    "focal_point": "Request to name a delegation",
    "member": "Welcome to a member of a delegation",
    "moved": "To those who come, when an event changes",
    "withdrawn": "To someone whose invitation is withdrawn",
    "seat": "Request to take a seat",
    "seat_answer": "Confirmation of an answer about a seat",
    "new_link": "To someone whose link was replaced",
}
FIRST = "en"
"""What the team writes in stands first, the others beside it."""

LONGEST_BODY = 50_000


class TextForm(Form):
    """A letter in one language."""

    language = HiddenField(validators=[Regexp(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")])
    subject = StringField("Subject", [InputRequired("Write a subject."), Length(max=300)])
    body = TextAreaField("Letter", [InputRequired("Write the letter."), Length(max=LONGEST_BODY)])


class TemplateForm(FlaskForm):
    """A template in all its languages."""

    name = StringField("Name", [InputRequired("Give the template a name."), Length(max=120)])
    seen = IntegerField(widget=HiddenInput())
    texts = FieldList(FormField(TextForm), max_entries=30)

    def begin(self, name: str, seen: int, texts: list[Wording]) -> None:
        """What stands in the form."""
        self.name.data, self.seen.data = name, seen
        for text in texts:
            self.texts.append_entry(
                {"language": text.language, "subject": text.subject, "body": text.body}
            )

    def validate_texts(self, field: FieldList) -> None:
        """A letter has one text in each language."""
        codes = [entry.form.language.data for entry in field]
        if len(codes) != len(set(codes)):
            raise ValidationError("A language stands here twice.")

    def wordings(self) -> list[Wording]:
        """What is typed, in the line ends of a letter."""
        return [
            Wording(
                entry.form.language.data,
                (entry.form.subject.data or "").strip(),
                (entry.form.body.data or "").replace("\r\n", "\n").strip() + "\n",
            )
            for entry in self.texts
        ]

    def missing_languages(self) -> dict[str, str]:
        """The languages of the United Nations in which nothing is written yet."""
        present = {entry.form.language.data for entry in self.texts}
        return {code: name for code, name in LANGUAGES.items() if code not in present}


@blueprint.get("/staff/templates")
def templates() -> str:
    """Every template with its languages."""
    return render_template(
        "staff/templates/templates.html",
        templates=template_lines(),
        kinds=KINDS,
        languages=LANGUAGES,
    )


@blueprint.get("/staff/templates/<int:template_id>")
def template(template_id: int) -> str:
    """One template, its languages side by side, and its versions."""
    line = _template_or_404(template_id)
    texts = latest_texts(template_id)
    previews = {
        text.id: preview_text(text.subject, text.body, text.language, line.kind) for text in texts
    }
    return render_template(
        "staff/templates/template.html",
        template=line,
        texts=texts,
        previews=previews,
        versions=versions(template_id),
        kinds=KINDS,
        languages=LANGUAGES,
    )


@blueprint.get("/staff/templates/<int:template_id>/changes")
def template_changes(template_id: int) -> str:
    """What changed between two versions, word by word, in each language."""
    line = _template_or_404(template_id)
    numbers = [one.number for one in versions(template_id)]
    new = request.args.get("new", line.version, type=whole)
    old = request.args.get("old", max(new - 1, 1), type=whole)
    if new not in numbers or old not in numbers:
        abort(404)
    before, after = (
        {one.language: one for one in texts_of_version(template_id, number)}
        for number in (old, new)
    )
    changed = {
        code: [
            changes(getattr(before.get(code), part, ""), getattr(after.get(code), part, ""))
            for part in ("subject", "body")
        ]
        for code in sorted({*before, *after})
    }
    return render_template(
        "staff/templates/changes.html",
        template=line, old=old, new=new, numbers=numbers, languages=LANGUAGES,
        changed={code: parts for code, parts in changed.items() if any(parts)},
    )  # fmt: skip


@blueprint.get("/staff/templates/<int:template_id>/<language>")
def template_html(template_id: int, language: str) -> Answer:
    """One language's HTML part to somebody invented, for the frame."""
    line = _template_or_404(template_id)
    for text in latest_texts(template_id):
        if text.language == language:
            return framed(preview_text(text.subject, text.body, language, line.kind).html)
    abort(404)


@blueprint.route("/staff/templates/<int:template_id>/edit", methods=["GET", "POST"])
def edit_template(template_id: int) -> str | tuple[str, int] | Response:
    """Write a template anew: a new version; what campaigns have pinned stays as it is."""
    line = _template_or_404(template_id)
    form = TemplateForm()
    if request.method == "GET":
        latest = sorted(latest_texts(template_id), key=lambda one: one.language != FIRST)
        texts = [Wording(one.language, one.subject, one.body) for one in latest]
        form.begin(line.name, line.version, texts)
    if not _is_wished(form):
        return _edit(form, line.kind, line)
    if form.validate():
        try:
            number = actions.write_version(
                template_id,
                form.name.data,
                form.wordings(),
                seen=form.seen.data or 0,
                may_differ=_may_differ(),
                by=Actor.account(current_user.id),
                at=g.at,
            )
        except UnfitText as refusal:
            _explain(form, refusal)
        except UnevenTexts as refusal:
            return _edit(form, line.kind, line, refusal.lacks), 422
        except WrittenMeanwhile as refusal:
            form.seen.data = refusal.number
            form.seen.raw_data = [str(refusal.number)]
            form.form_errors.append(str(refusal))
            return _edit(form, line.kind, line), refusal.status
        else:
            flash(f"Version {number} is what new campaigns use.", "done")
            return redirect(url_for("staff.template", template_id=template_id), 303)
    return _edit(form, line.kind, line), 422


@blueprint.route("/staff/templates/new", methods=["GET", "POST"])
def new_template() -> str | tuple[str, int] | Response:
    """Write a new template; it begins with the words of another one of its kind."""
    kind = request.args.get("kind", "invitation")
    if kind not in KINDS:
        abort(404)
    form = TemplateForm()
    if request.method == "GET":
        model = next((one for one in template_lines() if one.kind == kind), None)
        texts = latest_texts(model.id) if model else []
        begun = [Wording(one.language, one.subject, one.body) for one in texts]
        form.begin("", 0, begun or [Wording("en", "", "")])
    if not _is_wished(form):
        return _edit(form, kind)
    if form.validate():
        try:
            template_id = actions.create_template(
                form.name.data, kind, form.wordings(), may_differ=_may_differ(),
                by=Actor.account(current_user.id), at=g.at,
            )  # fmt: skip
        except UnfitText as refusal:
            _explain(form, refusal)
        except UnevenTexts as refusal:
            return _edit(form, kind, uneven=refusal.lacks), 422
        else:
            flash("The template is kept.", "done")
            return redirect(url_for("staff.template", template_id=template_id), 303)
    return _edit(form, kind), 422


def _is_wished(form: TemplateForm) -> bool:
    """Whether the form is to be saved; its other button adds a language."""
    if request.method == "GET":
        return False
    wish = request.form.get("do", "save")
    language = request.form.get("language", "")
    if wish == "add" and language in form.missing_languages():
        form.texts.append_entry({"language": language, "subject": "", "body": ""})
    return wish == "save"


def _may_differ() -> bool:
    """Whether the person has said that the languages differ on purpose."""
    return request.form.get("uneven") == "yes"


def _explain(form: TemplateForm, refusal: UnfitText) -> None:
    """Put what is wrong beside the language in which it is."""
    for entry in form.texts:
        for problem in refusal.problems.get(entry.form.language.data, []):
            entry.form.body.errors = [*entry.form.body.errors, problem]
    form.texts.errors = [entry.form.errors for entry in form.texts]


def _edit(
    form: TemplateForm,
    kind: str,
    line: TemplateLine | None = None,
    uneven: dict[str, list[str]] | None = None,
) -> str:
    return render_template(
        "staff/templates/edit.html",
        form=form,
        kind=kind,
        kind_name=KINDS[kind],
        template=line,
        fields=FIELDS | {name: field.label for name, field in own_fields().items()},
        sections=codes(),
        people=people_to_read_as(""),
        uneven=uneven or {},
        languages=LANGUAGES,
    )


def _template_or_404(template_id: int) -> TemplateLine:
    line = template_line(template_id)
    if line is None:
        abort(404)
    return line
