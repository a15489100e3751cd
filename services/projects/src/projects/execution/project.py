"""Projects: from the envelope that governance authorised to the end, phase by phase, gate by gate.

A phase ends at a gate. The PM asks for its review, the PMO decides it in governance, and the decision is applied here
and answered: applied, or not applied and by which rule not.
"""

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
    Streams,
    SystemCommand,
    Undecided,
    Unknown,
)
from mandate_events.document.event import Event
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin
from mandate_events.values.money import Money
from projects.control.tolerance import TOLERANCE, Given, TolerancesSet, check_reported, tolerance_read
from projects.execution import conditions
from projects.execution.conditions import (
    GateCondition,
    GateConditionLapsed,
    GateConditionMet,
    GateConditionSet,
    LapseCondition,
    MeetCondition,
)
from projects.execution.events import (
    EVENTS,
    EnvelopeRecognised,
    GateDecisionApplied,
    GateDecisionNotApplied,
    GateReviewRequested,
    Outcome,
    PhaseStarted,
    ProjectClosed,
    ProjectHeld,
    ProjectInitiated,
    ProjectResumed,
    ProjectTerminated,
)
from projects.execution.evidence import EvidenceInput
from projects.execution.state import ENDED, Project, evolve
from projects.recognition.office import office_read, today
from projects.recognition.standard import phases_of, standard_read, version_of


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
            raise Undecided(command)


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


def running(context: Context) -> Project:
    """The project that something is decided on. Refuses where it has ended."""
    id_ = context.project or ""
    project = context.read(PROJECT, id_)
    if project is None:
        raise Unknown(PROJECT.stream(id_))
    if project.status in ENDED:
        raise Refused(f"project-{project.status}")
    return project
