"""What the lists show: `portfolio`."""

from typing import Annotated, Any

import typer

from mandate_client import terminal
from mandate_client.connection import connection
from mandate_client.naming import shown_person

POSTS = ("manager", "officer", "sponsor")


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
    people: dict[str, Any] | None = None if json_ else {}
    with connection(ctx).open() as api:
        items = list(api.first(limit, "/reporting/v1/portfolio", params, people))
    if people is None:
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
    for item in items:
        item.update({post: shown_person(item.get(post), people) for post in POSTS})
    rows = [[item.get(column) for column in columns] for item in items]
    terminal.table(columns, rows, narrow=("reference", "title", "status", "gate", "manager"))
    if len(items) == limit:
        typer.echo(f"The first {limit}: --limit shows more.", err=True)
