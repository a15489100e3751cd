"""Reporting: what the services recorded, shown and kept, chapter by chapter. It decides nothing."""

from pathlib import Path
from typing import Final

from mandate_web.app.service import Reads, Service
from mandate_web.app.serving import run
from reporting.history.chapter import CHAPTER as HISTORY
from reporting.history.record import Archive
from reporting.people.chapter import CHAPTER as PEOPLE
from reporting.portfolio.chapter import CHAPTER as PORTFOLIO

SERVICE: Final = Service(
    name="reporting",
    title="Mandate reporting",
    description="What the services recorded: shown as a portfolio, archived byte for byte, told as a history.",
    migrations=Path(__file__).parent / "migrations",
    examples=Path(__file__).parent / "examples.json",
    chapters=[PORTFOLIO, HISTORY, PEOPLE],
    reads=Reads(everything="read-history", denials="read-denials", framework="read-history"),
    archive=Archive(),
)
REPORTING: Final = SERVICE.domain


def cli() -> None:
    run(SERVICE)
