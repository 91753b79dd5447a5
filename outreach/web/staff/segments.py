"""Segments: sentences kept under a name, one's own and the team's."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import segments as actions
from outreach.advice.segment_words import in_words, sentence
from outreach.advice.segments import Rule, UnreadableRule
from outreach.errors import ChangedMeanwhile, NotFound
from outreach.models.activity import Actor
from outreach.queries import saved_segments
from outreach.queries.choices import Names, own_labels
from outreach.queries.conferences import current_conference
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.filtering import address_of, rule_of_form
from outreach.web.staff.meanwhile import changed_page, settle
from outreach.web.staff.segment_form import SegmentForm, compared, seen_in_form


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
    return redirect(address_of("staff.stakeholders", _line(segment_id).as_rule()), 303)


@blueprint.post("/staff/segments")
def save_segment() -> Response:
    """Keep the sentence of the page under a name."""
    rule, name = rule_of_form(), request.form.get("name", "")
    is_shared = request.form.get("shared") == "yes"
    actions.save_segment(name, rule, is_shared=is_shared, by=_me(), at=g.at)
    flash(f"Kept as the segment “{name.strip()}”.", "done")
    return redirect(address_of("staff.stakeholders", rule), 303)


@blueprint.post("/staff/segments/change")
def replace_segment() -> Response | tuple[str, int]:
    """Let one of one's own segments mean what the sentence of the page says."""
    rule, segment_id = rule_of_form(), request.form.get("segment", type=whole) or 0
    refused = _change(segment_id, rule=rule.to_json())
    if refused:
        return refused
    names = saved_segments.campaigns_of(segment_id)
    what = "The segment means these people now."
    if names:
        what += (
            f" The {'campaign' if len(names) == 1 else 'campaigns'} {', '.join(names)} "
            "must be approved anew before anything more leaves."
        )
    flash(what, "done")
    if "meaning" in request.form:
        return redirect(url_for("staff.segments"), 303)
    return redirect(address_of("staff.stakeholders", rule), 303)


@blueprint.post("/staff/segments/<int:segment_id>/<what>")
def change_segment(segment_id: int, what: str) -> Response | tuple[str, int]:
    """Share a segment with the team or no longer, rename it, throw it away."""
    if what == "drop":
        seen = seen_in_form(segment_id, _line(segment_id).state)
        try:
            actions.drop_segment(segment_id, seen=seen, by=_me(), at=g.at)
        except ChangedMeanwhile:
            flash("You changed this segment elsewhere meanwhile: here is what it says now. "
                  "It stays until you throw it away again.", "problem")  # fmt: skip
            return redirect(url_for("staff.segments"), 303)
        flash("The segment is gone. The people in it stay.", "done")
    elif what == "share":
        is_shared = request.form.get("shared") == "yes"
        if refused := _change(segment_id, is_shared=is_shared):
            return refused
        flash("The whole team sees it." if is_shared else "You alone see it.", "done")
    elif what == "name":
        if refused := _change(segment_id, name=request.form.get("name", "")):
            return refused
        flash("The segment has its new name.", "done")
    else:
        raise NotFound
    return redirect(url_for("staff.segments"), 303)


def _change(segment_id: int, **changes: Any) -> tuple[str, int] | None:
    """Change a segment as it was seen; else the page that says what was changed meanwhile.

    Where that page was posted, what it says is what shall stand.
    """
    now = _line(segment_id).state
    seen = seen_in_form(segment_id, now)
    wanted = seen | changes
    if "meaning" in request.form:
        form = SegmentForm()
        settle(form, compared(segment_id, seen, now, wanted, [])[1])
        wanted = form.state([rule_of_form().to_json(), seen["rule"], now["rule"]])
    rule = None if wanted["rule"] == seen["rule"] else Rule.from_json(wanted["rule"])
    try:
        actions.change_segment(
            segment_id, name=wanted["name"], rule=rule, is_shared=wanted["is_shared"], seen=seen,
            by=_me(), at=g.at,
        )  # fmt: skip
    except ChangedMeanwhile as refusal:
        rules = [state["rule"] for state in (seen, now, wanted)]
        words = [words for _, _, words, _ in said([(0, "", one) for one in rules])]
        pairs = list(zip(rules, words, strict=True))
        form, standing = compared(segment_id, seen, now, wanted, pairs)
        return changed_page(
            refusal, form, standing, what="Save this segment", back=url_for("staff.segments")
        )
    return None


def _line(segment_id: int) -> saved_segments.SegmentLine:
    line = saved_segments.segment(segment_id, current_user.id)
    if line is None:
        raise NotFound("segment")
    return line


def _me() -> Actor:
    return Actor.account(current_user.id)
