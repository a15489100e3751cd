"""The page of rights, `docs/rights.md`: `write` it out of the tables of the services, or `check` it."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from house import SERVICES
from mandate_events.deciding import Instruction
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.rights import Right

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "rights.md"

INTRODUCTION: Final = """\
# Who may decide what

Written by `make docs` out of the services' tables of rights. What no row allows is denied, and a denial wins wherever
it stands; both are on record as `CommandDenied`. "Own project" is a project for which the person holds the role. The
separation of duties is judged on the person, over all their roles, when they decide. What only `system` may is done by
a policy, a timer or a service's start. The same table is read at `GET /v1/decision-rights`.
"""


def page() -> str:
    domains = [service.domain for service in SERVICES]
    tables = [f"## {domain.service.capitalize()}\n\n{''.join(_table(domain))}" for domain in domains]
    return "\n".join([INTRODUCTION, *tables])


def _table(domain: Domain) -> Iterator[str]:
    yield "| decision | who | where | not where | says |\n| --- | --- | --- | --- | --- |\n"
    for row in domain.rights.rows:
        who = " ".join(f"`{role}`" for role in row.roles)
        where = "own project" if row.relation == "own-project" else "anywhere"
        unless = " ".join(f"`{rule}`" for rule in row.rules)
        yield f"| {_named(row)} | {who} | {where} | {unless} | {_says(row.kind)} |\n"


def _says(command: type[Instruction] | None) -> str:
    """The first paragraph of its docstring."""
    paragraph, _, _ = inspect.cleandoc((command and command.__doc__) or "").partition("\n\n")
    return " ".join(paragraph.split())


def _named(row: Right) -> str:
    return f"`{row.command}`" if row.effect == "allow" else f"**never** `{row.command}`"


def main(action: str) -> int:
    wanted = page()
    if action == "write":
        PAGE.write_text(wanted, "utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text("utf-8") != wanted:
        print(f"stale: {PAGE.relative_to(ROOT)} (run `make docs`)")
        return 1
    print("the page of rights matches the code")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
