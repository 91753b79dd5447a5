"""Pictures of letters, for whoever's mail program shows them: the same address for everyone."""

from flask import Response, abort

from outreach.queries.pictures import picture_content
from outreach.web.public.door import blueprint


@blueprint.get("/pictures/<name>")
def picture(name: str) -> Response:
    """The picture; it never changes, so it may be kept."""
    media_type, content = picture_content(name) or abort(404)
    answer = Response(content, content_type=media_type)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # mail programs of the web
    return answer
