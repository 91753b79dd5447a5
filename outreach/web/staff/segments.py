"""Segments: sentences kept under a name, one's own and the team's."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import segments as actions
from outreach.advice.segment_words import in_words, sentence
from outreach.advice.segments import Rule, UnreadableRule
from outreach.errors import NotFound
from outreach.models.activity import Actor
from outreach.queries import saved_segments
from outreach.queries.choices import Names, own_labels
from outreach.queries.conferences import current_conference
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.filtering import address_of, rule_of_form


def said(
    found: list[tuple[int, str, dict[str, Any]]],
) -> list[tuple[int, str, str, str | None]]:
    """(id, name, rule) of segments as (id, name, the rule in words, its people in the table).

    The page of a rule is open to whoever may read the rule, whose segment it ever is.
    """
    if not found:
        return []
    conference = current_conference()
    conference_id = conference.id if conference else 0
    names, labels = Names(conference_id), own_labels(conference_id)
    lines: list[tuple[int, str, str, str | None]] = []
    for id_, name, kept in found:
        try:
            rule = Rule.from_json(kept)
        except UnreadableRule as refusal:
            lines.append((id_, name, str(refusal), None))
            continue
        url = address_of("staff.stakeholders", rule)
        lines.append((id_, name, in_words(sentence(rule, names, labels)), url))
    return lines


@blueprint.get("/staff/segments", endpoint="segments")
def all_segments() -> str:
    """One's own segments and those that the team shares, each in its sentence."""
    found = saved_segments.segments(current_user.id)
    words = said([(line.id, line.name, line.rule) for line in found])
    lines = [(line, *rest) for line, (_, _, *rest) in zip(found, words, strict=True)]
    return render_template("staff/people/segments.html", lines=lines)


@blueprint.get("/staff/segments/<int:segment_id>")
def open_segment(segment_id: int) -> Response:
    """The people of a segment, in the table."""
    line = saved_segments.segment(segment_id, current_user.id)
    if line is None:
        raise NotFound("segment")
    return redirect(address_of("staff.stakeholders", line.as_rule()), 303)


@blueprint.post("/staff/segments")
def save_segment() -> Response:
    """Keep the sentence of the page under a name."""
    rule, name = rule_of_form(), request.form.get("name", "")
    is_shared = request.form.get("shared") == "yes"
    actions.save_segment(
        name, rule, is_shared=is_shared, by=Actor.account(current_user.id), at=g.at
    )
    flash(f"Kept as the segment “{name.strip()}”.", "done")
    return redirect(address_of("staff.stakeholders", rule), 303)


@blueprint.post("/staff/segments/change")
def replace_segment() -> Response:
    """Let one of one's own segments mean what the sentence of the page says."""
    rule, segment_id = rule_of_form(), request.form.get("segment", type=whole) or 0
    actions.change_segment(segment_id, rule=rule, by=Actor.account(current_user.id), at=g.at)
    names = saved_segments.campaigns_of(segment_id)
    what = "The segment means these people now."
    if names:
        what += (
            f" The {'campaign' if len(names) == 1 else 'campaigns'} {', '.join(names)} "
            "must be approved anew before anything more leaves."
        )
    flash(what, "done")
    return redirect(address_of("staff.stakeholders", rule), 303)


@blueprint.post("/staff/segments/<int:segment_id>/<what>")
def change_segment(segment_id: int, what: str) -> Response:
    """Share a segment with the team or no longer, rename it, throw it away."""
    by = Actor.account(current_user.id)
    if what == "drop":
        actions.drop_segment(segment_id, by=by, at=g.at)
        flash("The segment is gone. The people in it stay.", "done")
    elif what == "share":
        is_shared = request.form.get("shared") == "yes"
        actions.change_segment(segment_id, is_shared=is_shared, by=by, at=g.at)
        flash("The whole team sees it." if is_shared else "You alone see it.", "done")
    elif what == "name":
        actions.change_segment(segment_id, name=request.form.get("name", ""), by=by, at=g.at)
        flash("The segment has its new name.", "done")
    else:
        raise NotFound
    return redirect(url_for("staff.segments"), 303)
