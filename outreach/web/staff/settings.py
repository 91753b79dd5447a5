"""Settings, for administrators: the conference and its dates, the team's accounts, the groups."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, DateField, EmailField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from outreach.actions import accounts, conferences
from outreach.errors import ChangedMeanwhile, Conflict, NotAllowed, Refusal
from outreach.links import sign_in_url
from outreach.models.account import Permission, Role
from outreach.models.activity import Actor
from outreach.queries.accounts import team
from outreach.queries.conferences import groups
from outreach.queries.events import EventLine, events
from outreach.queries.moves import Move, conference_moves, zone_moves
from outreach.queries.senders import senders
from outreach.web.staff.conference_form import (
    CapForm,
    ConferenceForm,
    cap_form,
    conference_form,
    conference_or_404,
    main_event,
    values_of,
)
from outreach.web.staff.door import blueprint
from outreach.web.staff.meanwhile import changed_page, seen_of, settle

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
ROLES = [SelectChoice(role.value, role.value.capitalize()) for role in Role]


def administrators_only(view: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Within the staff's door: only for roles that may administer."""

    @wraps(view)
    def guarded(*values: Parameters.args, **named: Parameters.kwargs) -> Answer:
        if not current_user.may(Permission.ADMINISTER):
            raise NotAllowed("Settings are for administrators.")
        return view(*values, **named)

    return guarded


class DateForm(FlaskForm):
    """The opening, and when it was as somebody saw what would move."""

    opens_on = DateField("New opening date", [InputRequired("Choose a date.")])
    seen_on = DateField("Opening", [Optional()], widget=HiddenInput())


class SenderForm(FlaskForm):
    """An address that mail may come from."""

    address = EmailField(
        "Address",
        [InputRequired("Type the address."), Length(max=254)],
        description="Its owner reads what comes back; replies go to the conference’s own mailbox.",
    )
    is_verified = BooleanField(
        "The mailbox is ours, and the mail provider shows its domain as authenticated",
        [InputRequired("Look it up at the provider first, then tick this.")],
    )


class AccountForm(FlaskForm):
    """Someone new on the team."""

    email = EmailField("Email", [InputRequired("Type an address."), Length(max=254)])
    name = StringField("Name", [InputRequired("Type the name."), Length(max=200)])
    role = SelectField("Role", choices=ROLES, default=Role.PROMOTER.value)


@blueprint.get("/staff/settings")
@administrators_only
def settings() -> str:
    """Everything that can be set, on one page."""
    return settings_page()


def settings_page(link: str = "", link_for: str = "", **forms: FlaskForm) -> str:
    """The page; with a one-time link it is shown here and never again."""
    main = main_event()
    shown: dict[str, Any] = {
        "conference_form": conference_form(),
        "account_form": AccountForm(formdata=None),
        "date_form": DateForm(formdata=None),
        "sender_form": SenderForm(formdata=None),
        "cap_form": cap_form(),
    }
    return render_template(
        "staff/settings/settings.html",
        **(shown | forms),
        event=main,
        team=team(),
        roles=ROLES,
        groups=groups(),
        senders=senders(),
        own_sender=current_app.config["MAIL_FROM"],
        link=link,
        link_for=link_for,
    )


@blueprint.post("/staff/settings/conference")
@administrators_only
def describe_conference() -> tuple[str, int] | Response:
    """Save what the conference is called, where it is held, who invites."""
    form, now = ConferenceForm(), conference_form()
    settle(form, now)
    if not form.validate():
        return settings_page(conference_form=form), 422
    values, seen = values_of(form), seen_of(form, now)
    is_new = seen == int(now.version.data or 0)
    if is_new and request.form.get("has_seen") != "moves" and (moves := _moves(values)):
        return render_template(
            "staff/settings/zone.html", values=values, form=form, deadlines=moves
        ), 200
    try:
        conferences.describe_conference(
            conference_or_404().id, **values, seen=seen, by=Actor.account(current_user.id), at=g.at
        )
    except ChangedMeanwhile as refusal:
        return changed_page(
            refusal, form, now, what="Save the conference", back=url_for("staff.settings")
        )
    flash("Saved. Mails that leave from now on say so.", "done")
    return redirect(url_for("staff.settings"), 303)


def _moves(values: dict[str, str]) -> list[Move]:
    """The deadlines that move with another zone or country, which are shown first."""
    place = values["time_zone"], values["country_code"]
    return zone_moves(conference_or_404().id, *place, g.at)


@blueprint.post("/staff/settings/cap")
@administrators_only
def cap_mails() -> tuple[str, int] | Response:
    """Limit how many campaign mails one person gets, over all campaigns."""
    form, now = CapForm(), cap_form()
    settle(form, now)
    if not form.validate():
        return settings_page(cap_form=form), 422
    try:
        conferences.cap_mails(
            conference_or_404().id, form.mails.data, form.days.data, seen=seen_of(form, now),
            by=Actor.account(current_user.id), at=g.at,
        )  # fmt: skip
    except ChangedMeanwhile as refusal:
        return changed_page(
            refusal, form, now, what="Save the limit", back=url_for("staff.settings")
        )
    flash("Saved. It holds for every step from now on.", "done")
    return redirect(url_for("staff.settings"), 303)


@blueprint.route("/staff/settings/dates", methods=["GET", "POST"])
@administrators_only
def move_conference() -> str | tuple[str, int] | Response:
    """Show what a new opening date would move; a POST moves it."""
    conference, form = conference_or_404(), DateForm(request.values)
    if not form.validate() if request.method == "POST" else not parsed(form):
        return settings_page(date_form=form), 422
    if request.method == "POST":
        try:
            conferences.move_conference(
                conference.id, form.opens_on.data, seen_on=form.seen_on.data,
                by=Actor.account(current_user.id), at=g.at,
            )  # fmt: skip
        except ChangedMeanwhile:
            flash("Someone moved the conference since you looked. This is what would move now.",
                  "problem")  # fmt: skip
            return redirect(url_for("staff.move_conference", opens_on=form.opens_on.data), 303)
        flash("The conference has its new date; its events and open deadlines moved along.", "done")
        return redirect(url_for("staff.settings"), 303)
    days = form.opens_on.data - conference.opens_on
    return render_template(
        "staff/settings/dates.html", opens_on=form.opens_on.data, days=days.days,
        seen_on=conference.opens_on,
        moves=[(event, moved(event, days)) for event in events()
               if event.conference == conference.code],
        deadlines=conference_moves(conference.id, days, g.at),
    )  # fmt: skip


def parsed(form: DateForm) -> bool:
    """Whether the address holds a date; asking needs no token."""
    return bool(form.opens_on.validate(form))


def moved(event: EventLine, days: timedelta) -> datetime:
    """When an event would open: the same hour of its own zone, so many days later."""
    local = event.starts_at.astimezone(ZoneInfo(event.time_zone))
    return local + days


@blueprint.post("/staff/settings/accounts")
@administrators_only
def create_account() -> tuple[str, int] | str:
    """Make an account, and show its one-time link once."""
    form = AccountForm()
    if not form.validate():
        return settings_page(account_form=form), 422
    try:
        account_id = accounts.create_account(
            form.email.data, role=Role(form.role.data), name=form.name.data, at=g.at
        )
    except Refusal as refusal:
        form.email.errors = [str(refusal)]
        return settings_page(account_form=form), refusal.status
    secret = accounts.make_one_time_link(account_id, at=g.at, sets_password=True)
    return settings_page(link=sign_in_url(secret), link_for=form.name.data)


@blueprint.post("/staff/settings/accounts/<int:account_id>/link")
@administrators_only
def renew_link(account_id: int) -> str:
    """Another one-time link for someone who lost theirs."""
    names = {one.id: one.name for one in team() if not one.is_disabled}
    if account_id not in names:
        abort(404)
    secret = accounts.make_one_time_link(account_id, at=g.at, sets_password=True)
    return settings_page(link=sign_in_url(secret), link_for=names[account_id])


@blueprint.post("/staff/settings/accounts/<int:account_id>/role")
@administrators_only
def change_role(account_id: int) -> Response:
    """Give someone another role; their sessions end."""
    not_oneself(account_id)
    wanted = request.form.get("role", "")
    if wanted not in set(Role):
        abort(400)
    accounts.change_role(account_id, Role(wanted))
    flash("The role is changed; every session of that account has ended.", "done")
    return redirect(url_for("staff.settings"), 303)


@blueprint.post("/staff/settings/accounts/<int:account_id>/state")
@administrators_only
def switch_account(account_id: int) -> Response:
    """Switch an account off or on."""
    not_oneself(account_id)
    is_off = request.form.get("is_disabled") == "yes"
    accounts.disable_account(account_id, is_disabled=is_off)
    flash("The account is off; its sessions and links have ended." if is_off
          else "The account is on again. Make a link for it.", "done")  # fmt: skip
    return redirect(url_for("staff.settings"), 303)


def not_oneself(account_id: int) -> None:
    """Nobody locks themselves out; so one administrator at least always remains."""
    if account_id == current_user.id:
        raise Conflict("This is your own account. Another administrator can change it.")
