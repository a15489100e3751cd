"""The list of versions of standards."""

from typing import Any, Final

from sqlalchemy import Column, Integer, Text

from governance.standards.standard import StandardDrafted, StandardDraftRevised, StandardPublished, StandardRetired
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

STANDARDS: Final = table(
    "standards",
    Column("id", Text, primary_key=True),
    Column("standard", Text, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("successor", Text),
)


def change(record: Recorded[Any]) -> Change:
    event = record.data
    says: dict[str, Any] = {"standard": record.thing, "version": event.version}
    match event:
        case StandardDrafted() | StandardDraftRevised():
            says |= {"title": event.title, "status": "draft"}
        case StandardPublished():
            says |= {"title": event.title, "status": "published"}
        case StandardRetired():
            says |= {"status": "retired", "successor": event.successor}
    return Change(f"{record.thing}@{event.version}", says)


STANDARDS_VIEW: Final = View(
    STANDARDS, (StandardDrafted, StandardDraftRevised, StandardPublished, StandardRetired), change
)
