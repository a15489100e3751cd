"""The entry points of a service: `mandate-<service> api | worker | migrate | views | parked | recover`."""

import argparse
import logging
import os
import re
import signal
import sys
from collections.abc import Sequence
from typing import Any, Final

import uvicorn
import uvloop
from pydantic import ValidationError
from pydantic_settings import SettingsError

from mandate_events.ledger.login import let_in
from mandate_events.ledger.migrating import migrate
from mandate_events.transport import parking
from mandate_events.worker.consumer import Consumer
from mandate_web.app import logs, rebuilding, recovering
from mandate_web.app.build import version_of
from mandate_web.app.service import Service
from mandate_web.app.tuning import tune_garbage_collection
from mandate_web.app.worker import work
from mandate_web.chapters.opened import Opened
from mandate_web.live.connection import IDLE, Connection
from mandate_web.settings import Settings, misspelt

log = logging.getLogger("mandate.serving")

SERVER: Final[dict[str, Any]] = {
    "loop": "uvloop",
    "http": Connection,
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "timeout_graceful_shutdown": 20,
    "timeout_keep_alive": IDLE,
}
"""How uvicorn serves us: its fast parts, our logs, and time to finish what runs."""


def run(service: Service) -> None:
    """The command line of a service, as a program."""
    # Who starts us may ignore Ctrl-C, as `nohup` and the `&` of a script do, and Python would go on to ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    perform(service)


def perform(service: Service, arguments: Sequence[str] | None = None) -> None:
    """What a command line says; that of the program, where none is given."""
    options = _parser(service).parse_args(arguments)
    settings = _settings()
    logs.configure(service.name, settings.log_level)
    match options.command:
        case "api":
            serve(service, settings)
        case "worker":
            uvloop.run(work(service, settings))
        case "migrate":
            uvloop.run(prepare(service, settings))
        case "recover":
            raise SystemExit(uvloop.run(recovering.recover_ledger(service, settings)))
        case "parked":
            raise SystemExit(uvloop.run(_parked(service, settings, options)))
        case "views":
            raise SystemExit(uvloop.run(rebuilding.perform(service, settings, options.action)))


def _parser(service: Service) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"mandate-{service.name}", description=service.description)
    parser.add_argument("--version", action="version", version=f"%(prog)s {version_of(service.name)}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="serve HTTP on MANDATE_HOST:MANDATE_PORT")
    commands.add_parser("worker", help="relay the ledger and follow the others; several stand by for one another")
    commands.add_parser("migrate", help="bring the database to this version and declare its topics")
    commands.add_parser(
        "recover", help="record again what a restored ledger lacks of its topic", description=recovering.DESCRIPTION
    )
    rebuilding.add_parser(commands)
    parked = commands.add_parser("parked", help="events that were put aside because their handler failed")
    parked.add_argument("action", choices=("list", "retry", "discard"))
    parked.add_argument("--consumer", help="only of this consumer")
    parked.add_argument("--key", help="only of this project or stream")
    parked.add_argument("--by", help="who discards")
    parked.add_argument("--reason", help="why it is discarded; kept on record")
    return parser


def _settings() -> Settings:
    if wrong := list(misspelt(os.environ)):
        sys.stderr.write("\n".join((*wrong, "")))
        raise SystemExit(2)
    try:
        return Settings()  # type: ignore[call-arg]  # the environment gives them
    except SettingsError as error:  # pydantic tells the name of the field only in its message
        field = re.search(r'"(\w+)"', str(error))
        sys.stderr.write(f"MANDATE_{field[1].upper() if field else '...'}: the value is not JSON\n")
    except ValidationError as error:
        for entry in error.errors():
            message = entry["msg"].removeprefix("Value error, ")
            name = str(entry["loc"][0]).upper() if entry["loc"] else ""
            prefix = "" if name == "KAFKA_BOOTSTRAP_SERVERS" else "MANDATE_"
            sys.stderr.write(f"{prefix}{name}: {message}\n" if name else f"{message}\n")
    raise SystemExit(2)


def serve(service: Service, settings: Settings) -> None:
    """Serve HTTP until SIGTERM: stop accepting, finish what runs, close the ledger."""
    tune_garbage_collection()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # what uvicorn raises again after an orderly end
    uvicorn.run(service.app(settings), host=settings.host, port=settings.port, **SERVER)


async def prepare(service: Service, settings: Settings) -> None:
    """Bring the database to this version, and declare its topics."""
    database = settings.migrate_database or settings.database
    before, after = await migrate(database, service.migrations)
    log.info("the database of %s is at %s (was %s)", service.name, after, before)
    if settings.migrate_database and await let_in(service.name, settings.database, settings.migrate_database):
        log.info("the role of %s has the password that MANDATE_DATABASE names", service.name)
    if settings.transport == "kafka":
        created = await service.declare_topics(settings)
        log.info("topics created: %s", ", ".join(created) or "none, they exist")


async def _parked(service: Service, settings: Settings, options: argparse.Namespace) -> int:
    connected = service.open if options.action == "retry" else service.connect
    async with connected(settings) as opened:
        consumers = [c for c in service.consumers(opened) if options.consumer in (None, c.name)]
        if options.action == "retry":
            done = sum([await consumer.retry({options.key} if options.key else None) for consumer in consumers])
            sys.stdout.write(f"{done} handled\n")
            return 0
        return await _show_or_discard(opened, consumers, options)


async def _show_or_discard(opened: Opened, consumers: Sequence[Consumer], options: argparse.Namespace) -> int:
    discarding = options.action == "discard"
    if discarding and not (options.by and options.reason and options.key):
        sys.stderr.write("discard needs --key, --by and --reason\n")
        return 2
    async with opened.engine.begin() as connection:
        for consumer in consumers:
            for item in await parking.parked(connection, consumer.name, consumer.source.name):
                if options.key not in (None, item.key) or (discarding and item.error == parking.WAITING):
                    continue  # what waits behind a discarded event is handled next
                if discarding:
                    await parking.discard(connection, item, options.by, options.reason)
                sys.stdout.write(
                    f"{item.consumer} {item.source}:{item.sequence} {item.type} {item.key}"
                    f" attempts={item.attempts} {'discarded' if discarding else item.error}\n"
                )
    return 0
