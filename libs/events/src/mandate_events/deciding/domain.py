"""A service's domain, put together once: its events, its aggregates, its rights, and how mandates are found."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from mandate_events.deciding import Aggregate, Context, Mandate
from mandate_events.deciding.rights import DENIAL, KERNEL_RIGHTS, RIGHTS_TABLE, SYSTEM, Right, Rights, is_system
from mandate_events.document.event import Catalogue, Upcasts

FindMandates: TypeAlias = Callable[[Context], Sequence[Mandate]]
"""The mandates that the person in the context holds, of those that could matter to its project."""


class Domain:
    """What the kernel needs to know of a service in order to decide for it."""

    def __init__(
        self,
        service: str,
        *,
        aggregates: Iterable[Aggregate[Any]],
        rights: Iterable[Right],
        find_mandates: FindMandates,
        upcasts: Upcasts | None = None,
    ) -> None:
        self.service = service
        self.rights = Rights(*KERNEL_RIGHTS, *rights)
        known: list[Aggregate[Any]] = [RIGHTS_TABLE, DENIAL, *aggregates]
        events = dict.fromkeys(event for aggregate in known for event in aggregate.events)  # some share an event
        self.catalogue = Catalogue(service, events, upcasts)
        self.aggregates = {aggregate.name: aggregate for aggregate in known}
        self._find_mandates = find_mandates

    def mandates(self, context: Context, system_authority: str | None = None) -> Sequence[Mandate]:
        """The mandates of the acting person; a `system/...` actor acts on what its policy names."""
        if is_system(context.actor):
            return (Mandate(SYSTEM, system_authority or context.actor),)
        return self._find_mandates(context)
