"""The last look before a hand-over: whatever was committed by now stops a mail (promise P3)."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.orm import Session, aliased

from outreach.delivery.again import NOBODY_DECIDED, decided_since
from outreach.delivery.ledger import PLACES, move_by_id
from outreach.delivery.whose import assistants_key, from_unit
from outreach.dialect import indexes_preferred, key_digest
from outreach.models.answering_address import AnsweringAddress
from outreach.models.audience import CampaignLeftOutList
from outreach.models.base import UTCDateTime
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.delegation import Delegation
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import (
    EVEN_UNSUBSCRIBED,
    Message,
    MessageState,
    Purpose,
    Unit,
    UnitState,
)
from outreach.models.seat import OfferState, Seat, SeatOffer
from outreach.models.stakeholder import Stakeholder
from outreach.models.step import ASKING as ASKING_KINDS
from outreach.models.step import MANNERS, NARROW, STATES, Audience, Step
from outreach.models.suppression import UNSUBSCRIBED, CampaignStop, NewsStop, Suppression
from outreach.prepared import Prepared
from outreach.queries.audience_members import left_out_since
from outreach.queries.reasons import (
    ANSWERED,
    JUST_WRITTEN,
    NEVER_LEFT,
    OTHER_ANSWER,
    PAST_DEADLINE,
    STOPPED,
    STOPPED_HERE,
    STOPPED_NEWS,
    SUPPRESSED,
    UNDELIVERABLE,
    UNDER_WAY,
    WITHDRAWN,
    has_stopped_news,
)
from outreach.signing import UNSIGNED

ASKING = tuple(Purpose(kind.value) for kind in ASKING_KINDS)
_STANDS = Prepared(
    select(Campaign.state).where(Campaign.id == bindparam("campaign")).with_for_update(read=True)
)
_UNSORTED = (
    *(func.coalesce(column, literal_column("0")) for column in PLACES[:2]), *PLACES[2:],
)  # fmt: skip
"""PLACES, with nothing by which a planner would find them in order: SQLite would read all of a
step, as an index has it, instead of one unit."""
LATENESS = timedelta(hours=1)
"""A mail kept back for longer may leave on the heels of a later one: that is looked at."""


class Look(NamedTuple):
    """What a unit's last look depends on."""

    next_at: datetime
    purpose: Purpose
    campaign_id: int | None
    is_held: bool | None
    """Its step is held by a person; nothing where it has no step."""
    audience: Audience | None
    is_somebody_listed: bool  # among those not to write to
    somebody_stopped: bool
    """Anybody stopped this campaign."""
    somebody_stopped_news: bool
    leaves_lists_out: bool
    goes_by_their_hour: bool | None
    """Its step goes at an hour of each recipient's own zone."""
    event_id: int
    is_again: bool  # its mails were under way before, when nobody could take them back
    decided_at: datetime | None

    @property
    def may_lack_a_signature(self) -> bool:
        """Somebody in it may be a star by now; who lets such a mail go by hand signs it."""
        return self.is_again and self.decided_at is None and self.purpose not in UNSIGNED


def look_at(session: Session, unit_id: int, token: int) -> Look | None:
    """The unit, ours until we commit; None where the lease is lost."""
    row = _look().first(session.connection(), {"unit": unit_id, "token": token})
    return None if row is None else Look(*row[:-1])


@cache
def _look() -> Prepared:
    stopped = exists().where(CampaignStop.campaign_id == Unit.campaign_id)
    return Prepared(
        select(
            Unit.next_at, Unit.purpose, Unit.campaign_id,
            select(Step.is_held).where(Step.id == Unit.step_id).scalar_subquery(),
            select(Step.audience).where(Step.id == Unit.step_id).scalar_subquery(),
            exists(select(Suppression.id)), stopped,
            exists(select(NewsStop.id)),
            exists().where(CampaignLeftOutList.campaign_id == Unit.campaign_id),
            select(Step.is_local).where(Step.id == Unit.step_id).scalar_subquery(),
            Unit.event_id, (Unit.attempts_count > 0).label("is_again"), Unit.decided_at,
            # With its statistics PostgreSQL would then hash everyone for each unit.
            indexes_preferred(),
        )
        .where(
            Unit.id == bindparam("unit"), Unit.token == bindparam("token"),
            Unit.state == UnitState.LEASED,
        )
        .with_for_update(of=Unit)
    )  # fmt: skip


def campaign_stands(session: Session, campaign_id: int | None) -> CampaignState | None:
    """The campaign's state, held until we commit, so that a pause waits for us or we for it."""
    if campaign_id is None:
        return None
    row = _STANDS.first(session.connection(), {"campaign": campaign_id})
    return None if row is None else CampaignState(row.state)


class Crowd(NamedTuple):
    """Those of a unit who wait, told by how many they are and where they count, not one by one."""

    places: Counter[tuple[Any, ...]]
    """{their PLACES: how many}"""
    id_sum: int

    def is_of(self, ids: Sequence[int]) -> bool:
        """Whether these are they: as nobody joins a unit that is leased, it takes no more."""
        return (self.places.total(), self.id_sum) == (len(ids), sum(ids))


def leave_out_the_changed(session: Session, unit_id: int, look: Look, at: datetime) -> Crowd | None:
    """Leave out whoever answered, unsubscribed or was withdrawn since.

    Gives who waits, all of whom may still get it; None where someone had to be left out.
    """
    is_late = look.campaign_id is not None and at - look.next_at > LATENESS
    statements = _statements(
        look.purpose,
        look.audience,
        somebody_is_listed=look.is_somebody_listed,
        somebody_stopped=look.somebody_stopped,
        somebody_stopped_news=look.somebody_stopped_news,
        leaves_lists_out=look.leaves_lists_out,
        is_late=is_late and look.purpose is not Purpose.THANK_YOU,
        is_again=look.is_again,
    )
    values = {
        "unit": unit_id, "at": at, "campaign": look.campaign_id, "quiet_from": at - MANNERS,
        "decided": look.decided_at or NOBODY_DECIDED,
    }  # fmt: skip
    # A thousand rows cost more to fetch than to read: mostly nobody is to be left out.
    connection = session.connection()
    needed = statements.everyone.spelt(connection.dialect).names & values.keys()
    rows = statements.everyone.all(connection, {name: values[name] for name in needed})
    if not any(row.changed for row in rows):
        places = Counter({(row[0] or None, row[1] or None, *row[2:-3]): row.people for row in rows})
        return Crowd(places, sum(int(row.id_sum) for row in rows))
    by_reason: dict[str, list[int]] = {}
    for message_id, why in connection.execute(statements.changed, values):
        by_reason.setdefault(why, []).append(message_id)
    for why, some in by_reason.items():
        move_by_id(session, some, MessageState.WAITING, MessageState.LEFT_OUT, at=at, reason=why)
    return None


class _Statements(NamedTuple):
    everyone: Prepared
    """By where they count: how many wait, and how many of them must not get it any more."""
    changed: Select[Any]
    """Those, each with the reason."""


@cache
def _statements(
    purpose: Purpose,
    audience: Audience | None,
    *,
    somebody_is_listed: bool,
    somebody_stopped: bool,
    somebody_stopped_news: bool,
    leaves_lists_out: bool,
    is_late: bool,
    is_again: bool,
) -> _Statements:
    """Whose mail must not go any more, and why. Built once: they run for every unit.

    is_late   it was kept back, so that another mail of the campaign may have gone meanwhile
    is_again  it was under way before, so that what else was decided then is asked, too
    """
    # With nobody on the list of those not to write to, nothing is digested.
    key: Any = Stakeholder.email_key
    if purpose is Purpose.TO_ASSISTANT:
        key = assistants_key()
    elif purpose is Purpose.COPY:
        key = AnsweringAddress.email_key
    is_listed = Suppression.digest == key_digest(key)
    stopped = _stopped_this() if somebody_stopped else false()
    reason = _reason(purpose, audience, bindparam("at", type_=UTCDateTime()), stopped)
    if somebody_stopped_news and purpose is Purpose.PROMOTION:
        reason = case((has_stopped_news(), func.coalesce(reason, STOPPED_NEWS)), else_=reason)
    if leaves_lists_out:
        decided = bindparam("decided", type_=UTCDateTime())
        reason = func.coalesce(left_out_since(bindparam("campaign"), decided), reason)
    if is_again:
        reason = decided_since(reason)
    if is_late:
        reason = case((_was_just_written_to(), JUST_WRITTEN), else_=reason)
    counts = (
        func.count().label("people"), func.sum(Message.id).label("id_sum"),
        func.count(reason).label("changed"),
    )  # fmt: skip
    everyone, listing = (
        from_unit(purpose, select(*columns), is_listed if somebody_is_listed else false())
        for columns in ((*_UNSORTED, *counts), (Message.id, reason))
    )
    everyone = everyone.group_by(*_UNSORTED)
    return _Statements(Prepared(everyone), listing.where(reason.is_not(None)))


def _stopped_this() -> ColumnElement[bool]:
    is_theirs = CampaignStop.digest == key_digest(Stakeholder.email_key)
    return exists().where(
        CampaignStop.campaign_id == bindparam("campaign"),
        is_theirs | (CampaignStop.stakeholder_id == Stakeholder.id),
    )


def _reason(
    purpose: Purpose, audience: Audience | None, at: Any, has_stopped: ColumnElement[bool]
) -> Any:
    suppressed: ColumnElement[bool] = Suppression.id.is_not(None)
    if purpose in EVEN_UNSUBSCRIBED:
        suppressed = and_(suppressed, Suppression.reason != UNSUBSCRIBED)
    cases: list[Any] = [(suppressed, SUPPRESSED), (Stakeholder.is_mail_stopped, STOPPED)]
    if purpose not in EVEN_UNSUBSCRIBED:
        cases.append((has_stopped, STOPPED_HERE))
    if purpose is not Purpose.WITHDRAWN:
        cases.append((Invitation.withdrawn_at.is_not(None), WITHDRAWN))
    if audience in NARROW or (purpose in ASKING and audience is not Audience.BOUNCED):
        cases.append((Invitation.state == InvitationState.UNDELIVERABLE, UNDELIVERABLE))
    if audience is not None and audience in (Audience.BOUNCED, *NARROW):
        cases.append((_is_none_of(Invitation.state, STATES[audience]), OTHER_ANSWER))
    elif purpose in ASKING:
        cases.append((Invitation.state != InvitationState.SILENT, ANSWERED))
    if purpose in ASKING:
        cases.append((Invitation.reply_by <= at, PAST_DEADLINE))
    if purpose is Purpose.COPY:
        cases.append((AnsweringAddress.id.is_(None), "Gets no copies any more."))
    if purpose is Purpose.FOCAL_POINT:
        cases += [
            (Delegation.withdrawn_at.is_not(None), "Is asked for no delegation any more."),
            (Delegation.name_by <= at, "The date for naming the delegation has passed."),
        ]
    if purpose is Purpose.SEAT:
        cases += [
            (SeatOffer.state != OfferState.ASKED, "Is no longer asked for this seat."),
            (Seat.fill_by <= at, "The date for filling the seat has passed."),
        ]
    return case(*cases, else_=null())


def _is_none_of(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """NOT IN, without the list that is only written out when it is run."""
    return and_(*(column != value for value in values))


def _was_just_written_to() -> ColumnElement[bool]:
    """Another mail of the campaign went while this one was kept back.

    By its person alone: SQLite would read all of the campaign, as an index has it, for each mail.
    """
    other = aliased(Message)
    return exists().where(
        other.stakeholder_id == Message.stakeholder_id,
        other.id != Message.id,
        func.coalesce(other.campaign_id, literal_column("0")) == bindparam("campaign"),
        _is_none_of(other.state, (*UNDER_WAY, *NEVER_LEFT)),
        other.changed_at > bindparam("quiet_from", type_=UTCDateTime()),
    )
