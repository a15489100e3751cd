"""Adoption: the tools that a project takes up, and the templates that it uses. One stream per project.

A tool that the PMO has not approved needs a waiver in force, of this project and for the control `tool-<id>`.
"""

from typing import Annotated, Any

import immutables
import msgspec
from pydantic import Field

from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Looking,
    Refused,
    Slug,
    State,
    Streams,
    Undecided,
    Unfolded,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Sha256, Uuid, Versioned
from mandate_events.values.text import ThingId
from projects.execution.project import project_read, running
from projects.recognition.catalogue import TEMPLATE, TOOL
from projects.requests.waiver import WAIVER


class ToolAdopted(Event, frozen=True, kw_only=True):
    """The project works with the tool from here on: an approved one, or one under this waiver."""

    project: ProjectId
    standard: Versioned
    tool: str
    waiver: Uuid | None = None


class TemplateUsed(Event, frozen=True, kw_only=True):
    """The project made a document of its own from this version of the template."""

    project: ProjectId
    standard: Versioned
    template: str
    version: int
    sha256: Sha256


EVENTS = (ToolAdopted, TemplateUsed)


class AdoptTool(Decision):
    """Take a tool up."""

    tool: Annotated[Slug, Field(max_length=59)] = Field(examples=["scheduling-workbench"])
    waiver: ThingId | None = Field(
        default=None,
        description="Id of the waiver that lets a tool be used which is not approved; of control `tool-<id>`",
    )


class UseTemplate(Decision):
    """Make a document of the project from a template."""

    template: Slug = Field(examples=["risk-register"])


class Adopted(msgspec.Struct, frozen=True):
    """A tool that the project works with, and the waiver it rests on, where it needs one."""

    waiver: str | None


class Used(msgspec.Struct, frozen=True):
    """The version of a template that the project used last."""

    version: int
    sha256: str


class Adoption(State, frozen=True):
    project: str
    standard: str
    tools: immutables.Map[str, Adopted] = msgspec.field(default_factory=immutables.Map)
    templates: immutables.Map[str, Used] = msgspec.field(default_factory=immutables.Map)


def decide(adoption: Adoption | None, command: Command, context: Context) -> Decided:
    project = running(context)
    about = {"project": context.subject, "standard": project.standard}
    match command:
        case AdoptTool(tool=tool):
            if adoption and tool in adoption.tools:
                raise Refused("already-adopted", tool=tool)
            return [ToolAdopted(**about, tool=tool, waiver=_waiver_needed(command, context))]
        case UseTemplate(template=id_):
            template = context.read(TEMPLATE, id_)
            if template is None or not template.published:
                raise Refused("template-not-published", template=id_)
            if adoption and id_ in adoption.templates and adoption.templates[id_].version == template.version:
                raise Refused("already-used", template=id_, version=template.version)
            return [TemplateUsed(**about, template=id_, version=template.version, sha256=template.sha256)]
        case _:
            raise Undecided(command)


def _waiver_needed(command: AdoptTool, context: Context) -> str | None:
    """The waiver that lets the tool be used; None where it is approved. Refuses where it may not be used."""
    tool = context.read(TOOL, command.tool)
    if tool is not None and tool.approved:
        return None
    control = f"tool-{command.tool}"
    waiver = context.read(WAIVER, command.waiver) if command.waiver else None
    if waiver is None or not waiver.in_force or (waiver.project, waiver.asked.control) != (context.subject, control):
        raise Refused("tool-not-approved", tool=command.tool, control=control)
    return command.waiver


def evolve(adoption: Adoption | None, event: Event, _record: Recorded[Any]) -> Adoption:
    match event:
        case ToolAdopted(tool=tool, waiver=waiver):
            adoption = adoption or Adoption(event.project, event.standard)
            return replace(adoption, standard=event.standard, tools=adoption.tools.set(tool, Adopted(waiver)))
        case TemplateUsed(template=template):
            adoption = adoption or Adoption(event.project, event.standard)
            used = adoption.templates.set(template, Used(event.version, event.sha256))
            return replace(adoption, standard=event.standard, templates=used)
        case _:
            raise Unfolded(event)


def reads(_adoption: Adoption | None, command: Command, looking: Looking) -> Streams:
    yield from project_read(looking)
    match command:
        case AdoptTool(tool=tool, waiver=waiver):
            yield TOOL, tool
            if waiver:
                yield WAIVER, waiver
        case UseTemplate(template=template):
            yield TEMPLATE, template


ADOPTION: Aggregate[Adoption] = Aggregate(
    "adoption",
    decide,
    evolve,
    events=EVENTS,
    records={AdoptTool: (ToolAdopted,), UseTemplate: (TemplateUsed,)},
    reads=reads,
    opened_by=frozenset({AdoptTool, UseTemplate}),
    project=lambda id_, _: id_,
    standard=lambda adoption: adoption.standard,
)
