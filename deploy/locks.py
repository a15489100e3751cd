"""The pinned third-party packages, `requirements/*.txt`: `locks.py write` makes them, `locks.py check` judges them.

`write` keeps the versions that are pinned already as far as the pyproject files allow; `write --upgrade` takes the
newest that are old enough (`exclude-newer`). Nothing in the files says where a package is downloaded from.

`check` needs no network and does not ask what is new: it walks from each pyproject's dependencies through the metadata
of what is installed, and each file must pin exactly what the walk meets. What only other platforms need is not
installed here and is therefore not judged.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bootstrap

ROOT = bootstrap.ROOT
REQUIREMENTS = ROOT / "requirements"
OLDEST_PYTHON = ".".join(map(str, bootstrap.OLDEST_PYTHON))


@dataclass(frozen=True, slots=True)
class Lock:
    """One file: what the named packages of the workspace and groups of the root pyproject need."""

    name: str
    purpose: str
    packages: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    apart: bool = False
    """It is not installed in .venv, and may hold other versions than that."""

    @property
    def path(self) -> Path:
        return REQUIREMENTS / f"{self.name}.txt"


@dataclass(frozen=True, slots=True)
class Pin:
    version: str
    marker: Marker | None
    hashed: bool

    def applies(self) -> bool:
        return self.marker is None or self.marker.evaluate()


@dataclass(slots=True)
class Workspace:
    """The pyproject files, by package name."""

    directories: dict[str, Path] = field(default_factory=dict)
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Workspace:
        workspace = cls()
        for directory in [ROOT, *bootstrap.members()]:
            content = tomllib.loads((directory / "pyproject.toml").read_text())
            name = canonicalize_name(content["project"]["name"])
            workspace.directories[name] = directory
            workspace.projects[name] = content["project"]
            if directory == ROOT:
                workspace.groups = content["dependency-groups"]
        return workspace

    def locks(self) -> list[Lock]:
        """Every file there is to be, the one with everything first."""
        services = [name for name, place in self.directories.items() if place.parent == ROOT / "services"]
        return [
            Lock("dev", "everything: to run, to test, to check", self._tops(), ("dev",)),
            *(Lock(self.directories[s].name, f"what {s} needs in production", (s,)) for s in services),
            Lock("build", "what builds our packages", groups=("build",)),
            Lock(
                "uv",
                "what installs the others: uv, and pip to fetch it where Python has none",
                groups=("uv",),
                apart=True,
            ),
            Lock("clients", "what makes a Python client of the API, in tests", groups=("clients",), apart=True),
        ]

    def needs(self, package: str, extras: frozenset[str]) -> Iterator[Requirement]:
        """The direct requirements, on this platform, of one of our packages or of an installed one."""
        if project := self.projects.get(package):
            texts = [*project.get("dependencies", ()), *self._optional(project, extras)]
        else:
            texts = metadata.requires(package) or []
        for requirement in map(Requirement, texts):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
                yield requirement

    def group(self, name: str) -> Iterator[Requirement]:
        for entry in self.groups[name]:
            if isinstance(entry, dict):
                yield from self.group(entry["include-group"])
            else:
                yield Requirement(entry)

    def _tops(self) -> tuple[str, ...]:
        """The packages that no other of ours depends on."""
        used = {
            canonicalize_name(Requirement(text).name)
            for project in self.projects.values()
            for text in project.get("dependencies", ())
        }
        return tuple(name for name in self.projects if name not in used)

    @staticmethod
    def _optional(project: dict[str, Any], extras: Iterable[str]) -> Iterator[str]:
        for extra in extras:
            yield from project.get("optional-dependencies", {}).get(extra, ())


# Writing


def write(workspace: Workspace, *, upgrade: bool) -> None:
    uv, environment = bootstrap.find_uv(), bootstrap.uv_environment()
    everything, *others = workspace.locks()
    compile_lock(workspace, everything, [uv, *(["--upgrade"] if upgrade else [])], environment)
    for lock in others:
        if not lock.apart:
            shutil.copy(everything.path, lock.path)  # uv keeps the versions it finds in the file: one choice for all
        compile_lock(workspace, lock, [uv, *(["--upgrade"] if upgrade and lock.apart else [])], environment)


def compile_lock(workspace: Workspace, lock: Lock, uv: list[str], environment: dict[str, str]) -> None:
    command, *options = uv
    sources = [str(workspace.directories[name].relative_to(ROOT) / "pyproject.toml") for name in lock.packages]
    groups = [f"--group=pyproject.toml:{group}" for group in lock.groups]
    ours = [f"--no-emit-package={name}" for name in workspace.projects]
    form = ["--universal", f"--python-version={OLDEST_PYTHON}", "--generate-hashes", "--no-header", "--quiet"]
    output = ["--output-file", str(lock.path.relative_to(ROOT))]
    subprocess.run(
        [command, "pip", "compile", *sources, *groups, *form, *ours, *options, *output],
        cwd=ROOT,  # where pyproject.toml sets exclude-newer
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    pins = lock.path.read_text().partition("\n# The following packages were excluded")[0].rstrip()
    lock.path.write_text(f"# Written by `make lock`: {lock.purpose}.\n{pins}\n")


# Checking


def check(workspace: Workspace) -> list[str]:
    """What is wrong with the files, in words."""
    locks = workspace.locks()
    if missing := [lock.path.name for lock in locks if not lock.path.exists()]:
        return [f"requirements/{name} is missing" for name in missing]
    chosen = pins_of(locks[0])
    faults = []
    for lock in locks:
        pins = pins_of(lock)
        if lock.apart:  # nothing is known here of what these need
            problems = [
                fault for name in lock.groups for fault in unmet(f"the {name} group", workspace.group(name), pins)
            ]
        else:
            problems = [*judge(workspace, lock, pins), *differences(pins, chosen)]
        problems += [f"{name} has no hash" for name, pin in pins.items() if not pin.hashed]
        if "://" in lock.path.read_text():
            problems.append("an address does not belong into it")
        faults += [f"requirements/{lock.path.name}: {problem}" for problem in problems]
    return faults


def pins_of(lock: Lock) -> dict[str, Pin]:
    """What a file pins on this platform; a package may be pinned twice, for different platforms."""
    logical = re.sub(r"\\\n", " ", lock.path.read_text())
    pins: dict[str, Pin] = {}
    for line in logical.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement = Requirement(line.partition(" --hash=")[0].strip())
        version = str(requirement.specifier).removeprefix("==")
        pin = Pin(version, requirement.marker, " --hash=sha256:" in line)
        if pin.applies():
            pins[canonicalize_name(requirement.name)] = pin
    return pins


def judge(workspace: Workspace, lock: Lock, pins: dict[str, Pin]) -> Iterator[str]:
    """Walk through all that the file's packages and groups need, and compare with its pins."""
    met: set[tuple[str, frozenset[str]]] = set()
    ahead: list[tuple[str, Iterable[Requirement]]] = []
    ahead += [(name, workspace.needs(name, frozenset())) for name in lock.packages]
    ahead += [(f"the {name} group", workspace.group(name)) for name in lock.groups]
    while ahead:
        needer, requirements = ahead.pop()
        requirements = list(requirements)
        yield from unmet(needer, [r for r in requirements if canonicalize_name(r.name) not in workspace.projects], pins)
        for requirement in requirements:
            package = canonicalize_name(requirement.name), frozenset(requirement.extras)
            if package not in met and (package[0] in pins or package[0] in workspace.projects):
                met.add(package)
                try:
                    ahead.append((package[0], list(workspace.needs(*package))))
                except metadata.PackageNotFoundError:
                    yield f"{package[0]} is pinned but not installed"
    for name in sorted(pins.keys() - {name for name, _ in met}):
        yield f"{name} is pinned, but nothing needs it"


def unmet(needer: str, requirements: Iterable[Requirement], pins: dict[str, Pin]) -> Iterator[str]:
    for requirement in requirements:
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"{requirement.name} is not pinned, but {needer} needs it"
        elif not requirement.specifier.contains(pin.version, prereleases=True):
            yield f"{requirement.name}=={pin.version} is pinned, but {needer} needs {requirement}"


def differences(pins: dict[str, Pin], chosen: dict[str, Pin]) -> Iterator[str]:
    """The versions judged must be those that are installed, and the same in every file."""
    installed: dict[str, str] = {canonicalize_name(found.name): found.version for found in metadata.distributions()}
    for name, pin in pins.items():
        if name not in chosen or chosen[name].version != pin.version:
            yield f"{name}=={pin.version} is pinned otherwise in dev.txt"
        elif installed.get(name, pin.version) != pin.version:
            yield f"{name}=={pin.version} is pinned, but {installed[name]} is installed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["write", "check"])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that are old enough")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    workspace = Workspace.read()
    if arguments.action == "write":
        write(workspace, upgrade=arguments.upgrade)
    elif faults := check(workspace):
        sys.exit("\n".join([*faults, "the pinned packages do not match the pyproject files: run `make lock`"]))
    else:
        print("requirements match the pyproject files")


if __name__ == "__main__":
    main()
