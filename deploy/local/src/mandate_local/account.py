"""The operating-system account under which PostgreSQL runs when Mandate itself runs as root.

PostgreSQL refuses to run as root, and `initdb` insists that its user has an entry in /etc/passwd, so a bare
number will not do. An account of our own, rather than `nobody` or `postgres`, keeps other programs out of the
ledger.
"""

import logging
import os
import pwd
import shutil
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_NAME = "mandate-pg"
_log = logging.getLogger(__name__)


class NoAccountError(RuntimeError):
    """We are root and could not get an account for PostgreSQL; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who PostgreSQL runs as."""

    uid: int
    gid: int

    def give(self, path: Path) -> None:
        """Make this account the owner of one file or directory."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def give_tree(self, top: Path) -> None:
        """Make it the owner of everything below, the top last: a top that is ours says that the rest is."""
        for directory, names, files in os.walk(top):
            for name in (*names, *files):
                self.give(Path(directory, name))
        self.give(top)

    def let_through(self, path: Path) -> None:
        """Let this account reach `path`, opening as little as possible.

        To use a path one needs *search* (x) on each directory above it. The wheel adds read and search for
        group and others to every parent up to /, which also lets everyone list root's home. We touch only a
        directory that would stop this account, add only the one search bit it lacks, never read, and say so
        in the log. Nothing less works when a checkout or data directory lies under /root (0700): PostgreSQL
        changes into its data directory by name, and names of its children are still hidden from others.
        """
        for directory in (path, *path.parents):
            status = directory.stat()
            if status.st_uid == self.uid:
                search = stat.S_IXUSR
            elif status.st_gid == self.gid:
                search = stat.S_IXGRP
            else:
                search = stat.S_IXOTH
            if not status.st_mode & search:
                _log.warning("adding search permission to %s, so that PostgreSQL reaches %s", directory, path)
                directory.chmod(stat.S_IMODE(status.st_mode) | search)


def account_for(cluster: Path) -> Account | None:
    """Who runs the cluster: None means we ourselves; as root, the cluster's owner or else our own account.

    An existing cluster names its owner (the same number may have another name, or none, in the next
    container). One that belongs to root was copied there, from a backup say, since PostgreSQL could never
    have made it.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (status := cluster.stat()).st_uid != 0:
        return Account(status.st_uid, status.st_gid)
    entry = _ensure_user()
    account = Account(entry.pw_uid, entry.pw_gid)
    if cluster.exists():
        account.give_tree(cluster)
    return account


def _ensure_user() -> pwd.struct_passwd:
    """Our account, made if needed. Several processes may try at once: the losers find the winner's entry."""
    problem = "there is no useradd here"
    for _ in range(20):
        try:
            return pwd.getpwnam(_NAME)
        except KeyError:
            useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
            if useradd is None:
                break
        command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        made = subprocess.run([*command, "--shell", "/bin/false", _NAME], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            problem = made.stderr.strip()
            time.sleep(0.1)
    raise NoAccountError(
        f"PostgreSQL does not run as root, and the account {_NAME!r} for it could not be made ({problem}). "
        f"Make that account, or run as an ordinary user."
    )
