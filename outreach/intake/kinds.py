"""What a file is, by its first bytes; its name proves nothing."""

from outreach.intake.unreadable import EmptyFile, NotASpreadsheet

_SAVE_AS = "Open it in a spreadsheet, save it as XLSX or CSV, and import that."

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel file (.xls) or a workbook with a password",
        "Save it as XLSX without a password and import that.",
    ),
    (b"%PDF", "a PDF document", ""),
    (b"\x89PNG", "a picture", ""),
    (b"\xff\xd8\xff", "a picture", ""),
    (b"GIF8", "a picture", ""),
    (b"{\\rtf", "a text document", ""),
    (b"\x1f\x8b", "a packed file (gzip)", "Unpack it and import the CSV or XLSX inside."),
    (b"7z\xbc\xaf", "a packed file (7z)", "Unpack it and import the CSV or XLSX inside."),
    (b"Rar!", "a packed file (rar)", "Unpack it and import the CSV or XLSX inside."),
    (b"SQLite format 3", "a database", ""),
)

_TEXT_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"<", "a web page or XML", _SAVE_AS),
    (b"BEGIN:VCARD", "a set of visiting cards (vCard)", "Export the contacts as CSV instead."),
    (b"BEGIN:VCALENDAR", "a calendar", ""),
    (b"{", "JSON", ""),
    (b"[{", "JSON", ""),
)

# What never stands in text: control characters other than tab, line breaks, form feed and escape.
_CONTROLS = bytes([*range(1, 8), *range(14, 27), *range(28, 32)])


def kind_of(head: bytes) -> str:
    """ "xlsx" for an archive, else "csv".

    head  the first bytes of the file, 4 KB or all of it
    Raises EmptyFile; NotASpreadsheet when the bytes are plainly something else.
    """
    if not head.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise EmptyFile
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "xlsx"
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature):
            raise NotASpreadsheet(what, remedy)
    start = _plain(head).lstrip(b" \t\r\n").upper()
    for signature, what, remedy in _TEXT_STARTS:
        if start.startswith(signature):
            raise NotASpreadsheet(what, remedy)
    if _is_binary(head):
        raise NotASpreadsheet("not text")
    return "csv"


def unmarked_utf_16(head: bytes) -> str | None:
    """The UTF-16 that these bytes are without saying so: every second byte of Latin text is 0."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _plain(head: bytes) -> bytes:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\0", b"")
    return head.removeprefix(b"\xef\xbb\xbf")


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or unmarked_utf_16(head):
        return False
    odd = len(head) - len(head.translate(None, _CONTROLS))
    return odd + head.count(0) > len(head) * 0.05
