"""Tools: what the PMO approves for use in projects, and withdraws. A project takes up no other without a waiver."""

from typing import Annotated, Any, Literal, TypeAlias

import immutables
import msgspec
from pydantic import BaseModel, Field

from governance.catalogue.use import RecogniseUse, UsePage, UseRecognised, Users, used
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
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.values.text import Slug

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


class ToolPage(BaseModel):
    """A tool, and the projects that use it."""

    id: Slug = Field(examples=["scheduling-workbench"])
    status: Status = Field(description="`unapproved`: it was never approved, and is used under a waiver")
    title: str | None = Field(max_length=200, examples=["Scheduling workbench"])
    purpose: str | None = Field(max_length=500, examples=["Schedules with dependencies and baselines"])
    uri: str | None = Field(max_length=500)
    used_by: list[UsePage] = Field(description="Those that you may see, at most 500; `GET /v1/uses` lists all")


class Tool(State, frozen=True):
    approved: ToolApproved | None = None
    """As it was approved last."""
    status: Status = "unapproved"
    """Unapproved: it was never approved, and a project uses it under a waiver."""
    users: Users = msgspec.field(default_factory=immutables.Map)


def decide(tool: Tool | None, command: Instruction, _context: Context) -> Decided:
    tool = tool or Tool()
    match command, tool:
        case ApproveTool(), Tool(status="approved"):
            raise Refused("already-in-force")
        case ApproveTool(), _:
            return [says(ToolApproved, command)]
        case WithdrawTool(), Tool(status="approved", approved=ToolApproved(title=title)):
            return [ToolWithdrawn(title=title)]
        case WithdrawTool(), _:
            raise Refused("not-in-force")
        case RecogniseUse(), _:
            return used(command, tool.users)
        case _:
            raise Undecided(command)


def evolve(tool: Tool | None, event: Event, _record: Recorded[Any]) -> Tool:
    tool = tool or Tool()
    match event:
        case ToolApproved():
            return replace(tool, approved=event, status="approved")
        case ToolWithdrawn():
            return replace(tool, status="withdrawn")
        case UseRecognised(project=project):
            return replace(tool, users=tool.users.set(project, event))
        case _:
            raise Unfolded(event)


TOOL: Aggregate[Tool] = Aggregate(
    "tool",
    decide,
    evolve,
    events=EVENTS,
    records={ApproveTool: (ToolApproved,), WithdrawTool: (ToolWithdrawn,), RecogniseUse: (UseRecognised,)},
    opened_by=frozenset({ApproveTool, RecogniseUse}),
)
