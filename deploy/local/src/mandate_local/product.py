"""The embedded product: PostgreSQL, three services in one process, the local transport, development identities."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

from governance.main import SERVICE as GOVERNANCE
from mandate_events.ledger.engine import create_engine
from mandate_events.ledger.migrating import migrate
from mandate_events.transport.names import DIRECTORY
from mandate_events.views.building import bring
from mandate_local.identity import create_identity
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.app.service import Service
from mandate_web.problems import pages as problem_pages
from mandate_web.problems import problem as problems
from mandate_web.settings import Settings
from projects.main import SERVICE as PROJECTS
from reporting.main import SERVICE as REPORTING

SERVICES: Final = (GOVERNANCE, PROJECTS, REPORTING)

DEPLOYMENT: Final = "local"
AUDIENCE: Final = "mandate"
ISSUER: Final = "http://127.0.0.1/mandate-development-identity"
"""The same on every port, since person ids are made from it. Production settings refuse it: http, loopback."""


def settings_of(service: Service, postgres: EmbeddedPostgres, port: int, kafka: str | None = None) -> Settings:
    """A service's settings in the embedded product. With `kafka` the services talk through those brokers instead."""
    others = [other.name for other in SERVICES if other.name != service.name]
    return Settings(
        production=False,
        deployment=DEPLOYMENT,
        database=postgres.dsn(service.name, user=f"{service.name}_append"),
        migrate_database=postgres.dsn(service.name),
        transport="kafka" if kafka else "local",
        kafka_bootstrap_servers=kafka or "",
        local_sources={name: postgres.dsn(name, user=f"{name}_read") for name in others}
        | {DIRECTORY: postgres.dsn(GOVERNANCE.name, user=f"{GOVERNANCE.name}_append")},
        issuer_url=ISSUER,
        audience=AUDIENCE,
        jwks_uri=f"http://127.0.0.1:{port}/identity/jwks",
        founder="founder",
        port=port,
    )


async def prepare(postgres: EmbeddedPostgres, kafka: str | None = None, services: Sequence[Service] = SERVICES) -> None:
    """Databases, migrations and topics: one after the other, since Alembic's context is global."""
    for service in services:
        await asyncio.to_thread(postgres.ensure_database, service.name)
        await migrate(postgres.dsn(service.name), service.migrations)
        engine = create_engine(postgres.dsn(service.name))
        await bring(engine, service.lists)
        await engine.dispose()
    if kafka:
        for service in services:
            await service.declare_topics(settings_of(service, postgres, 0, kafka))


def create_product(
    postgres: EmbeddedPostgres, state: Path, port: int, kafka: str | None = None, services: Sequence[Service] = SERVICES
) -> Starlette:
    """One application with everything in it. Its lifespan enters those of the mounted ones: Starlette does not."""

    def made(service: Service) -> FastAPI:
        below = {"root_path": f"/{service.name}"}
        return service.app(settings_of(service, postgres, port, kafka).model_copy(update=below), with_worker=True)

    apps: Mapping[str, FastAPI] = {service.name: made(service) for service in services}
    identity = create_identity(ISSUER, AUDIENCE, state, deployment=DEPLOYMENT)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    async def index(_: object) -> JSONResponse:
        return JSONResponse({name: f"/{name}/docs" for name in apps} | {"identity": "/identity/personas"})

    routes: list[BaseRoute] = [Route("/", index)]
    routes.append(Route("/problems/{name}", problem_pages.answer))
    routes += [Mount(f"/{name}", app) for name, app in apps.items()]
    routes.append(Mount("/identity", identity))
    product = Starlette(routes=routes, lifespan=lifespan)
    product.router.redirect_slashes = False
    problems.install(product, *(file for service in services for file in service.wording))
    return product
