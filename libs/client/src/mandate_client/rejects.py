"""The rows that did not go in, for a person to mend: on the terminal, and as a CSV file."""

import csv
from collections.abc import Sequence
from pathlib import Path

from mandate_client import terminal
from mandate_client.problems import UsageProblem, one_line
from mandate_client.proposals_csv import Rejection

SHOWN = 50


def show(rejections: Sequence[Rejection]) -> None:
    """A table on stderr; of a great many, the first ones."""
    if not rejections:
        return
    ordered = sorted(rejections, key=lambda each: each.line)
    rows = [(each.line, each.reference, each.column, each.reason) for each in ordered[:SHOWN]]
    terminal.table(("line", "ID", "column", "reason"), rows, title="Rejected rows", err=True)
    if len(ordered) > SHOWN:
        terminal.console(err=True).print(f"... and {len(ordered) - SHOWN} more: --rejects FILE.csv writes them all.")


def write(path: Path, rejections: Sequence[Rejection]) -> None:
    """All of them, as CSV. With none only the header: no older file is to be mistaken for this run's."""
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(("line", "ID", "column", "reason"))
            for each in sorted(rejections, key=lambda each: each.line):
                rows.writerow((each.line, _inert(each.reference), each.column, _inert(one_line(each.reason))))
    except OSError as error:
        raise UsageProblem(f"cannot write {path}: {error.strerror}") from None


def _inert(text: str) -> str:
    """A spreadsheet opens this file: text of somebody else's must not become a formula in it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
