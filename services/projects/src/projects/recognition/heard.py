"""What this chapter hears of governance, and what it does because of it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.document.event import Event
from projects.control.tolerance import Given
from projects.recognition.catalogue import TEMPLATE, TOOL, EndTemplate, EndTool, RecogniseTemplate, RecogniseTool
from projects.recognition.mandate import MANDATE, RecogniseEnd, RecogniseMandate
from projects.recognition.office import OFFICE, THE_OFFICE, RecogniseOffice
from projects.recognition.standard import STANDARD, Calendar, Control, GatePath, RecogniseStandard, Risk


class MandateGiven(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


class MandateWithdrawn(Event, frozen=True, kw_only=True):
    person: str
    role: str
    project: str | None = None


class OfficeChartered(Event, frozen=True, kw_only=True):
    time_zone: str
    currency: str


class CharterAmended(Event, frozen=True, kw_only=True):
    time_zone: str
    currency: str


class StandardPublished(Event, frozen=True, kw_only=True):
    version: int
    title: str
    paths: list[GatePath]
    controls: list[Control] = msgspec.field(default_factory=list)
    tolerances: Given = msgspec.field(default_factory=dict)
    risk: Risk | None = None
    evm_method: str | None = None
    calendars: list[Calendar] = msgspec.field(default_factory=list)


class ToolApproved(Event, frozen=True, kw_only=True):
    title: str


class ToolWithdrawn(Event, frozen=True, kw_only=True):
    title: str


class TemplatePublished(Event, frozen=True, kw_only=True):
    version: int
    title: str
    kind: str
    sha256: str


class TemplateWithdrawn(Event, frozen=True, kw_only=True):
    version: int
    title: str


def mandate_given(said: Heard) -> Sequence[Reaction]:
    return [Reaction(MANDATE, said.record.data.person, said.told(RecogniseMandate))]


def mandate_withdrawn(said: Heard) -> Sequence[Reaction]:
    return [Reaction(MANDATE, said.record.data.person, said.told(RecogniseEnd))]


def charter_said(said: Heard) -> Sequence[Reaction]:
    return [Reaction(OFFICE, THE_OFFICE, said.told(RecogniseOffice))]


def standard_published(said: Heard) -> Sequence[Reaction]:
    return [Reaction(STANDARD, said.record.thing, said.told(RecogniseStandard))]


def tool_approved(said: Heard) -> Sequence[Reaction]:
    return [Reaction(TOOL, said.record.thing, said.told(RecogniseTool))]


def tool_withdrawn(said: Heard) -> Sequence[Reaction]:
    return [Reaction(TOOL, said.record.thing, said.told(EndTool))]


def template_published(said: Heard) -> Sequence[Reaction]:
    return [Reaction(TEMPLATE, said.record.thing, said.told(RecogniseTemplate))]


def template_withdrawn(said: Heard) -> Sequence[Reaction]:
    return [Reaction(TEMPLATE, said.record.thing, said.told(EndTemplate))]


HEARS: Final[Mapping[type[Event], Policy]] = {
    MandateGiven: mandate_given,
    MandateWithdrawn: mandate_withdrawn,
    OfficeChartered: charter_said,
    CharterAmended: charter_said,
    StandardPublished: standard_published,
    ToolApproved: tool_approved,
    ToolWithdrawn: tool_withdrawn,
    TemplatePublished: template_published,
    TemplateWithdrawn: template_withdrawn,
}
