"""What the jobs of the clock would have written by now: after a restore it is written and held.

They may have written it, and it may have left, since the backup was made.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from outreach.actions.alternates import promote_alternates
from outreach.actions.calendar_changes import tell_of_changes
from outreach.actions.calendar_replies import apply_calendar_replies
from outreach.actions.confirmations import confirm_answers
from outreach.actions.focal_points import remind_focal_points
from outreach.actions.receipt_effects import apply_receipts
from outreach.actions.steps import launch_open_steps, write_audiences

MOST_ROUNDS = 1_000
"""Of a hundred or two each: no conference has as many, and no loop is without an end."""


def write_anew(reminders: Sequence[int], *, at: datetime) -> None:
    """Write all of it, as of this instant.

    reminders  days before a focal point's date
    """
    jobs: list[Callable[..., int]] = [
        apply_receipts, apply_calendar_replies, confirm_answers, promote_alternates,
        partial(remind_focal_points, reminders), tell_of_changes, launch_open_steps,
        write_audiences,
    ]  # fmt: skip
    for job in jobs:
        for _ in range(MOST_ROUNDS):
            if not job(at=at):
                break
