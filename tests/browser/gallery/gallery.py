"""Every piece of the look on a few pages, with invented people: to be looked at, and for axe.

Run `python -m tests.browser.gallery.gallery` and open the address that it prints.
"""

from pathlib import Path
from types import SimpleNamespace as Thing
from typing import Any

from flask import Blueprint, Flask, flash, g, render_template, request
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import ChoiceLoader, FileSystemLoader
from wtforms import BooleanField, EmailField, PasswordField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

ROOT = Path(__file__).resolve().parents[3]
POLICY = (
    "default-src 'self'; style-src 'self' 'nonce-gallery'; script-src 'self'; "
    "img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
)
WORDS = (
    ("Board", "layout-dashboard"), ("Today", "sun"), ("Stakeholders", "users"),
    ("Lists", "list-details"), ("Campaigns", "send"), ("Outbox", "mail"),
    ("Replies", "message-circle"), ("Programme", "armchair"), ("Settings", "settings"),
)  # fmt: skip
PEOPLE = (
    ("Her Excellency Aminata Sow-Diallo", "Ministry of Digital Economy, Senegal", "accepted", True),
    ("李明华", "Ministry of Industry and Information Technology, China", "silent", True),
    ("د. ليلى المنصوري", "الهيئة الوطنية للاتصالات، الأردن", "tentative", False),
    ("Наталья Ивановна Громова", "Министерство цифрового развития", "declined", False),
    ("Dr.-Ing. Maximiliane Freifrau von Hohenberg-Württemberg zu Castell", "Development Agency",
     "delegated", True),
    ("", "Office without a name", "undeliverable", False),
    ("João Pedro Álvares", "Agência de Cooperação", "not_asked", False),
    ("Ngozi Okonjo", "African Development Fund", "held", False),
)  # fmt: skip
REGIONS = (
    ("AFR", "Africa", "AGO BEN BWA BFA BDI CPV CMR CAF TCD COG CIV ERI SWZ ETH GAB GMB GHA KEN"),
    ("ARB", "Arab States", "DZA BHR COM DJI EGY IRQ JOR KWT LBN LBY MRT MAR OMN QAT SAU"),
    ("ASP", "Asia and the Pacific", "AFG AUS BGD BTN BRN KHM CHN FJI IND IDN IRN JPN KIR LAO"),
    ("EUR", "Europe", "ALB AND AUT BEL BIH BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN"),
)
STATES = ("accepted", "silent", "accepted", "tentative", "not_asked", "declined", "delegated",
          "silent", "undeliverable", "accepted", "silent")  # fmt: skip


class GalleryForm(FlaskForm):
    """One field of each kind."""

    email = EmailField("Email", [InputRequired("Type an address, such as name@example.org.")])
    kind = SelectField(
        "Group", choices=[SelectChoice("adm", "Administrations"), SelectChoice("aca", "Academia")]
    )
    way = RadioField(
        "How they are asked",
        choices=[SelectChoice("mail", "By mail"), SelectChoice("letter", "By letter")],
        description="A letter is recorded by staff.",
    )
    reason = TextAreaField("Reason", description="One sentence; the approver reads it.")
    is_star = BooleanField("Star", description="On the short list; signed personally.")


class SignInForm(FlaskForm):
    """As the door of accounts has it."""

    email = EmailField("Email", [InputRequired("Type your email address.")])
    password = PasswordField("Password", [InputRequired("Type your password.")])


account = Blueprint("account", __name__)


@account.post("/account/sign-out")
def sign_out() -> str:
    """So that the frame has its address."""
    return ""


@account.route("/account/sign-in", methods=["GET", "POST"])
def sign_in() -> str:
    """The way in."""
    form = SignInForm()
    form.validate_on_submit()
    return render_template("account/sign_in.html", form=form, link_url="/account/send")


def create_gallery() -> Flask:
    """An application that shows the pieces; it has no database."""
    app = Flask("gallery", template_folder=str(ROOT / "templates"), static_folder=ROOT / "static")
    pages = FileSystemLoader(Path(__file__).parent / "pages")
    app.jinja_loader = ChoiceLoader([FileSystemLoader(ROOT / "templates"), pages])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config.update(SECRET_KEY="gallery", WTF_CSRF_SSL_STRICT=False)
    CSRFProtect(app)
    app.register_blueprint(account)
    app.context_processor(_frame)
    app.add_url_rule("/<page>", view_func=_show, methods=["GET", "POST"])
    app.add_url_rule("/staff/commands", view_func=lambda: render_template("commands.html"))
    app.after_request(_add_policy)
    return app


def _frame() -> dict[str, Any]:
    return {
        "navigation": [Thing(word=w, icon=i, url=f"/{w.lower()}", is_current=w == "Board")
                       for w, i in WORDS],
        "conference": Thing(name="World Development Conference, Geneva 2026"),
        "current_user": Thing(name="Marie-Claire Oyelaran", email="marie@example.org",
                              role="promoter", is_authenticated=True),
        "direction": request.args.get("dir", "ltr"),
        "language": "ar" if request.args.get("dir") == "rtl" else "en",
        "csp_nonce": "gallery",
    }  # fmt: skip


def _add_policy(response: Any) -> Any:
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _show(page: str) -> str:
    g.is_shown = True
    if page.isdigit():
        return render_template("errors/error.html", status=int(page))
    if page == "link":
        offer = Thing(name="Marie-Claire Oyelaran", role="promoter")
        return render_template("account/link.html", form=FlaskForm(), offer=offer)
    if page == "board":
        flash("Imported 194 administrations; 3 rows need a look.", "message")
    form = GalleryForm()
    form.validate_on_submit()
    return render_template(
        f"{page}.html", people=PEOPLE, regions=_regions(), form=form, states=STATES,
        events=_events(),
    )  # fmt: skip


def _regions() -> list[tuple[str, str, list[tuple[str, str, str, str]]]]:
    return [
        (code, name, [(c, c.title(), STATES[n % len(STATES)], f"/lists?c={c}")
                      for n, c in enumerate(countries.split())])
        for code, name, countries in REGIONS
    ]  # fmt: skip


def _events() -> list[Any]:
    return [
        Thing(what="Accepted by her assistant, Paul Diouf", when="Tue 3 Mar, 10:02 Geneva",
              iso="2026-03-03T09:02Z", state="accepted", detail="“She will bring two advisers.”"),
        Thing(what="Reminder delivered", when="Mon 2 Mar, 09:00 Geneva", state="delivered",
              of="message", url="/outbox"),
        Thing(what="Invitation accepted by the provider; no word from her server yet",
              when="Mon 9 Feb, 09:00 Geneva", state="accepted", of="message"),
        Thing(what="Added to Administrations, tier 1, as a star", when="Fri 6 Feb, 16:40 Geneva"),
        Thing(what="Last call", when="Wed 11 Mar, 09:00 Geneva (in 8 days)", is_to_come=True),
    ]  # fmt: skip


if __name__ == "__main__":
    create_gallery().run(port=8123)
