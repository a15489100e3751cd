"""Projects: from the envelope that governance authorised to the end, phase by phase, gate by gate.

A phase ends at a gate. The PM asks for its review, the PMO decides it in governance, and the decision is applied here
and answered: applied, or not applied and by which rule not.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

import immutables
import msgspec
from pydantic import Field

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Looking,
    On,
    Refused,
    Slug,
    State,
    Streams,
    SystemCommand,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.values.money import Money
from projects.control.tolerance import TOLERANCE, Given, TolerancesSet, check_reported, tolerance_read, working_days
from projects.execution import conditions
from projects.execution.conditions import (
    Conditions,
    GateCondition,
    GateConditionLapsed,
    GateConditionMet,
    GateConditionSet,
    LapseCondition,
    MeetCondition,
)
from projects.execution.events import (
    EVENTS,
    BaselineEstablished,
    EnvelopeRecognised,
    GateDecisionApplied,
    GateDecisionNotApplied,
    GateReviewRequested,
    Outcome,
    PhaseStarted,
    ProjectClosed,
    ProjectHeld,
    ProjectInitiated,
    ProjectMigratedToStandard,
    ProjectResumed,
    ProjectTerminated,
)
from projects.execution.evidence import EvidenceInput
from projects.recognition.office import office_read, today
from projects.recognition.standard import Phase, phases_of, standard_read, version_of

Status = Literal["active", "held", "closed", "terminated"]

ENDED: Final = frozenset({"closed", "terminated"})


class InitiateProject(SystemCommand, frozen=True, kw_only=True):
    """Begin a project that the PMO authorised, in the first phase of its path."""

    portfolio: str
    reference: str
    title: str
    gate_path: str
    standard: str
    budget: Money
    tolerances: Given = msgspec.field(default_factory=dict)
    origin: Origin


class RequestGateReview(Decision):
    """Ask the PMO to decide the gate at the end of the current phase."""

    gate: Slug = Field(examples=["gate-1"])
    evidence: list[EvidenceInput] = Field(min_length=1, max_length=50)


class ApplyGateDecision(SystemCommand, frozen=True, kw_only=True):
    """Let the PMO's decision on a gate take effect where it can, and answer it."""

    review: str
    gate: str
    outcome: Outcome
    conditions: list[GateCondition] = msgspec.field(default_factory=list)
    origin: Origin


class Baseline(msgspec.Struct, frozen=True):
    """The baseline in force."""

    id: str
    number: int
    starts_on: date
    finishes_on: date
    budget: Money


class Project(State, frozen=True):
    standard: str
    phases: tuple[Phase, ...]
    portfolio: str = ""
    reference: str = ""
    title: str = ""
    gate_path: str = ""
    budget: Money | None = None
    status: Status = "active"
    phase: int = -1
    open_review: str | None = None
    reviews: int = 0
    conditions: Conditions = immutables.Map()
    baseline: Baseline | None = None
    planned_changes: immutables.Map[str, int] = immutables.Map()
    """The changes that baselines rest on, each with the number of its baseline."""

    @property
    def current(self) -> Phase | None:
        return self.phases[self.phase] if 0 <= self.phase < len(self.phases) else None

    @property
    def planned_cost(self) -> Money:
        """That of the baseline in force; before there is one, of the envelope."""
        cost = self.baseline.budget if self.baseline else self.budget
        assert cost is not None, "a project that can be asked has been initiated"
        return cost

    @property
    def planned(self) -> Mapping[str, Decimal | None]:
        """What a tolerance that is a part of the plan is a part of."""
        plan = self.baseline
        time = Decimal(working_days(plan.starts_on, plan.finishes_on)) if plan else None
        return {"cost": self.planned_cost.value, "time": time}


def decide(project: Project | None, command: Instruction, context: Context) -> Decided:
    match command, project:
        case InitiateProject(), None:
            return _initiated(command, context)
        case InitiateProject(), _:
            return []
        case RequestGateReview(), Project():
            return [_requested(project, command, context)]
        case ApplyGateDecision(), Project():
            return _applied(project, command)
        case MeetCondition(), Project():
            if project.status == "terminated":
                raise Refused("project-terminated")
            return [conditions.met(project.conditions, command, today(context))]
        case LapseCondition(), Project():
            return _lapsed(project, command)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a project")


def _initiated(command: InitiateProject, context: Context) -> Decided:
    phases = phases_of(context, command.standard, command.gate_path)
    return [
        EnvelopeRecognised(
            standard=command.standard,
            gate_path=command.gate_path,
            budget=command.budget,
            phases=phases,
            origin=command.origin,
        ),
        msgspec.convert(command, ProjectInitiated, from_attributes=True),
        PhaseStarted(phase=phases[0].id, gate=phases[0].gate.id),
        *_tolerances(command, context),
    ]


def _tolerances(command: InitiateProject, context: Context) -> list[On]:
    """Those of the standard, and in their place those that the project was authorised with."""
    version, id_ = version_of(context, command.standard), context.subject
    tolerances: Given = {**(version.tolerances if version else {}), **command.tolerances}
    return [On(TOLERANCE, id_, TolerancesSet(project=id_, tolerances=tolerances))] if tolerances else []


def _requested(project: Project, command: RequestGateReview, context: Context) -> GateReviewRequested:
    if project.status in ENDED:
        raise Refused(f"project-{project.status}")
    if project.open_review:
        raise Refused("review-open", review=project.open_review)
    check_reported(context, context.subject)
    phase = project.current
    assert phase is not None, "a project that has not ended is in a phase"
    if command.gate != phase.gate.id:
        known = [each.gate.id for each in project.phases]
        if command.gate not in known:
            raise Invalid("/gate", "no-such-gate", standard=project.standard, gate=command.gate, known=known)
        raise Refused("not-the-next-gate", phase=phase.id, gate=phase.gate.id)
    return GateReviewRequested(
        review=derived("gate-review", context.subject, str(project.reviews + 1)),
        project=context.subject,
        gate=command.gate,
        phase=phase.id,
        evidence=[each.recorded() for each in command.evidence],
    )


def _applied(project: Project, command: ApplyGateDecision) -> Decided:
    rule = None
    if project.status in ENDED:
        rule = f"project-{project.status}"
    elif project.open_review != command.review:
        rule = "review-not-open"
    if rule:
        return [
            GateDecisionNotApplied(
                review=command.review, gate=command.gate, outcome=command.outcome, rule=rule, origin=command.origin
            )
        ]
    answer = GateDecisionApplied(
        review=command.review, gate=command.gate, outcome=command.outcome, origin=command.origin
    )
    under = conditions.set_by(command.gate, command.conditions, project.conditions)
    return [answer, *under, *_consequences(project, command)]


def _lapsed(project: Project, command: LapseCondition) -> Decided:
    """Work does not go on past a condition that was not met."""
    lapsed = conditions.lapsed(project.conditions, command)
    if lapsed is None:
        return []
    return [lapsed, ProjectHeld(gate=lapsed.gate)] if project.status == "active" else [lapsed]


def _consequences(project: Project, command: ApplyGateDecision) -> list[Event]:
    resumed: list[Event] = [ProjectResumed()] if project.status == "held" else []
    match command.outcome:
        case "go" | "conditional_go":
            if project.phase + 1 == len(project.phases):
                return [*resumed, ProjectClosed()]
            following = project.phases[project.phase + 1]
            return [*resumed, PhaseStarted(phase=following.id, gate=following.gate.id)]
        case "hold":
            return [] if project.status == "held" else [ProjectHeld(gate=command.gate)]
        case "recycle":
            return resumed
        case "kill":
            return [ProjectTerminated(gate=command.gate)]


def evolve(project: Project | None, event: Event, _record: Recorded[Any]) -> Project:
    match event, project:
        case EnvelopeRecognised(), None:
            return Project(event.standard, tuple(event.phases))
        case ProjectInitiated(), Project():
            return replace(
                project,
                portfolio=event.portfolio,
                reference=event.reference,
                title=event.title,
                gate_path=event.gate_path,
                budget=event.budget,
            )
        case PhaseStarted(), Project():
            return replace(project, phase=project.phase + 1)
        case GateReviewRequested(), Project():
            return replace(project, open_review=event.review, reviews=project.reviews + 1)
        case GateDecisionApplied(), Project():
            return replace(project, open_review=None)
        case GateDecisionNotApplied(), Project():
            return project
        case BaselineEstablished(), Project():
            baseline = Baseline(event.baseline, event.number, event.starts_on, event.finishes_on, event.budget)
            planned = project.planned_changes
            if event.change:
                planned = planned.set(event.change, event.number)
            return replace(project, baseline=baseline, planned_changes=planned)
        case ProjectHeld(), Project():
            return replace(project, status="held")
        case ProjectResumed(), Project():
            return replace(project, status="active")
        case ProjectMigratedToStandard(), Project():
            ids = [phase.id for phase in event.phases]
            here = project.current.id if project.current else ids[0]
            moved = replace(project, standard=event.standard, gate_path=event.gate_path, phases=tuple(event.phases))
            return replace(moved, phase=ids.index(here))
        case ProjectClosed(), Project():
            return replace(project, status="closed")
        case ProjectTerminated(), Project():
            return replace(project, status="terminated")
        case conditions.ConditionEvent(), Project():
            return replace(project, conditions=conditions.after(project.conditions, event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a project in this state")


def reads(project: Project | None, command: Instruction, looking: Looking) -> Streams:
    match command:
        case InitiateProject() if project is None:
            yield from standard_read(command.standard)
            yield from tolerance_read(looking.subject)
        case RequestGateReview():
            yield from tolerance_read(looking.subject)
        case MeetCondition():
            yield from office_read()


PROJECT: Aggregate[Project] = Aggregate(
    "project",
    decide,
    evolve,
    events=EVENTS,
    records={
        InitiateProject: (EnvelopeRecognised, ProjectInitiated, PhaseStarted, TolerancesSet),
        RequestGateReview: (GateReviewRequested,),
        ApplyGateDecision: (
            GateDecisionApplied,
            GateDecisionNotApplied,
            GateConditionSet,
            ProjectResumed,
            PhaseStarted,
            ProjectHeld,
            ProjectClosed,
            ProjectTerminated,
        ),
        MeetCondition: (GateConditionMet,),
        LapseCondition: (GateConditionLapsed, ProjectHeld),
    },
    reads=reads,
    opened_by=frozenset({InitiateProject}),
    project=lambda id_, _: id_,
    standard=lambda project: project.standard,
)


def project_read(looking: Looking) -> Streams:
    """The project that the thing decided on belongs to."""
    return [(PROJECT, looking.project)] if looking.project else []


def standard_of_project_read(looking: Looking) -> Streams:
    """The standard that it goes by, as soon as the project itself is known."""
    project = looking.read(PROJECT, looking.project) if looking.project else None
    return standard_read(project.standard) if project else []
