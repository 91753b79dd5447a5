"""Stars: nominated, approved by someone else, moved on, followed up; whose date has passed."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, transaction
from outreach.dialect import one_at_a_time
from outreach.errors import ChangedMeanwhile, Conflict, NotAnApprover, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.invitation import Invitation
from outreach.models.star import (
    COLUMNS,
    UNDER_WAY,
    Star,
    StarStage,
    column_of,
    follows_answer,
)
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.models.task import Task, TaskKind
from outreach.queries.accounts import colleague, may_approve
from outreach.signing import STARS, hold_what_waits
from outreach.starring import check_owner, copy_stars
from outreach.tally import add_to_tallies

TO_THE_APPROVER = timedelta(days=2)
"""So long after the date that the owner let pass, the approver is told too."""


def nominate_star(target_id: int, reason: str, *, by: Actor, at: datetime) -> int:
    """Propose a target for the short list, with the reason; give the nomination."""
    if not reason.strip():
        raise Refusal("Say why this person belongs on the short list.")
    with transaction() as session:
        target = _target(session, target_id)
        star = _star_of(session, target_id)
        if target.is_star or (star is not None and star.stage is not StarStage.REJECTED):
            raise Conflict("This person is a star, or nominated, already.")
        if star is not None:  # rejected before: nominated anew, for new reasons
            session.delete(star)
            session.flush()
        star = Star(
            target_id=target_id,
            stage=StarStage.NOMINATED,
            stage_at=at,
            reason=reason.strip(),
            nominated_by_id=by.account_id,
            nominated_at=at,
        )
        session.add(star)
        try:
            session.flush()
        except IntegrityError:
            raise Conflict("This person is a star, or nominated, already.") from None
        session.add(_line("nominated_star", target, by, at, reason=star.reason))
        return star.id


def decide_star(
    target_id: int,
    is_star: bool,
    why: str = "",
    *,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Put a nominated person on the short list, or say why not; never the one who nominated.

    A star is taken off the short list in the same way: by an approver, with the reason.
    seen  the mark of the plan that the page showed: who approves a star approves its owner.
    """
    with transaction() as session:
        target, star = _target(session, target_id), _star_of(session, target_id)
        if star is None and not target.is_star:
            raise NotFound("nomination")
        _check_approver(session, by)
        star = star or _marked(session, target, by, at)
        if is_star and seen is not None and star.plan_mark(target.owner_id) != seen:
            raise Conflict("The owner was changed since you opened the page. Look, then decide.")
        star.decide(is_star, why, by.account_id, at)
        if is_star is not target.is_star:
            _set_star(session, target, is_star, at)
        verb = "approved_star" if is_star else "rejected_star"
        session.add(_line(verb, target, by, at, why=star.decision))


def move_star(
    target_id: int, column: str, *, was: str | None = None, by: Actor, at: datetime
) -> StarStage | None:
    """Put a star into a column of the board; give the column where it was, None where it stays.

    was  the column where it is to be still, for taking a move back
    A nomination is decided on its page first.
    """
    if column not in COLUMNS:
        raise Refusal("There is no such column.")
    with transaction() as session:
        target = _target(session, target_id)
        star, answer = _star_of(session, target_id), _answer(session, target)
        now = column_of(star.stage if star else None, answer)
        if now.value == column:
            return None
        if was is not None and now.value != was:
            raise Conflict("Somebody moved this star again in the meantime; it stays where it is.")
        if star is None:
            star = _marked(session, target, by, at)
        if star.stage is StarStage.NOMINATED:
            raise Conflict("An approver decides about this nomination first, on the star's page.")
        if follows_answer(star.stage, answer):
            raise Conflict(
                f"The answer on record is “{answer}”, and the card follows it. "
                "Record another answer first."
            )
        star.move(StarStage(column), at)
        session.add(_line("moved_star", target, by, at, column=column, before=now.value))
        return now


def plan_star(
    target_id: int,
    *,
    owner_id: int | None,
    next_step: str,
    next_on: date | None,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Say who follows a star up, what comes next and by when.

    seen  the mark of the plan that the page showed. Raises ChangedMeanwhile, OwnerOfStar.
    """
    with transaction() as session:
        target, star = _target(session, target_id), _star_of(session, target_id)
        colleague(session, owner_id)
        check_owner(session, target, owner_id, by)
        star = star or _marked(session, target, by, at)
        if seen is not None and star.plan_mark(target.owner_id) != seen:
            raise ChangedMeanwhile
        target.owner_id, star.next_step, star.next_on = owner_id, next_step.strip(), next_on
        session.add(
            _line(
                "planned_star",
                target,
                by,
                at,
                owner_id=owner_id,
                next_step=star.next_step,
                next_on=next_on.isoformat() if next_on else None,
            )
        )


def escalate_stars(*, at: datetime) -> int:
    """A task for the owner of each star whose date has passed; later for the approver. Once each.

    Says how many tasks were made.
    """
    today = at.date()
    with transaction() as session:
        rows = session.execute(
            select(Star, Target)
            .join(Star.target)
            .where(Star.stage.in_(UNDER_WAY), Star.next_on < today)
            .order_by(Star.id)
        ).all()
        tasks = []
        for star, target in rows:
            answer = _answer(session, target)
            if star.next_on is None or column_of(star.stage, answer) not in UNDER_WAY:
                continue
            tasks.append(_task(star, target, "owner", target.owner_id, at))
            if star.next_on + TO_THE_APPROVER < today:
                tasks.append(_task(star, target, "approver", star.decided_by_id, at))
        if not tasks:
            return 0
        made = session.connection().execute(
            (postgresql if is_postgresql() else sqlite)
            .insert(Task)
            .values(tasks)
            .on_conflict_do_nothing(index_elements=["origin"])
            .returning(Task.id)
        )
        return len(made.all())


def _set_star(session: Session, target: Target, is_star: bool, at: datetime) -> None:
    """Onto the short list or off it; what was written to a new star waits for a signature."""
    event_id = target.list.event_id
    one_at_a_time(session, STARS)  # a freeze that is under way would not see a star made now
    target.is_star = is_star
    session.flush()
    copy_stars(session, event_id, [target.stakeholder_id])
    number = (TallyKind.LIST_TARGETS, target.list_id, 0, "star")
    add_to_tallies(session, {number: 1 if is_star else -1})
    if is_star:
        hold_what_waits(session, target.stakeholder_id, event_id, at)


def _task(
    star: Star, target: Target, who: str, account_id: int | None, at: datetime
) -> dict[str, Any]:
    assert star.next_on is not None
    name, step = target.stakeholder.full_name, star.next_step or "next step"
    late = f"{step} was due on {star.next_on:%-d %B %Y}"
    what = f"{name}: {late}." if who == "owner" else f"{name}: {late}, and nothing came of it."
    return {
        "stakeholder_id": target.stakeholder_id,
        "target_id": target.id,
        "kind": TaskKind.STAR,
        "owner_id": account_id,
        "what": what,
        "due_on": at.date(),
        "created_at": at,
        "origin": f"star {star.id} {star.next_on.isoformat()} {who}",
    }


def _marked(session: Session, target: Target, by: Actor, at: datetime) -> Star:
    """The row of a star that was marked on its list: nominated and approved in one."""
    if not target.is_star:
        raise NotFound("star")
    star = Star(
        target_id=target.id,
        stage=StarStage.APPROVED,
        stage_at=at,
        reason=target.why,
        nominated_by_id=by.account_id,
        nominated_at=at,
        decided_at=at,
    )
    session.add(star)
    session.flush()
    return star


def _check_approver(session: Session, by: Actor) -> None:
    if by.account_id is not None and not may_approve(session, by.account_id):
        raise NotAnApprover("An approver decides about nominations. Your role only nominates.")


def _target(session: Session, target_id: int) -> Target:
    target = session.get(Target, target_id, with_for_update=True)
    if target is None:
        raise NotFound("star")
    return target


def _star_of(session: Session, target_id: int) -> Star | None:
    return session.scalar(select(Star).where(Star.target_id == target_id))


def _answer(session: Session, target: Target) -> str | None:
    """The state of the invitation to the list's event."""
    state = session.scalar(
        select(Invitation.state)
        .join(TargetList, TargetList.event_id == Invitation.event_id)
        .where(TargetList.id == target.list_id, Invitation.stakeholder_id == target.stakeholder_id)
    )
    return state.value if state else None


def _line(verb: str, target: Target, by: Actor, at: datetime, **detail: Any) -> Activity:
    return Activity.of(
        verb,
        by,
        at,
        stakeholder_id=target.stakeholder_id,
        event_id=target.list.event_id,
        list_id=target.list_id,
        target_id=target.id,
        **detail,
    )
