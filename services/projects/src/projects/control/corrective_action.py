"""Corrective actions: what a compliance review requires of a project. The PM reports it done; the PMO judges that."""

from datetime import date
from typing import Any, Final, Literal, TypeAlias

import msgspec
from pydantic import BaseModel, Field

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Looking,
    PersonId,
    Refused,
    State,
    Streams,
    SystemCommand,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Uuid
from mandate_events.document.origin import Origin
from mandate_events.values.told import Id
from projects.execution.evidence import Evidence, EvidenceInput, EvidencePage
from projects.execution.project import project_read, running

Status: TypeAlias = Literal["open", "reported", "withdrawn"]


class CorrectiveActionRecognised(Event, frozen=True, kw_only=True):
    """The PMO requires this of the project, because of a finding of this review, until the end of this day."""

    project: ProjectId
    review: Uuid
    finding: int
    action: str
    owner: PersonId
    due_on: date
    origin: Origin


class CorrectiveActionReported(Event, frozen=True, kw_only=True):
    """The PM says that the action is done; the evidence is frozen by its hashes."""

    project: ProjectId
    review: Uuid
    evidence: list[Evidence] = msgspec.field(default_factory=list)


class CorrectiveActionEnded(Event, frozen=True, kw_only=True):
    """Governance took back what it required, before it was reported."""

    project: ProjectId
    review: Uuid
    origin: Origin


EVENTS: Final = (CorrectiveActionRecognised, CorrectiveActionReported, CorrectiveActionEnded)


class RecogniseCorrectiveAction(SystemCommand, frozen=True, kw_only=True):
    """Go by what a compliance review requires of the project."""

    project: str
    review: str
    finding: int
    action: str
    owner: str
    due_on: date
    origin: Origin


class EndCorrectiveAction(SystemCommand, frozen=True, kw_only=True):
    """Go by the PMO's taking back what a compliance review required."""

    origin: Origin


class ReportCorrectiveAction(Decision):
    """Say that a corrective action is done, and how.

    Only the project's PM can.
    """

    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class CorrectiveAction(State, frozen=True, kw_only=True):
    project: str
    review: str
    finding: int
    action: str
    owner: str
    due_on: date
    reported_by: str | None = None
    evidence: tuple[Evidence, ...] = ()
    ended: bool = False

    @property
    def status(self) -> Status:
        return "reported" if self.reported_by else "withdrawn" if self.ended else "open"


def decide(action: CorrectiveAction | None, command: Instruction, context: Context) -> Decided:
    match command, action:
        case RecogniseCorrectiveAction(), None:
            return [says(CorrectiveActionRecognised, command)]
        case RecogniseCorrectiveAction(), _:
            return []
        case EndCorrectiveAction(), CorrectiveAction(reported_by=None, ended=False):
            return [says(CorrectiveActionEnded, command, project=action.project, review=action.review)]
        case EndCorrectiveAction(), _:
            return []
        case ReportCorrectiveAction(), CorrectiveAction():
            running(context)
            if action.status != "open":
                raise Refused("already-reported" if action.reported_by else "action-withdrawn")
            return [says(CorrectiveActionReported, command, project=action.project, review=action.review)]
        case _:
            raise Undecided(command)


def evolve(action: CorrectiveAction | None, event: Event, record: Recorded[Any]) -> CorrectiveAction:
    match event, action:
        case CorrectiveActionRecognised(), None:
            return msgspec.convert(event, CorrectiveAction, from_attributes=True)
        case CorrectiveActionReported(), CorrectiveAction():
            return replace(action, reported_by=record.actor, evidence=tuple(event.evidence))
        case CorrectiveActionEnded(), CorrectiveAction():
            return replace(action, ended=True)
        case _:
            raise Unfolded(event)


def reads(_action: CorrectiveAction | None, command: Instruction, looking: Looking) -> Streams:
    match command:
        case ReportCorrectiveAction():
            yield from project_read(looking)


CORRECTIVE_ACTION: Aggregate[CorrectiveAction] = Aggregate(
    "corrective-action",
    decide,
    evolve,
    events=EVENTS,
    records={
        RecogniseCorrectiveAction: (CorrectiveActionRecognised,),
        EndCorrectiveAction: (CorrectiveActionEnded,),
        ReportCorrectiveAction: (CorrectiveActionReported,),
    },
    reads=reads,
    opened_by=frozenset({RecogniseCorrectiveAction}),
    project=lambda _, action: action.project if action else None,
    one_story=True,
)


# --- as it is told ---


class CorrectiveActionPage(BaseModel):
    """What the PMO requires of the project, and what was reported."""

    id: Id
    project: Id
    review: Id = Field(description="Id of the compliance review, in governance")
    finding: int = Field(description="Its number in the review")
    action: str = Field(max_length=500, examples=["Have the estimate reviewed by another estimator"])
    owner: PersonId
    due_on: date
    status: Status
    reported_by: PersonId | None
    evidence: list[EvidencePage]
