"""The stand-in as tests and bench use it: a real process that can be told, read and killed."""

import http.client
import ssl
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import orjson

from bench.provider.ledger import read_ledger

_ROOT = Path(__file__).parents[2]


class RunningProvider:
    """Starts the stand-in; a context manager that ends it.

    folder       where its ledger and its event key are kept
    certificate  PEM with key: HTTPS instead of HTTP, and STARTTLS on the SMTP side
    is_sink      does not force its ledger to disk: for measuring others' speed
    """

    def __init__(
        self,
        folder: Path,
        *,
        key: str = "SG.stand-in",
        password: str = "",
        certificate: Path | None = None,
        is_sink: bool = False,
    ) -> None:
        self.key = key
        self.ledger_path = folder / "ledger.jsonl"
        self._certificate = certificate
        self._options = ["--ledger", str(self.ledger_path), "--key", key, "--password", password]
        if certificate is not None:
            self._options += ["--certificate", str(certificate)]
        self._options += ["--sink"] if is_sink else []
        self.url = self.smtp_url = ""
        self._running: subprocess.Popen[str] | None = None
        self.start()

    def start(self, **wishes: Any) -> None:
        """Start it, or start it again on the ports that it had."""
        options = [*self._options, "--control", orjson.dumps(wishes).decode()]
        if self.url:
            options += ["--port", str(urlsplit(self.url).port)]
            options += ["--smtp-port", str(urlsplit(self.smtp_url).port)]
        self._running = subprocess.Popen(
            [sys.executable, "-m", "bench.provider", *options],
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._running.stdout is not None
        _, self.url, self.smtp_url = self._running.stdout.readline().split()

    def wait_until_dead(self, within: float = 10) -> None:
        """Wait for a process that was told to die in a call."""
        if self._running is not None:
            self._running.wait(within)

    def kill(self) -> None:
        """SIGKILL, as a power cut would do it; also right where it died by itself."""
        assert self._running is not None
        self._running.kill()
        self._running.wait()
        if self._running.stdout is not None:
            self._running.stdout.close()

    def control(self, **wishes: Any) -> dict[str, Any]:
        """Change its behaviour (see behaviour.py); returns what it says about itself."""
        about: dict[str, Any] = self._ask("POST", "/control", orjson.dumps(wishes))
        return about

    def mails(self) -> list[dict[str, Any]]:
        """The last mails as they would arrive; needs control(keep=…) before."""
        mails: list[dict[str, Any]] = self._ask("GET", "/control/mails", None)
        return mails

    def ledger(self) -> list[dict[str, Any]]:
        """What it accepted, from its file: right also while it is dead."""
        return list(read_ledger(self.ledger_path))

    def counts(self) -> Counter[str]:
        """How often each of our ids was accepted."""
        return Counter(row["m"] for row in self.ledger())

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        address = urlsplit(self.url)
        connection: http.client.HTTPConnection
        if address.scheme == "https":
            context = ssl.create_default_context(cafile=str(self._certificate))
            connection = http.client.HTTPSConnection(address.netloc, timeout=10, context=context)
        else:
            connection = http.client.HTTPConnection(address.netloc, timeout=10)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise ValueError(content.decode())
            return orjson.loads(content)
        finally:
            connection.close()

    def __enter__(self) -> "RunningProvider":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
