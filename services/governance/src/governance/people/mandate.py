"""Mandates: one stream per person, with every role the person was given and lost.

Nothing is decided here. An appointment is decided where it belongs (office, appointment) and writes the mandate in the
same transaction, so that "what may this person do" is one stream, and its events are the authority that acts name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mandate_events.deciding import Aggregate, Context, Decided, Mandate, On, PersonId, Refused
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId


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


def decide(_held: Held | None, _command: Any, _context: Context) -> Decided:
    raise Refused("mandates-follow-appointments")


def evolve(held: Held | None, event: MandateGiven | MandateWithdrawn, record: Recorded[Any]) -> Held:
    others = tuple(m for m in held or () if (m.role, m.project) != (event.role, event.project))
    match event:
        case MandateGiven():
            return (*others, MandateHeld(event.role, record.reference, event.project, since=record.occurredat))
        case MandateWithdrawn():
            return others


MANDATE: Aggregate[Held] = Aggregate("mandate", decide, evolve, events=EVENTS)


def give(person: str, role: str, project: str | None = None) -> On:
    return On(MANDATE, person, MandateGiven(person=person, role=role, project=project))


def withdraw(person: str, role: str, project: str | None = None) -> On:
    return On(MANDATE, person, MandateWithdrawn(person=person, role=role, project=project))


def held_by(context: Context, person: str) -> Sequence[Mandate]:
    """The mandates that a person holds now."""
    return context.read(MANDATE, person) or ()


# --- separation of duties ---


def concerns_themselves(_given: Any, command: Any, context: Context) -> bool:
    """Who decides is the person that is appointed or removed."""
    return bool(command.person == context.actor)
