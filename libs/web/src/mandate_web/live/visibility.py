"""Who may see which event of a ledger: each service says it by three rights, and here it is judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from mandate_events.deciding import Mandate
from mandate_events.deciding.rights import DENIAL, Rights
from mandate_events.document.event import read_heading
from mandate_events.ledger.store import Store
from mandate_web.live.events import Chunk, Told
from mandate_web.problems.problem import invalid
from mandate_web.routes.access import FindHeld

EVENTS: Final = 500
BYTES: Final = 128 * 1024
"""Of one chunk of a stream, besides one event that may be larger."""

Sees: TypeAlias = Callable[[str, str | None], bool]
"""Whether events of this stream, of this project, may be seen."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """The rule of one service.

    Who has the right `everything` without a project sees all but refusals; in a project, its events. The streams of
    `framework` are seen with the right of that name. Refusals are seen with the right `denials`, and by the person
    refused; mandates by the person who holds them.
    """

    everything: str
    denials: str
    framework: str
    framework_streams: frozenset[str]

    def of(self, rights: Rights, person: str, held: Sequence[Mandate]) -> Sees:
        """What a person sees by the mandates they hold."""
        by_office = [mandate for mandate in held if mandate.project is None]
        everything = rights.may_read(self.everything, by_office)
        denials = rights.may_read(self.denials, by_office)
        framework = any(rights.may_read(self.framework, [mandate], mandate.project) for mandate in held)
        projects = {mandate.project for mandate in held if rights.may_read(self.everything, [mandate], mandate.project)}

        def sees(stream: str, project: str | None) -> bool:
            kind, _, id_ = stream.partition("/")
            if kind == DENIAL.name:
                return denials or id_ == person
            if everything or (project is not None and project in projects):
                return True
            return (framework and kind in self.framework_streams) or (kind == "mandate" and id_ == person)

        return sees


class LedgerFeed:
    """A service's own ledger, told to who may see it."""

    def __init__(self, store: Store, find_held: FindHeld, visibility: Visibility) -> None:
        self._store = store
        self._find_held = find_held
        self._visibility = visibility

    async def end(self) -> int:
        return await self._store.reader.end()

    async def reached(self, cuts: Mapping[str, int]) -> int:
        service = self._store.domain.service
        if service not in cuts:
            raise invalid("?after", "position-elsewhere", ledgers=service)
        return cuts[service]

    async def read(self, person: str, after: int) -> Chunk:
        rows = await self._store.reader.following(after, EVENTS, BYTES)
        if not rows:
            return Chunk(after, ())
        sees = self._visibility.of(self._store.domain.rights, person, await self._find_held(person))  # after the rows
        events = []
        for position, stream, type_, document in rows:
            project = read_heading(document).partitionkey
            if sees(stream, project):
                events.append(Told(position, type_, project, document))
        return Chunk(rows[-1][0], events)
