"""The office's decisions on many proposals at once: `authorise` and `appoint`."""

from collections.abc import Callable, Sequence
from contextlib import closing
from enum import StrEnum
from typing import Annotated

import typer

from mandate_client import terminal
from mandate_client.api import Api, Json
from mandate_client.concurrently import concurrently
from mandate_client.connection import connection, person_id
from mandate_client.problems import ApiProblem, ClientError, UsageProblem

References = Annotated[list[str] | None, typer.Argument(metavar="[REFERENCE]...", help="The proposals' references.")]
All = Annotated[bool, typer.Option("--all", help="Every one in the portfolio, instead of references.")]
Portfolio = Annotated[str, typer.Option(help="The portfolio they are in.")]
Reason = Annotated[str, typer.Option(help="Why, on record with every decision.")]
Concurrency = Annotated[int, typer.Option(min=1, max=64, help="Requests at a time.")]


class Post(StrEnum):
    MANAGER = "manager"
    OFFICER = "officer"
    SPONSOR = "sponsor"


def authorise(
    ctx: typer.Context,
    *,
    references: References = None,
    every: All = False,
    portfolio: Portfolio = "capital-delivery",
    standard: Annotated[str, typer.Option(help="The standard's version to run to: NAME@VERSION.")] = "",
    reason: Reason = "Authorised with the command line",
    concurrency: Concurrency = 16,
) -> None:
    """Authorise proposals as projects, each under a standard's version and with its forecast cost as budget.

    \b
    Examples:
      mandate authorise --all --standard capital-delivery@1 --as pmo-1
      mandate authorise X0001 X0002 --standard capital-delivery@1 --reason "Board of 3 March"
    """
    _check_targets(references, every)
    if not standard:
        raise UsageProblem("--standard is required: the version the project will run to, like capital-delivery@1")
    with connection(ctx).open() as api:
        found = _listed(api, "proposed", portfolio, references)
        rest = sorted(set(references or []) - {str(each["reference"]) for each in found})
        done = _listed(api, "authorised", portfolio, rest) if rest else []
        _check_found(rest, done, "proposed")
        body = {"standard": standard, "reason": reason}
        _decide(
            api,
            "Authorising",
            found,
            concurrency,
            path=lambda each: f"/governance/v1/proposals/{each['id']}/authorisations",
            body=lambda each: {**body, "budget": each["forecast_cost"]},
            already=len(done),
        )


def appoint(
    ctx: typer.Context,
    *,
    post: Annotated[Post, typer.Argument(help="The post to fill.")],
    person: Annotated[str, typer.Option(help="A person's id, or the name of a persona.")],
    references: References = None,
    every: All = False,
    portfolio: Portfolio = "capital-delivery",
    reason: Reason = "Appointed with the command line",
    concurrency: Concurrency = 16,
) -> None:
    """Appoint the manager, officer or sponsor of authorised projects.

    \b
    Examples:
      mandate appoint manager --person pm-1 --all --as pmo-1
      mandate appoint officer --person 0197b3a0-5c1e-7c44-8d1f-2f6b8f1f7a11 X0001 X0002 --as pmo-1
    """
    _check_targets(references, every)
    with connection(ctx).open() as api:
        found = _listed(api, "authorised", portfolio, references)
        _check_found(references or [], found, "authorised")
        body = {"person": person_id(api, person), "reason": reason}
        _decide(
            api,
            "Appointing",
            found,
            concurrency,
            path=lambda each: f"/governance/v1/projects/{each['id']}/{post.value}s",
            body=lambda _: body,
        )


def _check_targets(references: Sequence[str] | None, every: bool) -> None:
    if bool(references) == every:
        raise UsageProblem("say which: either --all, or the references of those meant")


def _check_found(wanted: Sequence[str], found: Sequence[Json], status: str) -> None:
    if missing := sorted(set(wanted) - {str(each["reference"]) for each in found}):
        raise ClientError(f"not {status} in this portfolio: {', '.join(missing)}. Nothing was decided.")


def _listed(api: Api, status: str, portfolio: str, references: Sequence[str] | None) -> list[Json]:
    """All of them before the first decision, which would change the list under the cursor."""
    items = list(api.pages("/governance/v1/proposals", {"status": status, "portfolio": portfolio, "limit": 200}))
    return [each for each in items if not references or each["reference"] in references]


def _decide(
    api: Api,
    what: str,
    targets: Sequence[Json],
    concurrency: int,
    *,
    path: Callable[[Json], str],
    body: Callable[[Json], Json],
    already: int = 0,
) -> None:
    """One POST each. A refusal of authority ends it; what one project's state forbids is reported, and it goes on."""
    decided = 0
    refused: list[tuple[str, str]] = []

    def send(target: Json) -> tuple[bool, str, str]:
        try:
            answer = api.post(path(target), body(target))
        except ApiProblem as problem:
            if problem.already:
                return True, "", ""
            if problem.status not in {404, 409, 422}:
                raise
            return False, str(target["reference"]), problem.reason
        return answer.replayed, "", ""

    with terminal.progress(what, len(targets)) as advance:
        try:
            with closing(concurrently(send, targets, concurrency, api.stop)) as answers:
                for before, reference, reason in answers:
                    if reason:
                        refused.append((reference, reason))
                    else:
                        already, decided = already + before, decided + (not before)
                    advance()
        except (KeyboardInterrupt, ClientError) as stopped:
            typer.echo(f"Stopped: {decided} done so far, of {len(targets)}. It may be run again.", err=True)
            if isinstance(stopped, ClientError):
                raise
            raise typer.Exit(130) from None
    if refused:
        terminal.table(("reference", "reason"), sorted(refused), title="Refused", err=True)
    typer.echo(f"{decided} done, {already} already so, {len(refused)} refused.")
    raise typer.Exit(3 if refused else 0)
