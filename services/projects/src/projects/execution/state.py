"""What a project is, folded from its events."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

import immutables
import msgspec

from mandate_events.deciding import State, Unfolded, replace
from mandate_events.document.event import Event, Recorded
from mandate_events.values.money import Money
from projects.control.tolerance import working_days
from projects.execution import conditions
from projects.execution.conditions import Conditions
from projects.execution.events import (
    BaselineEstablished,
    EnvelopeRecognised,
    GateDecisionApplied,
    GateDecisionNotApplied,
    GateReviewRequested,
    PhaseStarted,
    ProjectClosed,
    ProjectHeld,
    ProjectInitiated,
    ProjectMigratedToStandard,
    ProjectResumed,
    ProjectTerminated,
)
from projects.recognition.standard import Phase

Status = Literal["active", "held", "closed", "terminated"]

ENDED: Final = frozenset({"closed", "terminated"})


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
    conditions: Conditions = msgspec.field(default_factory=immutables.Map)
    baseline: Baseline | None = None
    planned_changes: immutables.Map[str, int] = msgspec.field(default_factory=immutables.Map)
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
            raise Unfolded(event)
