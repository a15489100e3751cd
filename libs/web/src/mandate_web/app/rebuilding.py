"""`mandate-<service> views`: make the lists anew beside the live ones, compare, swap, swap back, tell their place."""

import argparse
import sys
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from mandate_events.ledger.engine import create_engine
from mandate_events.views.building import NotOurs, back, build, swap
from mandate_events.views.comparing import compare, standings
from mandate_events.views.record import Lists
from mandate_web.app.service import Service
from mandate_web.settings import Settings

DESCRIPTION: Final = """Lists are made from the record, and can be made again. `build` fills new tables beside the live
ones, while everybody goes on; broken off, it goes on where it was. `compare` shows what differs. `swap` makes the new
tables live in one moment; workers and APIs of the version that built them follow. `back` makes the tables of before
live again, caught up; it belongs to the version that made those. Exit codes: 0 done; 1 these tables are not there, or
another version's; 2 wrong settings."""

ACTIONS: Final = ("build", "compare", "swap", "back", "status")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    views = commands.add_parser("views", help="make the lists anew beside the live ones", description=DESCRIPTION)
    views.add_argument("action", choices=ACTIONS)


async def perform(service: Service, settings: Settings, action: str) -> int:
    """Do it, as the role that migrates: it makes schemas. Returns the exit code."""
    engine = create_engine(
        settings.migrate_database or settings.database, server_settings={"application_name": "mandate-building"}
    )
    try:
        await _perform(engine, service.lists, action)
    except NotOurs as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        await engine.dispose()
    return 0


async def _perform(engine: AsyncEngine, lists: Lists, action: str) -> None:
    match action:
        case "build":
            place = await build(engine, lists, _progress)
            _say(f"built up to {place}: compare, then swap")
        case "compare":
            for table in await compare(engine, lists):
                _say(f"{table.table}: {table.live} rows live, {table.next} next, {table.differ} differ")
                for name in table.columns:
                    _say(f"  only one of them has the column {name}")
                for key in table.examples:
                    _say(f"  {key}")
        case "swap":
            _say(f"live from {await swap(engine, lists)} on: the tables that were built")
        case "back":
            _say(f"live from {await back(engine, lists)} on: the tables of before")
        case _:
            for each in await standings(engine, lists):
                made = "this version" if each.ours else "another version"
                rows = ", ".join(f"{name} {count}" for name, count in each.rows.items())
                _say(f"{each.schema}: {made}, {each.place} of {each.end}, {each.parked} parked; rows: {rows}")


def _progress(place: int, end: int) -> None:
    _say(f"{place} of {end}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
