"""The journal's lines about people who are brought into a list, by the thousand."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from outreach.bulk import Bulk
from outreach.db import is_postgresql
from outreach.models.activity import Activity, Actor
from outreach.models.target import TargetList

_FOLLOWS = frozenset({"precedence", "is_protocol_by_hand"})
"""Columns that go with the protocol category, which is named."""


class ListJournal:
    """Writes lines about one list, in the open transaction."""

    def __init__(
        self,
        session: Session,
        bulk: Bulk,
        target_list: TargetList,
        by: Actor,
        at: datetime,
        import_id: int | None,
    ) -> None:
        self._session, self._bulk = session, bulk
        self._about = {
            "actor": by.kind,
            "account_id": by.account_id,
            "at": bulk.bound(Activity, "at", at),
            "event_id": target_list.event_id,
        }
        self._detail = {
            "list_id": target_list.id, "list": target_list.name, "import_id": import_id,
        }  # fmt: skip

    def same_for_all(self, verb: str, stakeholder_ids: Sequence[int]) -> None:
        """The same line for many: one statement."""
        numbers = ",".join(map(str, stakeholder_ids))
        if is_postgresql():
            source = "unnest(CAST(string_to_array(:ids, ',') AS bigint[])) AS value"
        else:
            source, numbers = "json_each(:ids)", f"[{numbers}]"
        self._session.execute(
            text(
                "INSERT INTO activities"
                " (verb, actor, account_id, at, stakeholder_id, event_id, detail)"
                f" SELECT :verb, :actor, CAST(:account_id AS bigint), :at, value, :event_id,"
                f" {'CAST(:detail AS json)' if is_postgresql() else ':detail'} FROM {source}"
            ),
            self._about | {"verb": verb, "detail": json.dumps(self._detail), "ids": numbers},
        )

    def each_with_fields(self, verb: str, people: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        """A line for each with the fields that changed.

        people  (stakeholder, {column: what became of it})
        """
        about = tuple(self._about.values())
        rows = [
            (verb, *about, id_, json.dumps(self._detail | {"fields": _fields(changes)}))
            for id_, changes in people
        ]
        self._bulk.write(Activity, "verb actor account_id at event_id stakeholder_id detail", rows)


def _fields(changes: Mapping[str, Any]) -> list[str]:
    return [
        name.removesuffix("_id")
        for name in changes
        if not name.endswith("_key") and name not in _FOLLOWS
    ]
