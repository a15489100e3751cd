"""Tools: what the PMO approves for use in projects, and withdraws. A project takes up no other without a waiver."""

from typing import Annotated, Any, Literal, TypeAlias

import immutables
import msgspec
from pydantic import Field

from governance.catalogue.use import RecogniseUse, UseRecognised, Users, used
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Line,
    Refused,
    State,
    Text,
    Title,
    replace,
)
from mandate_events.document.event import Event, Recorded

Status: TypeAlias = Literal["approved", "withdrawn", "unapproved"]


class ToolApproved(Event, frozen=True, kw_only=True):
    """Projects may take the tool up from here on."""

    title: str
    purpose: str
    uri: str | None = None


class ToolWithdrawn(Event, frozen=True, kw_only=True):
    """No further project takes the tool up; those that use it are known."""

    title: str


EVENTS = (ToolApproved, ToolWithdrawn, UseRecognised)


class ApproveTool(Decision):
    """Let projects use a tool."""

    title: Title = Field(examples=["Scheduling workbench"])
    purpose: Annotated[Line, Field(max_length=500)] = Field(examples=["Schedules with dependencies and baselines"])
    uri: Annotated[Text, Field(max_length=500)] | None = Field(
        default=None, description="Where it is found", examples=["https://tools.example/scheduling"]
    )


class WithdrawTool(Decision):
    """Let no further project use a tool."""


class Tool(State, frozen=True):
    title: str | None = None
    purpose: str | None = None
    uri: str | None = None
    status: Status = "unapproved"
    """Unapproved: it was never approved, and a project uses it under a waiver."""
    users: Users = msgspec.field(default_factory=immutables.Map)


def decide(tool: Tool | None, command: Instruction, _context: Context) -> Decided:
    tool = tool or Tool()
    match command:
        case ApproveTool():
            if tool.status == "approved":
                raise Refused("already-in-force")
            return [ToolApproved(title=command.title, purpose=command.purpose, uri=command.uri)]
        case WithdrawTool():
            if tool.status != "approved":
                raise Refused("not-in-force")
            return [ToolWithdrawn(title=tool.title or "")]
        case RecogniseUse():
            return used(command, tool.users)
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a tool")


def evolve(tool: Tool | None, event: Event, _record: Recorded[Any]) -> Tool:
    tool = tool or Tool()
    match event:
        case ToolApproved():
            return replace(tool, title=event.title, purpose=event.purpose, uri=event.uri, status="approved")
        case ToolWithdrawn():
            return replace(tool, status="withdrawn")
        case UseRecognised(project=project):
            return replace(tool, users=tool.users.set(project, event))
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a tool")


TOOL: Aggregate[Tool] = Aggregate(
    "tool", decide, evolve, events=EVENTS, opened_by=frozenset({ApproveTool, RecogniseUse})
)
