"""What all requests to the PMO have in common: they are asked of a project that runs, and the decision is answered.

The stream of a request has the same id here and in governance, so that both sides of the story bear one name.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from pydantic import Field

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Looking,
    On,
    Records,
    Streams,
    SystemCommand,
)
from mandate_events.deciding.dating import Dated, dated
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Versioned
from mandate_events.document.origin import Origin
from projects.execution import conditions
from projects.execution.conditions import GateCondition
from projects.execution.evidence import Evidence, EvidenceInput
from projects.execution.project import PROJECT, project_read, running
from projects.execution.state import ENDED


class Requested(Event, frozen=True, kw_only=True):
    """What every request says: of which project, under which standard, resting on what."""

    project: ProjectId
    standard: Versioned
    evidence: list[Evidence] = msgspec.field(default_factory=list)


class DecisionApplied(Event, frozen=True, kw_only=True):
    """The PMO's decision on the request took effect."""

    project: ProjectId
    outcome: str
    origin: Origin


class DecisionNotApplied(Event, frozen=True, kw_only=True):
    """The PMO's decision on the request could not take effect; the rule says why."""

    project: ProjectId
    outcome: str
    rule: str
    origin: Origin


ANSWERS: Final = (DecisionApplied, DecisionNotApplied)
"""What applying a decision records, whatever follows from it."""


class RequestCommand(Decision):
    """A command that asks the PMO for something."""

    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class ApplyDecision(SystemCommand, frozen=True, kw_only=True):
    """Let the PMO's decision on a request take effect where it can, and answer it."""

    decision: Any
    """What governance said, of the request's kind."""
    outcome: str
    origin: Origin

    @property
    def conditions(self) -> list[GateCondition]:
        """Those that the decision comes with, if it is one that may."""
        return self.decision.conditions if isinstance(self.decision, DecisionOnConditions) else []


class DecisionHeard(Event, frozen=True, kw_only=True):
    """What governance says when it decides; its stream tells of what."""

    project: str


class DecisionOnConditions(DecisionHeard, frozen=True, kw_only=True):
    """A decision that may come with conditions."""

    conditions: list[GateCondition] = msgspec.field(default_factory=list)


class Request(Dated, frozen=True, kw_only=True):
    """What a request is, whatever it asks for."""

    asked: Requested
    requested_by: str
    answered: bool = False
    """Whether the decision was applied, or could not be."""

    @property
    def project(self) -> str:
        return self.asked.project

    @property
    def standard(self) -> str:
        return self.asked.standard

    @property
    def evidence(self) -> list[Evidence]:
        return self.asked.evidence

    @property
    def status(self) -> str:
        return "open" if self.outcome is None else self.outcome


R = TypeVar("R", bound=Request)


def asked(command: RequestCommand, context: Context) -> dict[str, Any]:
    """The members that every request event has."""
    project = running(context)
    evidence = [each.recorded() for each in command.evidence]
    return {"project": context.project, "standard": project.standard, "evidence": evidence}


def why_not(request: Request, context: Context) -> str | None:
    """The rule by which a decision cannot take effect now; None where it can."""
    project = context.read(PROJECT, request.project)
    if project is None or project.status in ENDED:
        return f"project-{project.status if project else 'unknown'}"
    return None


def under_conditions(request: Request, command: ApplyDecision, context: Context) -> list[On]:
    """The conditions of a decision become the project's, of the gate ahead: each is met by its day, or lapses."""
    project = context.read(PROJECT, request.project)
    if project is None or project.current is None:
        return []
    under = conditions.set_by(project.current.gate.id, command.conditions, project.conditions)
    return [On(PROJECT, request.project, each) for each in under]


def applied(request: Request, command: ApplyDecision, context: Context, *consequences: Event | On) -> Decided:
    """The answer to a decision, with what follows where it takes effect. It is given once."""
    if request.answered:
        return []
    if rule := why_not(request, context):
        return [DecisionNotApplied(project=request.project, outcome=command.outcome, rule=rule, origin=command.origin)]
    answer = DecisionApplied(project=request.project, outcome=command.outcome, origin=command.origin)
    return [answer, *consequences]


def outcome_of(event: DecisionApplied | DecisionNotApplied) -> str:
    """What became of the request."""
    return event.outcome if isinstance(event, DecisionApplied) else "not_applied"


def request_read(_request: Request | None, _command: Any, looking: Looking) -> Streams:
    """The project that it is made of: what `running`, `asked` and `applied` read, and conditions are written to."""
    return project_read(looking)


def request_aggregate(
    name: str,
    decide: Callable[[R | None, Any, Context], Decided],
    evolve: Callable[[R | None, Any, Recorded[Any]], R],
    *,
    events: tuple[type[Event], ...],
    records: Records,
    reads: Callable[[R | None, Any, Looking], Streams] = request_read,
    opened_by: type[Instruction],
    state: type[R] | None = None,
) -> Aggregate[R]:
    """One kind of request: of a project, judged by the standard it was made under, and one story from end to end."""
    return Aggregate(
        name,
        decide,
        dated(evolve),
        events=(*events, *ANSWERS),
        records=records,
        reads=reads,
        opened_by=frozenset({opened_by}),
        project=lambda _, request: request.project if request else None,
        standard=lambda request: request.standard,
        one_story=True,
        state=state,
    )
