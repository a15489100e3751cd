"""Live updates: the events as they are recorded, as server-sent events (WHATWG HTML, 9.2), to who may see them.

Each stream reads on from its own position when there is something new. Nothing is queued for it: a slow reader is
simply behind, one that takes nothing is dropped, and one that comes back goes on where it was.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol

from fastapi import Query, Request
from starlette.responses import Response

from mandate_events.document.event import name_of
from mandate_events.ledger.following import passes
from mandate_events.ledger.news import News
from mandate_web.identity.jwks import KeysUnavailable
from mandate_web.identity.tokens import TokenRefused, TokenVerifier
from mandate_web.live.streaming import Reading, Streamed
from mandate_web.problems.problem import Finding, Problem, invalid
from mandate_web.routes.access import Authenticated, anyone, header
from mandate_web.routes.routing import Router
from mandate_web.routes.streamed import items, told_event

log = logging.getLogger(__name__)

EVENT_STREAM: Final = "text/event-stream"
KEEP_ALIVE: Final = 15.0
"""Seconds without an event after which a comment is sent: proxies close what is silent, and tokens run out."""

RETRY: Final = 2_000
"""Milliseconds that a client waits before it connects again."""

POLL: Final = 1.0
"""Seconds between two looks at the end of the ledger, whether there was news of it or not."""

MOST_OF_A_PERSON: Final = 10
MOST: Final = 500
"""Streams of one process."""

READERS: Final = 2
"""How many streams read from the database at a time; other requests need connections, too."""

POSITION: Final = re.compile(r"[0-9]{1,18}")
STATED: Final = re.compile(r"[a-z]+:[0-9]{1,18}( *, *[a-z]+:[0-9]{1,18}){0,9}")
"""`Mandate-Position` of a read."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it is told."""

    position: int
    type: str
    project: str | None
    document: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a person may see of the events after a position, and the last position that was looked at."""

    until: int
    events: Sequence[Told]


class Feed(Protocol):
    """Where the events of a service are read, a bounded number of bytes at a time."""

    async def end(self) -> int:
        """The last position there is."""

    async def reached(self, cuts: Mapping[str, int]) -> int:
        """The last position of which all up to it is within these parts of ledgers.

        Raises `Problem` where this is no feed of any of them.
        """

    async def read(self, person: str, after: int) -> Chunk:
        """The next events, judged by mandates that are at least as new as they are."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks for, of what it may see."""

    project: str | None
    name: str | None

    def of(self, events: Sequence[Told]) -> list[Told]:
        return [
            event
            for event in events
            if self.project in {None, event.project} and self.name in {None, name_of(event.type)}
        ]


class Live:
    """The streams of one process: how many there are, and how far the ledger is that they follow."""

    def __init__(self, feed: Feed, news: News) -> None:
        self.feed = feed
        self.end = 0
        self._news = news
        self._people: Counter[str] = Counter()
        self._awake: set[Reading] = set()
        self._turns = asyncio.Semaphore(READERS)

    async def begin(self) -> int:
        """The present end, for a new stream."""
        self.end = max(self.end, await self.feed.end())
        return self.end

    def enter(self, person: str) -> None:
        """Take a place; the problem `rate-limited` or `unavailable` where there is none."""
        if self._people[person] >= MOST_OF_A_PERSON:
            facts = {"most": MOST_OF_A_PERSON}
            raise Problem("rate-limited", "streams-of-a-person", facts, headers={"Retry-After": "10"})
        if self._people.total() >= MOST:
            raise Problem("unavailable", "streams-of-a-process", {"most": MOST}, headers={"Retry-After": "10"})
        self._people[person] += 1

    def leave(self, person: str) -> None:
        self._people[person] -= 1
        if not self._people[person]:
            del self._people[person]

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow the ledger for all streams together: an idle stream costs no query."""
        task = asyncio.create_task(self._follow(), name="live")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _follow(self) -> None:
        while True:
            following = self._news.next
            if self._people:
                try:
                    await self.begin()
                except Exception as error:
                    if not passes(error):
                        raise
                    log.info("the end of the ledger cannot be read: %r", error)
            for reading in self._awake:
                reading.wake.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await following.wait()

    async def tell(
        self, reading: Reading, person: str, after: int, wanted: Wanted, allowed: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[bytes, None]:
        """The events after a position, until the reader leaves, may no longer ask, or the database is away."""
        loop = asyncio.get_running_loop()
        yield b"retry: %d\nid: %d\n\n" % (RETRY, after)
        told, silent_since = after, loop.time()
        self._awake.add(reading)
        try:
            while not reading.over and await allowed():
                reading.wake.clear()
                if after < self.end:
                    async with self._turns:
                        chunk = await self.feed.read(person, after)
                    after = chunk.until
                    if events := wanted.of(chunk.events):
                        yield b"".join(map(_written, events))
                        told, silent_since = events[-1].position, loop.time()
                elif (silent := loop.time() - silent_since) < KEEP_ALIVE:
                    await reading.rest(KEEP_ALIVE - silent)
                if loop.time() - silent_since >= KEEP_ALIVE:
                    # What was passed over is not read again after a reconnection.
                    yield b":\n\n" if told == after else b"id: %d\n\n" % after
                    told, silent_since = after, loop.time()
        except Exception as error:
            if not passes(error):
                raise
            log.info("a stream ends, since the database is away: %r", error)
        finally:
            self._awake.discard(reading)


def _written(event: Told) -> bytes:
    """Canonical JSON has no line breaks: a document is one line of data."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.position, event.type.encode(), event.document)


_DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events for as long as the connection lasts",
        "content": items(EVENT_STREAM, told_event(), "Server-sent events; the `data` of each is an `EventDocument`"),
    }
}
_POLICY: Final = anyone()
_POLICY["openapi_extra"]["parameters"] = [
    header("Last-Event-ID", "The `id` of the last event that was received: the stream goes on after it", "17")
]

router = Router(tags=["live"])


def _cuts(stated: str) -> dict[str, int]:
    parts = [part.strip().partition(":") for part in stated.split(",")]
    return {name: int(position) for name, _, position in parts}


@router.get("/v1/events", operation_id="followEvents", responses=_DESCRIBED, response_class=Response, **_POLICY)
async def follow_events(
    request: Request,
    person: Authenticated,
    after: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Where no `Last-Event-ID` is sent: begin after this position, or after what a read reached, as"
            " its `Mandate-Position` says",
            examples=["17", "governance:17, projects:9"],
        ),
    ] = None,
    project: Annotated[str | None, Query(max_length=64, description="Only events of this project")] = None,
    type: Annotated[  # noqa: A002 - the query's word, as in the history
        str | None, Query(max_length=200, description="Only events of this name", examples=["project-authorised"])
    ] = None,
) -> Response:
    """Events as they are recorded, as server-sent events: `id` is the position, `event` the type, `data` the document.

    Begins with what is recorded from now on, or after a given position: `after` takes the `id` of an event, or what a
    read states as its `Mandate-Position`, so that nothing is missed between the read and the stream. Only what you may
    see is sent, judged anew for each event. The stream ends when your token has expired or the service stops; connect
    again with `Last-Event-ID`, and nothing is lost or sent twice. A position beyond the last one is a 422 with the last
    one as `end` in its `facts`: the ledger was restored to an earlier state, so read everything anew.
    """
    live: Live = request.app.state.live
    last = request.headers.get("last-event-id")
    given, pointer = (after, "?after") if last is None else (last, "?last-event-id")
    end = await live.begin()
    if given is None:
        position = end
    elif POSITION.fullmatch(given):
        position = int(given)
    elif last is None and STATED.fullmatch(given):
        position = await live.feed.reached(_cuts(given))
    else:
        raise invalid(pointer, "position-form")
    if position > end:
        facts = {"position": position, "end": end}
        raise Problem("invalid", "position-ahead", facts, findings=[Finding(pointer, "position-ahead", facts)])
    token = request.headers["authorization"].partition(" ")[2]
    verifier: TokenVerifier = request.app.state.verifier
    wanted = Wanted(project, type)

    async def allowed() -> bool:
        try:
            await verifier.verify(token)
        except (TokenRefused, KeysUnavailable):
            return False
        return True

    live.enter(person.id)
    return Streamed(
        lambda reading: live.tell(reading, person.id, position, wanted, allowed),
        media_type=EVENT_STREAM,
        whole=False,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        on_end=lambda: live.leave(person.id),
    )
