"""Which installation, and as whom: the options every command shares, in either place on the command line."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from mandate_client.addresses import Addresses
from mandate_client.api import Api
from mandate_client.problems import ClientError, UsageProblem, one_line

SHARED = ("--url", "--token", "--as", "--patience")


@dataclass(frozen=True, slots=True)
class Connection:
    at: Addresses
    token: str | None
    persona: str | None
    patience: float

    def open(self) -> Api:
        return Api(self.at, self.token, self.persona, self.patience)


def connection(ctx: typer.Context) -> Connection:
    found = ctx.find_object(Connection)
    if found is None:
        raise UsageProblem("no connection: the command was started without its group")
    return found


def shared_first(args: Sequence[str]) -> list[str]:
    """The arguments with the shared options moved to the front: they may be written after the command too."""
    shared: list[str] = []
    rest: list[str] = []
    waiting = list(args)
    while waiting:
        arg = waiting.pop(0)
        if arg == "--":
            return shared + rest + [arg, *waiting]
        name, equals, _ = arg.partition("=")
        if name not in SHARED:
            rest.append(arg)
        elif equals or not waiting:
            shared.append(arg)
        else:
            shared += [arg, waiting.pop(0)]
    return shared + rest


class Commands(TyperGroup):
    """The top of the command line: shared options anywhere, and our errors turned into words and exit codes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, shared_first(args))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ClientError as error:
            typer.echo(f"mandate: {one_line(str(error))}", err=True)
            raise typer.Exit(error.exit_code) from None


def person_id(api: Api, person: str) -> str:
    """The id of a person given by it, or by the name of a persona of the development installation."""
    try:
        return str(uuid.UUID(person))
    except ValueError:
        personas = api.personas()
    for each in personas:
        if each.get("name") == person and each.get("person"):
            return str(each["person"])
    known = ", ".join(str(each.get("name")) for each in personas) or "none"
    raise UsageProblem(f"{person!r} is neither a person's id (a UUID) nor a persona. Known personas: {known}")
