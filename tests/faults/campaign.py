"""What every fault campaign shares: how many rounds, which chance, and what must not be left behind."""

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil

from mandate_local.cluster import PORT, Cluster

ROUNDS: Final = int(os.environ.get("MANDATE_FAULT_ROUNDS", "3"))
SEED: Final = int(os.environ.get("MANDATE_FAULT_SEED") or random.SystemRandom().randrange(1_000_000))
"""Printed with every round. The same seed draws the same rounds; what the machine then does is its own chance."""


def chance(campaign: str, number: int) -> random.Random:
    """The chance of one round, so that it can be played again without those before it."""
    return random.Random(f"{SEED} {campaign} {number}")  # noqa: S311 - to be repeated, not to be secret


def copy(prepared: Path, data: Path) -> None:
    """A data directory at rest, once more: owners and modes as they are, since PostgreSQL insists on its own."""
    cp = shutil.which("cp")
    assert cp
    subprocess.run([cp, "-a", str(prepared), str(data)], check=True)


class Server:
    """The PostgreSQL that a product started beneath its data directory, seen from outside."""

    def __init__(self, data: Path) -> None:
        self._cluster = Cluster(data / "postgres")

    def dsn(self, database: str) -> str:
        """As superuser."""
        found = self._cluster.pid_file()
        assert found, "no postmaster.pid"
        return f"postgresql://postgres@/{database}?host={quote(found.socket_directory, safe='/')}&port={PORT}"

    @property
    def pid(self) -> int | None:
        """The postmaster's, while it lives."""
        found = self._cluster.pid_file()
        return found.pid if found and self._cluster.is_postmaster(found.pid) else None

    def kill(self) -> None:
        """SIGKILL the postmaster, as the kernel does when memory runs out."""
        pid = self.pid
        assert pid, "PostgreSQL does not run"
        os.kill(pid, signal.SIGKILL)


def left_over(data: Path, wait: float = 5) -> list[str]:
    """The processes that still work on a data directory: a moment after the end there must be none."""
    deadline = time.monotonic() + wait
    while (found := _working_on(data)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [f"{pid}: {title}" for pid, title in found.items()]


def clear(data: Path) -> None:
    """End whatever a failed round left behind, each by its pid."""
    for pid in _working_on(data):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _working_on(data: Path) -> dict[int, str]:
    """Whose command line names the directory, and PostgreSQL's backends, whose title names its cluster."""
    found = {}
    for process in psutil.process_iter(["cmdline"]):
        title = " ".join(process.info["cmdline"] or ())
        if str(data) in title:
            found[process.pid] = title
    if (data / "postgres" / "pg").exists():
        cluster = Cluster(data / "postgres")
        cluster.prepare()  # from where it is, it knows the name that its backends carry
        found |= dict.fromkeys(cluster.orphans(), "PostgreSQL")
    return found
