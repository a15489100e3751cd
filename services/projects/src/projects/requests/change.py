"""Change control: anyone on the project asks, the PM assesses; inside tolerance the PM decides, beyond it the PMO.

The assessment is computed against what is left of the project's tolerances, so many small changes are no way around it.
"""

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import (
    Context,
    Decided,
    Decision,
    Instruction,
    Line,
    Looking,
    On,
    Part,
    PersonId,
    Refused,
    Streams,
    Text,
    Title,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.deciding.rights import allow
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from mandate_events.values.told import Word
from projects.control.tolerance import TOLERANCE, Impact, Tolerances, ToleranceUsed, is_within, tolerance_read
from projects.execution.project import running
from projects.requests import decisions
from projects.requests.kind import Kind
from projects.requests.page import RequestPage
from projects.requests.request import (
    ANSWERS,
    ApplyDecision,
    DecisionApplied,
    DecisionNotApplied,
    Request,
    RequestCommand,
    Requested,
    applied,
    asked,
    outcome_of,
    request_aggregate,
    request_read,
)
from projects.roles import PM_OFFICER, PROJECT_MANAGER, SPONSOR


class ChangeRequested(Requested, frozen=True, kw_only=True):
    """Somebody on the project asks for a change, and says what they think it would do."""

    title: str
    description: str
    impact: Impact


class ChangeAssessed(Requested, frozen=True, kw_only=True):
    """The PM says what the change would do. Beyond tolerance it is the PMO's to decide."""

    requested_by: PersonId
    title: str
    description: str
    impact: Impact
    within_tolerance: bool


class ChangeApproved(Event, frozen=True, kw_only=True):
    """The PM lets the change be made; it stays within the project's tolerances."""

    project: ProjectId
    by: Literal["project_manager"] = "project_manager"


class ChangeRejected(Event, frozen=True, kw_only=True):
    """The PM lets the project go on without the change."""

    project: ProjectId
    by: Literal["project_manager"] = "project_manager"


class ChangeImplemented(Event, frozen=True, kw_only=True):
    """The change was made."""

    project: ProjectId


Said: TypeAlias = Annotated[Line, Field(max_length=300)]


class ImpactInput(Part):
    """What a change would do: a decimal with its sign where it can be measured, else a statement."""

    time: Said | None = Field(default=None, description="In working days", examples=["12"])
    cost: Said | None = Field(default=None, description="In the project's currency", examples=["25000.00"])
    quality: Said | None = None
    scope: Said | None = Field(default=None, examples=["A second intake"])
    risk: Said | None = None
    benefits: Said | None = None
    sustainability: Said | None = None

    def recorded(self) -> Impact:
        return Impact(**self.model_dump())


class RequestChange(RequestCommand):
    """Ask for a change to the project. Its PM, PMOfficer and sponsor can."""

    title: Title = Field(examples=["A second intake"])
    description: Text = Field(min_length=1, max_length=2000)
    impact: ImpactInput = Field(default_factory=ImpactInput, description="As far as it is known")


class AssessChange(RequestCommand):
    """Say what a change would do to the project. Beyond tolerance it goes to the PMO's inbox."""

    impact: ImpactInput = Field(description="Of one dimension at least: nothing said is nothing assessed")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(said is None for _, said in self.impact):
            raise PydanticCustomError("nothing-assessed", "say of one dimension at least what the change does to it")
        return self


class DecideChange(Decision):
    """Approve or reject a change that stays within tolerance. Beyond it the PMO decides."""

    outcome: Literal["approved", "rejected"]


class ImplementChange(Decision):
    """Say that an approved change was made."""


class Change(Request, frozen=True, kw_only=True):
    asked: ChangeRequested
    impact: Impact
    """As it was asked for, and then as the PM assessed it."""
    within_tolerance: bool | None = None
    implemented: bool = False

    @property
    def status(self) -> str:
        if self.implemented:
            return "implemented"
        if self.outcome is not None:
            return self.outcome
        if self.within_tolerance is None:
            return "requested"
        return "assessed" if self.within_tolerance else "with_pmo"


class ImpactPage(BaseModel):
    """What the change would do, dimension by dimension: a decimal with its sign, or a statement."""

    time: str | None = Field(max_length=300, description="In working days, where it is a decimal", examples=["12"])
    cost: str | None = Field(
        max_length=300, description="In the project's currency, where it is a decimal", examples=["25000.00"]
    )
    quality: str | None = Field(max_length=300)
    scope: str | None = Field(max_length=300)
    risk: str | None = Field(max_length=300)
    benefits: str | None = Field(max_length=300)
    sustainability: str | None = Field(max_length=300)


class ChangePage(RequestPage):
    """One change, from the request to its implementation."""

    status: Word = Field(
        description="`requested`, `assessed`, `with_pmo` (beyond tolerance), what was decided, or `implemented`"
    )
    title: str = Field(max_length=200, examples=["A second intake"])
    description: str = Field(max_length=2000)
    impact: ImpactPage = Field(description="As it was asked for, and then as the PM assessed it")
    within_tolerance: bool | None = Field(description="Null until it is assessed")


def decide(change: Change | None, command: object, context: Context) -> Decided:
    match command, change:
        case RequestChange(), None:
            return [says(ChangeRequested, command, **asked(command, context))]
        case RequestChange(), _:
            raise Refused("already-requested")
        case AssessChange(), Change():
            return [_assessed(change, command, context)]
        case DecideChange(), Change():
            return _decided(change, command, context)
        case ApplyDecision(), Change():
            return applied(change, command, context)
        case ImplementChange(), Change():
            running(context)
            if change.status == "implemented":
                raise Refused("change-already-implemented")
            if change.status != "approved":
                raise Refused("change-not-approved", status=change.status)
            return [ChangeImplemented(project=change.project)]
        case _:
            raise Undecided(command)


def _within(impact: Impact, context: Context) -> bool:
    project = running(context)
    tolerances = context.read(TOLERANCE, context.project or "") or Tolerances()
    return is_within(tolerances, impact, project.planned)


def _assessed(change: Change, command: AssessChange, context: Context) -> ChangeAssessed:
    if change.status not in {"requested", "assessed"}:  # the PMO has it, or it was decided
        raise Refused("change-not-to-be-assessed", status=change.status)
    impact = command.impact.recorded()
    return ChangeAssessed(
        **asked(command, context),
        requested_by=change.requested_by,
        title=change.asked.title,
        description=change.asked.description,
        impact=impact,
        within_tolerance=_within(impact, context),
    )


def _decided(change: Change, command: DecideChange, context: Context) -> Decided:
    running(context)
    if change.status == "requested":
        raise Refused("change-not-assessed")
    if change.status == "with_pmo":
        raise Refused("beyond-tolerance", authority=True)
    if change.status != "assessed":
        raise Refused("change-already-decided")
    if command.outcome == "rejected":
        return [ChangeRejected(project=change.project)]
    if not _within(change.impact, context):  # what others took of the tolerances since then
        raise Refused("beyond-tolerance", authority=True)
    used = ToleranceUsed(project=change.project, change=context.subject, impact=change.impact)
    return [ChangeApproved(project=change.project), On(TOLERANCE, change.project, used)]


def evolve(change: Change | None, event: Event, record: Recorded[Any]) -> Change:
    match event, change:
        case ChangeRequested(), _:
            return Change(asked=event, requested_by=record.actor, impact=event.impact)
        case ChangeAssessed(), Change():
            return replace(change, impact=event.impact, within_tolerance=event.within_tolerance)
        case ChangeApproved(), Change():
            return replace(change, outcome="approved", answered=True)
        case ChangeRejected(), Change():
            return replace(change, outcome="rejected", answered=True)
        case DecisionApplied() | DecisionNotApplied(), Change():
            return replace(change, outcome=outcome_of(event), answered=True)
        case ChangeImplemented(), Change():
            return replace(change, implemented=True)
        case _:
            raise Unfolded(event)


def reads(change: Change | None, command: Instruction, looking: Looking) -> Streams:
    yield from request_read(change, command, looking)
    match command:
        case AssessChange() | DecideChange():
            yield from tolerance_read(looking.project)


CHANGE = request_aggregate(
    "change",
    decide,
    evolve,
    events=(ChangeRequested, ChangeAssessed, ChangeApproved, ChangeRejected, ChangeImplemented),
    records={
        RequestChange: (ChangeRequested,),
        AssessChange: (ChangeAssessed,),
        DecideChange: (ChangeApproved, ChangeRejected, ToleranceUsed),
        ApplyDecision: ANSWERS,
        ImplementChange: (ChangeImplemented,),
    },
    reads=reads,
    opened_by=RequestChange,
)
KIND = Kind(
    aggregate=CHANGE,
    ask=RequestChange,
    decisions={decisions.ChangeApproved: "approved", decisions.ChangeRejected: "rejected"},
    page=ChangePage,
    at="/v1/changes/{id}",
    steps=("requested", "assessed", "with_pmo", "implemented"),
    takes={
        "/v1/changes/{id}/assessments": AssessChange,
        "/v1/changes/{id}/decisions": DecideChange,
        "/v1/changes/{id}/implementations": ImplementChange,
    },
    tag="changes",
    says="Change control, inside tolerance and beyond it",
    # who is on it, also as a member of the PMO who is its officer
    asked_by=[allow(RequestChange, PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True)],
)
