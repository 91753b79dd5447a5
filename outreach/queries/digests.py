"""Who gets a digest this morning, and what stands in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select

from outreach.db import reading
from outreach.models.account import PERMISSIONS, PROMOTING, Account, Permission, Role
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.digest import Digest
from outreach.models.event import Event
from outreach.models.message import Message, MessageState
from outreach.models.star import StarStage
from outreach.models.target import Target, TargetList
from outreach.models.task import TaskKind
from outreach.queries.allotments import AllotmentLine, allotments_to_decide
from outreach.queries.events import events
from outreach.queries.stars import StarCard, star_cards
from outreach.queries.tasks import due_tasks
from outreach.signing import SIGN_OFF


@dataclass(frozen=True, slots=True)
class Reader:
    """One of the team who is to be told."""

    id: int
    name: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and its lines, as plain text."""

    title: str
    lines: list[str]


def readers(day: date) -> list[Reader]:
    """Whom the digest of a day has not reached yet and who want it. Cost: the accounts."""
    told = exists().where(Digest.account_id == Account.id, Digest.day == day)
    rows = reading().execute(
        select(Account.id, Account.name, Account.email, Account.role)
        .where(
            Account.role.in_(PROMOTING), ~Account.is_disabled, ~Account.is_demonstration,
            Account.wants_digest, ~told,
        )
        .order_by(Account.id)
    )  # fmt: skip
    return [Reader(*row) for row in rows]


def digest_of_day(reader: Reader, at: datetime, today: date) -> list[Part]:
    """What is due for a person; nothing where nothing is. Cost: what `Today` costs."""
    return [part for part in _parts(reader, at, today) if part.lines]


def _parts(reader: Reader, at: datetime, today: date) -> Iterator[Part]:
    tasks = due_tasks(reader.id, today)
    bounced = [task for task in tasks if task.kind is TaskKind.BOUNCED]
    others = [task for task in tasks if task.kind is not TaskKind.BOUNCED]
    yield Part("To do", [_task(task.what, task.person, task.due_on) for task in others])
    yield Part("Addresses that bounced", [_task(t.what, t.person, t.due_on) for t in bounced])
    cards = star_cards([event.id for event in events()])
    told = {task.stakeholder_id for task in tasks if task.kind is TaskKind.STAR}  # one thing, once
    late = [
        card for card in cards
        if card.owner_id == reader.id and card.is_late(at) and card.stakeholder_id not in told
    ]  # fmt: skip
    yield Part("Stars whose date has passed", [_star(card) for card in late])
    yield Part("Mails to stars that wait for your signature", _to_sign(reader.id))
    yield Part("Places to give to an alternate", [_place(one) for one in allotments_to_decide(at)])
    if Permission.APPROVE in PERMISSIONS[reader.role]:
        waiting = [
            f"{card.name}, nominated by {card.nominated_by or 'the console'}"
            for card in cards
            if card.column is StarStage.NOMINATED and card.nominated_by_id != reader.id
        ]
        yield Part("Stars to approve", waiting)
        yield Part("Campaigns to approve", _campaigns(reader.id))


def _task(what: str, person: str | None, due_on: date) -> str:
    about = f" ({person})" if person else ""
    return f"{what}{about}, by {due_on:%-d %B}"


def _star(card: StarCard) -> str:
    return f"{card.name}: {card.next_step or 'next step'}, was due {card.next_on:%-d %B}"


def _place(line: AllotmentLine) -> str:
    places = "1 place was" if line.to_give == 1 else f"{line.to_give} places were"
    return f"{line.name}, {line.event}: {places} given back"


def _to_sign(reader_id: int) -> list[str]:
    rows = reading().execute(
        select(Message.name, Event.name)
        .join(Event, Event.id == Message.event_id)
        .join(Target, Target.stakeholder_id == Message.stakeholder_id)
        .join(TargetList, TargetList.id == Target.list_id)
        .where(
            Target.owner_id == reader_id,
            Target.is_star,
            TargetList.event_id == Message.event_id,
            Message.state == MessageState.HELD,
            Message.reason.startswith(SIGN_OFF, autoescape=True),
        )
        .order_by(Message.id)
        .limit(20)
    )
    return list(dict.fromkeys(f"{name}, {event}" for name, event in rows))


def _campaigns(reader_id: int) -> list[str]:
    names = reading().scalars(
        select(Campaign.name)
        .where(
            Campaign.state == CampaignState.DRAFT,
            Campaign.author_id.is_distinct_from(reader_id),
        )
        .order_by(Campaign.id)
        .limit(20)
    )
    return list(names)


def wants_digest(account_id: int) -> bool | None:
    """Whether someone gets the digest; None for those of the demonstration, who never do. One row
    by key."""
    wished = select(Account.wants_digest).where(Account.id == account_id, ~Account.is_demonstration)
    return reading().scalar(wished)
