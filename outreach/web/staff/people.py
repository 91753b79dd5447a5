"""The table of people: who fits a sentence, in any order, changed many at once."""

import json
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import bulk, target_bulk
from outreach.advice.segments import Rule
from outreach.errors import NotFound, Refusal
from outreach.models.activity import Actor
from outreach.queries.choices import choices
from outreach.queries.conferences import current_conference
from outreach.queries.counting import people_counted
from outreach.queries.keyset import PAGE
from outreach.queries.lists import list_names
from outreach.queries.people import (
    COLUMNS,
    SHOWN_AT_FIRST,
    SORTS,
    own_fields,
    people,
    people_count,
)
from outreach.queries.saved_segments import bulk_changes, segments, what_was_changed
from outreach.queries.shapes import Ground
from outreach.web.frame import is_part, whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.filtering import (
    address_of,
    chosen_columns,
    filter_of_page,
    is_typed,
    rule_of_form,
    typed_part,
)
from outreach.web.staff.looking import looking_on, place_before, shown_before
from outreach.web.staff.undo import offer_undo, offered_undo, way_back
from outreach.web.words import people_in_words

PEOPLE = "staff.stakeholders"
MOST_TICKED = 500


@blueprint.get("/staff/stakeholders", endpoint="stakeholders")
def all_stakeholders() -> str | Response:
    """Everyone we know, or those who fit the sentence that the address says."""
    chosen = filter_of_page(PEOPLE)
    sort, own = ",".join(filter(None, request.args.getlist("sort"))) or "name", own_fields()
    known = [*COLUMNS, *(code for code, _ in own)]
    columns = chosen_columns("columns", known, SHOWN_AT_FIRST)
    shown = shown_before()

    def address(rule: Rule = chosen.rule, **more: Any) -> str:
        return address_of(PEOPLE, rule, **more)

    page = people(
        chosen.rule, chosen.ground, sort=sort, columns=columns, limit=PAGE - shown,
        after=request.args.get("after"), before=request.args.get("before"),
    )  # fmt: skip
    is_all = request.args.get("all") == "yes" and bool(page.lines)
    values: dict[str, Any] = {
        "page": page,
        "looking": looking_on(page, address),
        "previous": place_before(page),
        "filter": chosen,
        "sort": sort,
        "columns": columns,
        "heads": COLUMNS | dict(own),
        "sorts": SORTS,
        "here": request.full_path.rstrip("?"),
        "address": address,
        "rule_text": json.dumps(chosen.rule.to_json()),
        "count": people_count(chosen.rule, chosen.ground) if is_all else None,
        "is_whole": not (shown or page.next or place_before(page)),
        "count_url": address_of("staff.stakeholder_count", chosen.rule),
    }
    if shown:
        return render_template("staff/people/_more.html", **values)
    values |= _offers(chosen.ground)
    if is_part() and not is_typed():
        return render_template("staff/people/_table.html", **values)
    kept = segments(current_user.id)
    values |= {
        "segments": kept, "segments_seen": json.dumps({line.id: line.state for line in kept}),
    }  # fmt: skip
    if is_part():
        return typed_part("staff/people/_typed.html", **values)
    return render_template("staff/people/people.html", undo=offered_undo(), **values)


@blueprint.get("/staff/stakeholders/count")
def stakeholder_count() -> str:
    """How many fit, as far as that is soon counted: a part that the page asks for by itself."""
    chosen = filter_of_page(PEOPLE)
    return render_template(
        "staff/people/_count.html", counted=people_counted(chosen.rule, chosen.ground),
        all_url=address_of(PEOPLE, chosen.rule, all="yes"),
    )  # fmt: skip


@blueprint.post("/staff/stakeholders/bulk/<what>")
def change_many(what: str) -> Response:
    """Tag those chosen, give them an owner, put them on a list."""
    chosen, by = _chosen(), Actor.account(current_user.id)
    if what == "tag":
        done = bulk.tag_people(chosen, request.form.get("tag", ""), by=by, at=g.at)
        text = f"{people_in_words(done.count)} tagged “{request.form.get('tag', '').strip()}”."
    elif what == "untag":
        done = bulk.untag_people(chosen, request.form.get("untag", ""), by=by, at=g.at)
        text = f"The tag taken off {people_in_words(done.count)}."
    elif what == "owner":
        owner_id = _number("owner")
        done = bulk.give_owner(chosen, owner_id, by=by, at=g.at)
        given = "given to their new owner" if owner_id else "without an owner now"
        text = f"{people_in_words(done.count)} {given}."
    elif what == "list":
        done = bulk.put_on_list(chosen, _number("list") or 0, by=by, at=g.at)
        text = f"{people_in_words(done.count)} put on the list."
    else:
        raise NotFound
    if done.change_id is None:
        flash("Nothing was to change: all of them have it already.", "done")
    else:
        back = way_back(url_for(PEOPLE))
        offer_undo(text, url_for("staff.take_back_many", change_id=done.change_id, back=back))
    return redirect(way_back(url_for(PEOPLE)), 303)


@blueprint.get("/staff/changes")
def changes() -> str:
    """What was done to many people at once, each to be taken back."""
    conference = current_conference()
    zone = conference.time_zone if conference else "UTC"
    return render_template("staff/people/changes.html", changes=bulk_changes(), zone=zone, at=g.at)


@blueprint.post("/staff/changes/<int:change_id>/undo")
def take_back_many(change_id: int) -> Response:
    """Put everything back as it was."""
    by, back = Actor.account(current_user.id), bulk.take_back_bulk
    is_of_targets, all_of_it = what_was_changed(change_id)
    if is_of_targets:
        back = target_bulk.take_back_targets
    count = back(change_id, by=by, at=g.at)
    said = f"Taken back for {people_in_words(count)}."
    if count < all_of_it:
        said += (
            f" What was changed again since stays as it is: {people_in_words(all_of_it - count)}."
        )
    flash(said, "done")
    return redirect(way_back(url_for("staff.changes")), 303)


def _chosen() -> bulk.Chosen:
    """The people that a form names: ticks, or everyone who fits, with their number."""
    if request.form.get("all") != "yes":
        texts = request.form.getlist("ids")
        ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16]
        if not ids:
            raise Refusal("Tick at least one person first.")
        if len(ids) > MOST_TICKED:
            raise Refusal(f"Tick at most {MOST_TICKED} people at a time.")
        return bulk.Chosen(ids)
    conference = current_conference()
    ground = Ground(conference.id if conference else 0, g.at)
    return bulk.Chosen(rule=rule_of_form(), ground=ground, said_count=_number("count") or 0)


def _offers(ground: Ground) -> dict[str, Any]:
    """What the bulk bar offers."""
    return {
        "owners": choices("owner", ground.conference_id),
        "tags": choices("tag", ground.conference_id),
        "lists": list_names(ground.conference_id),
    }


def _number(name: str) -> int | None:
    return request.form.get(name, None, whole)
