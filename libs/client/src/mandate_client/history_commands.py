"""What the record holds: `history`, on the screen or in a file, `denials`, and the `story` of one request."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mandate_client import terminal
from mandate_client.api import WITH_PEOPLE
from mandate_client.connection import connection
from mandate_client.exporting import PATH, export
from mandate_client.naming import shown_actor, shown_instant, shown_person
from mandate_client.problems import UsageProblem, one_line


def history(
    ctx: typer.Context,
    *,
    project: Annotated[str | None, typer.Option(metavar="ID", help="Only this project.")] = None,
    actor: Annotated[str | None, typer.Option(metavar="ID", help="Only what this person or policy did.")] = None,
    role: Annotated[str | None, typer.Option(help="Only what was done in this role.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Only this kind, like project-authorised.")] = None,
    authority: Annotated[
        str | None, typer.Option(metavar="STREAM@N", help="Only what was done by this mandate.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only what this rule refused.")] = None,
    source: Annotated[str | None, typer.Option(help="Only this service's ledger.")] = None,
    correlation: Annotated[str | None, typer.Option(metavar="ID", help="Only what followed from one request.")] = None,
    causation: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what answers this event, or this command's key.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="INSTANT", help="Recorded then or later.")] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="Recorded before.")] = None,
    known_at: Annotated[str | None, typer.Option(metavar="INSTANT", help="As it had been recorded by then.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many events; an export has all.")] = 50,
    ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON object a line, complete.")] = False,
    file: Annotated[
        Path | None, typer.Option("--export", help="Write the original documents to a file, one a line.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an export that broke off.")] = False,
) -> None:
    """Show what was decided: by whom, in which role, when (UTC), and why.

    An export is all that match, oldest first, byte for byte as recorded. It is checked when it is there: as many
    documents as were announced, in order, and ending with the announced one.

    \b
    Examples:
      mandate history --as auditor-1 --limit 20
      mandate history --as auditor-1 --rule authoriser-is-proposer
      mandate history --as auditor-1 --export record.ndjson
      mandate history --as auditor-1 --export record.ndjson --resume
    """
    given = {
        "project": project,
        "actor": actor,
        "role": role,
        "type": type_,
        "authority": authority,
        "rule": rule,
        "source": source,
        "correlation": correlation,
        "causation": causation,
        "since": since,
        "until": until,
        "known_at": known_at,
    }
    filters = {name: value for name, value in given.items() if value is not None}
    if file is not None:
        _export(ctx, file, filters, resume=resume)
        return
    if resume:
        raise UsageProblem("--resume goes on with an export: say which one with --export")
    people: dict[str, Any] | None = None if ndjson else {}
    with connection(ctx).open() as api:
        items = api.first(limit, PATH, filters, people)
        if people is None:
            for item in items:
                terminal.as_json(item, compact=True)
            return
        found = list(items)
    for item in found:
        item["recorded_at"] = shown_instant(item.get("recorded_at"))
        item["type"] = item.get("name")
        item["actor"] = shown_actor(item.get("actor"), people)
    columns = ("source", "position", "recorded_at", "type", "actor", "role", "project", "reason")
    _table(columns, found, narrow=("recorded_at", "type", "actor", "reason"), whole=("recorded_at", "type"))


def _export(ctx: typer.Context, file: Path, filters: dict[str, str], *, resume: bool) -> None:
    with connection(ctx).open() as api:
        plan = export(api, file, filters, resume=resume, progress=_told())
    ledgers = ", ".join(f"{name} 1 to {at}" for name, at in sorted(plan.positions.items()))
    whole = f": the whole ledgers, {ledgers}" if plan.is_everything else ""
    typer.echo(f"{file}: {plan.count} documents{whole}.")


def _told() -> Callable[[int, int], None]:
    """A line on stderr each tenth of the way."""
    tenth = 0

    def tell(done: int, total: int) -> None:
        nonlocal tenth
        if (now := done * 10 // max(total, 1)) > tenth:
            tenth = now
            typer.echo(f"export: {done} of {total} documents", err=True)

    return tell


def denials(
    ctx: typer.Context,
    *,
    person: Annotated[str | None, typer.Option(metavar="ID", help="Only what this person was refused.")] = None,
    project: Annotated[str | None, typer.Option(metavar="ID", help="Only in this project.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only what this rule refused.")] = None,
    known_at: Annotated[str | None, typer.Option(metavar="INSTANT", help="As it had been recorded by then.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many lines.")] = 50,
    ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON object a line, complete.")] = False,
) -> None:
    """Show who was refused what: which command, on which thing, by which rule, how often, and when (UTC).

    A refusal is on record at once; what is tried again within a minute is counted, and a minute later on record as
    one line more.

    \b
    Examples:
      mandate denials --as auditor-1
      mandate denials --as auditor-1 --rule pmo-does-not-manage-projects
    """
    given = {"actor": person, "project": project, "rule": rule, "known_at": known_at}
    filters = {name: value for name, value in given.items() if value is not None}
    people: dict[str, Any] | None = None if ndjson else {}
    with connection(ctx).open() as api:
        items = list(api.first(limit, "/reporting/v1/denials", filters, people))
    if people is None:
        for item in items:
            terminal.as_json(item, compact=True)
        return
    for item in items:
        item["first_at"], item["last_at"] = shown_instant(item.get("first_at")), shown_instant(item.get("last_at"))
        item["person"] = shown_person(item.get("person"), people)
    columns = ("first_at", "last_at", "count", "person", "person_role", "command", "on", "rule")
    _table(columns, items, narrow=("last_at", "person", "command", "rule"), whole=("command", "rule"))


def _table(columns: Sequence[str], items: list[dict[str, Any]], *, narrow: Sequence[str], whole: Sequence[str]) -> None:
    if not items:
        typer.echo("Nothing on record for this filter.")
        return
    rows = [[item.get(column) for column in columns] for item in items]
    terminal.table(columns, rows, narrow=narrow, whole=whole)


def story(
    ctx: typer.Context,
    correlation: Annotated[str, typer.Argument(help="Of any event in it; `mandate history --ndjson` shows it.")],
    known_at: Annotated[str | None, typer.Option(metavar="INSTANT", help="As it had been recorded by then.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show what followed from one request, across all services, as a tree.

    \b
    Example:
      mandate story 01a208ac-369b-75d4-891e-9881eb8db736 --as auditor-1
    """
    params = {"correlation": correlation} | ({"known_at": known_at} if known_at else {})
    with connection(ctx).open() as api:
        found = api.get("/reporting/v1/story", params if json_ else params | WITH_PEOPLE)
    if json_:
        terminal.as_json(found)
        return
    items = found.get("items") or []
    if not items:
        typer.echo("Nothing of this story is on record, or nothing that you may see.", err=True)
        raise typer.Exit(1)
    for item in items:
        typer.echo(f"{'   ' * item['depth']}{_line(item.get('document'), found.get('people') or {})}")
    if not found.get("complete", True):
        typer.echo("The story is longer: `mandate history --correlation` has all of it.", err=True)


def _line(document: dict[str, Any] | None, people: dict[str, Any]) -> str:
    if document is None:
        return "(not yours to see)"
    parts = [
        f"{document['source']}:{document['position']}",
        document["name"],
        f"by {shown_person(document['actor'], people)} as {document['role']}",
        document["recorded_at"],
    ]
    parts += [f"refused by {document['rule']}"] if document.get("rule") else []
    parts += [f'"{document["reason"]}"'] if document.get("reason") else []
    return one_line("  ".join(parts))
