"""python -m tests.faults.shifted_clock HOURS: the clock process where the clock is wrong."""

import sys
from datetime import datetime, timedelta

from outreach import clock, clockwork


def main(hours: float) -> None:
    """Run the clock so many hours ahead, or behind."""
    right = clock.now

    def now() -> datetime:
        return right() + timedelta(hours=hours)

    clock.now = now
    clockwork.main()


if __name__ == "__main__":
    main(float(sys.argv[1]))
