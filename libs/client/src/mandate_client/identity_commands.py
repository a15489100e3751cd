"""Who am I, and who could I be: `token`, `personas`, `whoami`."""

from typing import Annotated

import typer

from mandate_client import terminal
from mandate_client.connection import connection


def token(ctx: typer.Context, name: Annotated[str, typer.Argument(help="A persona: see `mandate personas`.")]) -> None:
    """Print an access token of a persona, and nothing else.

    Development installations only: elsewhere your identity provider gives you one.

    \b
    Examples:
      mandate token pmo-1
      curl -H "Authorization: Bearer $(mandate token pmo-1)" http://127.0.0.1:8080/governance/v1/me
      export MANDATE_TOKEN=$(mandate token officer-1)
    """
    with connection(ctx).open() as api:
        typer.echo(api.token_of(name))


def personas(
    ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False
) -> None:
    """List the personas of a development installation.

    \b
    Example:
      mandate personas
    """
    with connection(ctx).open() as api:
        found = api.personas()
    if json_:
        terminal.as_json(found)
        return
    columns = list(dict.fromkeys(key for each in found for key in each))
    terminal.table(columns, [[each.get(column) for column in columns] for each in found], whole=("name", "person"))


def whoami(ctx: typer.Context) -> None:
    """Show the person you act as, with the roles the office has given them.

    \b
    Examples:
      mandate whoami --as pmo-1
      MANDATE_TOKEN=... mandate whoami
    """
    with connection(ctx).open() as api:
        terminal.as_json(api.get("/governance/v1/me"))
