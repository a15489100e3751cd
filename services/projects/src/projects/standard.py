"""Standards as this service recognises them: the phases and gates that projects go through."""

from collections.abc import Mapping
from typing import Any

import immutables
import msgspec

from mandate_events.deciding import Aggregate, Context, Decided, NotYet, SystemCommand
from mandate_events.event import Event, Recorded
from mandate_events.origin import Origin


class Gate(msgspec.Struct, frozen=True):
    """Where the PMO decides whether, and how, a project goes on."""

    id: str
    title: str


class Phase(msgspec.Struct, frozen=True):
    """A stretch of work that ends at a gate."""

    id: str
    title: str
    gate: Gate


class GatePath(msgspec.Struct, frozen=True):
    """The phases of a kind of project, in order."""

    id: str
    title: str
    phases: list[Phase]


class StandardRecognised(Event, frozen=True, kw_only=True):
    """Governance published this version, and from here on projects can be given it."""

    version: int
    title: str
    paths: list[GatePath]
    origin: Origin


EVENTS = (StandardRecognised,)


class RecogniseStandard(SystemCommand, frozen=True, kw_only=True):
    """Given by what was heard from governance."""

    version: int
    title: str
    paths: list[GatePath]
    origin: Origin


Paths = Mapping[str, GatePath]
Standard = immutables.Map[int, Paths]


def decide(standard: Standard | None, command: RecogniseStandard, _context: Context) -> Decided:
    if standard and command.version in standard:
        return []
    return [msgspec.convert(command, StandardRecognised, from_attributes=True)]


def evolve(standard: Standard | None, event: StandardRecognised, _record: Recorded[Any]) -> Standard:
    paths: Paths = {path.id: path for path in event.paths}
    return (standard or immutables.Map()).set(event.version, paths)


STANDARD: Aggregate[Standard] = Aggregate(
    "standard", decide, evolve, events=EVENTS, opened_by=frozenset({RecogniseStandard})
)


def phases_of(context: Context, reference: str, path: str) -> list[Phase]:
    """The phases of a path of `id@version`. `NotYet` where that is not recognised."""
    name, _, number = reference.partition("@")
    standard = context.read(STANDARD, name)
    if standard is None or int(number) not in standard or path not in standard[int(number)]:
        raise NotYet(f"{reference} with the path {path} is not recognised")
    return standard[int(number)][path].phases
