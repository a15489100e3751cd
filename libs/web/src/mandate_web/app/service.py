"""A service, put together: settings in, FastAPI application and worker out. The composition root of each service."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import httpx
from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

from mandate_events.deciding import Aggregate, Mandate
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.rights import KeptFrom, Rights
from mandate_events.ledger.engine import create_engine
from mandate_events.ledger.names import find_names
from mandate_events.ledger.store import Store
from mandate_events.transport.kafka import KafkaSink, declare_topics
from mandate_events.transport.names import DIRECTORY, ERASABLE
from mandate_events.views.past import Pasts
from mandate_events.views.record import Lists, Record
from mandate_events.worker.consumer import Consumer
from mandate_events.worker.policy import PolicyRunner
from mandate_events.worker.process import Worker
from mandate_events.worker.timers import keep_time
from mandate_web.app import browsing, event_schemas, operations
from mandate_web.app.build import tell_build, version_of
from mandate_web.app.compressing import Compressed
from mandate_web.app.description import COMMON_TAGS, describing
from mandate_web.app.housekeeping import keeping_house
from mandate_web.app.middleware import CORS, Envelope, larger_bodies
from mandate_web.chapters.chapter import Chapter
from mandate_web.chapters.house import House
from mandate_web.chapters.naming import publish_the_directory
from mandate_web.chapters.opened import Opened
from mandate_web.identity.tokens import TokenVerifier
from mandate_web.live import events as live
from mandate_web.live.events import Feed, Live
from mandate_web.live.visibility import LedgerFeed, Visibility
from mandate_web.problems import problem as problems
from mandate_web.routes.limits import Limits
from mandate_web.routes.moment import NOW, Moment
from mandate_web.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reads:
    """Three rights of a service's table: who has the first sees every event, but refusals with the second alone; the
    third shows the streams of the framework."""

    everything: str
    denials: str
    framework: str


class Archive(Protocol):
    """What a service reads that keeps the ledgers of others, and decides nothing."""

    @property
    def record(self) -> Record: ...
    async def find_held(self, opened: Opened, person: str, moment: Moment) -> Sequence[Mandate]: ...
    def feed(self, opened: Opened, rights: Rights) -> Feed: ...
    def consumers(self, opened: Opened, house: House) -> Sequence[Consumer]: ...


async def _utc(_: Opened, _known_at: datetime | None) -> ZoneInfo:
    return ZoneInfo("UTC")


async def _nothing(_: Opened) -> None:
    """At the start nothing is put on record."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service: its chapters, and what stands outside of any of them."""

    name: str
    title: str
    description: str
    migrations: Path
    examples: Path
    """What was sent and answered in a rehearsal, by operation: a file of JSON."""
    chapters: Sequence[Chapter]
    reads: Reads
    """The rights by which events are seen as they are recorded."""
    mandates: Aggregate[Any] | None = None
    """The stream of the mandates that a person holds; its state is a sequence of them."""
    project: Aggregate[Any] | None = None
    """What is a project here: its streams have the ids of projects."""
    kept_from: Sequence[KeptFrom] = ()
    """Roles that never give the commands of certain others: the table of rights denies them each."""
    acts_as: Mapping[str, str] = field(default_factory=dict)
    """The name under which it acts on what another service recorded, `system/<name>`."""
    find_zone: Callable[[Opened, datetime | None], Awaitable[ZoneInfo]] = _utc
    """The time zone in which days end, as it had been recorded by an instant."""
    on_start: Callable[[Opened], Awaitable[None]] = _nothing
    archive: Archive | None = None
    """What it reads instead of its own ledger."""

    @cached_property
    def house(self) -> House:
        """All that follows from its chapters."""
        record = self.archive.record if self.archive else None
        return House(
            self.name,
            self.chapters,
            mandates=self.mandates,
            kept_from=self.kept_from,
            record=record,
            project=self.project,
        )

    @property
    def domain(self) -> Domain:
        return self.house.domain

    @property
    def lists(self) -> Lists:
        return self.house.lists

    @property
    def routers(self) -> Sequence[APIRouter]:
        return self.house.routers

    async def declare_topics(self, settings: Settings) -> list[str]:
        """Create the topics that it publishes on, where they do not exist. Returns those created."""
        brokers, replicas = settings.kafka_bootstrap_servers, settings.kafka_replication
        created = await declare_topics(brokers, [self.name], replicas)
        if publish_the_directory in self.house.leads:  # it says to the others who the persons are
            created += await declare_topics(brokers, [DIRECTORY], replicas, ERASABLE)
        return created

    @property
    def wording(self) -> Sequence[Path]:
        return self.house.wording

    @cached_property
    def visibility(self) -> Visibility:
        """Who may see which event."""
        return Visibility(self.reads.everything, self.reads.denials, self.reads.framework, self.house.framework)

    async def find_held(self, opened: Opened, person: str, moment: Moment = NOW) -> Sequence[Mandate]:
        """The mandates that a person held at a moment."""
        if self.archive:
            return await self.archive.find_held(opened, person, moment)
        assert self.mandates is not None, "who decides holds mandates"
        fold = await opened.store.reader.fold_at(self.mandates, person, moment.known_at, moment.before)
        return fold.state or ()

    def feed(self, opened: Opened) -> Feed:
        """What is told live."""
        if self.archive:
            return self.archive.feed(opened, self.domain.rights)
        return LedgerFeed(opened.store, partial(self.find_held, opened), self.visibility)

    def consumers(self, opened: Opened) -> Sequence[Consumer]:
        """What follows which ledger: the lists, and for each other service what is done because of it."""
        if self.archive:
            return self.archive.consumers(opened, self.house)
        acting = [
            Consumer(
                "policies",
                opened.source(service),
                catalogue,
                opened.engine,
                service=self.name,
                policy=PolicyRunner(self.acts_as[service], self.house.policy(service), opened.store),
            )
            for service, catalogue in self.house.heard.items()
        ]
        own = opened.source(self.name)
        listing = Consumer(
            "views", own, self.domain.catalogue, opened.engine, service=self.name, views=self.lists.views
        )
        return [*acting, listing]

    async def _watch_the_clock(self, opened: Opened) -> None:
        await keep_time(opened.store, self.house.timers, partial(self.find_zone, opened, None))

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
        tell_build(self.name)
        async with self.connect(settings) as opened:
            opened.store.at_start = partial(self.on_start, opened)
            async with opened.store, keeping_house(opened.store):
                yield opened

    def worker(self, opened: Opened) -> Worker:
        """The relay and consumers of one process."""
        settings = opened.settings
        leads = [*self.house.leads, *([self._watch_the_clock] if self.house.timers else [])]
        also = [partial(lead, opened) for lead in leads]
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
                app.state.find_names = partial(find_names, opened.engine)
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
            version=version_of(self.name),
            lifespan=lifespan,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            openapi_tags=[*self.house.tags, *COMMON_TAGS, event_schemas.TAG],
            redirect_slashes=False,
            docs_url=None,
            redoc_url=None,
        )
        app.state.domain = self.domain
        app.state.schemas = event_schemas.Schemas(self.domain)
        app.state.lists = self.lists
        app.state.offers = self.house.offers
        app.state.project = self.project
        app.state.views_own_ledger = self.archive is None
        app.state.limits = Limits(settings.rate_limit)
        app.add_middleware(Compressed)
        app.add_middleware(Envelope, larger=larger_bodies(self.routers), root=settings.root_path)
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins, **CORS)
        problems.install(app, *self.wording)
        for router in (*self.routers, live.router, event_schemas.router, operations.router):
            app.include_router(router)
        describing(app, self.domain.rights, self.examples, settings.root_path)
        browsing.offer(app)
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


VIEW_SETTINGS = {"application_name": "mandate-views", "idle_in_transaction_session_timeout": "30000"}
"""A frozen consumer must not hold the projections' lock for ever."""
