"""Every command, every role, every relation: what docs/rights.md does not say may be done is denied.

The page is what people read and agree to. Here each of its cells, and each that it leaves out, is asked of the judge.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Final, cast

import pytest

import governance.roles
import house
import projects.roles
from governance.main import GOVERNANCE
from mandate_events.deciding import Command, Context, Instruction, Mandate, Refused, SystemCommand
from mandate_events.deciding.denial import DENIAL
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.rights import RIGHTS_TABLE, SYSTEM, Rights
from mandate_web.app.service import Service
from mandate_web.routes.access import POLICY
from projects.main import PROJECTS
from tests.services import SERVICES
from tests.unit.web.test_routes import routes

ROOT: Final = Path(__file__).parents[3]
DOMAINS: Final = (GOVERNANCE, PROJECTS)
ROLES: Final = sorted(
    {value for module in (governance.roles, projects.roles) for name, value in vars(module).items() if name.isupper()}
    | {SYSTEM}
)
BARE: Final = {domain.service: Rights(*(replace(row, unless={}) for row in domain.rights.rows)) for domain in DOMAINS}
"""The tables without their separations of duties, each of which has a test of its own."""

RELATIONS: Final = {"own": "p1", "other": "p2", "office": None}
"""Of the mandate that a person holds, where the thing decided on belongs to project p1."""

Cell = tuple[str, str, str]


class Asked:
    """All that the table asks of a context: who, and of which project."""

    actor = "somebody"
    project = "p1"


def told(domain: Domain) -> dict[Cell, bool]:
    """(command, role, relation) -> allowed, by the page alone. A denial wins wherever it stands."""
    text = (ROOT / "docs" / "rights.md").read_text("utf-8")
    section = text.partition(f"## {domain.service.capitalize()}\n")[2].partition("\n## ")[0]
    cells: dict[Cell, bool] = {}
    for line in section.splitlines()[3:]:
        decision, who, where, _, _ = (part.strip() for part in line.strip("|").split(" | "))
        allowed = not decision.startswith("**never**")
        command = decision.removeprefix("**never** ").strip("`")
        for role, relation in product(re.findall(r"`(\w+)`", who), ["own"] if where == "own project" else RELATIONS):
            cell = (command, role, relation)
            cells[cell] = allowed and cells.get(cell, True)
    return cells


def commands(domain: Domain) -> dict[str, type[Instruction]]:
    """Those that stand in the code, of the service and of the kernel, by name."""
    [service] = [each for each in SERVICES if each.domain is domain]
    kernel = [command for aggregate in (RIGHTS_TABLE, DENIAL) for command in aggregate.records]
    return {kind.__name__: kind for kind in (*kernel, *house.defined(service, (Command, SystemCommand)))}


def cells(domain: Domain) -> Iterator[Cell]:
    return product(commands(domain), ROLES, RELATIONS)


def judged(domain: Domain, name: str, role: str, relation: str) -> bool:
    """Whether who holds this role there, and nothing else, may give the command."""
    command = type(name, (), {})()
    mandate = Mandate(role, "mandate/x@1", RELATIONS[relation])
    try:
        BARE[domain.service].judge(None, command, cast("Context", Asked()), [mandate])
    except Refused:
        return False
    return True


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.service)
def test_each_cell_is_as_it_is_told_and_what_is_not_told_is_denied(domain: Domain) -> None:
    page = told(domain)
    found = list(cells(domain))
    assert len(found) > 200
    wrong = [cell for cell in found if judged(domain, *cell) != page.get(cell, False)]
    assert wrong == []
    assert sum(page.get(cell, False) for cell in found) > 20, "the page was read"


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.service)
def test_each_command_has_a_row_and_the_systems_are_the_systems_alone(domain: Domain) -> None:
    for name, kind in commands(domain).items():
        roles = set(domain.rights.roles_for(name))
        assert roles, f"nobody may give {name}"
        if issubclass(kind, SystemCommand):
            assert roles == {SYSTEM}, name
        else:
            assert SYSTEM not in roles, name


@pytest.mark.parametrize("service", [each for each in SERVICES if each.domain in DOMAINS], ids=lambda each: each.name)
def test_each_command_of_a_person_has_a_route(service: Service) -> None:
    policies = {str((route.openapi_extra or {}).get(POLICY)).removeprefix("decides ") for route in routes(service)}
    persons = {name for name, kind in commands(service.domain).items() if issubclass(kind, Command)}
    assert persons - policies == set()


def test_the_pmo_manages_no_project() -> None:
    """Row 9: a member gives no command in projects as one, and those of a PM whatever else they are."""
    persons = [name for name, kind in commands(PROJECTS).items() if issubclass(kind, Command)]
    assert not [name for name in persons if any(judged(PROJECTS, name, "pmo", where) for where in RELATIONS)]
    for name in persons:
        if PROJECTS.rights.roles_for(name) == ["project_manager"]:
            first = PROJECTS.rights.rows_for(name)[0]
            assert (first.effect, first.roles) == ("deny", ("pmo",)), name
