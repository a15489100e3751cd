"""What a person sees: progress that also reads well in a log file, tables that a pipe does not cut off."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mandate_client.problems import one_line

WIDE = 240
WORD = 8
"""What a column takes at least: five letters and its border."""


def console(*, err: bool = False) -> Console:
    """A console as wide as the terminal, or wide enough for every column where there is none."""
    made = Console(stderr=err, highlight=False)
    return made if made.is_terminal else Console(stderr=err, highlight=False, width=WIDE)


class Advance(Protocol):
    """Tells that one more is done, or so many more."""

    def __call__(self, count: int = 1, /) -> None: ...


@contextmanager
def progress(what: str, total: int | None, *, unit: str = "") -> Iterator[Advance]:
    """A function to call when something is done. Shown on stderr: a bar, or a line every tenth of the way."""
    errors = console(err=True)
    if not errors.is_terminal:
        yield _lines(what, total, unit)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count=1: bar.advance(task, count)


def _lines(what: str, total: int | None, unit: str) -> Advance:
    done = 0

    def advance(count: int = 1, /) -> None:
        nonlocal done
        before, done = done, done + count
        if total and done * 10 // total > before * 10 // total:
            typer.echo(f"{what}: {done} of {total}{unit and f' {unit}'} ({100 * done // total} %)", err=True)

    return advance


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    err: bool = False,
    narrow: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> None:
    """A table of plain text: what a file or a service said is shown, never obeyed as markup or control.

    `narrow` names the columns that are shown where all of them would not fit beside each other. Those of `whole` are
    not broken into lines while the others still have room for a word beside them. Nothing is ever cut off.
    """
    out, told = console(err=err), [dict(zip(columns, row, strict=True)) for row in rows]

    def width(of: Sequence[str]) -> int:
        return out.measure(_made(of, told, title), options=out.options.update(width=WIDE, max_width=WIDE)).maximum

    shown = narrow if narrow and width(columns) > out.width else columns
    kept = [column for column in shown if column in whole]
    has_room = width(kept) + WORD * (len(shown) - len(kept)) <= out.width
    out.print(_made(shown, told, title, kept if has_room else ()))


def _made(columns: Sequence[str], rows: Iterable[Mapping[str, object]], title: str, whole: Sequence[str] = ()) -> Table:
    made = Table(title=title or None, title_justify="left")
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column in whole)
    for row in rows:
        made.add_row(*(Text(one_line(_plain(row[column]))) for column in columns))
    return made


def as_json(value: object, *, compact: bool = False) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=None if compact else 2))


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return _plain_object(value)
    if isinstance(value, list):
        return ", ".join(_plain(each) for each in value)
    return str(value)


def _plain_object(value: dict[str, Any]) -> str:
    if {"amount", "currency"} <= value.keys():
        return f"{value['amount']} {value['currency']}"
    return str(value.get("name") or value.get("id") or json.dumps(value, ensure_ascii=False))
