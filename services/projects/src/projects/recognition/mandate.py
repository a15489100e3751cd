"""Mandates as this service recognises them: one stream per person, each event naming governance's that it rests on.

Deciding happens on the own ledger only. What a person may do here is what was recognised here; the recognition is the
`authority` that their acts name.
"""

from typing import Any, Final

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Looking,
    Mandate,
    PersonId,
    Streams,
    SystemCommand,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin
from projects.recognition.posts import PostFilled, PostVacated, filled, posts_read, vacated


class MandateRecognised(Event, frozen=True, kw_only=True):
    """Governance gave the person this role, and from here on this service goes by it."""

    person: PersonId
    role: str
    project: ProjectId | None = None
    origin: Origin


class MandateEnded(Event, frozen=True, kw_only=True):
    """Governance took the role from the person, and from here on this service goes by that."""

    person: PersonId
    role: str
    project: ProjectId | None = None
    origin: Origin


EVENTS: Final = (MandateRecognised, MandateEnded)


class RecogniseMandate(SystemCommand, frozen=True, kw_only=True):
    """Go by a role that governance gave to a person."""

    person: str
    role: str
    project: str | None = None
    origin: Origin


class RecogniseEnd(SystemCommand, frozen=True, kw_only=True):
    """Go by the end of a role that governance took from a person."""

    person: str
    role: str
    project: str | None = None
    origin: Origin


Held = tuple[Mandate, ...]


def decide(_held: Held | None, command: RecogniseMandate | RecogniseEnd, context: Context) -> Decided:
    person, role, project = command.person, command.role, command.project
    match command:
        case RecogniseMandate():
            return [says(MandateRecognised, command), *filled(context, person, role, project)]
        case RecogniseEnd():
            return [says(MandateEnded, command), *vacated(context, person, role, project)]


def evolve(held: Held | None, event: MandateRecognised | MandateEnded, record: Recorded[Any]) -> Held:
    others = tuple(m for m in held or () if (m.role, m.project) != (event.role, event.project))
    match event:
        case MandateRecognised():
            return (*others, Mandate(event.role, record.reference, event.project))
        case MandateEnded():
            return others


def reads(_held: Held | None, command: RecogniseMandate | RecogniseEnd, _looking: Looking) -> Streams:
    return posts_read(command.project)


MANDATE: Aggregate[Held] = Aggregate(
    "mandate",
    decide,
    evolve,
    events=EVENTS,
    records={RecogniseMandate: (MandateRecognised, PostFilled), RecogniseEnd: (MandateEnded, PostVacated)},
    reads=reads,
    opened_by=frozenset({RecogniseMandate, RecogniseEnd}),
)
