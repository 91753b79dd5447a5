"""Many people of a list changed at once: those ticked, or all who fit, with their number."""

from collections.abc import Callable

from flask import flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.actions import target_bulk
from outreach.actions.target_bulk import Chosen
from outreach.errors import NotFound
from outreach.keeping import Done
from outreach.models.activity import Actor
from outreach.queries.under_way import mails_to_removed
from outreach.web.frame import whole
from outreach.web.staff.door import blueprint
from outreach.web.staff.filtering import rule_of_form
from outreach.web.staff.lists import ground_of, list_or_404
from outreach.web.staff.targets import ticked, warn_of_mails
from outreach.web.staff.undo import offer_undo, way_back
from outreach.web.words import people_in_words


def _tier(chosen: Chosen, by: Actor) -> tuple[Done, str]:
    tier = request.form.get("tier", 0, whole)
    return target_bulk.give_tier(chosen, tier, by=by, at=g.at), f"now in tier {tier}"


def _wave(chosen: Chosen, by: Actor) -> tuple[Done, str]:
    wave = request.form.get("wave", 0, whole)
    return target_bulk.give_wave(chosen, wave, by=by, at=g.at), f"now in wave {wave}"


def _owner(chosen: Chosen, by: Actor) -> tuple[Done, str]:
    owner_id = request.form.get("owner", None, whole)
    done = target_bulk.give_owner(chosen, owner_id, by=by, at=g.at)
    return done, "given to their new owner" if owner_id else "without an owner now"


def _approve(chosen: Chosen, by: Actor) -> tuple[Done, str]:
    return target_bulk.approve_targets(chosen, by=by, at=g.at), "approved"


def _nominate(chosen: Chosen, by: Actor) -> tuple[Done, str]:
    reason = request.form.get("reason", "")[:2_000]
    done = target_bulk.nominate_many(chosen, reason, by=by, at=g.at)
    return done, "nominated; an approver decides about each"


def _remove(chosen: Chosen, by: Actor) -> tuple[Done, str]:
    return target_bulk.remove_many(chosen, by=by, at=g.at), "taken off the list"


_CHANGES: dict[str, Callable[[Chosen, Actor], tuple[Done, str]]] = {
    "tier": _tier,
    "wave": _wave,
    "owner": _owner,
    "approve": _approve,
    "nominate": _nominate,
    "remove": _remove,
}


@blueprint.post("/staff/lists/<int:list_id>/targets/many/<what>")
def change_targets(list_id: int, what: str) -> Response:
    """Change those ticked, or all who fit; the next page offers to take it back."""
    if what not in _CHANGES:
        raise NotFound
    done, words = _CHANGES[what](_chosen(list_id), Actor.account(current_user.id))
    back = way_back(url_for("staff.list_", list_id=list_id))
    if done.change_id is None:
        flash("Nothing was to change: it is so for all of them already, or they stay.", "done")
    else:
        if what == "remove":
            warn_of_mails(mails_to_removed(done.change_id))
        undo = url_for("staff.take_back_many", change_id=done.change_id, back=back)
        offer_undo(f"{people_in_words(done.count)} {words}.", undo)
    return redirect(back, 303)


def _chosen(list_id: int) -> Chosen:
    if request.form.get("all") != "yes":
        return Chosen(list_id, ticked(list_id)[0])
    ground = ground_of(list_or_404(list_id))
    return Chosen(list_id, (), rule_of_form(), ground, request.form.get("count", 0, whole))
