"""Programs that the checks of the images need and that a machine may lack, made once and kept for all checkouts."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from mandate_local.processes import OwnerLock

COMPOSE: Final = "github.com/docker/compose/v5@v5.6.0"

ENGINE_PACKAGES: Final = (
    "docker.io", "containerd", "runc", "tini", "mmdebstrap",
    "iptables", "libip4tc2", "libip6tc2", "libnetfilter-conntrack3", "libnfnetlink0", "libnftnl11", "libxtables12",
)  # fmt: skip
"""Debian's engine, what it calls, and what makes a Debian file system."""


class Missing(RuntimeError):
    """Something cannot be had here; the message says what and why."""


class NotHere(Missing):
    """A program that this machine lacks, and that only the gate fetches."""


def everything_is_required() -> bool:
    """Whether this is the gate, where a check that is left out is a failure."""
    return os.environ.get("MANDATE_REQUIRE_ALL") == "1"


def run(command: Sequence[str | Path], **options: object) -> str:
    """What a command prints; `Missing`, with its last words, if it fails."""
    try:
        done = subprocess.run(  # type: ignore[call-overload]  # options are subprocess.run's own
            [str(word) for word in command], text=True, capture_output=True, check=False, **options
        )
    except OSError as error:
        raise Missing(f"`{command[0]}` cannot be run: {error.strerror}") from error
    if done.returncode:
        said = "\n".join(f"{done.stdout}{done.stderr}".splitlines()[-25:])
        raise Missing(f"`{' '.join(map(str, command))[:200]}` failed:\n{said}")
    printed: str = done.stdout
    return printed


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """The directory `name` of the cache. It appears when it is whole, and several that ask at once make it once."""
    home = Path(os.environ.get("MANDATE_CACHE") or "~/.cache/mandate").expanduser().resolve() / name
    if home.is_dir():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    lock = OwnerLock(home.with_name(f"{home.name}.lock"))
    lock.acquire(wait=True)
    try:
        if not home.is_dir():
            with tempfile.TemporaryDirectory(prefix=f"{name}.", dir=home.parent) as scratch:
                fresh = Path(scratch, "fresh")
                fresh.mkdir()
                make(fresh)
                fresh.rename(home)
    finally:
        lock.release()
    return home


def compose() -> list[str]:
    """The command of Docker Compose: the machine's own or, in the gate, one that Go builds in about a minute."""
    if shutil.which("docker"):
        try:
            run(["docker", "compose", "version"])
        except Missing:
            pass
        else:
            return ["docker", "compose"]
    if not everything_is_required():
        raise NotHere("there is no `docker compose`")
    return [str(cached(f"compose-{COMPOSE.rpartition('@')[2]}", _build_compose) / "docker-compose")]


def _build_compose(place: Path) -> None:
    if shutil.which("go") is None:
        raise Missing("there is no `docker compose`, and no Go to build it")
    source = place / "source"  # a copy: `go install` refuses a module whose go.mod excludes others
    run(["go", "mod", "download", COMPOSE], env=os.environ | {"GOWORK": "off"})
    shutil.copytree(Path(run(["go", "env", "GOMODCACHE"]).strip()) / COMPOSE, source)
    run(["chmod", "-R", "u+w", source])
    environment = os.environ | {"GOWORK": "off", "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
    run(["go", "build", "-trimpath", "-o", place / "docker-compose", "./cmd"], cwd=source, env=environment)
    shutil.rmtree(source)


def engine_programs() -> Path:
    """A directory with Debian's Docker engine unpacked; nothing is installed."""
    return unpacked("engine", ENGINE_PACKAGES, _name_iptables)


def _name_iptables(place: Path) -> None:
    for name in ("iptables", "ip6tables", "iptables-save", "iptables-restore"):
        (place / "usr/bin" / name).symlink_to("../sbin/xtables-nft-multi")


def unpacked(name: str, packages: Sequence[str], finish: Callable[[Path], None] = lambda _: None) -> Path:
    """A directory with packages of Debian unpacked; nothing is installed."""
    if shutil.which("apt-get") is None:
        raise Missing(f"there is no {packages[0]}, and no apt-get to fetch it")

    def make(place: Path) -> None:
        unpack(place, lambda: packages)
        finish(place)

    return cached(f"{name}-{digest(packages)}", make)


def unpack(place: Path, names: Callable[[], Sequence[str]]) -> None:
    """Unpack packages of Debian here; nothing is installed. Which ones is asked again when the lists were read anew."""
    files = place / "packages"
    files.mkdir()
    try:
        run(["apt-get", "download", *names()], cwd=files)
    except Missing:  # lists that are absent, or older than the archive
        run(["apt-get", "update"])
        run(["apt-get", "download", *names()], cwd=files)
    for file in files.glob("*.deb"):
        run(["dpkg", "-x", file, place])
    shutil.rmtree(files)


def digest(words: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:8]
