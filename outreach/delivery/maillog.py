"""SendGrid's mail log (`GET /v3/messages`): evidence that a message went out.

Source: SendGrid Email Activity Feed API; `unique_args` is its name for our `custom_args`. The
rows do not repeat the argument, so a row proves one message only when one was asked for.
"""

from collections.abc import Sequence
from time import monotonic

import orjson

from outreach.delivery.sendgrid_client import KeepAliveClient
from outreach.delivery.transport import Lost, NotReached

_AT_ONCE = 10
_SECONDS = 20.0
_HEX = frozenset("0123456789abcdef")


class MailLog:
    """Asks for messages by our id; gives up after 20 seconds, and what was not asked is None."""

    def __init__(self, client: KeepAliveClient) -> None:
        self._client = client

    def find(self, public_ids: Sequence[str]) -> dict[str, bool | None]:
        """Whether each is in the log; None where it could not be asked."""
        found: dict[str, bool | None] = dict.fromkeys(public_ids)
        asked = [public_id for public_id in public_ids if _HEX.issuperset(public_id)]
        ends = monotonic() + _SECONDS
        for start in range(0, len(asked), _AT_ONCE):
            group = asked[start : start + _AT_ONCE]
            answer = self._any(group, ends)
            if answer is None:
                break
            for public_id in group:
                # Of several only "none at all" is certain: one of them may be there twice.
                found[public_id] = answer and (
                    True if len(group) == 1 else self._any([public_id], ends)
                )
        return found

    def _any(self, public_ids: Sequence[str], ends: float) -> bool | None:
        """Whether the log has any of these."""
        left = ends - monotonic()
        if left <= 0:
            return None
        query = " OR ".join(f"(unique_args['m']=\"{public_id}\")" for public_id in public_ids)
        try:
            answer = self._client.messages.get(
                query_params={"limit": 1, "query": query}, timeout=left
            )
            if answer.status_code != 200:
                return None
            messages = orjson.loads(answer.body)["messages"]
        except (NotReached, Lost, ValueError, KeyError, TypeError):
            return None
        return bool(messages) if isinstance(messages, list) else None
