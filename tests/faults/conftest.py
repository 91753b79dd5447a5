"""What tests with real faults share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.provider.running import RunningProvider


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[RunningProvider]:
    """A stand-in provider of its own process, with its own ledger."""
    with RunningProvider(tmp_path) as running:
        yield running
