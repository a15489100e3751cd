"""What all requests to the PMO have in common: they are asked of a project that runs, and the decision is answered.

The stream of a request has the same id here and in governance, so that both sides of the story bear one name.
"""

from typing import Any

import msgspec
from pydantic import Field

from mandate_events.deciding import Context, Decided, Decision, On, Refused, State, SystemCommand, Unknown
from mandate_events.event import Event
from mandate_events.formats import ProjectId, Versioned
from mandate_events.origin import Origin
from projects import conditions
from projects.conditions import GateCondition
from projects.evidence import Evidence, EvidenceInput
from projects.project import ENDED, PROJECT, Project


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


class RequestCommand(Decision):
    """A command that asks the PMO for something."""

    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class ApplyDecision(SystemCommand, frozen=True, kw_only=True):
    """Given by what was heard from governance."""

    outcome: str
    conditions: list[GateCondition] = msgspec.field(default_factory=list)
    origin: Origin


class Request(State, frozen=True, kw_only=True):
    """What a request is, whatever it asks for."""

    project: str
    standard: str
    requested_by: str
    outcome: str | None = None
    answered: bool = False
    """Whether the decision was applied, or could not be."""

    @property
    def status(self) -> str:
        return "open" if self.outcome is None else self.outcome


def running(context: Context) -> Project:
    """The project that a request is made of. Refuses where it has ended."""
    id_ = context.project or ""
    project = context.read(PROJECT, id_)
    if project is None:
        raise Unknown(PROJECT.stream(id_))
    if project.status in ENDED:
        raise Refused(f"project-{project.status}")
    return project


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
