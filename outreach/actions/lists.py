"""Target lists: made and renamed."""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.conference import ConstituentGroup
from outreach.models.event import Event
from outreach.models.target import TargetList

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


class CodeTaken(Conflict):
    """Another list has this code."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"The code {code} belongs to the list “{name}” already.")


class UnusableCode(Refusal):
    """A code that would not do in a command or an address."""

    def __init__(self) -> None:
        super().__init__(
            "A code is up to 60 letters and digits of A to Z, with hyphens, dots or underscores "
            "between them."
        )


def create_list(
    code: str, name: str, group_code: str, event_code: str, *, by: Actor, at: datetime
) -> int:
    """Make a target list of one constituent group for one event; give its id."""
    code, name = code.strip(), " ".join(name.split())
    if not _CODE.fullmatch(code):
        raise UnusableCode
    if not name:
        raise Refusal("Give the list a name.")
    with transaction() as session:
        group_id = session.scalar(
            select(ConstituentGroup.id).where(ConstituentGroup.code == group_code)
        )
        if group_id is None:
            raise NotFound(f"constituent group “{group_code}”")
        event_id = session.scalar(select(Event.id).where(Event.code == event_code))
        if event_id is None:
            raise NotFound(f"event “{event_code}”")
        taken_by = session.scalar(select(TargetList.name).where(TargetList.code == code))
        if taken_by is not None:
            raise CodeTaken(code, taken_by)
        target_list = TargetList(
            code=code, name=name, group_id=group_id, event_id=event_id, created_at=at
        )
        session.add(target_list)
        try:
            session.flush()
        except IntegrityError:  # made by someone else since we looked
            raise CodeTaken(code, name) from None
        session.add(
            Activity.of(
                "created_list", by, at, event_id=event_id, list_id=target_list.id, name=name
            )
        )
        return target_list.id


def rename_list(list_id: int, name: str, *, by: Actor, at: datetime) -> None:
    """Give a list another name; its code stays, since commands and links rely on it."""
    name = " ".join(name.split())
    if not name:
        raise Refusal("Give the list a name.")
    with transaction() as session:
        target_list = session.get(TargetList, list_id)
        if target_list is None:
            raise NotFound("list")
        session.add(
            Activity.of(
                "renamed_list",
                by,
                at,
                event_id=target_list.event_id,
                list_id=list_id,
                was=target_list.name,
                name=name,
            )
        )
        target_list.name = name
