"""Writing a step's audience down: units, messages, invitations and their counts, set by set.

A handful of statements whatever the size: a narrow temporary table holds who is in, with the
reason where someone is left out; everything else is one INSERT … SELECT each.
"""

import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Text,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from outreach.db import is_postgresql, touched
from outreach.dialect import among, ordered_key, prefer_indexes
from outreach.frozen import (
    Kind,
    Units,
    cut,
    cut_units,
    frozen,
    is_new,
    kinds_of,
    state,
)
from outreach.gathering import conditions, gather, is_crowd, keep, may_be_crowd, take
from outreach.models.activity import CLOCK, Activity
from outreach.models.campaign import Campaign
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.step import Step
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.placing import admit
from outreach.queries.audience import (
    address_of,
    joining_texts,
    personal_columns,
    texts_of,
)
from outreach.queries.hours import LATE, instant
from outreach.queries.merging import columns_for
from outreach.signing import SIGN_OFF, settle_new_stars, signers
from outreach.tally import Place, add_to_tallies

_KEYS_IN_A_BLOCK = 1_000
FOUND_LATE = "Noticed more than a day after its time. Release it, or cancel it."


def freeze(session: Session, step: Step, at: datetime, unit_size: int) -> int:
    """Decide who gets a step's mail, who is left out and why; says how many people.

    One row for each of them, those left out too. More than CROWD are kept as AudienceMembers, for
    `write_next` to write down.
    """
    _settle(session)
    if not step.is_personal and may_be_crowd(session, step.campaign):
        step.to_write = keep(session, step, at)
        if is_crowd(step.to_write):
            return step.to_write
        return write_next(session, step, at, unit_size)
    with _tables(session):
        gather(session, step, at)
        return _write(session, step, at, unit_size)


def write_next(session: Session, step: Step, at: datetime, unit_size: int) -> int:
    """Write down the next people of a kept audience, CROWD at most; says how many.

    The step and its campaign are ours alone: as they stand now, so are the units.
    """
    _settle(session)
    prefer_indexes(session)  # a part of a million: whole tables would be read for each of them
    with _tables(session):
        taken = take(session, step)
        step.to_write = step.to_write - taken if taken else 0
        if taken:
            _write(session, step, at, unit_size)
        return taken


@contextmanager
def _tables(session: Session) -> Iterator[None]:
    """`frozen` and `cut`, empty, for this transaction."""
    connection = session.connection()
    for table in (frozen, cut):
        table.drop(connection, checkfirst=True)
        table.create(connection)
    yield
    for table in (frozen, cut):
        table.drop(connection)


def _write(session: Session, step: Step, at: datetime, unit_size: int) -> int:
    """Everyone in `frozen`, with units, invitations and counts; says how many people."""
    stars = _hold(session, step, at)
    kinds = kinds_of(session)
    invitation_id: Any = frozen.c.invitation_id
    if step.invites or joining_texts(step):
        invitation_id = _invitation_id(session)
        _invite(session, step, at, invitation_id, kinds)
    units = cut_units(session, step, unit_size, kinds)
    _write_messages(session, step, at, units, invitation_id)
    settle_new_stars(session, step.campaign.event_id, stars, at)
    return _count(session, step, kinds)


def _settle(session: Session) -> None:
    """Room to sort and to keep the ends of the indexes in memory, for this transaction."""
    if is_postgresql():
        session.execute(text("SET LOCAL work_mem = '64MB'"))
        session.execute(text("SET LOCAL jit = off"))
    else:
        session.execute(text("PRAGMA cache_size = -65536"))


def _hold(session: Session, step: Step, at: datetime) -> set[int]:
    """What a person must look at first: a mail to a star, whom it gives; one found late."""
    stars, known = dict[str, list[int]](), signers(step.campaign.event_id)
    for stakeholder_id, (_, owner) in known.items():
        stars.setdefault(f"{SIGN_OFF}{owner}.", []).append(stakeholder_id)
    reasons = {why: among(frozen.c.stakeholder_id, some) for why, some in stars.items()}
    if step.is_personal and not step.is_at_once:
        reasons[FOUND_LATE] = frozen.c.goes_at < instant(at - LATE)
    for reason, whose in reasons.items():
        session.execute(update(frozen).where(frozen.c.reason.is_(None), whose).values(hold=reason))
    if step.written_to:  # of a large audience some became a star, or are none any more
        is_star = among(frozen.c.stakeholder_id, known)
        session.execute(update(frozen).where(frozen.c.is_star != is_star).values(is_star=is_star))
    return set(known)


def _invitation_id(session: Session) -> Any:
    """The invitation of a row of `frozen`, written or to be written: so nothing is to be looked up.

    SQLite has one writer, whose keys go on after the last. On PostgreSQL others draw keys at the
    same time: each row drew one of its own.
    """
    fresh: Any = frozen.c.fresh_id
    if not is_postgresql():
        last = session.scalar(select(func.coalesce(func.max(Invitation.id), 0)))
        fresh = frozen.c.place + literal(last)
    is_new = case((frozen.c.reason.is_(None), fresh), else_=null())
    return func.coalesce(frozen.c.invitation_id, is_new)


def _invite(
    session: Session, step: Step, at: datetime, invitation_id: Any, kinds: list[Kind]
) -> None:
    """An invitation for everyone who gets the mail and has none yet."""
    campaign = step.campaign
    if campaign.reaches_segments and campaign.newcomers_list is not None:
        _give_places(session, campaign, campaign.newcomers_list, is_new(), at)
    columns = {
        "id": invitation_id,
        "stakeholder_id": frozen.c.stakeholder_id,
        "event_id": literal(campaign.event_id),
        "group_id": frozen.c.group_id,
        "is_star": frozen.c.is_star,
        "state": type_coerce("silent", Text),
        "reply_by": instant(campaign.reply_by),
        "invited_at": instant(at),
        "link_key": _keys(frozen.c.place),
    }
    new = select(*columns.values()).where(is_new()).order_by(frozen.c.place)
    session.execute(insert(Invitation).from_select(list(columns), new))
    kind, silent = TallyKind.EVENT_INVITATIONS, InvitationState.SILENT.value
    changes: Counter[Place] = Counter()
    for one in kinds:
        if one.is_new:
            changes[kind, campaign.event_id, one.group_id or 0, silent] += one.people
    admit(session, campaign.event_id, at, select(frozen.c.stakeholder_id).where(is_new()))
    add_to_tallies(session, changes)


def _give_places(
    session: Session, campaign: Campaign, target_list: TargetList, new: Any, at: datetime
) -> None:
    """Whoever is invited because of a segment, and stands on no list of the event, gets onto one.

    So everyone who is asked is counted among those wanted, and within the list's allotment.
    """
    at_event = select(TargetList.id).where(TargetList.event_id == campaign.event_id)
    is_wanted = exists().where(
        Target.stakeholder_id == frozen.c.stakeholder_id, Target.list_id.in_(at_event)
    )
    last = select(func.coalesce(func.max(Target.rank), 0)).where(Target.list_id == target_list.id)
    columns = {
        "list_id": literal(target_list.id),
        "stakeholder_id": frozen.c.stakeholder_id,
        "rank": func.row_number().over(order_by=frozen.c.place) + (session.scalar(last) or 0),
        "why": literal(f"In the audience of the campaign “{campaign.name}”."),
        "wave": literal(next((one.wave for one in campaign.lists if one.wave), 1)),
        "created_at": instant(at),
    }
    chosen = select(*columns.values()).where(new, ~is_wanted).order_by(frozen.c.place)
    count = touched(session, insert(Target).from_select(list(columns), chosen))
    if count:
        add_to_tallies(session, {(TallyKind.LIST_TARGETS, target_list.id, 0, "wanted"): count})
        session.add(
            Activity.of(
                "put_on_list", CLOCK, at, campaign_id=campaign.id, event_id=campaign.event_id,
                list_id=target_list.id, list=target_list.name, count=count,
            )
        )  # fmt: skip


def _write_messages(
    session: Session, step: Step, at: datetime, units: Units, invitation_id: Any
) -> None:
    """The rows themselves, with the personal merge fields as they are now."""
    campaign = step.campaign
    purpose: Any = literal(step.kind.value, Text)
    if late := list(joining_texts(step).values()):
        purpose = case((frozen.c.text_id.in_(late), "invitation"), else_=purpose)
    columns = {
        "public_id": _keys(frozen.c.place),
        "unit_id": cut.c.unit_id,
        "campaign_id": literal(campaign.id),
        "step_id": literal(step.id),
        "stakeholder_id": frozen.c.stakeholder_id,
        "invitation_id": invitation_id,
        "group_id": frozen.c.group_id,
        "text_id": frozen.c.text_id,
        "event_id": literal(campaign.event_id),
        "purpose": purpose,
        "state": state(),
        "reason": func.coalesce(frozen.c.reason, frozen.c.hold, ""),
        "address": address_of(step),
        "name": Stakeholder.full_name,
        "values": personal_columns(
            **_sections(step), **columns_for(_texts(step), frozen.c.text_id)
        ),
        "is_first": frozen.c.is_first,
        "created_at": instant(at),
        "changed_at": instant(at),
    }
    statement = (
        select(*[column.label(name) for name, column in columns.items()])
        .select_from(frozen)
        .join(Stakeholder, Stakeholder.id == frozen.c.stakeholder_id)
        .outerjoin(Organisation, Organisation.id == Stakeholder.organisation_id)
        .outerjoin(cut, cut.c.ordinal == units.ordinal())
        .order_by(frozen.c.place)
    )
    session.execute(insert(Message).from_select(list(columns), statement))


def _texts(step: Step) -> list[tuple[str, int]]:
    """(language, text) of every letter that the step sends."""
    return [*texts_of(step.version_id).items(), *joining_texts(step).items()]


def _sections(step: Step) -> dict[str, Any]:
    """What a message remembers of its sections, where its letter has any."""
    return {"sections": frozen.c.sections} if conditions(step) else {}


def _count(session: Session, step: Step, kinds: list[Kind]) -> int:
    """Put the new rows into the summary; says how many there are."""
    changes: Counter[Place] = Counter()
    for one in kinds:
        group_id = one.group_id or 0
        changes[TallyKind.STEP_MESSAGES, step.id, group_id, one.state] += one.people
        if one.is_first:
            changes[TallyKind.CAMPAIGN_PEOPLE, step.campaign_id, group_id, one.state] += one.people
    add_to_tallies(session, changes)
    return sum(one.people for one in kinds)


def _keys(place: Any) -> Any:
    """Keys of which neighbours stand together in the index: random all over it would be slow."""
    return ordered_key(literal(secrets.token_hex(8)), place // _KEYS_IN_A_BLOCK)
