"""Processes: how work is done, step by step. Defined again, a process has a new version; those before it stay."""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from pydantic import BaseModel, Field

from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Line,
    Part,
    State,
    Title,
    Undecided,
    Unfolded,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.values.text import Slug

Role: TypeAlias = Literal["pmo", "pm_officer", "project_manager", "sponsor", "team_member"]


class Step(msgspec.Struct, frozen=True):
    """One step of a process, and the role that takes it."""

    title: str
    done_by: Role
    text: str | None = None


class ProcessDefined(Event, frozen=True, kw_only=True):
    """This version of the process is the one to follow from here on."""

    version: int
    title: str
    purpose: str
    steps: list[Step]


EVENTS = (ProcessDefined,)


class StepInput(Part):
    title: Title = Field(examples=["Collect the evidence of the phase"])
    done_by: Role = Field(examples=["project_manager"])
    text: Annotated[Line, Field(max_length=300)] | None = None

    def recorded(self) -> Step:
        return Step(self.title, self.done_by, self.text)


class DefineProcess(Decision):
    """Define a process; where there is one, its next version."""

    title: Title = Field(examples=["Gate review"])
    purpose: Annotated[Line, Field(max_length=500)] = Field(examples=["No phase begins before the last one is judged"])
    steps: list[StepInput] = Field(min_length=1, max_length=40)


class StepPage(BaseModel):
    """One step, and the role that takes it."""

    title: str = Field(max_length=200, examples=["Collect the evidence of the phase"])
    done_by: Role = Field(examples=["project_manager"])
    text: str | None = Field(max_length=300)


class ProcessVersion(BaseModel):
    """One version of a process."""

    version: int
    title: str = Field(max_length=200, examples=["Gate review"])
    purpose: str = Field(max_length=500, examples=["No phase begins before the last one is judged"])
    steps: list[StepPage] = Field(description="In order")


class ProcessPage(ProcessVersion):
    """A process as it is to be followed, and the versions before."""

    id: Slug = Field(examples=["gate-review"])
    earlier: list[ProcessVersion] = Field(description="Oldest first")


class Process(State, frozen=True):
    current: ProcessDefined
    earlier: tuple[ProcessDefined, ...] = ()
    """Oldest first."""


def decide(process: Process | None, command: Command, _context: Context) -> Decided:
    match command:
        case DefineProcess():
            return [says(ProcessDefined, command, version=process.current.version + 1 if process else 1)]
        case _:
            raise Undecided(command)


def evolve(process: Process | None, event: Event, _record: Recorded[Any]) -> Process:
    match event, process:
        case ProcessDefined(), None:
            return Process(event)
        case ProcessDefined(), Process():
            return Process(event, (*process.earlier, process.current))
        case _:
            raise Unfolded(event)


PROCESS: Aggregate[Process] = Aggregate(
    "process",
    decide,
    evolve,
    events=EVENTS,
    records={DefineProcess: (ProcessDefined,)},
    opened_by=frozenset({DefineProcess}),
)
