"""Replaying: things and lists, folded from an export by the very functions that the services fold with.

What can be shown follows from the services' chapters: whatever has a page there, and every list.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from governance.main import SERVICE as GOVERNANCE
from mandate_events.deciding import Aggregate
from mandate_events.deciding.domain import Domain
from mandate_events.document.event import Catalogue
from mandate_events.transport.port import understood
from mandate_events.views.past import Folding
from mandate_events.views.view import View
from mandate_replay.export import Checked, Heading, Incomplete
from mandate_web.app.service import Service
from projects.main import SERVICE as PROJECTS
from reporting.main import SERVICE as REPORTING

SERVICES: Final[Mapping[str, Service]] = {service.name: service for service in (GOVERNANCE, PROJECTS, REPORTING)}


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: its view, what is understood of each ledger it is made from, and how a row is shown."""

    view: View
    catalogues: Mapping[str, Catalogue]
    shown: Callable[[dict[str, Any]], Mapping[str, Any]]


def lists(services: Mapping[str, Service]) -> Iterator[tuple[tuple[str, str], Listed]]:
    for service in services.values():
        for name, (view, shown) in service.house.listed.items():
            if shown:
                made_from = {each: known for each, known in service.lists.catalogues.items() if view.types(known)}
                yield (service.name, name), Listed(view, made_from, shown)


LISTS: Final[Mapping[tuple[str, str], Listed]] = dict(lists(SERVICES))
"""Every list that a service can be asked for, by service and name."""


def find_list(name: str, service: str | None) -> Listed:
    """The list of that name. Raises `LookupError` where several services have one and none is named, or none has."""
    found = [listed for (source, each), listed in LISTS.items() if each == name and service in {None, source}]
    if len(found) != 1:
        sources = " or ".join(sorted(source for source, each in LISTS if each == name))
        raise LookupError(f"{name} is a list of {sources}: say which")
    return found[0]


Documents = Iterable[tuple[Heading, bytes]]


@dataclass(frozen=True, slots=True)
class Stream:
    """What is known of one stream: its last event, and when that was recorded."""

    service: str
    name: str
    version: int
    type: str
    time: datetime


def streams(documents: Documents, service: str | None) -> list[Stream]:
    """All streams of an export, or those of one service."""
    found: dict[tuple[str, str], Stream] = {}
    for heading, _ in documents:
        if service in {None, heading.service}:
            key = (heading.service, heading.subject)
            found[key] = Stream(*key, heading.streamversion, heading.type, heading.time)
    return [found[key] for key in sorted(found)]


def thing(documents: Documents, checked: Checked, service: str, stream: str) -> Mapping[str, Any]:
    """One thing as its service shows it. Raises `LookupError` for no such thing, `Incomplete` where events lack."""
    kind, _, id_ = stream.partition("/")
    things = SERVICES[service].house.things if service in SERVICES else {}
    if kind not in things:
        known = ", ".join(f"{each}/..." for each in things) or "no single things"
        raise LookupError(f"{service} has {known}; not {stream}")
    served, folded = things[kind], Folded(SERVICES[service].domain)
    for heading, document in documents:
        # what is told of other things may be of any
        if heading.service == service and (served.beside or heading.subject == stream):
            folded.follow(heading, document)
    if (service, stream) in checked.broken:
        raise Incomplete(f"the export lacks events of {stream}")
    state = folded.states.get(stream)
    if state is None:
        raise LookupError(f"by then nothing had been recorded of {stream}")
    beside = {name: asyncio.run(look(folded, state)) for name, look in served.beside.items()}
    return {**served.tell(id_, state), **beside}


class Folded:
    """The things of a service, as far as an export was followed."""

    def __init__(self, domain: Domain) -> None:
        self.states: dict[str, Any] = {}
        self._domain = domain

    def follow(self, heading: Heading, document: bytes) -> None:
        aggregate = self._domain.aggregates[heading.subject.partition("/")[0]]
        record = self._domain.catalogue.decode(heading.type, document)
        self.states[heading.subject] = aggregate.evolve(self.states.get(heading.subject), record.data, record)

    async def peek(self, aggregate: Aggregate[Any], id_: str) -> Any:
        return self.states.get(aggregate.stream(id_))


def rows(documents: Documents, checked: Checked, name: str, service: str | None = None) -> Iterator[Mapping[str, Any]]:
    """A list as its service shows it, by id. Raises `Incomplete` where a ledger it is made from has gaps."""
    listed = find_list(name, service)
    folding = Folding(listed.view)
    for heading, document in documents:
        catalogue = listed.catalogues.get(heading.service)
        if catalogue and heading.type in listed.view.types(catalogue):
            folding.apply(heading.service, understood(catalogue, document))
    gaps = [each for each in listed.catalogues if not checked.whole.get(each, False)]
    if gaps:
        raise Incomplete(f"{name} needs all documents of {' and '.join(gaps)}; the export has gaps there")
    return (listed.shown(dict(row)) for _, row in sorted(folding.rows.items(), key=lambda each: str(each[0])))
