"""The example of docs/frontend, made ready to run: with types generated from the documents of docs/api."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.node_tools import HOME, MODULES, Node

DOCS = HOME.parents[1] / "docs"
SOURCE = DOCS / "frontend"
SERVICES = ("governance", "projects", "reporting")


def generated(node: Node, directory: Path) -> Path:
    """A copy with its generated types."""
    shutil.copytree(SOURCE, directory, ignore=shutil.ignore_patterns("node_modules", "generated"))
    (directory / "node_modules").symlink_to(MODULES)
    for service in SERVICES:
        types = directory / "src" / "generated" / f"{service}.ts"
        cli = node.package("openapi-typescript/bin/cli.js")
        done = node.run(cli, DOCS / "api" / f"{service}.json", "--output", types, cwd=directory)
        assert done.returncode == 0, done.stderr
    return directory


def compiled(node: Node, directory: Path) -> "subprocess.CompletedProcess[str]":
    """What the compiler says of it, with the options of tsconfig.json."""
    return node.run(node.package("typescript/bin/tsc"), "--project", directory, cwd=directory)


def same_tools() -> bool:
    """Whether the example asks for the versions that the tests have."""
    asked, had = (json.loads((place / "package.json").read_text("utf-8")) for place in (SOURCE, HOME))
    return all(had["devDependencies"][name] == version for name, version in asked["devDependencies"].items())
