"""How much of a file we are willing to read."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a spreadsheet; each is checked before or while reading, never after."""

    file_bytes: int = 500 * MEGABYTE
    """A million rows of eight cells take some 100 MB as CSV."""
    rows: int = 1_000_000
    """Below the header row."""
    columns: int = 200
    cell_length: int = 32_767
    """Characters; what a spreadsheet itself allows in a cell."""

    packed_bytes: int = 50 * MEGABYTE
    """Of an XLSX, which packs a million rows of eight cells into some 40 MB."""
    packed_members: int = 1_000
    """Files inside an XLSX; a workbook of a hundred sheets has some three hundred."""
    unpacked_bytes: int = 1024 * MEGABYTE
    """All files inside an XLSX together, as the archive states them."""
    packing_ratio: int = 200
    """Of one file inside; a real sheet of 200,000 rows packs 14 to 1, zeros pack 1,000 to 1."""
    unpack_memory: int = 1_600 * MEGABYTE
    """Address space of the child that unpacks; it ends there, not we."""
    unpack_cpu_seconds: int = 60
    unpack_seconds: int = 180


LIMITS = Limits()
