"""What the embedded PostgreSQL and the local broker both need of the operating system."""

import fcntl
import os
import random
import socket
from pathlib import Path

import psutil

# Below the range from which Linux (32768-60999) and macOS (49152-65535) take the ports of outgoing
# connections. A port from inside that range can be lost while its server is down, and a client that keeps
# reconnecting to it on loopback can be given that very port as its source: TCP then connects it to itself,
# and the server never binds again.
_PORTS = range(20_000, 32_000)


class OwnerLock:
    """Says which live process owns a directory, for exactly as long as that process lives.

    A file that holds a PID lies after a crash or a reboot, when the number belongs to someone else. An flock
    cannot: the kernel drops it with the process, however that died. The PID inside is only for messages.

    The lock belongs to the open file, which a forked child inherits: owners start their workers with spawn,
    not fork.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def acquire(self, *, wait: bool = False) -> bool:
        """Take the lock; true if we hold it now (also if we held it before). `wait` blocks until it is
        free.
        """
        if self._descriptor is not None:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back. The file stays: unlinking a lock file lets two owners lock two different
        inodes.
        """
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> int | None:
        """The PID that the last owner wrote: true while someone holds the lock, history otherwise."""
        try:
            return int(self.path.read_text())
        except (OSError, ValueError):
            return None


def command_line(pid: int) -> list[str] | None:
    """The arguments of a live process, or None if it is gone, dead but not yet reaped, or not ours to look
    at.

    Only the command line is world-readable: root in a container (without CAP_SYS_PTRACE) may not read the
    working directory or executable of another user's process, so nothing here relies on those.
    """
    try:
        return list(psutil.Process(pid).cmdline()) or None
    except (psutil.Error, OSError):
        return None


def processes_named(name: str) -> dict[int, list[str]]:
    """The live processes whose program has this name, with their arguments (for a server: its title)."""
    found = {}
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == name and (arguments := command_line(process.pid)) is not None:
            found[process.pid] = arguments
    return found


def tail(path: Path, *, since: int = 0, lines: int = 25) -> str:
    """The last lines of a log, from byte `since` on, for an error message."""
    try:
        with path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(min(since, size), size - 65_536))
            text = log.read().decode(errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"


def port_is_free(port: int) -> bool:
    """Whether a server may bind this loopback port now (a connection in TIME_WAIT does not hinder it)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(*, besides: tuple[int, ...] = ()) -> int:
    """A loopback port that is free now and that no outgoing connection will be given."""
    for port in random.sample(_PORTS, 200):
        if port not in besides and port_is_free(port):
            return port
    raise OSError(f"no free port among 200 tried in {_PORTS.start}-{_PORTS.stop}")
