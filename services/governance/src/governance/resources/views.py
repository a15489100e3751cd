"""The resource pool as lists: who is in it, when they can do how much, and what of it is committed."""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Column, Date, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB

from governance.resources.events import (
    CapacityCommitted,
    CapacityReleased,
    CapacitySet,
    LeaveRecorded,
    ResourceRegistered,
    ResourceRetired,
)
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

RESOURCES: Final = table(
    "resources",
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False, index=True),
    Column("person", Text),
    Column("title", Text),
    Column("skills", JSONB, nullable=False),
    Column("status", Text, nullable=False, index=True),
)

PERIODS: Final = table(
    "resource_periods",
    Column("resource", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("hours", Numeric, nullable=False),
)
"""Capacity and leave; what was set later has the higher version of the resource's stream."""

COMMITMENTS: Final = table(
    "commitments",
    Column("allocation", Text, primary_key=True),
    Column("resource", Text, nullable=False, index=True),
    Column("project", Text, nullable=False, index=True),
    Column("starts_on", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("hours", Numeric, nullable=False),
    Column("free_from", Date),
)


def change(record: Recorded[Any]) -> Change:
    match record.data:
        case ResourceRegistered() as event:
            says = {"kind": event.kind, "person": event.person, "title": event.title, "skills": event.skills}
            return Change(record.thing, {**says, "status": "active"})
        case _:
            return Change(record.thing, {"status": "retired"})


def change_of_periods(record: Recorded[Any]) -> Change:
    event: CapacitySet | LeaveRecorded = record.data
    key = (record.thing, f"{record.streamversion:010d}")
    days = {"starts_on": event.starts_on, "until": event.until}
    match event:
        case CapacitySet(hours_per_week=hours):
            return Change(key, {"kind": "capacity", "hours": Decimal(hours), **days})
        case LeaveRecorded():
            return Change(key, {"kind": "leave", "hours": Decimal(0), **days})


def change_of_commitments(record: Recorded[Any]) -> Change:
    match record.data:
        case CapacityCommitted() as event:
            says = {"resource": record.thing, "project": event.project, "hours": Decimal(event.hours_per_week)}
            return Change(event.allocation, {**says, "starts_on": event.starts_on, "until": event.until})
        case event:
            return Change(event.allocation, {"free_from": event.free_from})


RESOURCES_VIEW: Final = View(RESOURCES, (ResourceRegistered, ResourceRetired), change)
PERIODS_VIEW: Final = View(PERIODS, (CapacitySet, LeaveRecorded), change_of_periods)
COMMITMENTS_VIEW: Final = View(COMMITMENTS, (CapacityCommitted, CapacityReleased), change_of_commitments)
