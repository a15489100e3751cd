"""What the record shows: `portfolio` and `history`."""

from itertools import islice
from typing import Annotated

import typer

from mandate_client import terminal
from mandate_client.connection import connection

PAGE = 200


def portfolio(
    ctx: typer.Context,
    *,
    phase: Annotated[str | None, typer.Option(help="Only projects in this phase.")] = None,
    gate: Annotated[str | None, typer.Option(help="Only projects whose next gate this is.")] = None,
    status: Annotated[str | None, typer.Option(help="Only projects with this status.")] = None,
    sort: Annotated[
        str | None, typer.Option(help='Like "-budget,reference"; a minus sign for the largest first.')
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    json_: Annotated[bool, typer.Option("--json", help="As a JSON array, for programs.")] = False,
) -> None:
    """List the projects of the portfolio with their posts, phases and gates.

    \b
    Examples:
      mandate portfolio --as pmo-1 --sort=-budget --limit 20
      mandate portfolio --status authorised --json
    """
    given = {"phase": phase, "gate": gate, "status": status, "sort": sort}
    params = {name: value for name, value in given.items() if value is not None}
    with connection(ctx).open() as api:
        items = list(islice(api.pages("/reporting/v1/portfolio", {**params, "limit": min(limit, PAGE)}), limit))
    if json_:
        terminal.as_json(items)
        return
    columns = (
        "reference",
        "title",
        "status",
        "phase",
        "gate",
        "budget",
        "manager",
        "officer",
        "sponsor",
        "standard",
    )
    terminal.table(columns, [[item.get(column) for column in columns] for item in items])
    if len(items) == limit:
        typer.echo(f"The first {limit}: --limit shows more.", err=True)


def history(
    ctx: typer.Context,
    project: Annotated[str | None, typer.Option(metavar="ID", help="Only this project's story.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many events.")] = 50,
    ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON object a line, complete.")] = False,
) -> None:
    """Show what was decided: by whom, in which role, when, and why.

    \b
    Examples:
      mandate history --as auditor-1 --limit 20
      mandate history --project 0197b3a0-5c1e-7c44-8d1f-2f6b8f1f7a11 --ndjson
    """
    params: dict[str, str | int] = {"limit": min(limit, PAGE)}
    if project is not None:
        params["project"] = project
    with connection(ctx).open() as api:
        items = islice(api.pages("/reporting/v1/history", params), limit)
        if ndjson:
            for item in items:
                terminal.as_json(item, compact=True)
            return
        columns = ("source", "position", "recorded_at", "type", "actor", "role", "project", "reason")
        terminal.table(columns, [[item.get(column) for column in columns] for item in items])
