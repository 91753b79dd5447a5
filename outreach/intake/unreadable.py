"""Why a file cannot be read, and what to do about it."""

from outreach.errors import Refusal
from outreach.intake.limits import MEGABYTE, Limits


class UnreadableFile(Refusal):
    """The file as a whole cannot be read; nothing of it was taken."""


class NotASpreadsheet(UnreadableFile):
    """By its content, whatever its name, the file is neither CSV nor XLSX."""

    status = 415

    def __init__(self, what: str, remedy: str = "") -> None:
        advice = remedy or "Save the list as CSV or XLSX and import that."
        super().__init__(f"This file is {what}, not a CSV or XLSX. {advice}")


class EmptyFile(UnreadableFile):
    """There is not one cell in it."""

    def __init__(self) -> None:
        super().__init__(
            "This file is empty. Its first row should name the columns, the rows below hold people."
        )


class NoHeaderRow(UnreadableFile):
    """The first row already holds a person."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"The first row should name the columns, but it holds “{found}”. "
            "Add a row above it, such as: Name, Email, Organisation."
        )


class TooLarge(UnreadableFile):
    """The file goes beyond one of our limits."""

    status = 413


class BrokenWorkbook(UnreadableFile):
    """It begins like an XLSX and cannot be read as one."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"This XLSX cannot be read: {reason}. "
            "Open it in a spreadsheet, save it again as XLSX or CSV, and import that."
        )


class BrokenText(UnreadableFile):
    """It looks like CSV, and its first row cannot be read."""


class NoAddressColumn(Refusal):
    """No column was recognised, or chosen, as the one that holds addresses."""

    def __init__(self, headers: list[str]) -> None:
        shown = ", ".join(headers[:12]) + (" …" if len(headers) > 12 else "")
        super().__init__(
            f"None of the columns holds e-mail addresses ({shown}). "
            "Choose the column that does, or add one named Email."
        )


class UnusableMapping(Refusal):
    """A mapping names a column or a field that does not exist, or one field twice."""


def too_many_bytes(most: int) -> TooLarge:
    """The refusal of a file that is larger than it may be."""
    return TooLarge(
        f"This file is larger than {most // MEGABYTE} MB. "
        "Divide it into several files and import them one after the other."
    )


def too_many_rows(limits: Limits) -> TooLarge:
    """The refusal of a file with more rows than the limit."""
    return TooLarge(
        f"This file holds more than {limits.rows:,} rows. "
        "Divide it into several files and import them one after the other."
    )


def too_many_columns(limits: Limits) -> TooLarge:
    """The refusal of a file with more columns than the limit."""
    return TooLarge(
        f"This file is wider than {limits.columns} columns. Keep only those to be imported."
    )
