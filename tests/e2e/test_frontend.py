"""The guide for frontends is true, and its example goes through a gate."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.consoles import Shell, agrees, console, sections
from tests.e2e.running import Product
from tests.frontend_example import DOCS, SOURCE, generated
from tests.node_tools import Node

PAGE = "docs/frontend.md"


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with (
        tempfile.TemporaryDirectory(prefix="mandate-frontend-") as directory,
        Product(Path(directory) / "data", demo=True) as running,
    ):
        running.until(lambda: "Ctrl-C" in running.log.read_text(), 60)
        yield running


def test_what_the_guide_for_frontends_says(product: Product) -> None:
    with Shell() as shell:
        for section in sections(PAGE):
            for command, expected in console(PAGE, section, {"8080": str(product.port)}):
                shell.expect(command, expected)


def test_the_snippets_of_the_guide_are_of_the_programs_that_run() -> None:
    """tests/e2e/test_live_restart.py runs this one through an outage."""
    snippets = re.findall(r"```ts\n(.*?)```", (DOCS / "frontend.md").read_text("utf-8"), re.DOTALL)
    program = (SOURCE / "src" / "watch.ts").read_text("utf-8")
    assert snippets
    assert all(snippet in program for snippet in snippets)


GATE = """\
pmo-1 is signed in: pmo
pmo-2 is signed in: pmo
pm-1 is signed in: project_manager, project_manager, project_manager
proposed as /governance/v1/proposals/c84a9c39-b88f-5f8f-afc0-ff63313cc366
sent again: replayed true, same receipt true
403 You may not do this: who proposed the project does not authorise it (/problems/authoriser-is-proposer)
403 Vous n'y êtes pas autorisé: qui a proposé le projet ne l'autorise pas (/problems/authoriser-is-proposer)
authorised, and its manager appointed
the page knows the manager: true
  seen: mandate.projects.project-initiated.v1
gate review requested: version 4 of the project
  seen: mandate.governance.gate-review-opened.v1
in the inbox: gate-1 of capital-delivery@1, open
403 You may not do this: DecideGate needs the role pmo, sponsor (/problems/no-right)
412 The thing has changed since you read it: gate-review/7488c6be-8571-5150-ac8c-ec49ea54ca64 is at version 1, not 7 (/problems/stale-version)
decided: go
  seen: mandate.projects.gate-decision-applied.v1
Rain water basin: active, phase delivery, next gate gate-2, budget 1250000.00 AUD
  mandate.governance.gate-decided.v1: The evidence supports it
  mandate.projects.gate-review-requested.v1: The business case is complete
  mandate.governance.manager-appointed.v1: Ran the last basin
  mandate.governance.project-authorised.v1: Board of 3 March
  mandate.governance.project-proposed.v1: no reason given
"""  # noqa: E501 - as it is printed


def test_the_example_goes_through_a_gate(node: Node, product: Product, tmp_path: Path) -> None:
    example = generated(node, tmp_path / "frontend")
    done = subprocess.run(
        [node.program, example / "src" / "gate.ts", "F-001"],
        env={**os.environ, "MANDATE_URL": product.url}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert agrees(GATE, done.stdout), done.stdout
