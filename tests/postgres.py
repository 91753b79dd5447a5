"""A PostgreSQL server of the tests' own, in a temporary folder, reached by a socket."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import psycopg

PORT = 54_329
"""Only names the socket; nothing listens on the network."""
PR_SET_PDEATHSIG = 1
ORDINARY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Fast, and lost in a power cut: right for all tests but those that pull the plug."""


def programs() -> Path | None:
    """The folder with initdb and postgres, the newest one; None where there is none."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), Path("/usr/local/pgsql/bin")]
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).parent)
    found = [
        folder
        for folder in folders
        if (folder / "initdb").exists() and (folder / "postgres").exists()
    ]
    return max(found, key=_version) if found else None


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _identity() -> dict[str, Any]:
    """Arguments of Popen for someone who is not root, as PostgreSQL demands."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise RuntimeError("there is neither an account postgres nor nobody to run PostgreSQL as")


class Cluster:
    """One server. `with Cluster() as cluster: cluster.url`; it can also be stopped and started."""

    def __init__(self, settings: dict[str, str] = ORDINARY) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="outreach-pg-"))
        self.settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            **settings,
        }
        self.server: subprocess.Popen[bytes] | None = None
        self._identity = _identity()
        found = programs()
        if found is None:
            raise RuntimeError("PostgreSQL is not installed")
        self._programs = found

    def __enter__(self) -> Self:
        try:
            self._create()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """For SQLAlchemy, with psycopg 3."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}&port={PORT}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [
            str(self._programs / "postgres"),
            "-D",
            str(self.folder / "cluster"),
            "-p",
            str(PORT),
        ]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, process_group=0,
                preexec_fn=_die_with_parent, **self._identity,
            )  # fmt: skip
        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(
                    host=str(self.folder), port=PORT, user="postgres", dbname="postgres"
                ).close()
                return
            except psycopg.OperationalError as problem:
                if self.server.poll() is not None or time.monotonic() > until:
                    log_text = (self.folder / "log").read_text()[-2000:]
                    raise RuntimeError(f"PostgreSQL did not start: {log_text}") from problem
                time.sleep(0.05)

    def stop(self, *, at_once: bool = False) -> None:
        """End the server; at once, as in a power cut, it leaves recovery to the next start."""
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self.server.wait(timeout=30)
        self.server = None

    def _create(self) -> None:
        if self._identity:
            os.chown(self.folder, self._identity["user"], self._identity["group"])
        self.folder.chmod(0o755)
        initdb = [str(self._programs / "initdb"), "-D", str(self.folder / "cluster")]
        initdb += ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale"]
        for locale in ("C.UTF-8", "C"):
            shutil.rmtree(self.folder / "cluster", ignore_errors=True)
            answer = subprocess.run(
                [*initdb, locale],
                capture_output=True,
                text=True,
                cwd=self.folder,
                check=False,
                **self._identity,
            )
            if answer.returncode == 0:
                return
        raise RuntimeError(f"initdb failed: {answer.stderr}")


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Tests that are killed leave no server behind (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
