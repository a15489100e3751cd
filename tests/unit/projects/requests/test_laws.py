"""What holds for requests of all kinds, tested once for each kind that there is: a later one needs no example here.

A request and the decision on it are taken from the committed samples, a command from the examples of its schema.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest

from mandate_events.deciding import Command, replace
from mandate_events.document.event import Catalogue, Event
from mandate_events.document.identifiers import derived
from mandate_events.testing import Outcome, Scenario
from projects.control.tolerance import TOLERANCE, BreachReported, ToleranceForecastBreached, TolerancesSet
from projects.execution.events import ProjectClosed, ProjectTerminated
from projects.execution.project import PROJECT
from projects.main import PROJECTS
from projects.recognition.mandate import MANDATE, MandateRecognised
from projects.requests.kind import Kind
from projects.requests.kinds import KINDS
from projects.requests.register import REGISTER, RequestClosed, RequestOpened
from projects.requests.request import (
    ApplyDecision,
    DecisionApplied,
    DecisionHeard,
    DecisionNotApplied,
    Request,
    Requested,
)
from tests.services import HEARD_OF_GOVERNANCE
from tests.unit.projects.conftest import ORIGIN

SAMPLES: Final = Path(__file__).parents[4] / "services"
REQUEST, OTHER, ASKER = derived("request", "one"), derived("request", "two"), derived("asker")
SYSTEM: Final = "system/recognition"
ENDS: Final = [(ProjectClosed(), "project-closed"), (ProjectTerminated(gate="g1"), "project-terminated")]

MORE: Final[Mapping[str, Mapping[str, Any]]] = {
    "allocation": {"skill": "modelling"},
    "tailoring": {"instead": "One review for both phases"},
}
"""What a command that asks says, beside what its schema requires."""

EACH_KIND: Final = pytest.mark.parametrize("kind", KINDS, ids=[kind.aggregate.name for kind in KINDS])
DECISIONS: Final = [(kind, said) for kind in KINDS for said in kind.decisions]
EACH_DECISION: Final = pytest.mark.parametrize(
    ("kind", "said"), DECISIONS, ids=[f"{kind.aggregate.name}-{said.__name__}" for kind, said in DECISIONS]
)
EACH_END: Final = pytest.mark.parametrize(("end", "rule"), ENDS, ids=[rule for _, rule in ENDS])


def sample(catalogue: Catalogue, event: type[Event]) -> Any:
    """What the committed sample of an event says of p1."""
    _, service, name = catalogue.types[event].split(".", 2)
    path = SAMPLES / service / "contracts" / "samples" / f"{name}.json"
    return replace(catalogue.decode(catalogue.types[event], path.read_bytes()).data, project="p1")


def one_at_a_time(kind: Kind) -> bool:
    return RequestOpened in kind.aggregate.records[kind.ask]


def a_breach(scenario: Scenario) -> None:
    """A tolerance is forecast to be exceeded, which the project manager reported."""
    for event in (TolerancesSet, ToleranceForecastBreached, BreachReported):
        scenario.given(TOLERANCE, "p1", sample(PROJECTS.catalogue, event))


BEFORE: Final[Mapping[str, Callable[[Scenario], None]]] = {"exception": a_breach}
"""What must stand before a kind is asked for."""


def waiting(scenario: Scenario, kind: Kind) -> Scenario:
    """p1 has asked, and the PMO has not decided."""
    if before := BEFORE.get(kind.aggregate.name):
        before(scenario)
    [asked] = [event for event in kind.aggregate.records[kind.ask] if issubclass(event, Requested)]
    if one_at_a_time(kind):
        opened = RequestOpened(project="p1", kind=kind.aggregate.name, request=REQUEST)
        scenario.given(REGISTER, "p1", opened)
    return scenario.given(kind.aggregate, REQUEST, sample(PROJECTS.catalogue, asked), by=ASKER)


def decided(kind: Kind, said: type[DecisionHeard]) -> ApplyDecision:
    """The PMO's decision, as governance says it."""
    heard = sample(HEARD_OF_GOVERNANCE, said)
    return ApplyDecision(decision=heard, outcome=kind.decisions[said] or heard.outcome, origin=ORIGIN)


def apply(scenario: Scenario, kind: Kind, decision: ApplyDecision) -> Outcome:
    return scenario.when(kind.aggregate, REQUEST, decision, by=SYSTEM)


def ask(scenario: Scenario, kind: Kind, id_: str) -> Outcome:
    """Somebody who may asks for it."""
    role = next(right.roles[0] for right in kind.rights if right.kind is kind.ask)
    scenario.given(MANDATE, ASKER, MandateRecognised(person=ASKER, role=cast("Any", role), project="p1", origin=ORIGIN))
    schema = kind.ask.model_json_schema()
    body = {**example(schema, schema), **MORE.get(kind.aggregate.name, {})}
    command: Command = kind.ask.model_validate(body)
    return scenario.when(kind.aggregate, id_, command, by=ASKER, project="p1")


def example(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """What a schema requires, by its examples."""
    match schema:
        case {"examples": [first, *_]} | {"enum": [first, *_]} | {"const": first}:
            return first
        case {"$ref": name}:
            return example(whole["$defs"][name.rpartition("/")[2]], whole)
        case {"items": items}:
            return [example(items, whole)] * schema.get("minItems", 0)
        case {"properties": properties}:
            return {name: example(properties[name], whole) for name in schema.get("required", [])}
        case _:
            return "Weighed"


def told(outcome: Outcome, aggregate: str) -> list[Event]:
    return [record.data for record in outcome.records if record.subject.startswith(f"{aggregate}/")]


@EACH_DECISION
def test_a_decision_is_answered_once(initiated: Scenario, kind: Kind, said: type[DecisionHeard]) -> None:
    decision = decided(kind, said)
    outcome = apply(waiting(initiated, kind), kind, decision)
    assert outcome.refusal is None
    [answer, *more] = told(outcome, kind.aggregate.name)
    assert answer == DecisionApplied(project="p1", outcome=decision.outcome, origin=ORIGIN)
    for event in (answer, *more):
        initiated.given(kind.aggregate, REQUEST, event)
    apply(initiated, kind, decision).then()


@EACH_DECISION
@EACH_END
def test_on_a_project_that_has_ended_it_takes_no_effect(
    initiated: Scenario, kind: Kind, said: type[DecisionHeard], end: Event, rule: str
) -> None:
    decision = decided(kind, said)
    outcome = apply(waiting(initiated, kind).given(PROJECT, "p1", end), kind, decision)
    late = DecisionNotApplied(project="p1", outcome=decision.outcome, rule=rule, origin=ORIGIN)
    closed = RequestClosed(project="p1", kind=kind.aggregate.name, request=REQUEST, outcome="not_applied")
    outcome.then(late, *([closed] if one_at_a_time(kind) else []))
    apply(initiated.given(kind.aggregate, REQUEST, late), kind, decision).then()


@EACH_KIND
def test_it_is_open_until_it_is_answered_and_keeps_who_asked(initiated: Scenario, kind: Kind) -> None:
    said = next(iter(kind.decisions))
    waiting(initiated, kind)
    request = folded(initiated, kind)
    assert (request.outcome, request.answered, request.requested_by, request.project) == (None, False, ASKER, "p1")
    for event in told(apply(initiated, kind, decided(kind, said)), kind.aggregate.name):
        initiated.given(kind.aggregate, REQUEST, event)
    assert folded(initiated, kind).answered


def folded(scenario: Scenario, kind: Kind) -> Request:
    state: Request = scenario._folds[kind.aggregate.stream(REQUEST)].state
    return state


@EACH_KIND
def test_it_is_asked_once(initiated: Scenario, kind: Kind) -> None:
    ask(waiting(initiated, kind), kind, REQUEST).refused("already-requested")


@EACH_KIND
@EACH_END
def test_of_a_project_that_has_ended_nothing_is_asked(initiated: Scenario, kind: Kind, end: Event, rule: str) -> None:
    ask(initiated.given(PROJECT, "p1", end), kind, OTHER).refused(rule)


@EACH_KIND
def test_what_is_not_its_own_it_refuses(kind: Kind) -> None:
    with pytest.raises(TypeError):
        kind.aggregate.decide(None, decided(kind, next(iter(kind.decisions))), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        kind.aggregate.evolve(None, ProjectClosed(), None)  # type: ignore[arg-type]
