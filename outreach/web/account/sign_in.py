"""Signing in by password or by a one-time link, and signing out."""

from urllib.parse import urlsplit

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from outreach.actions import accounts
from outreach.errors import Refusal
from outreach.queries.accounts import one_time_link, signed_in_account
from outreach.tokens import digest
from outreach.web.account.door import blueprint


class SignInForm(FlaskForm):
    """Address and password."""

    email = EmailField("Email", [InputRequired("Type your email address."), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Type your password."), Length(max=1024)])


class LinkForm(FlaskForm):
    """The button of a one-time link; the password only where the link is for setting one."""

    password = PasswordField("New password", [Length(max=1024)])


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | tuple[str, int] | Response:
    """Ask for address and password; then on to the page that was wanted."""
    if current_user.is_authenticated:
        return redirect(next_page())
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("account/sign_in.html", form=form), 422 if form.errors else 200
    try:
        enter(accounts.sign_in(form.email.data or "", form.password.data or ""))
    except accounts.WrongPassword as refusal:
        flash(str(refusal), "problem")
        return render_template("account/sign_in.html", form=form), refusal.status
    return redirect(next_page(), 303)


@blueprint.route("/link/<secret>", methods=["GET", "POST"])
def link(secret: str) -> str | tuple[str, int] | Response:
    """A one-time link: opening it shows whom it signs in, only the button signs in."""
    offer = one_time_link(digest(secret), g.at)
    if offer is None:
        raise accounts.LinkUsed
    form = LinkForm()
    if form.validate_on_submit():
        try:
            password = form.password.data if offer.sets_password else None
            enter(accounts.use_one_time_link(secret, at=g.at, password=password))
        except accounts.WeakPassword as refusal:
            flash(str(refusal), "problem")
        else:
            return redirect(next_page(), 303)
    name = "account/set_password.html" if offer.sets_password else "account/link.html"
    return render_template(name, form=form, offer=offer), 422 if request.method == "POST" else 200


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    logout_user()
    return redirect(url_for("account.sign_in"), 303)


def enter(session: accounts.Session) -> None:
    """Remember who signed in."""
    account = signed_in_account(session.account_id, session.epoch)
    if account is None:
        raise Refusal("This account cannot sign in.")
    login_user(account)


def next_page() -> str:
    """Where to go after signing in: a page of ours, whatever the address says."""
    wanted = request.args.get("next", "")
    parts = urlsplit(wanted)
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    if is_ours and not parts.netloc and not parts.scheme and wanted.isprintable():
        return wanted
    return url_for("organiser.board")
