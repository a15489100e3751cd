"""The jars of the local Kafka broker, fetched once by Maven into a cache that all checkouts share."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

from mandate_local.processes import OwnerLock

_POM = resources.files("mandate_local") / "kafka-pom.xml"


class BrokerError(RuntimeError):
    """The local broker could not do what was asked; the message ends with what its log, or Maven, says."""


def available() -> str | None:
    """Why there can be no local broker here, or None. That Maven reaches its repository is seen only on
    fetching.
    """
    if shutil.which("java") is None:
        return "no local Kafka broker: there is no `java` (17 or later) on the PATH"
    if shutil.which("mvn") is None and not _home().is_dir():
        return "no local Kafka broker: its jars are not cached and there is no `mvn` on the PATH to fetch them"
    return None


def libraries() -> Path:
    """The directory of the jars, fetched if need be. Processes that ask at once fetch once; the others wait.

    It appears under its name only when whole: a fetch that breaks off leaves nothing that looks like a cache.
    """
    home = _home()
    if home.is_dir():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    lock = OwnerLock(home.with_name(f"{home.name}.lock"))
    lock.acquire(wait=True)
    try:
        if not home.is_dir():
            _fetch(home)
    finally:
        lock.release()
    return home


def _home() -> Path:
    cache = Path(os.environ.get("MANDATE_CACHE") or "~/.cache/mandate").expanduser().resolve()
    pom = _POM.read_text(encoding="utf-8")
    version = re.search(r"<kafka\.version>([^<]+)<", pom)
    if version is None:
        raise BrokerError("kafka-pom.xml names no kafka.version")
    return cache / f"kafka-{version[1]}-{hashlib.sha256(pom.encode()).hexdigest()[:8]}"


def _fetch(home: Path) -> None:
    if (reason := available()) is not None:
        raise BrokerError(reason)
    with tempfile.TemporaryDirectory(prefix=f"{home.name}.", dir=home.parent) as scratch:
        jars = Path(scratch, "libs")
        pom = Path(scratch, "pom.xml")
        pom.write_text(_POM.read_text(encoding="utf-8"), encoding="utf-8")
        command = ["mvn", "-B", "-q", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        except subprocess.TimeoutExpired as error:
            raise BrokerError("Maven did not fetch Kafka within 10 minutes") from error
        if done.returncode != 0 or not any(jars.glob("kafka_*.jar")):
            said = "\n".join((done.stdout + done.stderr).splitlines()[:25])
            raise BrokerError(f"Maven could not fetch Kafka:\n{said}")
        jars.rename(home)
