"""A mail on trial: what somebody would get, sent to the colleague who looks at it, to nobody else.

It is made of a preview: no link of a real person is in it, no row of the ledger is written, nothing
is counted.
"""

from datetime import datetime, timedelta

from flask import current_app

from outreach.db import transaction
from outreach.delivery.choose import mailer_from
from outreach.delivery.letter import Compiled, Kind
from outreach.delivery.mailer import Accepted, Address, Busy, Letter, Outcome, Recipient, Silent
from outreach.delivery.preview import Preview
from outreach.delivery.rate import take_some
from outreach.errors import Refusal
from outreach.tokens import new_key

TIMEOUT = timedelta(seconds=15)
A_SECOND = 5
"""So many trials a second at most, of all colleagues together."""
MARK = "[Test] "


class TooManyTrials(Refusal):
    """The provider's patience is for the letters themselves."""

    status = 429

    def __init__(self) -> None:
        super().__init__("Too many tests at once. Wait a moment and send it again.")


def send_trial(preview: Preview, to: Address, *, at: datetime) -> str:
    """Hand the mail over now; what became of it, as a sentence.

    Raises Refusal where there is no mail, or where it did not leave.
    """
    if preview.problem:
        raise Refusal(f"No mail can be made: {preview.problem}")
    with transaction() as session:
        if not take_some(session, "trials", 1, A_SECOND, at=at):
            raise TooManyTrials
    public_id = new_key()
    domain = preview.sender.email.rpartition("@")[2]
    recipient = Recipient(public_id, f"<{public_id}@{domain}>", to, {})
    mailer = mailer_from(current_app.config)
    try:
        outcomes = mailer.hand_over(_letter(preview), [recipient], key=public_id, timeout=TIMEOUT)
    finally:
        mailer.close()
    return _sentence(outcomes[public_id], to)


def _letter(preview: Preview) -> Letter:
    return Letter(
        sender=preview.sender,
        subject=Compiled(Kind.LINE, [MARK + preview.subject], []),
        text=Compiled(Kind.TEXT, [preview.text], []),
        html=Compiled(Kind.HTML, [preview.html], []),
        headers={"Auto-Submitted": "auto-generated"},
        is_personal=True,
    )


def _sentence(outcome: Outcome, to: Address) -> str:
    if isinstance(outcome, Accepted):
        return f"The test is on its way to {to.email}."
    if isinstance(outcome, Silent):
        return f"Nobody knows whether the test reached {to.email}: {outcome.reason}"
    if isinstance(outcome, Busy):
        raise Refusal(f"The test did not leave; try again in a while. {outcome.reason}")
    raise Refusal(f"The test was refused. {outcome.reason}")
