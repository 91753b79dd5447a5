"""The conference for anyone: what, when, where; ask to be invited; words and a banner to take."""

from ipaddress import ip_address

from flask import Response, abort, current_app, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from outreach.actions.nominations import TooManyRequests, ask_to_be_invited, network_of
from outreach.languages import marked
from outreach.links import absolute
from outreach.queries.conference_pages import PublicPage, conference_page
from outreach.web.public.asking import AskForm, opened_at
from outreach.web.public.banner import banner
from outreach.web.public.door import blueprint
from outreach.web.public.speaking import about, days, language_for, place, say, shown

TOO_MANY = marked("Too many requests came just now. Please write to %(address)s.")
PARAGRAPH = marked(
    "%(event)s takes place in %(place)s, %(dates)s. %(about)s Those who would like to take part "
    "can ask to be invited: %(link)s"
)
SIGNATURE = marked("Meet us at %(event)s, %(place)s, %(dates)s: %(link)s")


@blueprint.get("/conference")
def conference_front() -> AnyResponse:
    """The page of the conference that comes next."""
    page = conference_page()
    if page is None or not page.is_published:
        abort(404)
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return redirect(url_for("public.conference", code=page.code) + query)


@blueprint.get("/conference/<code>")
def conference(code: str) -> Response:
    """What, when, where; its meetings and tracks."""
    page = _published(code)
    form = _new_form(page)
    return _open(shown("conference.html", page, language_for(page), form=form))


@blueprint.post("/conference/<code>/ask")
def ask(code: str) -> AnyResponse:
    """Keep a request to be invited, for staff to decide."""
    page = _published(code)
    language, form = language_for(page), AskForm()
    form.speak(language)
    wish = form.read(language, g.at)
    if wish is not None:
        network = network_of(_visitor(), current_app.config["SECRET_KEY"], g.at)
        try:
            ask_to_be_invited(page.conference_id, wish, network=network, at=g.at)
        except TooManyRequests as refusal:
            form.form_errors.append(say(TOO_MANY, language) % {"address": refusal.address})
            return _again(page, language, form, refusal.status)
        return redirect(url_for("public.asked", code=code, language=language), 303)
    return _again(page, language, form, 422)


@blueprint.get("/conference/<code>/asked")
def asked(code: str) -> Response:
    """What happens with a request."""
    page = _published(code)
    return _open(shown("asked.html", page, language_for(page)))


@blueprint.get("/conference/<code>/kit")
def kit(code: str) -> Response:
    """Texts and a banner, in the language of the page, to copy."""
    page = _published(code)
    language, event = language_for(page), page.itself
    if event is None:
        abort(404)
    link = absolute(url_for("public.conference", code=code, language=language))
    words = {
        "event": event.name, "dates": days(event, language), "place": place(event, language),
        "about": about(page, language), "link": link,
    }  # fmt: skip
    texts = [
        (marked("In one line"), f"{event.name}, {words['place']}, {words['dates']}: {link}"),
        (marked("In a paragraph"), say(PARAGRAPH, language) % words),
        (marked("Under a mail"), say(SIGNATURE, language) % words),
    ]
    said = [(say(title, language), text) for title, text in texts]
    return _open(shown("kit.html", page, language, texts=said))


@blueprint.get("/conference/<code>/banner-<language>.svg")
def conference_banner(code: str, language: str) -> Response:
    """The banner in a language, as a picture that can be scaled."""
    page = _published(code)
    event = page.itself
    if event is None:
        abort(404)
    answer = make_response(banner(event, page.host, language))
    answer.headers["Content-Type"] = "image/svg+xml; charset=utf-8"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    answer.headers["X-Robots-Tag"] = "all"
    return answer


def _published(code: str) -> PublicPage:
    page = conference_page(code)
    if page is None or not page.is_published:
        abort(404)
    return page


def _new_form(page: PublicPage) -> AskForm:
    form = AskForm(formdata=None)
    form.speak(language_for(page))
    form.opened.data = opened_at(g.at)
    form.source.data = request.args.get("utm_campaign", "")[:100]
    return form


def _again(page: PublicPage, language: str, form: AskForm, status: int) -> Response:
    if form.form_errors:
        form.opened.data = opened_at(g.at)
    answer = _open(shown("conference.html", page, language, form=form))
    answer.status_code = status
    return answer


def _visitor() -> str:
    """The visitor's address; nothing where a proxy on this machine stands between."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    return "" if address.is_loopback or address.is_private else str(address)


def _open(html: str) -> Response:
    """Anyone may find this page, and search machines too."""
    answer = make_response(html)
    answer.headers["X-Robots-Tag"] = "all"
    return answer
