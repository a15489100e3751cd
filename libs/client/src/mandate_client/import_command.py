"""`mandate import proposals`: a spreadsheet of proposals into the office's pipeline, each exactly once."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from mandate_client import imports, rejects, terminal
from mandate_client.api import Json
from mandate_client.connection import connection
from mandate_client.csv_records import FileProblem
from mandate_client.problems import ClientError, UsageProblem, problem_from
from mandate_client.proposals_csv import BadMap, Rejection, Row, gate_paths, read_proposals

_COLUMN_OF = {
    "reference": "ID",
    "forecast_cost": "FFC",
    "forecast_cost_text": "FFC",
    "gate_path": "EPT",
    "business_case_approved_on": "BCA",
    "business_case_submitted_on": "PBC",
    "conceived_on": "BNI",
}


@dataclass
class Tally:
    accepted: int = 0
    already: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    def count(self, outcome: "str | Rejection") -> None:
        if isinstance(outcome, Rejection):
            self.rejections.append(outcome)
        elif outcome == "accepted":
            self.accepted += 1
        else:
            self.already += 1

    def __str__(self) -> str:
        return f"{self.accepted} accepted, {self.already} already there, {len(self.rejections)} rejected"


def proposal(row: Row, portfolio: str, currency: str, reason: str) -> Json:
    """One row as the service takes it."""

    def day(column: str) -> str | None:
        return row.dates[column].isoformat() if column in row.dates else None

    return {
        "portfolio": portfolio,
        "reference": row.reference,
        "title": row.title,
        "gate_path": row.gate_path,
        "forecast_cost": {"amount": str(row.amount), "currency": currency},
        "forecast_cost_text": row.originals["FFC"],
        "business_case_approved_on": day("BCA"),
        "business_case_submitted_on": day("PBC"),
        "conceived_on": day("BNI"),
        "attributes": {name: text for name, text in row.originals.items() if name not in {"ID", "FFC"}},
        "reason": reason,
    }


def outcome(row: Row, result: Json) -> str | Rejection:
    """What one line came to. What concerns it alone is its outcome; anything else is raised and ends the import."""
    status = result.get("status")
    if status == 201:
        return "accepted"
    problem = problem_from(int(status or 500), "refused", result.get("problem"), f"line {row.line}")
    if problem.already and problem.type.endswith("/already-proposed"):
        return "already"
    if problem.status not in {409, 413, 422}:
        raise problem
    pointer = problem.errors[0].pointer.split("/") if problem.errors else []
    column = next((_COLUMN_OF[part] for part in pointer if part in _COLUMN_OF), "")
    return Rejection(row.line, column, problem.reason, row.reference)


def rows(file: Path, paths: Mapping[str, str]) -> Iterator[Row | Rejection]:
    try:
        with file.open("rb") as stream:
            yield from read_proposals(stream, paths)
    except FileProblem as problem:
        raise ClientError(f"{file}: {problem}") from None
    except OSError as error:
        raise UsageProblem(f"cannot read {file}: {error.strerror}") from None


def import_proposals(
    ctx: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="UTF-8, comma-separated, with a header.")],
    portfolio: Annotated[str, typer.Option(help="The portfolio the proposals are for.")] = "capital-delivery",
    currency: Annotated[str, typer.Option(help="ISO 4217 code of the amounts.")] = "AUD",
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", metavar='"NAME=PATH"', help="Gate path of an EPT name. May be given several times."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report; send nothing.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, on record with every proposal.")] = None,
    rejects_file: Annotated[
        Path | None,
        typer.Option("--rejects", metavar="FILE.csv", help="Write the rejected rows to this file."),
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="IMPORT", help="Follow the import of this file that goes on under this id.")
    ] = None,
) -> None:
    """Propose every project of a CSV file.

    Required columns: ID, FFC, BCA. May be empty: Delivery Program, Tender Closed, Owner Group, BNI, PBC, EPT,
    Approval body, Owner Team, Stage1, Stage2, Stage3. Dates with slashes are day/month/year. Rows that cannot be
    taken are listed with line, column and reason; the others go in. Run it again as you like: nothing is doubled.

    A large file is imported by the service itself: Ctrl-C leaves it running, and --resume follows it.

    Exit code: 0 every row is in, 3 some were rejected, 1 stopped by an error, 2 wrong usage or nobody there.

    \b
    Examples:
      mandate import proposals docs/samples/proposals.csv --dry-run
      mandate import proposals docs/samples/proposals.csv --as pmo-2 --map "Minor Procurement=two-gate"
      mandate import proposals FILE.csv --rejects to-mend.csv --reason "Capital programme 2026"
    """
    try:
        paths = gate_paths(maps or [])
    except BadMap as bad:
        raise UsageProblem(f"--map {bad}") from None
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise UsageProblem(f"--currency {currency!r} is not a code of three capitals, like AUD")
    if not file.is_file():
        raise UsageProblem(f"{file} is not a file here")
    if rejects_file is not None and rejects_file.resolve() == file.resolve():
        raise UsageProblem(f"--rejects {rejects_file} would overwrite the file to import")

    tally = Tally()
    good = []
    for found in rows(file, paths):  # all of it before anything is sent: a file that is no CSV sends nothing
        if isinstance(found, Row):
            good.append(found)
        else:
            tally.count(found)
    if rejects_file is not None:
        rejects.write(rejects_file, tally.rejections)
    if dry_run:
        rejects.show(tally.rejections)
        typer.echo(f"Dry run, nothing sent: {len(good)} rows to propose, {len(tally.rejections)} rejected.")
        raise typer.Exit(3 if tally.rejections else 0)

    why = reason or f"Imported from {file.name}"
    lines = [json.dumps(proposal(row, portfolio, currency, why), ensure_ascii=False) for row in good]
    with connection(ctx).open() as api, terminal.progress("Proposing", len(good)) as advance:
        try:
            results = imports.follow(api, resume, len(good), advance) if resume else imports.send(api, lines, advance)
            for row, result in zip(good, results, strict=True):
                tally.count(outcome(row, result))
        except imports.Interrupted as left:
            again = f"mandate import proposals {file} --resume {left}"
            typer.echo(f"The import goes on. To follow it, with the same options: {again}", err=True)
            raise typer.Exit(130) from None
        except (KeyboardInterrupt, ClientError) as stopped:
            typer.echo(f"Stopped: {tally} so far, of {len(good)} rows to propose.", err=True)
            typer.echo("The same command may be run again: what is in stays in, nothing is doubled.", err=True)
            if isinstance(stopped, ClientError):
                raise
            raise typer.Exit(130) from None
    if rejects_file is not None:
        rejects.write(rejects_file, tally.rejections)
    rejects.show(tally.rejections)
    typer.echo(f"{tally}.")
    raise typer.Exit(3 if tally.rejections else 0)
