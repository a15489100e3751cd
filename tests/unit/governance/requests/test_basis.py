"""What the project's standard says about what it asks for."""

from typing import Any

import pytest

from governance.requests.basis import Basis, basis_of
from governance.requests.gate_review import GateReview
from governance.requests.request import Request
from governance.requests.waiver import Waiver
from governance.standards.content import Content, Control, Gate, GatePath, Item, Phase
from tests.unit.governance.requests.test_waiver import JUNE

GATE = Gate("g1", "One", criteria=[Item("c", "It pays")], deliverables=[], evidence=[Item("e", "The case")])
CONTROL = Control("cost-review", "Cost review", mandatory=True)
CONTENT = Content(
    title="Capital",
    paths=[GatePath("one", "One", [Phase("p", "P", GATE)])],
    controls=[CONTROL],
    tolerances={"cost": "10 %"},
    deciders={"waiver": "sponsor"},
)
ASKED: dict[str, Any] = {"project": "p1", "standard": "capital@1", "requested_by": "pat"}


def test_a_gate_is_judged_by_its_criteria_on_its_evidence() -> None:
    review = GateReview(**ASKED, gate="g1", phase="p")
    assert basis_of("gate-review", review, CONTENT) == Basis("pmo", gate=GATE)


def test_a_waiver_is_judged_by_the_control_and_by_whom_the_standard_names() -> None:
    waiver = Waiver(**ASKED, control="cost-review", until=JUNE)
    assert basis_of("waiver", waiver, CONTENT) == Basis("sponsor", control=CONTROL)


@pytest.mark.parametrize("kind", ["baseline", "change", "exception"])
def test_what_moves_a_project_is_judged_by_its_tolerances(kind: str) -> None:
    assert basis_of(kind, Request(**ASKED), CONTENT) == Basis("pmo", tolerances={"cost": "10 %"})


def test_what_the_version_does_not_know_it_says_nothing_of() -> None:
    review = GateReview(**ASKED, gate="g9", phase="p")
    assert basis_of("gate-review", review, CONTENT) == Basis("pmo")
    assert basis_of("closure", Request(**ASKED), CONTENT) == Basis("pmo")
