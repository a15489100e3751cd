"""The PMO's catalogue: all processes, tools and templates, and which projects use what."""

from typing import Any, Final

from sqlalchemy import Column, DateTime, Integer, Text

from governance.catalogue.process import ProcessDefined
from governance.catalogue.template import TemplatePublished, TemplateWithdrawn
from governance.catalogue.tool import ToolApproved, ToolWithdrawn
from governance.catalogue.use import UseRecognised
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

CATALOGUE: Final = table(
    "catalogue",
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("version", Integer),
    Column("makes", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

USES: Final = table(
    "uses",
    Column("kind", Text, primary_key=True),
    Column("thing", Text, primary_key=True),
    Column("project", Text, primary_key=True, index=True),
    Column("version", Integer),
    Column("waiver", Text),
    Column("used_by", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
)


def catalogued(record: Recorded[Any]) -> Change:
    kind, _, id_ = record.subject.partition("/")
    says: dict[str, Any] = {}
    match record.data:
        case ProcessDefined() as event:
            says = {"title": event.title, "status": "defined", "version": event.version}
        case ToolApproved(title=title):
            says = {"title": title, "status": "approved"}
        case TemplatePublished() as event:
            says = {"title": event.title, "status": "published", "version": event.version, "makes": event.kind}
        case ToolWithdrawn() | TemplateWithdrawn():
            says = {"status": "withdrawn"}
        case UseRecognised():  # perhaps of a tool that was never approved
            unknown = {"title": id_, "status": "unapproved", "changed_at": record.time}
            return Change((kind, id_), repeats=unknown)
    return Change((kind, id_), {**says, "changed_at": record.time})


def used(record: Recorded[Any]) -> Change:
    kind, _, id_ = record.subject.partition("/")
    event: UseRecognised = record.data
    says = {"version": event.version, "waiver": event.waiver, "used_by": event.used_by, "since": record.time}
    return Change((kind, id_, event.project), says)


CATALOGUE_VIEW: Final = View(
    CATALOGUE,
    (ProcessDefined, ToolApproved, ToolWithdrawn, TemplatePublished, TemplateWithdrawn, UseRecognised),
    catalogued,
)

USES_VIEW: Final = View(USES, (UseRecognised,), used)
