"""How much memory the reading of one mail takes, whatever it holds (A37)."""

import subprocess
import sys

import pytest

READ_IT = """
import resource, sys
from outreach.intake.inbound_mail import read_inbound
from tests.factories import NOON
from tests.intake.mails import FORM, form

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

head = b"From: a@example.org\\r\\nContent-Type: "
raw = form(email=head + {mail})
before = peak()
read_inbound(raw, FORM, at=NOON)
print(peak() - before)
"""
PART = b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\n%s\r\n"
EVENTS = b"BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n"


@pytest.mark.parametrize(
    "mail",
    [
        'b"text/html\\r\\n\\r\\n" + b"<br<div>" * 3_750_000',
        f'b"multipart/mixed; boundary=b\\r\\n\\r\\n" + {PART!r} % (b"x" * 50_000) * 500',
        f'b"text/calendar; method=REPLY\\r\\n\\r\\nBEGIN:VCALENDAR\\r\\n" + {EVENTS!r} * 100_000',
    ],
    ids=["30 MB", "500 attachments", "100,000 events"],
)
def test_a_mail_is_read_in_little_more_memory_than_it_has_itself(mail):
    """A37: at most 100 MB beside the 30 of the mail, in a process that does nothing else."""
    command = [sys.executable, "-c", READ_IT.replace("{mail}", mail)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert float(done.stdout) < 100, f"{done.stdout.strip()} MB"
