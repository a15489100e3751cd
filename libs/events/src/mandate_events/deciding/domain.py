"""A service's domain, put together once: its events, its aggregates, its rights, and how mandates are found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from mandate_events.deciding.aggregate import Aggregate, Context, Looking, Mandate, Streams
from mandate_events.deciding.command import Instruction
from mandate_events.deciding.completeness import Incomplete, faults
from mandate_events.deciding.marks import asked_for
from mandate_events.deciding.rights import (
    DENIAL,
    KERNEL_RIGHTS,
    RIGHTS_TABLE,
    SYSTEM,
    KeptFrom,
    Right,
    Rights,
    derived_rows,
    is_system,
    name_of,
)
from mandate_events.deciding.separation import Condition, short_type
from mandate_events.document.event import Catalogue, Upcasts

FindMandates: TypeAlias = Callable[[Context], Sequence[Mandate]]
"""The mandates that the person in the context holds, of those that could matter to its project."""


def nowhere(_looking: Looking) -> Streams:
    """Finding mandates reads no stream, or does not say which."""
    return ()


class Domain:
    """What the kernel needs to know of a service in order to decide for it. Raises `Incomplete` with all that is
    missing in its declarations."""

    def __init__(
        self,
        service: str,
        *,
        aggregates: Iterable[Aggregate[Any]],
        rights: Iterable[Right],
        find_mandates: FindMandates,
        mandates_read: Callable[[Looking], Streams] = nowhere,
        kept_from: Iterable[KeptFrom] = (),
        upcasts: Upcasts | None = None,
    ) -> None:
        self.service = service
        known: list[Aggregate[Any]] = [RIGHTS_TABLE, DENIAL, *aggregates]
        written = [*KERNEL_RIGHTS, *rights]
        rows = [*written, *derived_rows(written, _commands(known), kept_from)]
        self.rights = Rights(*rows, records=_recorded(known))
        events = dict.fromkeys(event for aggregate in known for event in aggregate.events)  # some share an event
        self.catalogue = Catalogue(service, events, upcasts)
        self.aggregates = {aggregate.name: aggregate for aggregate in known}
        self.asked = asked_for(mark for condition in _conditions(rows) for mark in condition.asks())
        """What is kept of streams, because a right asks for it."""
        self.mandates_read = mandates_read
        self._find_mandates = find_mandates
        if found := faults(known, rows):
            raise Incomplete(service, found)

    def mandates(self, context: Context, system_authority: str | None = None) -> Sequence[Mandate]:
        """The mandates of the acting person; a `system/...` actor acts on what its policy names."""
        if is_system(context.actor):
            return (Mandate(SYSTEM, system_authority or context.actor),)
        return self._find_mandates(context)


def _commands(aggregates: Iterable[Aggregate[Any]]) -> dict[type[Instruction], None]:
    """Each command once, in the order in which they are told."""
    return dict.fromkeys(command for aggregate in aggregates for command in aggregate.records)


def _recorded(aggregates: Iterable[Aggregate[Any]]) -> Mapping[str, Sequence[str]]:
    """The types of the events that each command records, by its name."""
    recorded: dict[str, dict[str, None]] = {}
    for aggregate in aggregates:
        for command, events in aggregate.records.items():
            recorded.setdefault(name_of(command), {}).update(dict.fromkeys(map(short_type, events)))
    return {command: list(events) for command, events in recorded.items()}


def _conditions(rows: Iterable[Right]) -> Iterable[Condition]:
    return [each for row in rows for each in row.unless.values()]
