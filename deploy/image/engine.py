"""A Docker engine to try the images with: the one that is reachable, or a private one for as long as it is needed.

The private one needs root. It has data, socket and settings of its own in a directory that goes away with it, and puts
the machine's packet filter back as it was.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from image import tools
from image.tools import Missing
from mandate_local.processes import tail

NOT_ASKED_FOR: Final = "no Docker is reachable (MANDATE_REQUIRE_ALL=1 starts a private one, as root)"


@dataclass(frozen=True, slots=True)
class Engine:
    """How to reach an engine. In a private one the images of others may be imitated (standins.py), as no one's are."""

    environment: Mapping[str, str]
    private: bool

    def docker(self, *arguments: str | Path) -> str:
        """What `docker ...` prints."""
        return tools.run(["docker", *arguments], env=self.environment)

    def answers(self) -> bool:
        return self._succeeds("version")

    def has(self, image: str) -> bool:
        return self._succeeds("image", "inspect", image)

    def pull(self, image: str) -> bool:
        return self._succeeds("pull", "--quiet", image)

    def _succeeds(self, *arguments: str) -> bool:
        try:
            self.docker(*arguments)
        except Missing:
            return False
        return True


@contextmanager
def engine() -> Iterator[Engine]:
    """The reachable engine, or a private one; `Missing` says why there is none."""
    reachable = Engine(_client_settings(dict(os.environ)), private=False)
    if reachable.answers():
        yield reachable
        return
    if not tools.everything_is_required():
        raise Missing(NOT_ASKED_FOR)
    if os.geteuid() != 0:
        raise Missing("no Docker is reachable, and a private one needs root")
    with tempfile.TemporaryDirectory(prefix="mandate-engine-") as directory, _private(Path(directory)) as own:
        yield own


def _client_settings(environment: dict[str, str]) -> dict[str, str]:
    """Docker's client builds without BuildKit where it has no buildx: the Dockerfile needs neither."""
    try:
        tools.run(["docker", "buildx", "version"], env=environment)
    except Missing:
        environment["DOCKER_BUILDKIT"] = "0"
    return environment


@contextmanager
def _private(directory: Path) -> Iterator[Engine]:
    programs = tools.engine_programs()
    libraries = programs / "usr/lib/x86_64-linux-gnu"
    environment = os.environ | {
        "PATH": os.pathsep.join([str(programs / "usr/bin"), str(programs / "usr/sbin"), os.environ["PATH"]]),
        "LD_LIBRARY_PATH": str(libraries),
        "XTABLES_LIBDIR": str(libraries / "xtables"),
    }
    socket, log = directory / "docker.sock", directory / "engine.log"
    options = [
        f"--data-root={directory / 'data'}", f"--exec-root={directory / 'exec'}", f"--pidfile={directory / 'pid'}",
        f"--host=unix://{socket}", "--default-ulimit=nofile=20000:20000", "--default-ulimit=nproc=32768:32768",
        "--bip=172.30.0.1/24",
    ]  # fmt: skip
    rules = tools.run(["iptables-save"], env=environment)
    with log.open("wb") as output:
        daemon = subprocess.Popen(["dockerd", *options], stdout=output, stderr=output, env=environment)  # noqa: S607
    try:
        own = Engine(_client_settings(environment | {"DOCKER_HOST": f"unix://{socket}"}), private=True)
        _wait_for(daemon, own, log)
        yield own
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
        for mounted in reversed(_mounts_below(directory)):
            tools.run(["umount", "--lazy", mounted])
        missing = [table for table in ("filter", "nat") if f"*{table}\n" not in rules]
        rules += "".join(f"*{table}\nCOMMIT\n" for table in missing).replace("filter\n", "filter\n:FORWARD ACCEPT\n")
        tools.run(["iptables-restore"], env=environment, input=rules)
        with suppress(Missing):
            tools.run(["ip", "link", "delete", "docker0"])


def _wait_for(daemon: subprocess.Popen[bytes], own: Engine, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not own.answers():
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise Missing(f"a private Docker engine did not start:\n{tail(log)}")
        time.sleep(0.1)


def _mounts_below(directory: Path) -> list[str]:
    """The mounts that the daemon left behind: the network namespaces of its last containers."""
    places = (line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines())
    return [place for place in places if place.startswith(f"{directory}/")]
