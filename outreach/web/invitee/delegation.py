"""The page on which a focal point names a delegation: its members, one form, and "that is all"."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from outreach.actions import delegation_members
from outreach.errors import Conflict
from outreach.languages import marked
from outreach.models.delegation import DelegationClosed, DelegationFull, MemberRole
from outreach.naming import CannotBeSent
from outreach.queries.delegation_members import members_named
from outreach.queries.delegations import delegation_page
from outreach.web.invitee.door import blueprint, here, onward, page, say, told
from outreach.web.invitee.form import FOREIGN, LINE_TOO_LONG, LONGEST_LINE, NoteForm, Problem, line
from outreach.web.invitee.nonce import form_nonce, version_seen
from outreach.web.invitee.note import clean_line
from outreach.web.invitee.view import FIXED, answerer, others

ROLES = {
    MemberRole.HEAD: marked("Head of the delegation"),
    MemberRole.DEPUTY: marked("Deputy head"),
    MemberRole.MEMBER: marked("Member"),
}
GENDERS = (
    ("", marked("Not stated")),
    ("female", marked("Woman")),
    ("male", marked("Man")),
    ("other", marked("In another way")),
)


class MemberForm(NoteForm):
    """Someone of the delegation."""

    member_name = StringField(
        filters=[clean_line],
        validators=[
            InputRequired(marked("Give the name of the person.")),
            Length(max=LONGEST_LINE, message=LINE_TOO_LONG),
        ],
    )
    member_address = StringField(
        filters=[clean_line],
        validators=[
            InputRequired(marked("Give one address that mail can go to, as in name@example.org.")),
            Length(max=LONGEST_LINE, message=LINE_TOO_LONG),
        ],
    )
    office = line()
    role = RadioField(choices=[role.value for role in MemberRole], default=MemberRole.MEMBER.value)
    is_sure = HiddenField()
    """That somebody's place may change: of whom the page has asked before."""
    gender = SelectField(choices=[code for code, _ in GENDERS], default="")

    @property
    def asked(self) -> str:
        """Of whom and which place the page asks."""
        return f"{self.role.data} {(self.member_address.data or '').casefold()}"


@blueprint.get("/d/<token>")
def delegation(token: str) -> Response:
    """The delegation as it stands; opening it changes nothing."""
    return show()


@blueprint.get("/d/<token>/members", endpoint="back_from_members")
@blueprint.get("/d/<token>/complete", endpoint="back_from_complete")
@blueprint.get("/d/<token>/members/<int:member_id>/out", endpoint="back_from_out")
def back_to_delegation(token: str, member_id: int = 0) -> AnyResponse:
    """Someone reloads the address to which a form was sent."""
    return home(302)


@blueprint.post("/d/<token>/members")
def add_member(token: str) -> AnyResponse:
    """Name someone, once however often it is sent."""
    return name_one()


def name_one() -> AnyResponse:
    """The same for the delegation that is open, by whichever link."""
    form = MemberForm()
    seen = version_seen("delegation", g.link_key, form.nonce.data or "")
    if seen is None:
        return show(form, [FOREIGN], 400)
    if not form.validate():
        return show(form, form.problems(), 422)
    named = delegation_members.Named(
        form.member_name.data or "", form.member_address.data or "", MemberRole(form.role.data),
        form.office.data or "", form.gender.data or "",
    )  # fmt: skip
    try:
        delegation_members.name_member(
            g.opened.id, named, seen=seen, is_sure=form.is_sure.data == form.asked, at=g.at,
            given_by=answerer().name,
        )  # fmt: skip
    except delegation_members.PlacesChange as change:
        form.is_sure.data = form.asked
        return show(form, [Problem(one, "role") for one in _what_changes(change, named)], 422)
    except CannotBeSent as refusal:
        return show(form, [Problem(str(refusal), "member_address")], 422)
    except DelegationFull as refusal:
        return show(form, [str(refusal)], 422)
    except Conflict as refusal:
        return changed(form, refusal)
    return home()


def _what_changes(change: delegation_members.PlacesChange, named: Any) -> Iterator[str]:
    """Sentences in the language of the page, the last one says how it is done all the same."""
    if change.old is not None:
        words = say(marked("%(name)s is named already: %(old)s. The place would be: %(new)s."))
        roles = {"old": say(ROLES[change.old]), "new": say(ROLES[named.role])}
        yield words % ({"name": change.name} | roles)
    if change.head:
        words = marked("%(name)s is the head so far, and would stay in the delegation as a member.")
        yield say(words) % {"name": change.head}
    yield marked("Press the button again if that is what you want; nothing was changed yet.")


@blueprint.post("/d/<token>/members/<int:member_id>/out")
def take_out(token: str, member_id: int) -> AnyResponse:
    """Take someone out."""
    return take_one_out(member_id)


def take_one_out(member_id: int) -> AnyResponse:
    """The same for the delegation that is open, by whichever link."""
    seen = version_seen("delegation", g.link_key, request.form.get("nonce", ""))
    if seen is None:
        return show(None, [FOREIGN], 400)
    try:
        delegation_members.take_out_member(
            g.opened.id, member_id, seen=seen, at=g.at, given_by=answerer().name
        )
    except Conflict as refusal:
        return changed(None, refusal)
    return home()


@blueprint.post("/d/<token>/complete")
def complete(token: str) -> AnyResponse:
    """That is everybody."""
    return call_complete()


def call_complete() -> AnyResponse:
    """The same for the delegation that is open, by whichever link."""
    seen = version_seen("delegation", g.link_key, request.form.get("nonce", ""))
    if seen is None:
        return show(None, [FOREIGN], 400)
    try:
        delegation_members.complete_delegation(
            g.opened.id, seen=seen, at=g.at, given_by=answerer().name
        )
    except CannotBeSent as refusal:
        return show(None, [str(refusal)], 422)
    except Conflict as refusal:
        return changed(None, refusal)
    return home()


def changed(form: MemberForm | None, refusal: Conflict) -> Response:
    """The page as it stands by now, with what was typed."""
    g.opened = delegation_page(g.link_key)
    return show(form, [str(refusal)], 400)


def home(status: int = 303) -> AnyResponse:
    """Back to the page itself."""
    return redirect(f"{here()}{onward()}", status)


def show(
    form: MemberForm | None = None, problems: Sequence[str | Problem] = (), status: int = 200
) -> Response:
    """The page; what was typed and is wrong stands in its form."""
    opened = g.opened
    if opened.withdrawn_at:
        raise DelegationClosed
    members = members_named(opened.id)
    women = sum(member.gender == "female" for member in members)
    stated = sum(bool(member.gender) for member in members)
    role = MemberRole.MEMBER if members else MemberRole.HEAD
    typed = {
        "name": (form and form.member_name.data) or "",
        "address": (form and form.member_address.data) or "",
        "office": (form and form.office.data) or "",
        "gender": (form and form.gender.data) or "",
        "role": (form and form.role.data) or role.value,
        "is_sure": (form and form.is_sure.data) or "",
    }
    context: dict[str, Any] = FIXED | {
        "page": opened, "event": opened.event, "at": g.at, "members": members, "typed": typed,
        "women": women, "stated": stated, "member_roles": ROLES, "genders": GENDERS,
        "is_open": opened.is_open(g.at), "room": opened.most_members - len(members),
        "here": here(), "answerer": answerer(),
        "problems": told(problems),
        "nonce": form_nonce("delegation", g.link_key, opened.version),
        "others": others(opened.stakeholder_id, g.link_key, g.at, answerer()),
    }  # fmt: skip
    return page("delegation.html", status, **context)
