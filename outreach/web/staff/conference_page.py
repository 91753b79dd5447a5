"""The public page: what it says in each language, and whether anyone may read it."""

from flask import abort, flash, g, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, TextAreaField

from outreach.actions.conference_pages import write_conference_page
from outreach.errors import ChangedMeanwhile
from outreach.languages import languages
from outreach.links import absolute
from outreach.models.activity import Actor
from outreach.models.conference_page import page_mark
from outreach.queries.conference_pages import PublicPage
from outreach.queries.conference_pages import conference_page as page_of
from outreach.web.staff.door import blueprint
from outreach.web.staff.meanwhile import SeenForm, changed_page, seen_of, settle
from outreach.web.staff.templates import LANGUAGES

LONGEST = 5_000


class PageForm(SeenForm):
    """Who may read it, and what it says: a field for each language stands beside it."""

    is_published = BooleanField("Anyone may read it")
    takes_requests = BooleanField(
        "People may ask there to be invited; one of you decides about each"
    )


for _code in languages():
    setattr(
        PageForm, f"about-{_code}",
        TextAreaField(f"What it is about, in {LANGUAGES.get(_code, _code)}"),
    )  # fmt: skip


def _form_now(page: PublicPage) -> PageForm:
    about = {f"about-{code}": text for code, text in page.about.items()}
    form = PageForm(
        formdata=None,
        data=about | {"is_published": page.is_published, "takes_requests": page.takes_requests},
    )
    form.remember(page_mark(page.about, page.is_published, page.takes_requests))
    return form


@blueprint.get("/staff/conference-page")
def conference_page() -> str:
    """The page as it stands."""
    page = _page_or_404()
    url = absolute(url_for("public.conference", code=page.code))
    return render_template(
        "staff/nominations/page.html", page=page, url=url, form=_form_now(page),
        languages={code: LANGUAGES.get(code, code) for code in languages()},
    )  # fmt: skip


@blueprint.post("/staff/conference-page")
def write_page() -> tuple[str, int] | Response:
    """Keep what was written, and put the page out or take it back."""
    page = _page_or_404()
    form, now = PageForm(), _form_now(page)
    settle(form, now)
    about = {code: (form[f"about-{code}"].data or "")[:LONGEST] for code in languages()}
    try:
        write_conference_page(
            page.conference_id,
            {code: text.replace("\r\n", "\n").replace("\0", "") for code, text in about.items()},
            is_published=form.is_published.data,
            takes_requests=form.takes_requests.data,
            seen=seen_of(form, now),
            by=Actor.account(current_user.id),
            at=g.at,
        )
    except ChangedMeanwhile as refusal:
        back = url_for("staff.conference_page")
        return changed_page(refusal, form, now, what="Keep the page", back=back)
    flash("The page is kept.", "done")
    return redirect(url_for("staff.conference_page"), 303)


def _page_or_404() -> PublicPage:
    page = page_of()
    if page is None:
        abort(404)
    return page
