"""`mandate-<service> worker`: relay and consume until a signal, and tell whoever asks how it is."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mandate_events.ledger.store import Store
from mandate_events.worker.process import Worker
from mandate_web.app import operations
from mandate_web.app.service import Service
from mandate_web.app.tuning import tune_garbage_collection
from mandate_web.problems import problem as problems
from mandate_web.problems.problem import Problem
from mandate_web.settings import Settings

log = logging.getLogger("mandate.serving")


async def work(service: Service, settings: Settings) -> None:
    """Relay and consume until SIGTERM or SIGINT. What is unexpected ends it loudly: its supervisor starts it again."""
    tune_garbage_collection()
    working = asyncio.create_task(_work(service, settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _once, working)
    with suppress(asyncio.CancelledError):
        await working
    log.info("the worker of %s has stopped", service.name)


def _once(task: "asyncio.Task[None]") -> None:
    """Cancel it; a second signal does not disturb how it ends."""
    if not task.cancelling():
        task.cancel()


async def _work(service: Service, settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        health = health_of_worker()
        if settings.metrics_port:
            await stack.enter_async_context(_answering(health, settings.host, settings.metrics_port))
        opened = await stack.enter_async_context(service.open(settings))
        worker = service.worker(opened)
        health.state.store, health.state.worker = opened.store, worker
        await worker.run()


def health_of_worker() -> Starlette:
    """What a worker answers. Whoever runs it sets `state.store` and `state.worker` once the ledger is open."""
    app = Starlette(routes=[Route("/healthz", _alive), Route("/readyz", _ready), Route("/metrics", _metrics)])
    app.router.redirect_slashes = False
    app.state.store = app.state.worker = None
    problems.install(app)
    return app


async def _alive(request: Request) -> Response:
    """The process runs, and need not be started again."""
    store: Store | None = request.app.state.store
    if store:
        operations.appender_works(store)
    return JSONResponse({"status": "alive"})


async def _ready(request: Request) -> Response:
    """The database answers, and this worker leads or stands by. Kafka does not matter: it is waited for."""
    store: Store | None = request.app.state.store
    worker: Worker | None = request.app.state.worker
    if store is None or worker is None:
        raise Problem("unavailable", "worker-begins", headers={"Retry-After": "2"})
    await operations.database_answers(store)
    operations.appender_works(store)
    leads = worker.leading.is_set()
    if not leads and not worker.standing_by:
        raise Problem("unavailable", "worker-begins", headers={"Retry-After": "2"})
    return JSONResponse({"status": "ready", "leads": leads})


async def _metrics(_: Request) -> Response:
    return await operations.metrics()


class _Beside(uvicorn.Server):
    """A server beside the work: signals are for the work, which ends it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _answering(app: Starlette, host: str, port: int) -> AsyncIterator[None]:
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise SystemExit(f"MANDATE_METRICS_PORT: {error}") from error
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2
    )
    server = _Beside(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
