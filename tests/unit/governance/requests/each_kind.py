"""One request of each kind, from the committed samples: a kind that is added later needs no example here.

What a decision says is taken from its schema. Where that is not enough, it is said in `MORE` or in `BEFORE`.
"""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, cast, get_args

import pytest
from pydantic import ValidationError

from governance.main import GOVERNANCE
from governance.requests.chapter import served
from governance.requests.kind import Kind
from governance.requests.kinds import KINDS
from governance.requests.request import NoteAnswer, ReceiveRequest, Request
from governance.requests.views.inbox import INBOX_VIEW
from governance.resources.events import CapacitySet, ResourceRegistered
from governance.resources.resource import RESOURCE
from mandate_events.deciding import Command, Instruction, replace
from mandate_events.document.event import Catalogue, Event, Recorded
from mandate_events.document.origin import Origin
from mandate_events.testing import Outcome, Scenario
from mandate_events.views.rows import Key, Row
from tests.unit.governance.conftest import BEN

ROOT: Final = Path(__file__).parents[4]
ID: Final = "r1"
POLICY: Final = "system/recognition"
ANSWER: Final = Origin(source="projects", sequence=9, hash="1" * 64)
APPLIED: Final = NoteAnswer(applied=True, origin=ANSWER)

MORE: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("gate-review", "conditional_go"): {"conditions": [{"text": "Do it", "owner": "Pat", "due_on": date(2999, 1, 1)}]},
    ("exception", "new_tolerance"): {"tolerance": "12.5%"},
}
"""What a decision on a kind says with an outcome, beside what its schema requires of every one."""


def a_resource(scenario: Scenario, asked: Any) -> None:
    """Who is asked for is in the pool, and has the hours."""
    full = CapacitySet(starts_on=asked.starts_on, until=asked.until, hours_per_week=asked.hours_per_week)
    scenario.given(RESOURCE, asked.resource, ResourceRegistered(kind="team", title="Modellers", skills=[]), full)


BEFORE: Final[Mapping[str, Callable[[Scenario, Any], None]]] = {"allocation": a_resource}
"""What must stand before a request of a kind can be granted."""


def outcomes_of(kind: Kind) -> tuple[str, ...]:
    return get_args(kind.decide.model_fields["outcome"].annotation)


EACH_KIND: Final = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
OUTCOMES: Final = [(kind, outcome) for kind in KINDS.values() for outcome in outcomes_of(kind)]
EACH_OUTCOME: Final = pytest.mark.parametrize(
    ("kind", "outcome"), OUTCOMES, ids=[f"{kind.name}-{outcome}" for kind, outcome in OUTCOMES]
)
BOUNDARIES: Final = [kind for kind in KINDS.values() if kind.boundary]
EACH_BOUNDARY: Final = pytest.mark.parametrize("kind", BOUNDARIES, ids=[kind.name for kind in BOUNDARIES])


def sample(catalogue: Catalogue, event: type[Event]) -> Recorded[Any]:
    """The committed sample of an event, found by the name of its type."""
    type_ = catalogue.types[event]
    _, service, name = type_.split(".", 2)
    document = (ROOT / "services" / service / "contracts" / "samples" / f"{name}.json").read_bytes()
    return catalogue.decode(type_, document)


def said(command: type[Command]) -> dict[str, Any]:
    """What the schema of a command requires, by its examples."""
    schema = command.model_json_schema()
    return {name: schema["properties"][name].get("examples", ["Weighed"])[0] for name in schema["required"]}


def deciding(kind: Kind, outcome: str | None = None) -> Command:
    """A decision on a request: what its schema requires, with this outcome or the first that there is."""
    outcome = outcome or outcomes_of(kind)[0]
    try:
        return kind.decide.model_validate(
            {**said(kind.decide), "outcome": outcome, **MORE.get((kind.name, outcome), {})}
        )
    except ValidationError as error:
        raise AssertionError(f"{error}\nSay in {__file__}, MORE[{kind.name!r}, {outcome!r}], what it says") from error


def taking_back(kind: Kind) -> list[Command]:
    """The further commands that a kind takes."""
    return [command.model_validate(said(command)) for command in kind.takes.values()]


class Story:
    """A request of a kind, as its sample has it, and what comes of it step by step."""

    def __init__(self, scenario: Scenario, kind: Kind, **changes: Any) -> None:
        told = sample(GOVERNANCE.catalogue, kind.received)
        self.kind = kind
        self.asked = replace(told.data, **changes)
        self.project: str = self.asked.project
        self.receive = ReceiveRequest(received=self.asked, reason=told.reason)
        self._scenario = scenario.at(told.time)
        self.records: list[Recorded[Any]] = []
        if before := BEFORE.get(kind.name):
            before(scenario, self.asked)

    def when(self, command: Instruction, by: str) -> Outcome:
        return self._scenario.when(self.kind.aggregate, ID, command, by=by)

    def received(self) -> "Story":
        return self._goes_on(self.receive, POLICY)

    def decided(self, outcome: str | None = None, by: str = BEN) -> "Story":
        return self._goes_on(deciding(self.kind, outcome), by)

    def answered(self, rule: str | None = None) -> "Story":
        return self._goes_on(NoteAnswer(applied=rule is None, rule=rule, origin=ANSWER), POLICY)

    def _goes_on(self, command: Instruction, by: str) -> "Story":
        outcome = self.when(command, by)
        assert outcome.refusal is None, (
            f"{command!r} on {self.kind.name}: {outcome.refusal!r}\n"
            f"Say in {__file__} what it needs: in MORE what it says, in BEFORE what must stand before it"
        )
        for record in outcome.records:
            name, _, id_ = record.subject.partition("/")
            self._scenario.given(GOVERNANCE.aggregates[name], id_, record.data, by=record.actor)
        self.records += [record for record in outcome.records if record.subject == self.kind.aggregate.stream(ID)]
        return self

    @property
    def request(self) -> Request:
        """What the events on its stream make of it."""
        request: Any = None
        for record in self.records:
            request = self.kind.aggregate.evolve(request, record.data, record)
        return cast("Request", request)

    @property
    def page(self) -> dict[str, Any]:
        return dict(served(self.kind).tell(ID, self.request))

    @property
    def row(self) -> Row:
        """Its row in the inbox."""
        rows: dict[Key, Row] = {}
        INBOX_VIEW.fold(rows, INBOX_VIEW.changes(self.records))
        return rows[ID]
