"""`mandate-local`: the whole product on one machine."""

import argparse
from importlib.metadata import version
from pathlib import Path

from mandate_local import runner


def cli() -> None:
    parser = argparse.ArgumentParser(
        prog="mandate-local", description="The whole product on one machine, for trying it."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('mandate-local')}")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything; Ctrl-C stops it")
    run.add_argument(
        "--port",
        type=int,
        choices=range(1, 65536),
        metavar="PORT",
        default=8080,
        help="HTTP port on 127.0.0.1 (default: %(default)s)",
    )
    run.add_argument("--data", type=Path, default=Path(".data"), help="where all data is kept (default: %(default)s)")
    run.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="play a small demo portfolio at the first start",
    )
    run.add_argument("--kafka", metavar="HOST:PORT", help="let the services talk through these brokers")
    options = parser.parse_args()
    data = options.data.expanduser().resolve()
    raise SystemExit(runner.run(data, options.port, play_demo=options.demo, kafka=options.kafka))
