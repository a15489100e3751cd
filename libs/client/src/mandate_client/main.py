"""`mandate`: the command line of the record. The same HTTP API as everyone, and nothing else of ours."""

from importlib.metadata import entry_points, version
from typing import Annotated

import typer

from mandate_client.addresses import DEFAULT_URL, Addresses
from mandate_client.api import PATIENCE
from mandate_client.connection import Commands, Connection
from mandate_client.decision_commands import appoint, authorise
from mandate_client.extensions import extend
from mandate_client.history_commands import denials, history, story
from mandate_client.identity_commands import personas, token, whoami
from mandate_client.import_command import import_proposals
from mandate_client.reading_commands import portfolio

app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)
imports = typer.Typer(no_args_is_help=True, help="Bring records in from files.")


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"mandate {version('mandate-client')}")
        raise typer.Exit


@app.callback()
def connect(
    ctx: typer.Context,
    url: Annotated[
        list[str] | None,
        typer.Option(
            envvar="MANDATE_URL",
            metavar="[SERVICE=]URL",
            show_default=DEFAULT_URL,
            help="Where Mandate runs: one address for all services, or, repeated or by commas, one of each:"
            " governance=https://...",
        ),
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="MANDATE_TOKEN", show_envvar=True, help="Your access token.")
    ] = None,
    persona: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSONA", help="Act as a persona of a development installation, token or not."),
    ] = None,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to go on trying while a service is busy or away.")
    ] = PATIENCE,
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Tell which version this is.")
    ] = False,
) -> None:
    """The record of a Project Management Office: who decided what, in which role, when and why.

    The options below may be written before or after the command.

    Exit code: 0 done, 1 refused or failed, 2 wrong usage or nobody there, 3 done in part.

    \b
    A first tour, on a development installation:
      mandate personas
      mandate import proposals docs/samples/proposals.csv --as pmo-2 --map "Minor Procurement=two-gate"
      mandate authorise --all --standard capital-delivery@1 --as pmo-1
      mandate appoint manager --person pm-1 --all --as pmo-1
      mandate portfolio --as pmo-1
      mandate history --as auditor-1
    """
    ctx.obj = Connection(Addresses.read(url or ()), token, persona, patience)


imports.command("proposals")(import_proposals)
app.add_typer(imports, name="import")
for command in (token, personas, whoami, authorise, appoint, portfolio, history, denials, story):
    app.command()(command)

for extension in entry_points(group="mandate.commands"):
    extend(app, extension)


if __name__ == "__main__":
    app()
