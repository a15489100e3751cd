"""Importing: each line becomes a command of the person who gave it, and its outcome a result line.

A line is judged on its own, under the rights its giver has at that moment. Its key is derived from the import and its
number, so that a line which is carried out again does nothing twice.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import orjson
from msgspec import UNSET, Meta, UnsetType
from pydantic import ValidationError

from mandate_events.deciding import Aggregate, Command, Mandate
from mandate_events.deciding.batch import Submission
from mandate_events.deciding.outcome import Accepted
from mandate_events.document.formats import UUID_PATTERN
from mandate_events.document.identifiers import derived
from mandate_events.ledger.store import Store
from mandate_web.address import Address
from mandate_web.identity.strict import json_value
from mandate_web.imports.bulk_body import Entry
from mandate_web.problems import problem as problems
from mandate_web.problems.problem import Finding, Problem
from mandate_web.problems.wording import Language, Wording
from mandate_web.routes.streamed import component

log = logging.getLogger(__name__)

NO_RIGHT: Final = "no-right"


@dataclass(frozen=True, slots=True)
class Importing:
    """What is imported: lines of this command, each for the thing that it names."""

    name: str
    path: str
    command: type[Command]
    aggregate: Aggregate[Any]
    id_of: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Given:
    """An import that somebody gave: its id, by whom, the SHA-256 of its body, and the request it began with."""

    id: str
    person: str
    digest: bytes
    correlation: str


Outcome: TypeAlias = Mapping[str, Any] | Problem
"""The receipt of a line that was accepted, or why it was not."""


def import_id(person: str, key: str) -> str:
    """The same key of the same person is the same import."""
    return derived("import", person, key)


async def admit(
    store: Store, importing: Importing, given: Given, entries: Sequence[Entry], held: Sequence[Mandate]
) -> None:
    """Raise the refusal of the first line where no mandate of its giver may give any of them: on record once."""
    roles = {mandate.role for mandate in held}
    if roles & set(store.domain.rights.roles_for(importing.command.__name__)):
        return
    for entry in entries:
        command = _command(importing, entry)
        if isinstance(command, Command):
            outcome = await _give(store, importing, given, entry, command)
            if isinstance(outcome, Exception):  # a problem is one
                raise outcome
            return


async def carry_out(store: Store, importing: Importing, given: Given, entries: Sequence[Entry]) -> list[Outcome]:
    """Give the commands of these lines side by side, in their order, and tell what each came to.

    The first of them goes ahead: where its giver has no right to any of them, the others are not tried, so that the
    record is not filled with refusals. Raises what a later try may mend: then all of them are to be given again, under
    the same keys; and the problem of a key that stands for another body.
    """
    commands = await asyncio.to_thread(lambda: [_command(importing, entry) for entry in entries])
    ahead = next((at for at, command in enumerate(commands) if isinstance(command, Command)), len(commands))
    outcomes: list[Outcome | Exception] = list(commands[:ahead])  # type: ignore[arg-type]  # all of them problems
    lines = list(zip(entries, commands, strict=True))[ahead:]
    for entry, command in lines[:1]:
        first = await _give(store, importing, given, entry, command)
        outcomes.append(first)
        if isinstance(first, Problem) and first.kind.slug == "idempotency-key-reused":
            raise first
        if isinstance(first, Problem) and first.name == NO_RIGHT and _is_for_all_lines(store, importing):
            return [*_known(outcomes), *(each if isinstance(each, Problem) else first for _, each in lines[1:])]
    outcomes += await asyncio.gather(*(_give(store, importing, given, *line) for line in lines[1:]))
    return list(_known(outcomes))


def _is_for_all_lines(store: Store, importing: Importing) -> bool:
    """Whether the right to the command does not depend on the project of a line."""
    return all(row.relation == "any" for row in store.domain.rights.rows_for(importing.command.__name__))


def _known(outcomes: Sequence[Outcome | Exception]) -> Iterator[Outcome]:
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, Problem):
            raise outcome
        yield outcome


async def _give(
    store: Store, importing: Importing, given: Given, entry: Entry, command: Command | Problem
) -> Outcome | Exception:
    """An exception where what it came to is unknown. The others are waited for all the same."""
    if isinstance(command, Problem):
        return command
    assert isinstance(entry.content, bytes)
    id_ = importing.id_of(command)
    submission = Submission(
        importing.aggregate,
        id_,
        command,
        actor=given.person,
        route=f"POST {importing.path}",
        key=derived(given.id, str(entry.line)),
        fingerprint=hashlib.sha256(given.digest + entry.content).digest(),
        correlation=given.correlation,
    )
    try:
        accepted = await store.submit(submission)
    except Exception as error:
        problem = problems.of(error)
        if problem.kind.status == 503:
            return error
        if problem.kind.slug == "internal":
            log.exception("a line of an import failed")
        return problem
    return _receipt(store, id_, accepted)


def _receipt(store: Store, id_: str, accepted: Accepted) -> dict[str, Any]:
    position = store.appender.position if accepted.position is None else accepted.position
    receipt = {"id": id_, "version": accepted.version, "consistency": f"{store.domain.service}:{position}"}
    return {**receipt, "replayed": True} if accepted.replayed else receipt


def _command(importing: Importing, entry: Entry) -> Command | Problem:
    if isinstance(entry.content, Problem):
        return entry.content
    try:
        value = json_value(entry.content)
    except ValueError as error:
        return Problem("invalid", "not-json", findings=[Finding("", "not-json", {"why": str(error)})])
    try:
        return importing.command.model_validate(value)
    except ValidationError as error:
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        return Problem("invalid", findings=problems.findings(found))


# --- results, as they are kept and as they are told ---


def kept(outcome: Outcome) -> bytes:
    """An outcome, to be told later in the language of whoever reads it."""
    if isinstance(outcome, Problem):
        return kept_problem(outcome)
    return orjson.dumps({name: value for name, value in outcome.items() if name != "replayed"})


def kept_problem(problem: Problem) -> bytes:
    parts = {
        "slug": problem.kind.slug,
        "sentence": problem.sentence,
        "facts": problem.facts,
        "name": problem.name,
        "findings": [asdict(each) for each in problem.findings],
        "members": problem.members,
    }
    return orjson.dumps({"problem": parts}, default=str)


def restored(content: bytes) -> Outcome:
    """What was kept."""
    outcome: dict[str, Any] = orjson.loads(content)
    if "problem" not in outcome:
        return outcome
    parts = outcome["problem"]
    findings = [Finding(**each) for each in parts.pop("findings")]
    return Problem(findings=findings, **parts.pop("members"), **parts)


class ImportResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one line came to: what a receipt says, or the problem."""

    line: Annotated[int, Meta(description="Of the body, from 1", ge=1)]
    status: Annotated[int, Meta(description="201, or that of the problem: as for a request of its own")]
    id: Annotated[str, Meta(description="Id of the thing", pattern=f"^{UUID_PATTERN}$")] | UnsetType = UNSET
    version: Annotated[int | UnsetType, Meta(description="Version of its stream")] = UNSET
    consistency: Annotated[str, Meta(description="As in a receipt", pattern="^[a-z]+:[0-9]{1,18}$")] | UnsetType = UNSET
    replayed: Annotated[bool | UnsetType, Meta(description="It had been accepted before: nothing was done")] = UNSET
    problem: Annotated[dict[str, Any] | UnsetType, Meta(extra_json_schema=component("Problem"))] = UNSET


def told(line: int, outcome: Outcome, wording: Wording, language: Language, asked: Address) -> bytes:
    """The result line: the receipt, or the problem document in the reader's language."""
    if isinstance(outcome, Problem):
        document = outcome.document(wording, language, asked)
        result = ImportResult(line=line, status=outcome.kind.status, problem=document)
    else:
        result = ImportResult(line=line, status=201, **outcome)
    return msgspec.json.encode(result, enc_hook=str) + b"\n"
