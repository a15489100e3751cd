"""Judge deploy/Dockerfile (hadolint) and docker-compose.yml (docker compose): `python -m image.check`.

What a machine lacks is said aloud; in the gate (MANDATE_REQUIRE_ALL=1) it is fetched, or a failure.
"""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from image import tools
from image.tools import Missing

ROOT: Final = Path(__file__).resolve().parents[2]
DOCKERFILE: Final = ROOT / "deploy" / "Dockerfile"
COMPOSE_FILE: Final = ROOT / "docker-compose.yml"
EXAMPLE: Final = ROOT / "deploy" / "compose.env.example"


def dockerfile(path: Path = DOCKERFILE) -> None:
    """hadolint has nothing to say."""
    tools.run([Path(sys.executable).with_name("hadolint"), "--no-color", "--failure-threshold=style", path])


def compose_file(path: Path = COMPOSE_FILE) -> None:
    """Compose accepts the file, given all that the example names, and refuses it without any one of these."""
    compose = tools.compose()
    required = dict.fromkeys(re.findall(r"^(\w+)=$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE), "x")
    clean = {name: value for name, value in os.environ.items() if name not in required}
    command = [*compose, "--file", str(path), "--env-file", os.devnull, "config", "--quiet"]
    tools.run(command, env=clean | required)
    for name in required:
        rest = {other: value for other, value in required.items() if other != name}
        try:
            tools.run(command, env=clean | rest)
        except Missing as refused:
            if name in str(refused):
                continue
        raise Missing(f"{path.name} does not ask for {name}, which {EXAMPLE.name} names")


CHECKS: Final[dict[str, Callable[[], None]]] = {"deploy/Dockerfile": dockerfile, "docker-compose.yml": compose_file}


def main() -> None:
    for name, check in CHECKS.items():
        try:
            check()
        except Missing as reason:
            if tools.everything_is_required() or not isinstance(reason, tools.NotHere):
                sys.exit(f"{name}: {reason}")
            print(f"{name}: NOT CHECKED: {reason}")
        else:
            print(f"{name} is sound")


if __name__ == "__main__":
    main()
