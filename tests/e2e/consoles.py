"""Pages that are true: their console blocks are run in order and print what they are said to print.

A line that begins with `$ ` is a command, what follows it is its output. `...` stands for any lines, and at the end of
a line for its rest. What differs from run to run (ids, instants, hashes, positions, durations) is compared by kind.
"""

import os
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from tests.e2e.running import BIN

ROOT: Final = Path(__file__).resolve().parents[2]
OF_KAFKA: Final = "The same from Kafka"
"""A section of the guide for auditors that test_story.py plays, where there is Kafka."""

MARK: Final = "=== done ==="
READS: Final = re.compile(r"ask (?!.* -d )|mandate (portfolio|history|denials|whoami)|curl ")
"""Commands that may be given again until they answer as expected: services hear of each other a moment later."""

KINDS: Final = (
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
    (r"\b[0-9a-f]{64}\b", "<hash>"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "<time>"),
    (r"\b(\d{4}-)?\d\d-\d\d \d\d:\d\d:\d\d\b", "<time>"),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", "<date>"),
    (r"\b\d{4}-\d\d-\d\d\b", "<day>"),
    (r"\b\d{4}-W\d\d\b", "<week>"),
    (r"eyJ[\w.-]+", "<token>"),
    (r"\b\d{20}\b", "<sequence>"),
    (r"(\b(?:governance|projects|reporting):|\"(?:position|entry)\": ?)\d+", r"\1<place>"),
    (r"(│ (?:governance|projects|reporting) +│ )\d+ +", r"\1<place> "),
    (r"\b\d+\.\d s\b", "<seconds>"),
)


def by_kind(text: str) -> str:
    for pattern, kind in KINDS:
        text = re.sub(pattern, kind, text)
    lines = (line.rstrip() for line in text.strip("\n").splitlines())
    return "\n".join(line for line in lines if "mandate_local.account" not in line)  # said only to root


def agrees(expected: str, printed: str) -> bool:
    pattern = ""
    for line in by_kind(expected).splitlines():
        known = line.removesuffix("...")
        pattern += r"(.*\n)*" if line == "..." else re.escape(known) + (".*" if known != line else "") + "\n"
    return re.fullmatch(pattern, by_kind(printed) + "\n" if printed.strip() else "") is not None


def sections(page: str) -> list[str]:
    """The headings of a page whose sections hold console blocks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return [part.splitlines()[0] for part in parts if "```console\n" in part]


def console(page: str, section: str, places: Mapping[str, str]) -> list[tuple[str, str]]:
    """(command, what it is said to print) of one section of a page, with this run's ports and directories."""
    text = (ROOT / page).read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    assert text, f"{page} has no section {section!r}"
    for written, here in places.items():
        text = text.replace(written, here)
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = step.splitlines(keepends=True)
            length = next(n for n in range(1, len(lines) + 1) if complete("".join(lines[:n])))
            found.append(("".join(lines[:length]).strip(), "".join(lines[length:])))
    return found


def complete(command: str) -> bool:
    """Whether bash would run these lines, or wait for more of them."""
    if command.endswith("\\\n"):
        return False
    parsed = subprocess.run(["bash", "-n", "-c", command], capture_output=True, check=False)
    return parsed.returncode == 0


class Shell:
    """A bash that keeps its variables from one command to the next."""

    def __init__(self, *directories: Path, **environment: str) -> None:
        """`directories` are found before those of this `PATH`."""
        path = os.pathsep.join(map(str, (BIN, *directories, os.environ["PATH"])))
        self._bash = subprocess.Popen(
            ["bash", "--norc"], cwd=ROOT, text=True, env={**os.environ, "PATH": path, **environment},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.give("set -m")  # Ctrl-C must reach what runs in the background

    def give(self, command: str) -> str:
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{MARK}\\n'\n")
        self._bash.stdin.flush()
        lines = []
        for line in self._bash.stdout:
            if line.startswith(MARK):
                break
            lines.append(line)
        return "".join(lines).removesuffix("\n")  # the one before the mark

    def expect(self, command: str, expected: str, patience: float = 60) -> None:
        printed, deadline = self.give(command), time.monotonic() + patience
        while not agrees(expected, printed) and time.monotonic() < deadline:
            if command.endswith("&"):
                printed += self.give("sleep 0.2")
            elif READS.match(command):
                time.sleep(0.2)
                printed = self.give(command)
            else:
                break
        assert agrees(expected, printed), f"$ {command}\n{by_kind(printed)}\n--- expected ---\n{by_kind(expected)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.give("for job in $(jobs -p | tac); do kill -INT $job; wait $job; done")
        self._bash.communicate("exit\n", timeout=30)
