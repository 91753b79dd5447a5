"""What the provider accepted, one line each, on disk before anyone is told.

A line is a JSON object: m (our id), to, request (number), by (http or smtp), at (seconds since
1970). A line cut short by a crash was never answered for and is not counted.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson


def read_ledger(path: Path) -> Iterator[dict[str, Any]]:
    """The lines that are whole."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield orjson.loads(line)


class Ledger:
    """Appends to the file and remembers by id, also what stood there at the start.

    is_durable  whether each line is forced to disk; off only where speed is measured
    """

    def __init__(self, path: Path) -> None:
        self.is_durable = True
        self.by_id: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.request_count = 0
        whole = 0
        if path.exists():
            whole = path.read_bytes().rfind(b"\n") + 1
        for row in read_ledger(path):
            self.by_id[row["m"]].append(row)
            self.request_count = max(self.request_count, row["request"])
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.ftruncate(self._file, whole)
        os.lseek(self._file, 0, os.SEEK_END)

    def accept(self, request: int, by: str, accepted: Sequence[tuple[str, str]]) -> None:
        """Write (id, address) pairs, durably, all or nothing as far as a reader can tell."""
        at = time.time()
        rows = [{"m": m, "to": to, "request": request, "by": by, "at": at} for m, to in accepted]
        block = memoryview(
            b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        )
        while block:
            block = block[os.write(self._file, block) :]
        if self.is_durable:
            os.fsync(self._file)
        for (m, _), row in zip(accepted, rows, strict=True):
            self.by_id[m].append(row)
