"""python -m tests.faults.told_elsewhere: the clock process, whose SIGTERM the main thread misses.

As soon as it waits, another thread takes the signal: as where it comes just before the waiting.
"""

import signal
import threading
import time

from outreach import clockwork


def main() -> None:
    """Run the clock until it is told."""
    start = clockwork.settle_memory

    def started() -> None:
        start()
        threading.Thread(target=_strike, daemon=True).start()

    clockwork.settle_memory = started
    clockwork.main()


def _strike() -> None:
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)


if __name__ == "__main__":
    main()
