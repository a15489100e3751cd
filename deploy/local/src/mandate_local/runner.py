"""`mandate-local run`: start everything, say where it is, stop everything on Ctrl-C."""

import asyncio
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import uvicorn
import uvloop

from mandate_events.ledger.migrating import OtherShape
from mandate_local import demo
from mandate_local.identity import PERSONAS
from mandate_local.postgres import EmbeddedPostgres, PostgresError
from mandate_local.product import create_product, prepare
from mandate_web.app import logs
from mandate_web.live.connection import IDLE, Connection

PORTFOLIO = "/reporting/v1/portfolio"


def run(data: Path, port: int, *, play_demo: bool, kafka: str | None = None) -> int:
    """Run until Ctrl-C; returns the exit code."""
    logs.configure("mandate", "warning")
    if problem := _port_problem(port):
        sys.stderr.write(f"{problem}\n")
        return 1
    # Whoever stops us, PostgreSQL is stopped too; also Ctrl-C where who started us ignores it, which is inherited.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    begun = time.monotonic()
    _say(f"PostgreSQL on {data} ...")
    try:
        with EmbeddedPostgres(data / "postgres") as postgres, suppress(KeyboardInterrupt):
            uvloop.run(_serve(postgres, data, port, begun, play_demo=play_demo, kafka=kafka))
    except (PostgresError, OtherShape) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{data} cannot be used: {error.strerror or error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("broken off\n")
        return 130
    _say("stopped; the data stays in " + str(data))
    return 0


async def _serve(
    postgres: EmbeddedPostgres, data: Path, port: int, begun: float, *, play_demo: bool, kafka: str | None
) -> None:
    await prepare(postgres, kafka)
    app = create_product(postgres, data / "identity", port, kafka)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            http=Connection,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=IDLE,
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        if serving.done():
            await serving
            return
        await asyncio.sleep(0.02)
    base = f"http://127.0.0.1:{port}"
    _say(f"ready after {time.monotonic() - begun:.1f} s")
    if play_demo and not demo.played(data):
        playing = asyncio.create_task(_play(base, data))
        await asyncio.wait({playing, serving}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            playing.cancel()
    _tell(base)
    await serving


async def _play(base: str, data: Path) -> None:
    try:
        await demo.play(base, data, _say)
    except (httpx.HTTPError, demo.DemoFailed) as error:
        _say(f"the demo portfolio could not be played: {error}; the next start goes on with it")


def _tell(base: str) -> None:
    personas = ", ".join(PERSONAS)
    _say(f"""
  governance  {base}/governance/docs
  projects    {base}/projects/docs
  reporting   {base}/reporting/docs
  portfolio   {base}{PORTFOLIO}

  personas    {personas}
  a token     .venv/bin/mandate --url {base} token pmo-1
  try         curl -H "Authorization: Bearer $(.venv/bin/mandate --url {base} token pmo-1)" {base}{PORTFOLIO}

  Ctrl-C stops it.""")


def _port_problem(port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return f"port {port} cannot be used ({error.strerror}); give another: make run PORT=9000"
    return None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
