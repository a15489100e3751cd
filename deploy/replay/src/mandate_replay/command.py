"""`mandate replay`: the state of any day on the auditor's own machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mandate_client import terminal
from mandate_client.problems import ClientError, UsageProblem
from mandate_replay.export import Altered, Checked, Incomplete, documents, size
from mandate_replay.replay import LISTS, Documents, rows, streams, thing

app = typer.Typer(pretty_exceptions_enable=False)

List = StrEnum("List", [(name, name) for name in sorted({name for _, name in LISTS})])  # type: ignore[misc]  # its members are the lists there are


@app.command()
def replay(
    exports: Annotated[
        list[Path],
        typer.Argument(metavar="EXPORT", show_default=False, help="Documents as NDJSON (.gz too); `-` is stdin."),
    ],
    *,
    source: Annotated[str | None, typer.Option(help="The service whose ledger it is: governance, projects.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="What had been recorded by then; without it, all.")
    ] = None,
    stream: Annotated[str | None, typer.Option(help="One thing, such as `proposal/<id>`.")] = None,
    list_: Annotated[List | None, typer.Option("--list", help="A list, row by row.")] = None,
) -> None:
    """Rebuild what a service would have answered at an instant, from an export alone.

    No service runs. Every document is checked on the way: its place in its ledger, and that it follows the one before
    it in its stream. Without --stream and --list the streams are told with their versions.

    \b
    Examples:
      mandate history --export history.ndjson --as auditor-1
      mandate replay history.ndjson
      mandate replay history.ndjson --source projects --until 2026-06-30T12:00:00Z --stream project/0197b3a0-...
      mandate replay history.ndjson --until 2026-06-30T12:00:00Z --list portfolio
    """
    if stream and list_:
        raise UsageProblem("give --stream or --list, not both")
    if stream and not source:
        raise UsageProblem("say whose stream it is: --source governance or --source projects")
    checked, by = Checked(), _instant(until)
    with _reading(exports, checked, by) as read:
        if stream and source:
            terminal.as_json(thing(read, checked, source, stream))
        elif list_:
            for row in rows(read, checked, list_.value, source):
                terminal.as_json(row, compact=True)
        else:
            _tell_streams(read, checked, source)


@contextmanager
def _reading(exports: list[Path], checked: Checked, until: datetime | None) -> Iterator[Documents]:
    try:
        with terminal.progress("replaying", size(exports), unit="bytes") as advance:
            yield documents(exports, checked, until, advance)
    except BrokenPipeError:  # who reads us has seen enough
        raise
    except (Altered, Incomplete, LookupError, OSError) as error:
        raise ClientError(str(error)) from error


def _tell_streams(read: Documents, checked: Checked, source: str | None) -> None:
    found = streams(read, source)
    columns = ("source", "stream", "version", "last event", "recorded at")
    terminal.table(columns, [(each.service, each.name, each.version, each.type, _spelled(each.time)) for each in found])
    for service, last in sorted(checked.last.items()):
        state = "whole" if checked.whole[service] else "with gaps"
        typer.echo(f"{service}: {state}, up to {last}", err=True)


def _spelled(instant: datetime) -> str:
    """As documents have it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UsageProblem(f"--until {text}: an instant such as 2026-06-30T12:00:00Z") from None
    if instant.tzinfo is None:
        raise UsageProblem(f"--until {text}: say the time zone, such as 2026-06-30T12:00:00Z")
    return instant.astimezone(UTC)
