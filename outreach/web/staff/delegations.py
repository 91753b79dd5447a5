"""Delegations of an event: who is asked to name one, who is named, and asking one more."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.validators import Optional as MayBeEmpty

from outreach import clock
from outreach.actions import delegation_members, focal_points
from outreach.errors import ChangedMeanwhile, Refusal
from outreach.models.activity import Actor
from outreach.models.base import mark_of
from outreach.models.delegation import MOST_MEMBERS
from outreach.models.message import Purpose
from outreach.queries.conferences import groups
from outreach.queries.delegation_members import members_of
from outreach.queries.delegations import DelegationLine, delegation_line, delegations_of
from outreach.queries.events import EventLine, events
from outreach.queries.focal_points import (
    appointed,
    authority_of,
    focal_points_ready,
    name_of_organisation,
    organisations_without,
    people_of,
)
from outreach.queries.messages import kept_for_signature
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.in_mind import keep_in_mind
from outreach.web.staff.meanwhile import Difference, SeenForm, settle, told
from outreach.web.staff.undo import offer_undo, offered_undo

END_OF_DAY = time(18)
"""In the zone of the event: the hour on the last day at which naming ends."""


class LimitsForm(SeenForm):
    """How many members, and until when they are named."""

    most_members = IntegerField(
        "Members at the most",
        [InputRequired("Say how many."), NumberRange(1, MOST_MEMBERS)],
        default=6,
    )
    name_on = DateField(
        "Named by",
        [InputRequired("Give the last day.")],
        description="Until 18:00 in the event’s own zone. An answer is asked of each member by the "
        "same day, or ten days later for those who are named late.",
    )

    def name_by(self, zone: str) -> datetime:
        """The instant at which naming ends."""
        local = datetime.combine(self.name_on.data, END_OF_DAY)
        return clock.in_zone(local, zone)


class AskForm(LimitsForm):
    """Who speaks for the organisation, and on whose word."""

    focal_point_id = SelectField("Focal point", coerce=whole)
    authorised_by = StringField(
        "Authorised by",
        [InputRequired("Say who authorised the focal point, and how."), Length(max=300)],
        description="Who named this person, and how: “Minister’s letter 12/26”, “note verbale 4”.",
    )
    authorised_on = DateField("Authorised on", [MayBeEmpty()])


@blueprint.get("/staff/events/<int:event_id>/delegations")
def delegations(event_id: int) -> str:
    """The delegations of an event by organisation."""
    event, name = _event(event_id), request.args.get("name", "")[:100]
    keep_in_mind(event)
    lines, following = delegations_of(
        event_id, name=name, after=request.args.get("after", "")[:300]
    )
    return render_template(
        "staff/delegations/delegations.html", event=event, events=events(), lines=lines, name=name,
        next=following, undo=offered_undo(),
    )  # fmt: skip


@blueprint.route("/staff/events/<int:event_id>/delegations/ask", methods=["GET", "POST"])
def ask_delegation(event_id: int) -> str | tuple[str, int] | Response:
    """First the organisation, then its focal point and the limits."""
    event = _event(event_id)
    organisation_id = request.args.get("organisation_id", type=whole)
    name = request.args.get("name", "")[:100]
    if organisation_id is None:
        found = organisations_without(event_id, name)
        return render_template(
            "staff/delegations/ask.html", event=event, found=found, name=name, form=None
        )
    organisation = name_of_organisation(organisation_id) or abort(404)
    people, noted = people_of(organisation_id), appointed(organisation_id, event_id)
    form = AskForm(
        focal_point_id=noted and noted.stakeholder_id,
        authorised_by=noted and noted.authorised_by,
        authorised_on=noted and noted.authorised_on,
        most_members=request.args.get("most", 6, whole),
    )
    form.focal_point_id.choices = [
        SelectChoice(one.id, f"{one.name}, {one.detail}" if one.detail else one.name)
        for one in people
    ]
    if form.validate_on_submit():
        try:
            delegation_id = focal_points.ask_for_delegation(
                organisation_id, event_id, form.focal_point_id.data,
                authorised_by=form.authorised_by.data or "",
                authorised_on=form.authorised_on.data, most_members=form.most_members.data,
                name_by=form.name_by(event.time_zone), by=_me(), at=g.at,
            )  # fmt: skip
            held = kept_for_signature(form.focal_point_id.data, Purpose.FOCAL_POINT)
            flash(f"The focal point is asked. {held or 'The mail leaves in a moment.'}", "done")
            return redirect(url_for("staff.delegation", delegation_id=delegation_id), 303)
        except Refusal as refusal:
            form.form_errors = [str(refusal)]
    page = render_template(
        "staff/delegations/ask.html", event=event, form=form, people=people,
        organisation=organisation,
    )  # fmt: skip
    return page, 422 if form.errors else 200


@blueprint.route("/staff/events/<int:event_id>/delegations/group", methods=["GET", "POST"])
def ask_group(event_id: int) -> str | tuple[str, int] | Response:
    """Ask all focal points on record of a constituent group; the count is stated before."""
    event, form = _event(event_id), LimitsForm()
    offered = groups()
    group_id = request.values.get("group_id", offered[0].id if offered else 0, whole)
    if form.validate_on_submit():
        try:
            line, count = focal_points.ask_group(
                event_id, group_id, said_count=request.form.get("count", 0, whole),
                most_members=form.most_members.data, name_by=form.name_by(event.time_zone),
                by=_me(), at=g.at,
            )  # fmt: skip
            words = "1 focal point is asked" if count == 1 else f"{count:,} focal points are asked"
            undo = url_for("staff.withdraw_group", event_id=event_id, activity_id=line)
            offer_undo(f"{words}.", undo)
            return redirect(url_for("staff.delegations", event_id=event_id), 303)
        except Refusal as refusal:
            form.form_errors = [str(refusal)]
    page = render_template(
        "staff/delegations/ask_group.html", event=event, form=form, groups=offered,
        group_id=group_id, count=len(focal_points_ready(event_id, group_id)),
    )  # fmt: skip
    return page, 422 if form.errors else 200


@blueprint.post("/staff/events/<int:event_id>/delegations/withdraw/<int:activity_id>")
def withdraw_group(event_id: int, activity_id: int) -> Response:
    """Ask those no more who were asked together, as long as they named nobody."""
    count = focal_points.withdraw_group(activity_id, by=_me(), at=g.at)
    flash(f"{count:,} {'request is' if count == 1 else 'requests are'} withdrawn.", "done")
    return redirect(url_for("staff.delegations", event_id=event_id), 303)


@blueprint.get("/staff/delegations/<int:delegation_id>")
def delegation(delegation_id: int) -> str:
    """One delegation: its members and their answers, its focal point, its limits."""
    return _page(_delegation(delegation_id))


@blueprint.post("/staff/delegations/<int:delegation_id>")
def change_delegation(delegation_id: int) -> str | tuple[str, int] | Response:
    """Other limits."""
    line, form = _delegation(delegation_id), LimitsForm()
    now = _filled_in(line)
    settle(form, now)
    if form.validate():
        zone = authority_of(delegation_id).time_zone
        try:
            focal_points.change_delegation(
                delegation_id, most_members=form.most_members.data, name_by=form.name_by(zone),
                seen=form.seen_version(), by=_me(), at=g.at,
            )  # fmt: skip
            flash("The limits are changed.", "done")
            return redirect(url_for("staff.delegation", delegation_id=delegation_id), 303)
        except ChangedMeanwhile as refusal:
            flash(str(refusal), "problem")
            return _page(line, form, told(form, now)), refusal.status
        except Refusal as refusal:
            form.form_errors = [str(refusal)]
    return _page(line, form), 422


@blueprint.post("/staff/delegations/<int:delegation_id>/again")
def ask_delegation_again(delegation_id: int) -> Response:
    """Send the same link once more."""
    return _done(delegation_id, "The request goes out again with the same link.",
                 lambda: focal_points.ask_again(delegation_id, by=_me(), at=g.at))  # fmt: skip


@blueprint.post("/staff/delegations/<int:delegation_id>/withdraw")
def withdraw_delegation(delegation_id: int) -> Response:
    """Ask no more."""
    words = "The focal point is asked no more. Who was named stays invited."
    return _done(
        delegation_id,
        words,
        lambda: focal_points.withdraw_delegation(delegation_id, by=_me(), at=g.at),
    )


@blueprint.post("/staff/delegations/<int:delegation_id>/members/<int:member_id>/out")
def take_member_out(delegation_id: int, member_id: int) -> Response:
    """Take someone out, for the focal point."""
    return _done(
        delegation_id, "Taken out of the delegation.",
        lambda: delegation_members.take_out_member(delegation_id, member_id, by=_me(), at=g.at),
    )  # fmt: skip


def _done(delegation_id: int, words: str, act: Any) -> Response:
    try:
        act()
        flash(words, "done")
    except Refusal as refusal:
        flash(str(refusal), "problem")
    return redirect(url_for("staff.delegation", delegation_id=delegation_id), 303)


def _filled_in(line: DelegationLine) -> LimitsForm:
    zone = ZoneInfo(authority_of(line.id).time_zone)
    form = LimitsForm(
        formdata=None, most_members=line.most_members,
        name_on=line.name_by.astimezone(zone).date(),
    )  # fmt: skip
    form.remember(mark_of(line.most_members, line.name_by.isoformat()))
    return form


def _page(
    line: DelegationLine, form: LimitsForm | None = None, changed: Sequence[Difference] = ()
) -> str:
    authority = authority_of(line.id)
    return render_template(
        "staff/delegations/delegation.html", line=line, authority=authority,
        form=form or _filled_in(line), changed=changed,
        members=members_of(line.id),
    )  # fmt: skip


def _event(event_id: int) -> EventLine:
    return next((one for one in events() if one.id == event_id), None) or abort(404)


def _delegation(delegation_id: int) -> DelegationLine:
    return delegation_line(delegation_id) or abort(404)


def _me() -> Actor:
    return Actor.account(current_user.id)
