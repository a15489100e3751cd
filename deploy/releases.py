"""The release that the sources are, and the one from which on what is published is kept."""

import tomllib
from pathlib import Path
from typing import Final

from packaging.version import Version

STABLE: Final = Version("1.0.0")


def release(root: Path) -> Version:
    """The version of the software."""
    return Version(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"])
