"""The lists behind the numbers of the board: who they are, what they answered, since when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from outreach.db import reading
from outreach.models.conference import ConstituentGroup
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.target import Target, TargetList
from outreach.queries.board import ANSWERS
from outreach.queries.keyset import PAGE, Page, page
from outreach.queries.stakeholders import matching

STATE_CHOICES = (
    ("", "were invited"), ("answered", "have answered"), ("accepted", "have accepted"),
    ("tentative", "are tentative"), ("delegated", "send someone"), ("declined", "have declined"),
    ("silent", "have not answered"), ("undeliverable", "could not be reached"),
    ("wanted", "are wanted"), ("not_asked", "were not asked yet"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """Which people are to be listed; empty text for all."""

    event_id: int
    group: str = ""
    state: str = ""
    country: str = ""
    words: str = ""
    is_star: bool = False

    @property
    def is_of_lists(self) -> bool:
        """Whether it asks about those wanted, be they invited or not."""
        return self.is_star or self.state in ("wanted", "not_asked")


@dataclass(frozen=True, slots=True)
class Line:
    """Someone behind a number."""

    stakeholder_id: int
    name: str
    office: str
    organisation: str | None
    group: str
    is_star: bool
    state: InvitationState | None
    invited_at: datetime | None
    answered_at: datetime | None
    reply_by: datetime | None

    @property
    def since(self) -> datetime | None:
        """Since when it stands like this."""
        return self.answered_at or self.invited_at


def people(choice: Choice, after: str | None = None, *, limit: int = PAGE) -> Page[Line]:
    """A page of the people behind a number, in the order in which they were asked or listed.

    Cost: the rows of the page by an index; with words, everyone behind the number once through.
    """
    statement = _of_lists(choice) if choice.is_of_lists else _of_invitations(choice)
    unique = Target.id if choice.is_of_lists else Invitation.id
    if choice.group:
        statement = statement.where(ConstituentGroup.code == choice.group)
    if choice.country:
        country = func.coalesce(Organisation.country_code, Stakeholder.country_code)
        statement = statement.where(country == choice.country)
    wanted = matching(choice.words)
    if wanted is not None:
        statement = statement.where(wanted)
    rows, following = page(statement, (unique.expression,), after, limit=limit)
    return Page([Line(*row[:-1]) for row in rows], following)


_PERSON = (Stakeholder.id, Stakeholder.full_name, Stakeholder.office, Organisation.name)
_STANDING = (Invitation.state, Invitation.invited_at, Invitation.answered_at, Invitation.reply_by)


def _of_invitations(choice: Choice) -> Select[*tuple[Any, ...]]:
    statement = (
        select(*_PERSON, ConstituentGroup.name, Invitation.is_star, *_STANDING)
        .select_from(Invitation)
        .join(ConstituentGroup, ConstituentGroup.id == Invitation.group_id)
        .join(Invitation.stakeholder)
        .outerjoin(Stakeholder.organisation)
        .where(Invitation.event_id == choice.event_id, Invitation.merged_into_id.is_(None))
    )
    return _in_state(statement, choice.state)


def _of_lists(choice: Choice) -> Select[*tuple[Any, ...]]:
    statement = (
        select(*_PERSON, ConstituentGroup.name, Target.is_star, *_STANDING)
        .select_from(Target)
        .join(TargetList, TargetList.id == Target.list_id)
        .join(ConstituentGroup, ConstituentGroup.id == TargetList.group_id)
        .join(Target.stakeholder)
        .outerjoin(Stakeholder.organisation)
        .outerjoin(
            Invitation,
            and_(
                Invitation.stakeholder_id == Target.stakeholder_id,
                Invitation.event_id == choice.event_id,
            ),
        )
        .where(TargetList.event_id == choice.event_id)
    )
    if choice.is_star:
        statement = statement.where(Target.is_star, ~_is_starred_before(choice.event_id))
    if choice.state == "wanted":
        return statement
    if choice.state == "not_asked":
        # The same that the board counts: a person asked with another group is still shown here.
        is_other = Invitation.group_id != TargetList.group_id
        return statement.where(Invitation.id.is_(None) | is_other)
    return _in_state(statement, choice.state)


def _is_starred_before(event_id: int) -> Any:
    """Whether the person is a star on an earlier list of the same event: each is shown once."""
    other, other_list = aliased(Target), aliased(TargetList)
    return (
        select(other.id)
        .join(other_list, other_list.id == other.list_id)
        .where(
            other.stakeholder_id == Target.stakeholder_id,
            other.is_star,
            other.id < Target.id,
            other_list.event_id == event_id,
        )
        .exists()
    )


def _in_state(statement: Select[*tuple[Any, ...]], state: str) -> Select[*tuple[Any, ...]]:
    if state == "answered":
        return statement.where(Invitation.state.in_(ANSWERS))
    if state in set(InvitationState):
        return statement.where(Invitation.state == state)
    return statement


def group_choices() -> list[tuple[str, str]]:
    """(code, name) of the groups in their order."""
    rows = reading().execute(
        select(ConstituentGroup.code, ConstituentGroup.name).order_by(ConstituentGroup.position)
    )
    return [(code, name) for code, name in rows]
