"""Mandates: one stream per person, with every role the person was given and lost.

Nothing is decided here. An appointment is decided where it belongs (office, appointment) and writes the mandate in the
same transaction, so that "what may this person do" is one stream, and its events are the authority that acts name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from mandate_events.deciding import Aggregate, Context, Decided, Mandate, On, PersonId, Refused, Streams
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from mandate_events.values.told import Authority, CommandName, Id, Instant, Word


class MandateGiven(Event, frozen=True, kw_only=True):
    """The person holds this role from here on: for one project, or for the office where there is none."""

    person: PersonId
    role: str
    project: ProjectId | None = None


class MandateWithdrawn(Event, frozen=True, kw_only=True):
    """The person no longer holds this role."""

    person: PersonId
    role: str
    project: ProjectId | None = None


EVENTS = (MandateGiven, MandateWithdrawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateHeld(Mandate):
    """A mandate, and since when it is held."""

    since: datetime


Held = tuple[MandateHeld, ...]


class May(BaseModel):
    """A decision that a mandate lets a person take."""

    command: CommandName = Field(examples=["DecideGate"])
    relation: Literal["any", "own-project"] = Field(description="Anywhere, or on the mandate's project only")


class MandatePage(BaseModel):
    """A role that a person held, and what it let them decide in this service."""

    role: Word = Field(examples=["pmo"])
    project: Id | None = Field(description="Where it is bound to one")
    authority: Authority = Field(
        description="The event that it rests on", examples=["mandate/ce25ad4a-5edf-59aa-983a-c33342cd72ca@1"]
    )
    since: Instant = Field(description="When it was given", examples=["2026-11-24T12:00:00.000000Z"])
    may: list[May] = Field(description="By the table of rights that was in force; separation of duties still holds")


class HeldMandates(BaseModel):
    """The mandates that a person held."""

    person: PersonId
    mandates: list[MandatePage]


def decide(_held: Held | None, _command: Any, _context: Context) -> Decided:
    raise Refused("mandates-follow-appointments")


def evolve(held: Held | None, event: MandateGiven | MandateWithdrawn, record: Recorded[Any]) -> Held:
    others = tuple(m for m in held or () if (m.role, m.project) != (event.role, event.project))
    match event:
        case MandateGiven():
            return (*others, MandateHeld(event.role, record.reference, event.project, since=record.occurredat))
        case MandateWithdrawn():
            return others


MANDATE: Aggregate[Held] = Aggregate("mandate", decide, evolve, events=EVENTS, records={})


def give(person: str, role: str, project: str | None = None) -> On:
    return On(MANDATE, person, MandateGiven(person=person, role=role, project=project))


def withdraw(person: str, role: str, project: str | None = None) -> On:
    return On(MANDATE, person, MandateWithdrawn(person=person, role=role, project=project))


def held_by(context: Context, person: str) -> Sequence[Mandate]:
    """The mandates that a person holds now."""
    return context.read(MANDATE, person) or ()


def mandate_read(person: str) -> Streams:
    """What `held_by` reads, and `give` and `withdraw` write."""
    return [(MANDATE, person)]
