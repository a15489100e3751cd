"""A service, put together: settings in, FastAPI application and worker out. The composition root of each service."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.middleware.cors import CORSMiddleware

from mandate_events.deciding import Mandate
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.rights import Rights
from mandate_events.ledger.engine import create_engine
from mandate_events.ledger.local import LocalSource
from mandate_events.ledger.store import Store
from mandate_events.transport.kafka import KafkaSink, KafkaSource
from mandate_events.transport.port import Source
from mandate_events.views.past import Pasts
from mandate_events.views.record import Lists
from mandate_events.worker.consumer import Consumer
from mandate_events.worker.process import Worker
from mandate_web.app import operations
from mandate_web.app.description import describe
from mandate_web.app.housekeeping import keeping_house
from mandate_web.app.middleware import Envelope, larger_bodies
from mandate_web.app.settings import Settings
from mandate_web.identity.tokens import TokenVerifier
from mandate_web.live import events as live
from mandate_web.live.events import Feed, Live
from mandate_web.problems import problem as problems
from mandate_web.routes.limits import Limits
from mandate_web.routes.moment import NOW, Moment

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a running process of a service holds open. By `Service.connect` alone the store is not: nobody decides."""

    settings: Settings
    store: Store
    engine: AsyncEngine

    def source(self, service: str) -> Source:
        """Another service's ledger, by the transport in use; the own ledger is always read where it stands."""
        if service == self.store.domain.service:
            return LocalSource(service, self.settings.database)
        if self.settings.transport == "kafka":
            return KafkaSource(service, self.settings.kafka_bootstrap_servers)
        return LocalSource(service, self.settings.local_sources[service])


async def _utc(_: Opened, _known_at: datetime | None) -> ZoneInfo:
    return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Service:
    """What is special to one service; everything else is here."""

    domain: Domain
    title: str
    description: str
    migrations: Path
    wording: Path
    """The folder of its sentences in English and French, see `mandate_web.problems.wording`."""
    routers: Sequence[APIRouter]
    consumers: Callable[[Opened], Sequence[Consumer]]
    find_held: Callable[[Opened, str, Moment], Awaitable[Sequence[Mandate]]]
    lists: Lists
    feed: Callable[[Opened], Feed]
    find_zone: Callable[[Opened, datetime | None], Awaitable[ZoneInfo]] = _utc
    """The time zone in which days end, as it had been recorded by an instant."""
    on_start: Callable[[Opened], Awaitable[None]] | None = None
    leads: Sequence[Callable[[Opened], Coroutine[Any, Any, None]]] = ()
    """What the leading worker does besides relaying and consuming, each until cancelled."""
    tags: Sequence[dict[str, Any]] = field(default_factory=tuple)
    views_own_ledger: bool = True

    @property
    def name(self) -> str:
        return self.domain.service

    @asynccontextmanager
    async def connect(self, settings: Settings) -> AsyncIterator[Opened]:
        """The database alone, for what only looks or tidies: nothing is put on record, whatever version this is."""
        engine = create_engine(
            settings.database, server_settings=VIEW_SETTINGS, pool_size=4, max_overflow=4, pool_pre_ping=True
        )
        try:
            ahead = timedelta(seconds=settings.clock_ahead)
            store = Store(self.domain, settings.database, topic=self._sink(settings), clock_ahead=ahead)
            yield Opened(settings, store, engine)
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def open(self, settings: Settings) -> AsyncIterator[Opened]:
        """The ledger, opened for a process that decides. What a start puts on record waits until it takes commands."""
        async with self.connect(settings) as opened:
            if self.on_start:
                opened.store.at_start = partial(self.on_start, opened)
            async with opened.store, keeping_house(opened.store):
                yield opened

    def worker(self, opened: Opened) -> Worker:
        """The relay and consumers of one process."""
        settings = opened.settings
        also = [partial(work, opened) for work in self.leads]
        return Worker(self.name, settings.database, self._sink(settings), lambda: self.consumers(opened), also)

    def _sink(self, settings: Settings) -> KafkaSink | None:
        """The own topic, where there is one."""
        return KafkaSink(self.name, settings.kafka_bootstrap_servers) if settings.transport == "kafka" else None

    def app(self, settings: Settings, *, with_worker: bool = False) -> FastAPI:
        """The HTTP application. Its lifespan opens and closes the ledger.

        `with_worker` runs the worker in the same process, on the same ledger: the embedded product.
        """

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            async with self.open(settings) as opened, httpx.AsyncClient(timeout=5) as fetch:
                app.state.store = opened.store
                app.state.engine = opened.engine
                app.state.verifier = TokenVerifier([settings.issuer()], settings.deployment, fetch=fetch)

                async def find_held(person: str, moment: Moment = NOW) -> Sequence[Mandate]:
                    return await self.find_held(opened, person, moment)

                app.state.find_held = find_held
                app.state.find_zone = partial(self.find_zone, opened)
                app.state.pasts = Pasts(self.lists, opened.engine)
                app.state.live = Live(self.feed(opened), opened.store.appender.news)
                async with app.state.live.following():
                    if with_worker:
                        async with _working(self.worker(opened)):
                            yield
                    else:
                        yield

        app = FastAPI(
            title=self.title,
            description=self.description,
            version="0.1.0",
            lifespan=lifespan,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            openapi_tags=[*self.tags, *COMMON_TAGS],
            redirect_slashes=False,
        )
        app.state.domain = self.domain
        app.state.lists = self.lists
        app.state.views_own_ledger = self.views_own_ledger
        app.state.limits = Limits(settings.rate_limit)
        app.add_middleware(Envelope, larger=larger_bodies(self.routers))
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins, **CORS)
        problems.install(app, self.wording)
        for router in (*self.routers, live.router, operations.router):
            app.include_router(router)
        _describe(app, self.domain.rights)
        return app


@asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[None]:
    """Keep a worker running beside the API; what ends it is logged and it begins again."""

    async def keep() -> None:
        while True:
            try:
                await worker.run()
            except Exception:
                log.exception("the worker failed and starts again")
                await asyncio.sleep(1)

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


CORS: dict[str, Any] = {
    "allow_methods": ["GET", "HEAD", "POST"],
    "allow_headers": [
        "Accept-Language",
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "Last-Event-ID",
        "Mandate-Consistency",
        "Prefer",
        "X-Correlation-ID",
    ],
    "expose_headers": [
        "Content-Language",
        "ETag",
        "Idempotency-Key",
        "Idempotency-Replayed",
        "Link",
        "Location",
        "Mandate-Count",
        "Mandate-Last",
        "Mandate-Position",
        "Memento-Datetime",
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
        "X-Correlation-ID",
    ],
    "max_age": 600,
}
"""What browser applications of the named origins may send and see. No cookies: who calls is in the token."""

VIEW_SETTINGS = {"application_name": "mandate-views", "idle_in_transaction_session_timeout": "30000"}
"""A frozen consumer must not hold the projections' lock for ever."""


def _describe(app: FastAPI, rights: Rights) -> None:
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            describe(made(), rights, app.state.wording)
        return made()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


COMMON_TAGS = (
    {"name": "rights", "description": "Who may decide what, and who you are"},
    {"name": "live", "description": "Events as they are recorded"},
    {"name": "documents", "description": "Larger content, by its SHA-256"},
    {"name": "operations", "description": "Health, readiness, metrics"},
)
