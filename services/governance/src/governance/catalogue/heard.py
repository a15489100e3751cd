"""What this chapter hears of the projects service, and what it does because of it."""

from collections.abc import Mapping, Sequence
from typing import Final

from governance.catalogue.template import TEMPLATE
from governance.catalogue.tool import TOOL
from governance.catalogue.use import RecogniseUse
from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.document.event import Event


class ToolAdopted(Event, frozen=True, kw_only=True):
    project: str
    tool: str
    waiver: str | None = None


class TemplateUsed(Event, frozen=True, kw_only=True):
    project: str
    template: str
    version: int


def tool_adopted(said: Heard) -> Sequence[Reaction]:
    """What a project uses is kept beside what it is of."""
    return [Reaction(TOOL, said.record.data.tool, said.told(RecogniseUse, used_by=said.record.actor))]


def template_used(said: Heard) -> Sequence[Reaction]:
    return [Reaction(TEMPLATE, said.record.data.template, said.told(RecogniseUse, used_by=said.record.actor))]


HEARS: Final[Mapping[type[Event], Policy]] = {ToolAdopted: tool_adopted, TemplateUsed: template_used}
