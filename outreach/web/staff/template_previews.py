"""A letter while it is written: as anyone would read it, what is to mend, a test to oneself."""

from dataclasses import dataclass

from flask import Response, abort, g, render_template, request
from flask_login import current_user
from markupsafe import escape

from outreach.actions.templates import WITHOUT_LINK
from outreach.advice.merging import fields_in
from outreach.delivery.checklist import checklist
from outreach.delivery.mailer import Address
from outreach.delivery.preview import Preview, preview_text, reader_of, somebody
from outreach.delivery.trial import send_trial
from outreach.queries.merging import own_fields
from outreach.queries.sections import codes, people_to_read_as
from outreach.web.staff.door import blueprint
from outreach.web.staff.mail_frame import framed
from outreach.web.staff.templates import KINDS, LONGEST_BODY

SUBJECT_STYLE = "font: 600 16px/24px system-ui, sans-serif; margin: 0; padding: 12px 16px"
STAR = "star"


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the editor, of one language."""

    subject: str
    body: str
    language: str
    kind: str

    def preview(self) -> Preview:
        """As the person reads it who is chosen beside it."""
        chosen = request.form.get("as", "")
        is_known = chosen.isascii() and chosen.isdigit() and len(chosen) < 16
        names = fields_in(self.subject, self.body)
        reader = (
            reader_of(int(chosen), self.language, names)
            if is_known
            else somebody(is_star=chosen == STAR)
        )
        return preview_text(self.subject, self.body, self.language, self.kind, reader)


@blueprint.post("/staff/templates/preview/<kind>")
def template_preview(kind: str) -> Response:
    """What is being typed, as a mail; nothing is kept."""
    preview = _typed(kind).preview()
    return framed(_with_subject(preview), scheme=request.form.get("scheme", ""))


@blueprint.post("/staff/templates/checks/<kind>")
def template_checks(kind: str) -> str:
    """What is being typed, point by point: what is well, what is still to mend."""
    typed = _typed(kind)
    preview = typed.preview()
    known = {what: {code for code, _ in pairs} for what, pairs in codes().items()}
    known["field"] = set(own_fields())
    points = checklist(
        typed.subject, typed.body, preview, needs_link=kind not in WITHOUT_LINK, values=known
    )
    return render_template("staff/templates/_checks.html", points=points, preview=preview)


@blueprint.post("/staff/templates/trial/<kind>")
def template_trial(kind: str) -> str:
    """What is being typed, as a mail to oneself: no invitee's link, state or number is touched."""
    preview = _typed(kind).preview()
    to = Address(current_user.name, current_user.email)
    return render_template("staff/templates/_said.html", said=send_trial(preview, to, at=g.at))


@blueprint.get("/staff/templates/people")
def template_people() -> str:
    """People as whom a letter can be read."""
    words = request.args.get("q", "").strip()[:100]
    return render_template("staff/templates/_people.html", people=people_to_read_as(words))


def _typed(kind: str) -> Typed:
    if kind not in KINDS:
        abort(404)
    number = request.form.get("shown", "0")
    subject, body, language = (
        request.form.get(f"texts-{number}-{name}", "")[:LONGEST_BODY].replace("\r\n", "\n")
        for name in ("subject", "body", "language")
    )
    return Typed(subject.strip(), body, language, kind)


def _with_subject(preview: Preview) -> str:
    """The mail with its subject above it, or what stands in the way of one."""
    said = escape(preview.problem or preview.subject)
    words = f'<p style="{SUBJECT_STYLE}">{said}</p>'
    before, body, after = preview.html.partition("<body")
    attributes, end, rest = after.partition(">")
    return f"{before}{body}{attributes}{end}{words}{rest}" if body else words
