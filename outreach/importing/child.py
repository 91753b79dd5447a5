"""A run in a process of its own: a million rows hold up no mail, and their memory ends with it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOOK_EVERY_SECONDS = 0.2


def run_in_child(import_id: int, stops: Callable[[float], bool]) -> int:
    """Let `flask import-go-on` do it; gives its exit code.

    stops  waits so many seconds at most; True when this process is to end: the child's chunk is
           then rolled back, and another run goes on from there
    """
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "import-go-on", str(import_id)]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        while child.poll() is None:
            if stops(LOOK_EVERY_SECONDS):
                child.terminate()
                break
    finally:
        child.wait()
    return child.returncode
