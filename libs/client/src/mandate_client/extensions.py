"""Commands of other packages: who installs `mandate-replay` has `mandate replay`. They load when they are called."""

from importlib.metadata import EntryPoint
from typing import Any

import typer
from typer.main import get_command


def extend(app: typer.Typer, extension: EntryPoint) -> None:
    """Add the command that an entry point of the group `mandate.commands` names; it is a Typer application."""
    summary = extension.dist.metadata["Summary"] if extension.dist else None

    @app.command(
        extension.name,
        help=summary,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    def run(ctx: typer.Context) -> Any:
        command = get_command(extension.load())
        return command.main(ctx.args, prog_name=f"mandate {extension.name}", standalone_mode=False)
