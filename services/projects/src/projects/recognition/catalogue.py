"""The PMO's catalogue as this service recognises it: which tools and templates a project may take up."""

from typing import Any

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Instruction,
    State,
    SystemCommand,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Sha256
from mandate_events.document.origin import Origin


class ToolRecognised(Event, frozen=True, kw_only=True):
    """Governance approved the tool, and from here on projects may take it up."""

    title: str
    origin: Origin


class ToolEnded(Event, frozen=True, kw_only=True):
    """Governance withdrew the tool: no further project takes it up without a waiver."""

    title: str
    origin: Origin


class TemplateRecognised(Event, frozen=True, kw_only=True):
    """Governance published this version of the template, and from here on projects may use it."""

    version: int
    title: str
    kind: str
    sha256: Sha256
    origin: Origin


class TemplateEnded(Event, frozen=True, kw_only=True):
    """Governance withdrew the template: no further project uses it."""

    version: int
    title: str
    origin: Origin


class RecogniseTool(SystemCommand, frozen=True, kw_only=True):
    """Go by a tool that the PMO approved."""

    title: str
    origin: Origin


class EndTool(SystemCommand, frozen=True, kw_only=True):
    """Go by the withdrawal of a tool."""

    title: str
    origin: Origin


class RecogniseTemplate(SystemCommand, frozen=True, kw_only=True):
    """Go by a version of a template that the PMO published."""

    version: int
    title: str
    kind: str
    sha256: str
    origin: Origin


class EndTemplate(SystemCommand, frozen=True, kw_only=True):
    """Go by the withdrawal of a template."""

    version: int
    title: str
    origin: Origin


class Tool(State, frozen=True):
    title: str
    approved: bool = True


class Template(State, frozen=True):
    version: int
    title: str
    kind: str
    sha256: str
    published: bool = True


def decide_tool(tool: Tool | None, command: Instruction, _context: Context) -> Decided:
    approved = tool is not None and tool.approved
    match command:
        case RecogniseTool():
            return [] if approved else [says(ToolRecognised, command)]
        case EndTool():
            return [says(ToolEnded, command)] if approved else []
        case _:
            raise Undecided(command)


def evolve_tool(tool: Tool | None, event: Event, _record: Recorded[Any]) -> Tool:
    match event, tool:
        case ToolRecognised(title=title), _:
            return Tool(title)
        case ToolEnded(), Tool():
            return replace(tool, approved=False)
        case _:
            raise Unfolded(event)


def decide_template(template: Template | None, command: Instruction, _context: Context) -> Decided:
    match command:
        case RecogniseTemplate(version=version):
            known = template is not None and template.version >= version
            return [] if known else [says(TemplateRecognised, command)]
        case EndTemplate():
            published = template is not None and template.published
            return [says(TemplateEnded, command)] if published else []
        case _:
            raise Undecided(command)


def evolve_template(template: Template | None, event: Event, _record: Recorded[Any]) -> Template:
    match event, template:
        case TemplateRecognised(), _:
            return Template(event.version, event.title, event.kind, event.sha256)
        case TemplateEnded(), Template():
            return replace(template, published=False)
        case _:
            raise Unfolded(event)


TOOL: Aggregate[Tool] = Aggregate(
    "tool",
    decide_tool,
    evolve_tool,
    events=(ToolRecognised, ToolEnded),
    records={RecogniseTool: (ToolRecognised,), EndTool: (ToolEnded,)},
    opened_by=frozenset({RecogniseTool, EndTool}),
)

TEMPLATE: Aggregate[Template] = Aggregate(
    "template",
    decide_template,
    evolve_template,
    events=(TemplateRecognised, TemplateEnded),
    records={RecogniseTemplate: (TemplateRecognised,), EndTemplate: (TemplateEnded,)},
    opened_by=frozenset({RecogniseTemplate, EndTemplate}),
)
