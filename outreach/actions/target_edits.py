"""One person of a list corrected: how much they are wanted, where in line, why, by when."""

from datetime import datetime

from outreach.db import transaction
from outreach.errors import ChangedMeanwhile, NotFound
from outreach.models.activity import Activity, Actor
from outreach.models.target import Target
from outreach.models.wish import Wish
from outreach.queries.accounts import colleague
from outreach.starring import check_owner


def edit_target(
    list_id: int, target_id: int, wish: Wish, *, seen: int, by: Actor, at: datetime
) -> None:
    """Say how someone is wanted. seen  the `mark` of what the page showed.

    Raises ChangedMeanwhile, OwnerOfStar, Refusal, NotFound.
    """
    wish.check()
    with transaction() as session:
        target = session.get(Target, target_id, with_for_update=True)
        if target is None or target.list_id != list_id:
            raise NotFound("person on this list")
        if target.mark != seen:
            raise ChangedMeanwhile
        if wish.owner_id != target.owner_id:
            colleague(session, wish.owner_id)
            check_owner(session, target, wish.owner_id, by)
        if fields := wish.give_to(target):
            session.add(
                Activity.of(
                    "edited_target", by, at, stakeholder_id=target.stakeholder_id,
                    event_id=target.list.event_id, list_id=list_id, list=target.list.name,
                    fields=fields,
                )
            )  # fmt: skip
