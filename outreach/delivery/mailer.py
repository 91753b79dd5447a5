"""What a mailer is given, what it answers, and the words for both.

A *letter* is what is equal for many; a *recipient* is what is one person's own. A mailer takes one
letter and some recipients and says for each of them what became of it. It opens no transaction,
keeps no record and never tries again by itself: the outbox decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from outreach.delivery.letter import Compiled


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: the name as its owner writes it, and the address."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with one person's mail.

    media_type  as "application/pdf", without parameters
    method      for text/calendar only: METHOD of the calendar inside ("REQUEST", "CANCEL", …)
    """

    filename: str
    content: bytes
    media_type: str
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What is equal for everyone who gets it.

    headers      the same on every copy: List-Id, Auto-Submitted, …
    is_personal  goes in a request of its own even where a provider takes a thousand at once
    """

    sender: Address
    subject: Compiled
    text: Compiled
    html: Compiled
    reply_to: Address | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """What is one person's own in a letter.

    public_id   32 hexadecimal digits, fixed for the message's life; all a provider learns of us
    message_id  "<public_id@domain>": every attempt carries the same one
    values      field → plain text, as a person would read it; escaped where it enters HTML
    headers     personal ones: List-Unsubscribe, List-Unsubscribe-Post
    """

    public_id: str
    message_id: str
    to: Address
    values: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it over: from here on it is theirs to deliver."""

    provider_id: str | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Busy:
    """Nothing went out; later it may.

    retry_after       not before this span has passed, where the provider said so
    is_provider_down  the trouble is theirs and everyone's: pause the campaign, spend no attempts
    is_limited        the answer is odd enough that it must not be tried for ever ("other 4xx")
    """

    reason: str
    retry_after: timedelta | None = None
    is_provider_down: bool = False
    is_limited: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing went out, and it never will like this.

    is_configuration  the fault is ours for everyone (key, sender, address of the provider): the
                      campaign pauses and staff are told; the person is not to blame
    """

    reason: str
    is_configuration: bool = False


@dataclass(frozen=True, slots=True)
class Unfit(Refused):
    """It cannot be made into a mail (an empty field, a line break in a name); nobody was called.

    A kind of Refused for whoever does not care; the outbox holds such a message for a person.
    """


@dataclass(frozen=True, slots=True)
class Silent:
    """Nobody knows: it may have gone out. Only evidence may settle it."""

    reason: str


Outcome = Accepted | Busy | Refused | Silent


class Mailer(Protocol):
    """One way out. Safe to be called by several threads at once."""

    @property
    def name(self) -> str:
        """The setting that chooses it: file, smtp or sendgrid."""
        ...

    def hand_over(
        self, letter: Letter, recipients: Sequence[Recipient], *, key: str, timeout: timedelta
    ) -> dict[str, Outcome]:
        """Give the letter to each recipient; say for every public_id what became of it.

        key      the same for every try with the same people: for providers that know idempotency
                 keys, and then send nothing twice
        timeout  for the whole call: afterwards it has returned, whatever the other side does
        Returns exactly one outcome for each recipient. Raises nothing for what a provider does.
        """
        ...

    def evidence(self, public_ids: Iterable[str]) -> dict[str, bool | None]:
        """Whether each of these went out, by proof: yes, no, or None where nobody can know."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
