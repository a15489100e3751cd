"""Processes: how work is done, step by step. Defined again, a process has a new version; those before it stay."""

from typing import Annotated, Any, Literal, TypeAlias

import immutables
import msgspec
from pydantic import Field

from mandate_events.deciding import Aggregate, Command, Context, Decided, Decision, Line, Part, State, Title
from mandate_events.document.event import Event, Recorded

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


class Process(State, frozen=True):
    versions: immutables.Map[int, ProcessDefined] = msgspec.field(default_factory=immutables.Map)

    @property
    def current(self) -> ProcessDefined:
        return self.versions[len(self.versions)]


def decide(process: Process | None, command: Command, _context: Context) -> Decided:
    match command:
        case DefineProcess():
            return [
                ProcessDefined(
                    version=len(process.versions) + 1 if process else 1,
                    title=command.title,
                    purpose=command.purpose,
                    steps=[step.recorded() for step in command.steps],
                )
            ]
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a process")


def evolve(process: Process | None, event: Event, _record: Recorded[Any]) -> Process:
    match event:
        case ProcessDefined(version=version):
            return Process((process or Process()).versions.set(version, event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a process")


PROCESS: Aggregate[Process] = Aggregate("process", decide, evolve, events=EVENTS, opened_by=frozenset({DefineProcess}))
