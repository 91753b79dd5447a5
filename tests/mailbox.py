"""A mailer that keeps what it is given: the fake at the edge."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from outreach.delivery.letter import UnfitLetter
from outreach.delivery.mailer import (
    Accepted,
    Address,
    Attachment,
    Letter,
    Outcome,
    Recipient,
    Silent,
    Unfit,
)


@dataclass(frozen=True)
class Sent:
    """One mail as its reader gets it."""

    to: str
    name: str
    subject: str
    text: str
    html: str
    sender: Address
    headers: Mapping[str, str]
    attachments: tuple[Attachment, ...]
    public_id: str
    message_id: str
    key: str


class Mailbox:
    """Keeps every mail in `sent`; `answers` may say otherwise for each recipient.

    mailer.answers = lambda recipient: Busy("later")     nothing goes out
    A `Silent` answer loses the mail too, unless `keeps_silent_mail` is set.
    """

    name = "mailbox"

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.calls: list[tuple[str, list[str]]] = []
        """(idempotency key, public ids) of every call, in order."""
        self.answers: Callable[[Recipient], Outcome] = lambda recipient: Accepted("kept")
        self.keeps_silent_mail = False
        self.is_closed = False

    def hand_over(
        self, letter: Letter, recipients: Sequence[Recipient], *, key: str, timeout: timedelta
    ) -> dict[str, Outcome]:
        self.calls.append((key, [recipient.public_id for recipient in recipients]))
        return {recipient.public_id: self._take(letter, recipient, key) for recipient in recipients}

    def evidence(self, public_ids: Iterable[str]) -> dict[str, bool | None]:
        went_out = {mail.public_id for mail in self.sent}
        return {public_id: public_id in went_out for public_id in public_ids}

    def close(self) -> None:
        self.is_closed = True

    def to(self, email: str) -> list[Sent]:
        """Everything that went to this address, in order."""
        return [mail for mail in self.sent if mail.to == email]

    def _take(self, letter: Letter, recipient: Recipient, key: str) -> Outcome:
        try:
            mail = _written(letter, recipient, key)
        except UnfitLetter as problem:
            return Unfit(str(problem))
        answer = self.answers(recipient)
        if isinstance(answer, Accepted) or (isinstance(answer, Silent) and self.keeps_silent_mail):
            self.sent.append(mail)
        return answer


def _written(letter: Letter, recipient: Recipient, key: str) -> Sent:
    return Sent(
        to=recipient.to.email,
        name=recipient.to.name,
        subject=letter.subject.fill(recipient.values),
        text=letter.text.fill(recipient.values),
        html=letter.html.fill(recipient.values),
        sender=letter.sender,
        headers={**letter.headers, **recipient.headers},
        attachments=recipient.attachments,
        public_id=recipient.public_id,
        message_id=recipient.message_id,
        key=key,
    )
