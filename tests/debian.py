"""Programs of Debian that tests need: the machine's own, or a package unpacked into the cache and installed nowhere."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from image.tools import Missing, cached, run, unpack

WRAPPERS: Final = "on-path"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that can be started."""

    path: Path
    libraries: Sequence[Path] = ()
    """Where those of its libraries are that the machine lacks."""

    @property
    def environment(self) -> dict[str, str]:
        """With what it finds its libraries."""
        return (
            {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, self.libraries))} if self.libraries else {**os.environ}
        )

    @property
    def directory(self) -> Path:
        """Where it can be found by its name, on a `PATH`."""
        if not self.libraries:
            return self.path.parent
        wrappers = self.path.parent / WRAPPERS
        wrappers.mkdir(exist_ok=True)
        wrapper = wrappers / self.path.name
        wrapper.write_text(
            f'#!/bin/sh\nLD_LIBRARY_PATH="{self.environment["LD_LIBRARY_PATH"]}" exec "{self.path}" "$@"\n'
        )
        wrapper.chmod(0o755)
        return wrappers


def program(*names: str, package: str, at: str) -> Program:
    """The first of these names that the machine has, or what stands `at` this place in a package. Raises `Missing`."""
    for name in names:
        if (found := shutil.which(name)) is not None:
            return Program(Path(found))
    if shutil.which("apt-get") is None:
        raise Missing(f"there is no {names[0]}, and no apt-get to fetch it")
    place = cached(package, lambda place: unpack(place, lambda: _lacking(package)))
    return Program(place / at, [*place.glob("usr/lib/*-linux-*"), *place.glob("usr/lib/*-linux-*/pulseaudio")])


def _lacking(package: str) -> list[str]:
    """The package, and those of its dependencies that this machine lacks."""
    would = run(["apt-get", "--simulate", "--no-install-recommends", "install", package])
    return [line.split()[1] for line in would.splitlines() if line.startswith("Inst ")]
