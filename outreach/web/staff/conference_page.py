"""The public page: what it says in each language, and whether anyone may read it."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions.conference_pages import write_conference_page
from outreach.languages import languages
from outreach.links import absolute
from outreach.models.activity import Actor
from outreach.queries.conference_pages import PublicPage
from outreach.queries.conference_pages import conference_page as page_of
from outreach.web.staff.door import blueprint
from outreach.web.staff.templates import LANGUAGES

LONGEST = 5_000


@blueprint.get("/staff/conference-page")
def conference_page() -> str:
    """The page as it stands."""
    page = _page_or_404()
    url = absolute(url_for("public.conference", code=page.code))
    return render_template(
        "staff/nominations/page.html", page=page, url=url,
        languages={code: LANGUAGES.get(code, code) for code in languages()},
    )  # fmt: skip


@blueprint.post("/staff/conference-page")
def write_page() -> Response:
    """Keep what was written, and put the page out or take it back."""
    page = _page_or_404()
    about = {code: request.form.get(f"about-{code}", "")[:LONGEST] for code in languages()}
    write_conference_page(
        page.conference_id,
        {code: text.replace("\r\n", "\n").replace("\0", "") for code, text in about.items()},
        is_published=request.form.get("is_published") == "yes",
        takes_requests=request.form.get("takes_requests") == "yes",
        by=Actor.account(current_user.id),
        at=g.at,
    )
    flash("The page is kept.", "done")
    return redirect(url_for("staff.conference_page"), 303)


def _page_or_404() -> PublicPage:
    page = page_of()
    if page is None:
        abort(404)
    return page
