"""What the lists show: `portfolio`."""

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
