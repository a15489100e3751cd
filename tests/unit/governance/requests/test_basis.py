"""What the project's standard says about what it asks for."""

from typing import Any

import pytest

from governance.main import GOVERNANCE
from governance.requests.basis import Basis, on_path
from governance.requests.kinds import KINDS, basis_of
from governance.requests.request import Request
from governance.standards.content import Content, Control, Decider, Gate, GatePath, Item, Phase
from mandate_events.deciding import replace
from tests.unit.governance.requests.each_kind import sample

GATE = Gate("g1", "One", criteria=[Item("c", "It pays")], deliverables=[], evidence=[Item("e", "The case")])
CONTROL = Control("cost-review", "Cost review", mandatory=True)
CONTENT = Content(
    title="Capital",
    paths=[GatePath("one", "One", [Phase("p", "P", GATE)])],
    controls=[CONTROL],
    tolerances={"cost": "10 %"},
    deciders={"waiver": "sponsor"},
)


def a_request(kind: str, /, **changes: Any) -> Request:
    return Request(asked=replace(sample(GOVERNANCE.catalogue, KINDS[kind].received).data, **changes))


def test_a_gate_is_judged_by_its_criteria_on_its_evidence() -> None:
    assert basis_of("gate-review", a_request("gate-review", gate="g1"), CONTENT) == Basis("pmo", gate=GATE)


def test_a_gate_is_one_of_the_path_of_the_project() -> None:
    other = GatePath(
        "other", "Other", [Phase("p", "P", Gate("g1", "Another", criteria=[], deliverables=[], evidence=[]))]
    )
    both = replace(CONTENT, paths=[other, *CONTENT.paths])
    review = a_request("gate-review", gate="g1")
    assert basis_of("gate-review", review, on_path(both, "one")) == Basis("pmo", gate=GATE)
    assert on_path(both, "a-path-of-another-version") == on_path(both, None) == both


def test_a_waiver_is_judged_by_the_control_and_by_whom_the_standard_names() -> None:
    waiver = a_request("waiver", control="cost-review")
    assert basis_of("waiver", waiver, CONTENT) == Basis("sponsor", control=CONTROL)


def test_a_tailoring_is_judged_by_the_control_that_it_names() -> None:
    assert basis_of("tailoring", a_request("tailoring", name="cost-review"), CONTENT) == Basis("pmo", control=CONTROL)


@pytest.mark.parametrize("kind", ["baseline", "change", "exception"])
def test_what_moves_a_project_is_judged_by_its_tolerances(kind: str) -> None:
    assert basis_of(kind, a_request(kind), CONTENT) == Basis("pmo", tolerances={"cost": "10 %"})


def test_what_the_version_does_not_know_it_says_nothing_of() -> None:
    assert basis_of("gate-review", a_request("gate-review", gate="g9"), CONTENT) == Basis("pmo")
    assert basis_of("tailoring", a_request("tailoring", name="site-diary"), CONTENT) == Basis("pmo")
    assert basis_of("closure", a_request("closure"), CONTENT) == Basis("pmo")


def test_hours_are_the_pmos_to_give_whatever_a_version_says() -> None:
    given: dict[Any, Decider] = {"allocation": "sponsor"}
    assert basis_of("allocation", a_request("allocation"), replace(CONTENT, deciders=given)) == Basis("pmo")
