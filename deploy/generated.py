"""All that is generated, in one process: `generated.py write` makes it out of the code, `generated.py check` judges it.

Each part is a module that says which files it wants, with their texts, and which there are. A sample of each event, and
the examples of each operation, are taken from a rehearsal first where one is missing. With the parts `check` judges
whether anything was forgotten, and whether the API keeps what was promised.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import api_documents
import contracts
import house
import problem_pages
import rights_page
import settings_table


def _nothing(_root: Path, _files: Mapping[Path, str]) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Part:
    """Files of one kind."""

    wanted: Callable[[Path], Mapping[Path, str]]
    """Their texts, in the tree of this root."""
    committed: Callable[[Path], Iterable[Path]]
    """Those that there are, also what is wanted no longer."""
    refused: Callable[[Path, Mapping[Path, str]], list[str]] = _nothing
    """Why they may not be written."""


CONTRACTS: Final = Part(contracts.wanted, contracts.committed, contracts.refused)
API: Final = Part(api_documents.wanted, api_documents.committed)
PARTS: Final = (
    CONTRACTS,
    Part(problem_pages.wanted, problem_pages.committed),
    Part(settings_table.wanted, settings_table.committed),
    Part(rights_page.wanted, rights_page.committed),
    API,
)


def stale(part: Part, root: Path, files: Mapping[Path, str]) -> list[Path]:
    """The files that say something else than these texts, are missing, or are left over."""
    there = {path: path.read_text("utf-8") for path in part.committed(root)}
    return sorted(path for path in files.keys() | there.keys() if files.get(path) != there.get(path))


def write(root: Path, parts: Sequence[Part] = PARTS) -> list[str]:
    """Make what is stale. Returns what was refused; of that part nothing is written then."""
    refused = []
    for part in parts:
        files = part.wanted(root)
        if faults := part.refused(root, files):
            refused += faults
            continue
        for path in stale(part, root, files):
            if path in files:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(files[path], "utf-8")
            else:
                path.unlink()
    return refused


def check(root: Path, parts: Sequence[Part] = PARTS) -> list[str]:
    """What is wrong with the files, in words."""
    faults, old = [], []
    for part in parts:
        files = part.wanted(root)
        faults += part.refused(root, files)
        old += stale(part, root, files)
    if old:
        faults.append(f"stale: {', '.join(str(path.relative_to(root)) for path in old)} (run `make docs`)")
    return faults


def rehearse() -> None:
    """Take samples from a rehearsal."""
    from tests.contract.rehearsal import add_samples  # noqa: PLC0415 - it brings a PostgreSQL, which is rarely needed

    asyncio.run(add_samples())


def exchange() -> None:
    """Take examples from a rehearsal."""
    from tests.contract.exchanges import write as take_examples  # noqa: PLC0415 - likewise

    take_examples()


def main(action: str) -> int:
    match action:
        case "write":
            if contracts.unplayed(house.ROOT):
                rehearse()
            if api_documents.unplayed():
                exchange()
            faults = write(house.ROOT)
        case "check":
            forgotten = [f"{each.name}: {fault}" for each in house.SERVICES for fault in house.faults(each)]
            faults = forgotten or [*check(house.ROOT), *api_documents.unkept(house.ROOT)]
            if not faults:
                print("nothing was forgotten, and what is generated matches the code")
        case _:
            faults = [str(__doc__)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))
