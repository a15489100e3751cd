"""The images of others that ours are built on and tried with, made here where no image registry is to be had.

They are made in a private engine only, from what this machine has: Debian's packages, the Python, PostgreSQL and Kafka
that the tests run on anyway. They begin and log in as the official ones do, as far as deploy/Dockerfile and
docker-compose.yml rely on it, and carry their names; a claim about an official image itself they cannot bear out.
"""

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Final

from image import tools
from image.engine import Engine
from image.tools import Missing
from mandate_local.cluster import BIN
from mandate_local.kafka_libraries import libraries

PYTHON: Final = "python:3.12-slim-bookworm"
POSTGRES: Final = "postgres:18"
KAFKA: Final = "apache/kafka:4.3.1"

DEBIAN_PACKAGES: Final = (
    "base-files", "bash", "coreutils", "dash", "findutils", "grep", "libc-bin", "sed", "tzdata",
    "libbz2-1.0", "libffi8", "liblzma5", "libreadline8", "libsqlite3-0", "libssl3", "libstdc++6", "libuuid1", "zlib1g",
)  # fmt: skip
"""What Debian's slim image holds, as far as a build needs it, and what a Python is linked with."""

JAVA_MODULES: Final = (
    "java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.security.jgss,java.security.sasl,java.sql,"
    "java.xml,jdk.crypto.ec,jdk.jfr,jdk.management,jdk.management.agent,jdk.unsupported"
)
TRUST: Final = "etc/ssl/certs/ca-certificates.crt"
BESIDES: Final = {"__pycache__", "ensurepip", "idlelib", "site-packages", "test", "tkinter", "turtledemo"}
STANDINS: Final = Path(__file__).parent / "standins"
ROOT_USER: Final = (0, 0)


def provide(engine: Engine) -> dict[str, str]:
    """See that the images of others are there; how each came to be there."""
    makers: dict[str, Callable[[Engine], None]] = {PYTHON: make_python, POSTGRES: make_postgres, KAFKA: make_kafka}
    return {image: _provide(engine, image, make) for image, make in makers.items()}


def _provide(engine: Engine, image: str, make: Callable[[Engine], None]) -> str:
    if engine.has(image):
        return "was there"
    if engine.pull(image):
        return "pulled"
    if not engine.private:
        raise Missing(f"{image} is neither here nor to be pulled, and is not imitated in an engine that is not ours")
    make(engine)
    return "made here"


class FileSystem:
    """What goes into an image, in a tar file."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def tree(self, place: Path, name: str, owner: tuple[int, int] = ROOT_USER) -> None:
        def keep(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
            entry.uid, entry.gid = owner
            left_out = PurePath(entry.name).name in BESIDES or entry.name.endswith(".a")
            return None if left_out else entry

        self._tar.add(place, name, filter=keep)

    def file(self, name: str, content: bytes, mode: int = 0o644) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), mode
        self._tar.addfile(entry, io.BytesIO(content))

    def directories(self, names: Iterable[str], owner: tuple[int, int]) -> None:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, (entry.uid, entry.gid) = tarfile.DIRTYPE, 0o1777, owner
            self._tar.addfile(entry)

    def link(self, name: str, target: str) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self._tar.addfile(entry)

    def users(self, *others: str) -> None:
        self.file("etc/passwd", "\n".join(["root:x:0:0::/root:/bin/sh", *others, ""]).encode())


@contextmanager
def imported(engine: Engine, image: str, *changes: str) -> Iterator[FileSystem]:
    """A Debian file system to add to, which then becomes `image`."""
    with tempfile.TemporaryDirectory(prefix="mandate-image-") as directory:
        path = Path(directory, "files.tar")
        shutil.copy(debian(), path)
        with tarfile.open(path, "a") as tar:
            yield FileSystem(tar)
        options = [word for change in changes for word in ("--change", change)]
        engine.docker("import", *options, path, image)


def debian() -> Path:
    """A file system of Debian 12, unpacked and not configured."""

    def make(place: Path) -> None:
        sources = Path("/etc/apt/sources.list.d/debian.sources")
        program = tools.engine_programs() / "usr/bin"
        command: list[str | Path] = [
            "mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(DEBIAN_PACKAGES)}",
            '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"',
            "bookworm", place / "files.tar", *([sources] if sources.exists() else []),
        ]  # fmt: skip
        tools.run(command, env=os.environ | {"PATH": f"{program}{os.pathsep}{os.environ['PATH']}"})

    return tools.cached(f"debian-{tools.digest(DEBIAN_PACKAGES)}", make) / "files.tar"


def make_python(engine: Engine) -> None:
    """A Python 3.12 of this machine in the place where the official image has it, and this machine's authorities."""
    python = Path(tools.run([_python(), "-c", "import sys; print(sys.base_prefix)"]).strip())
    packages = "lib/python3.12/site-packages"
    trust = f"ENV PIP_CERT=/{TRUST} SSL_CERT_FILE=/{TRUST}"
    with imported(engine, PYTHON, "ENV PATH=/usr/local/bin:/usr/bin:/bin", trust, 'CMD ["python3"]') as files:
        for part in ("bin/python3.12", "lib/python3.12"):
            files.tree(python / part, f"usr/local/{part}")
        for pip in (python / packages).glob("pip*"):
            files.tree(pip, f"usr/local/{packages}/{pip.name}")
        if (shared := python / "lib/libpython3.12.so.1.0").exists():
            files.tree(shared, "usr/lib/x86_64-linux-gnu/libpython3.12.so.1.0")
        for name in ("python", "python3"):
            files.link(f"usr/local/bin/{name}", "python3.12")
        files.file("usr/local/bin/pip", b'#!/bin/sh\nexec /usr/local/bin/python -m pip "$@"\n', 0o755)
        files.file(TRUST, Path("/", TRUST).read_bytes())
        files.users()


def _python() -> str:
    kept = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    found = [*sorted(kept.glob("versions/3.12.*/bin/python3.12"))]
    python = str(found[-1]) if found else shutil.which("python3.12")
    if python is None:
        raise Missing(f"{PYTHON} cannot be pulled, and there is no Python 3.12 here to make it with")
    return python


def make_postgres(engine: Engine) -> None:
    """The embedded PostgreSQL, as the official image's user and with its place for data."""
    home, own = "usr/lib/postgresql", (999, 999)
    programs = BIN.parent
    changes = (
        f"ENV PATH=/{home}/{programs.parent.name}/{programs.name}/bin:/usr/bin:/bin",
        "ENV PGDATA=/var/lib/postgresql/18/docker",
        "VOLUME /var/lib/postgresql",
        'ENTRYPOINT ["/entrypoint.sh"]',
        'CMD ["postgres"]',
    )
    with imported(engine, POSTGRES, *changes) as files:
        files.tree(programs, f"{home}/{programs.parent.name}/{programs.name}")
        files.tree(programs.parent.with_name(f"{programs.parent.name}.libs"), f"{home}/{programs.parent.name}.libs")
        files.directories(["docker-entrypoint-initdb.d"], ROOT_USER)
        files.directories(["var/lib/postgresql", "run/postgresql"], own)
        files.file("entrypoint.sh", (STANDINS / "postgres.sh").read_bytes(), 0o755)
        files.users("postgres:x:999:999::/var/lib/postgresql:/bin/bash")


def make_kafka(engine: Engine) -> None:
    """Kafka's own jars and the part of this machine's Java that they need."""
    own = (1000, 1000)
    volumes = ("etc/kafka/secrets", "var/lib/kafka/data", "mnt/shared/config")
    changes = (
        "ENV PATH=/opt/java/bin:/usr/bin:/bin",
        "USER appuser",
        f"VOLUME {' '.join(f'/{volume}' for volume in volumes)}",
        'CMD ["/etc/kafka/docker/run"]',
    )
    with imported(engine, KAFKA, *changes) as files:
        files.tree(java(), "opt/java")
        files.tree(libraries(), "opt/kafka/libs")
        files.directories(["opt/kafka/config", "opt/kafka/logs", *volumes], own)
        files.file("etc/kafka/docker/run", (STANDINS / "kafka.sh").read_bytes(), 0o755)
        files.file("etc/kafka/docker/log4j2.properties", (STANDINS / "log4j2.properties").read_bytes())
        for name in ("log4j2.yaml", "tools-log4j2.yaml", "server.properties"):  # the wrapper's defaults: none
            files.file(f"etc/kafka/docker/{name}", b"")
        files.users("appuser:x:1000:1000::/home/appuser:/bin/bash")


def java() -> Path:
    """A Java runtime with the modules that a broker needs."""
    version = tools.run(["jlink", "--version"]).strip()

    def make(place: Path) -> None:
        options = ["--strip-java-debug-attributes", "--no-header-files", "--no-man-pages"]
        tools.run(["jlink", f"--add-modules={JAVA_MODULES}", *options, "--output", place / "java"])

    return tools.cached(f"java-{version}-{tools.digest([JAVA_MODULES])}", make) / "java"
