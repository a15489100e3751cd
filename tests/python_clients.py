"""The generator of Python clients, in an environment of its own: installed on first use as `requirements/clients.txt`
pins it by hash. Together with the rest it cannot be had: it wants an older typer than `mandate` has.
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

import bootstrap

PINNED: Final = bootstrap.ROOT / "requirements" / "clients.txt"
HOME: Final = bootstrap.CACHE / "clients"
PYTHON: Final = HOME / "bin" / "python"
GENERATOR: Final = HOME / "bin" / "openapi-python-client"
CONFIGURATION: Final = bootstrap.ROOT / "docs" / "api" / "openapi-python-client.yaml"


class ClientsUnavailable(RuntimeError):
    """The generator cannot be had."""


def installed() -> None:
    """Have it as it is pinned. Raises `ClientsUnavailable`."""
    pinned, stamp = hashlib.sha256(PINNED.read_bytes()).hexdigest(), HOME / ".installed"
    bootstrap.CACHE.mkdir(exist_ok=True)
    with (bootstrap.CACHE / "clients.lock").open("w") as lock:  # test sessions may start side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == pinned:
            return
        uv, environment = bootstrap.find_uv(), bootstrap.uv_environment()
        steps: list[list[str | Path]] = [
            ["venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, HOME],
            ["pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", PINNED],
        ]
        for arguments in steps:
            done = subprocess.run([uv, *arguments], env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ClientsUnavailable(f"the generator of Python clients: {done.stderr.strip()[-500:]}")
        stamp.write_text(pinned)


def generated(document: Path, into: Path) -> str:
    """Make a client; returns what the generator has to say, besides that it did."""
    command: list[str | Path] = [GENERATOR, "generate", "--path", document, "--output-path", into, "--meta", "none"]
    done = subprocess.run(
        [*command, "--config", CONFIGURATION], capture_output=True, text=True, check=False, cwd=into.parent
    )
    said = f"{done.stdout}{done.stderr}".replace(f"Generating {into}", "").strip()
    return said if done.returncode == 0 else f"{done.returncode}: {said}"


def judged(*packages: Path) -> str:
    """What `mypy --strict` finds in them; nothing, where they are well."""
    options: list[str | Path] = ["--strict", "--config-file", "", "--python-executable", PYTHON, "--no-error-summary"]
    command = [sys.executable, "-m", "mypy", *options, *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=packages[0].parent)
    return f"{done.stdout}{done.stderr}".strip()
