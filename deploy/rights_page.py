"""The page of rights, `docs/rights.md`, out of the tables of the services."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from house import DOMAINS
from mandate_events.deciding import Instruction
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.rights import Right

PAGE: Final = Path("docs/rights.md")

INTRODUCTION: Final = """\
# Who may decide what

Written by `make docs` out of the services' tables of rights. What no row allows is denied, and a denial wins wherever
it stands; both are on record as `CommandDenied`. "Own project" is a project for which the person holds the role. The
separation of duties is judged on the person, over all their roles, when they decide. What only `system` may is done by
a policy, a timer or a service's start. The same table is read at `GET /v1/decision-rights`.
"""


def page() -> str:
    tables = [f"## {domain.service.capitalize()}\n\n{''.join(_table(domain))}" for domain in DOMAINS]
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


def wanted(root: Path) -> dict[Path, str]:
    return {root / PAGE: page()}


def committed(root: Path) -> list[Path]:
    return [path for path in (root / PAGE,) if path.exists()]
