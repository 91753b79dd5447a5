"""Many recipients by columns: at 100,000 people a second no object is made for each of them.

A mailer that wants them one by one reads them like any sequence of `Recipient`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import overload

from outreach.delivery.mailer import Address, Attachment, Letter, Recipient

Column = str | Sequence[str]
"""One text for everyone, or one for each."""


@dataclass(frozen=True, slots=True)
class Recipients(Sequence[Recipient]):
    """The same as a list of `Recipient`, column by column.

    values   field → its column
    headers  name → its column; an empty text means that someone has no such header
    attachments  one tuple for each, or nothing at all
    """

    public_ids: Sequence[str]
    message_ids: Sequence[str]
    names: Sequence[str]
    emails: Sequence[str]
    values: Mapping[str, Column]
    headers: Mapping[str, Column]
    attachments: Sequence[tuple[Attachment, ...]] = ()

    @classmethod
    def of(cls, recipients: Sequence[Recipient]) -> "Recipients":
        """The columns of any recipients."""
        if isinstance(recipients, Recipients):
            return recipients
        has_files = any(one.attachments for one in recipients)
        return cls(
            [one.public_id for one in recipients],
            [one.message_id for one in recipients],
            [one.to.name for one in recipients],
            [one.to.email for one in recipients],
            _columns([one.values for one in recipients]),
            _columns([one.headers for one in recipients]),
            [one.attachments for one in recipients] if has_files else (),
        )

    @property
    def shared(self) -> dict[str, str]:
        """The fields in which the same stands for everyone."""
        return {name: one for name, one in self.values.items() if isinstance(one, str) and one}

    def only(self, indexes: Sequence[int]) -> "Recipients":
        """Some of them, in the order of the indexes."""
        return Recipients(
            [self.public_ids[index] for index in indexes],
            [self.message_ids[index] for index in indexes],
            [self.names[index] for index in indexes],
            [self.emails[index] for index in indexes],
            _some(self.values, indexes),
            _some(self.headers, indexes),
            [self.attachments[index] for index in indexes] if self.attachments else (),
        )

    def __len__(self) -> int:
        return len(self.public_ids)

    @overload
    def __getitem__(self, which: int) -> Recipient: ...
    @overload
    def __getitem__(self, which: slice) -> "Recipients": ...
    def __getitem__(self, which: int | slice) -> "Recipient | Recipients":
        if isinstance(which, slice):
            return self.only(range(*which.indices(len(self))))
        return next(iter(self.only([which])))

    def __iter__(self) -> Iterator[Recipient]:
        count = len(self)
        attachments = self.attachments or [()] * count
        for public_id, message_id, name, email, values, headers, files in zip(
            self.public_ids, self.message_ids, self.names, self.emails,
            _rows(self.values, count), _rows(self.headers, count), attachments, strict=True,
        ):  # fmt: skip
            if "" in headers.values():
                headers = {one: value for one, value in headers.items() if value}
            to = Address(name, email)
            yield Recipient(public_id, message_id, to, values, headers, files)


def with_shared(letter: Letter, recipients: Sequence[Recipient]) -> Letter:
    """The letter with everything in it that is the same for all of them. Raises UnfitLetter."""
    if not isinstance(recipients, Recipients):
        return letter
    shared = recipients.shared
    subject, text, html = (
        part.known(shared) for part in (letter.subject, letter.text, letter.html)
    )
    return replace(letter, subject=subject, text=text, html=html)


def _columns(rows: Sequence[Mapping[str, str]]) -> dict[str, Column]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) or "" for row in rows] for name in names}


def _some(columns: Mapping[str, Column], indexes: Iterable[int]) -> dict[str, Column]:
    indexes = list(indexes)
    return {
        name: column if isinstance(column, str) else [column[index] for index in indexes]
        for name, column in columns.items()
    }


def _rows(columns: Mapping[str, Column], count: int) -> Iterator[dict[str, str]]:
    """A mapping for each."""
    shared = {name: column for name, column in columns.items() if isinstance(column, str)}
    names = [name for name in columns if name not in shared]
    if not names:
        return (dict(shared) for _ in range(count))
    own = zip(*[columns[name] for name in names], strict=True)
    return ({**shared, **dict(zip(names, row, strict=True))} for row in own)
