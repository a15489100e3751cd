"""Routes of imports: many proposals at once. A few are answered at once, many become a job."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import JSONResponse, Response

from governance.strategy.intake import ProposeProject
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding import PersonId, Refused, Unknown
from mandate_events.document.formats import UUID_PATTERN
from mandate_events.document.identifiers import uuid7
from mandate_events.values.told import Id, Instant, instant
from mandate_web.address import Address
from mandate_web.app.middleware import BODY_LIMIT
from mandate_web.chapters.lists import page_model
from mandate_web.imports.bulk_body import CSV, MAX_BULK, NDJSON, entries
from mandate_web.imports.importing import Given, Importing, ImportResult, admit, carry_out, import_id, restored, told
from mandate_web.imports.jobs import JOBS, Jobs
from mandate_web.live.streaming import Reading, Streamed
from mandate_web.problems.problem import Problem, invalid
from mandate_web.problems.wording import language_of
from mandate_web.routes.access import POLICY, SECURED, Authenticated, Person, Viewer, anyone, header
from mandate_web.routes.desk import HEADERS, KEY
from mandate_web.routes.including import OpenIncluding
from mandate_web.routes.paging import Cursor, Limit, Page
from mandate_web.routes.routing import Router
from mandate_web.routes.streamed import component, items, struct

router = Router(tags=["imports"])

AT_ONCE: Final = 200
"""Lines that are answered at once; more of them become a job."""
BLOCK: Final = 500
ASYNC: Final = re.compile(r"(?:^|[,;\s])respond-async(?:$|[,;\s])", re.IGNORECASE)

PROPOSALS: Final = Importing(
    "proposals", "/v1/proposals/imports", ProposeProject, PROPOSAL, lambda command: str(command.id)
)

InPath = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Id of the import")]


class Import(BaseModel):
    """An import that is carried out by and by."""

    id: Id
    kind: Literal["proposals"]
    state: Literal["queued", "running", "done", "cancelled"]
    given_by: PersonId
    total: int = Field(description="Lines to import", examples=[445])
    done: int = Field(description="Lines that have a result", examples=[445])
    accepted: int = Field(examples=[444])
    refused: int = Field(examples=[1])
    created_at: Instant = Field(examples=["2026-11-24T12:00:00.000000Z"])
    started_at: Instant | None = Field(examples=["2026-11-24T12:00:00.000000Z"])
    ended_at: Instant | None = Field(examples=["2026-11-24T12:00:01.000000Z"])
    cancelled_at: Instant | None = Field(description="When it was asked to stop")


def shown(job: Any) -> dict[str, Any]:
    instants = {
        name: job[name] and instant(job[name]) for name in ("created_at", "started_at", "ended_at", "cancelled_at")
    }
    counts = {name: job[name] for name in ("total", "done", "accepted", "refused")}
    about = {"id": job["id"], "kind": job["kind"], "state": job["state"], "given_by": job["person"]}
    return {**about, **counts, **instants}


_LINES: Final = items(
    NDJSON,
    struct(ImportResult),
    "One `ImportResult` a line, in the order of the lines that were sent",
    '{"line":1,"status":201,"id":"0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f","version":1,'
    '"consistency":"governance:17"}\n{"line":2,"status":422,"problem":{"type":"/problems/invalid","status":422}}\n',
)
_HERE: Final = {"description": "Where the import can be followed", "schema": {"type": "string"}}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Carried out: one result a line", "content": _LINES},
    202: {
        "model": Import,
        "description": "Kept, and carried out from now on: follow it at `Location`",
        "headers": {"Location": {**_HERE, "example": "/v1/imports/0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"}},
    },
}
_BODY: Final = {
    "required": True,
    "content": {
        **items(
            NDJSON,
            component(ProposeProject.__name__),
            "One `ProposeProject` a line",
            '{"portfolio":"capital-delivery","reference":"Q05388","title":"General Counsel",'
            '"forecast_cost":{"amount":"2359288.62","currency":"AUD"}}\n',
            sent=True,
        ),
        CSV: {
            "schema": {
                "type": "string",
                "format": "binary",
                "description": "A header of field names, and one proposal a record",
            },
            "example": "portfolio,reference,title,forecast_cost.amount,forecast_cost.currency\n"
            "capital-delivery,Q05388,General Counsel,2359288.62,AUD\n",
        },
    },
}
_PREFER: Final = header("Prefer", "`respond-async` makes a job of it, however few lines there are", "respond-async")


@router.post(
    "/v1/proposals/imports",
    operation_id="importProposals",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra={
        POLICY: f"decides {ProposeProject.__name__}",
        BODY_LIMIT: MAX_BULK,
        "parameters": [HEADERS[0], _PREFER],
        "requestBody": _BODY,
        **SECURED,
    },
)
async def import_proposals(request: Request, person: Authenticated) -> Response:
    """Propose many projects at once, as NDJSON or as CSV.

    The header of CSV names the fields, with a point before inner ones (`forecast_cost.amount`); an empty cell leaves
    one out. Each line is a command of yours, accepted or refused on its own. Up to 200 lines are answered at once, one
    result a line; more, or any number with `Prefer: respond-async`, become a job. A project that was proposed before is
    refused as `already-proposed`: what is sent again does nothing twice. At most 32 MiB, 100,000 lines, 64 KiB a line.
    """
    key = request.headers.get("idempotency-key") or uuid7()
    if not KEY.fullmatch(key):
        raise invalid("?idempotency-key", "key-form")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {NDJSON, CSV}:
        raise Problem("unsupported-media-type", "send-lines")
    body = await request.body()
    found = await asyncio.to_thread(entries, media_type, body)
    digest = hashlib.sha256(body).digest()
    given = Given(import_id(person.id, key), person.id, digest, request.scope["mandate.correlation"])
    await admit(request.app.state.store, PROPOSALS, given, found, await request.app.state.find_held(person.id))
    prefers_job = ASYNC.search(request.headers.get("prefer", "")) is not None
    headers = {"Idempotency-Key": key, **({"Preference-Applied": "respond-async"} if prefers_job else {})}
    asked = replace(Address.of(request.scope), route=PROPOSALS.path)
    if prefers_job or len(found) > AT_ONCE:
        job, known = await _jobs(request).add(given, found)
        place = f"{asked.root}/v1/imports/{given.id}"
        headers |= {"Location": place, **({"Idempotency-Replayed": "true"} if known else {})}
        return JSONResponse(shown(job), 202, headers)
    outcomes = await carry_out(request.app.state.store, PROPOSALS, given, found)
    wording, language = request.app.state.wording, language_of(request.headers.get("accept-language", ""))
    results = zip(found, outcomes, strict=True)
    lines = [told(entry.line, outcome, wording, language, asked) for entry, outcome in results]
    return Response(b"".join(lines), 200, {**headers, "Content-Language": language}, NDJSON)


@router.get(
    "/v1/imports", operation_id="listImports", responses={200: {"model": page_model(Import, "/v1/imports")}}, **anyone()
)
async def list_imports(
    request: Request, person: Authenticated, including: OpenIncluding, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Imports of the last month, the newest first: your own; with the right to read governance entirely, all."""
    everything = await _sees_all(request, person)
    page = Page({"list": "imports", "all": everything}, limit, cursor)
    wanted = select(JOBS) if everything else select(JOBS).where(JOBS.c.person == person.id)
    async with request.app.state.engine.connect() as connection:
        found = await connection.execute(page.apply(wanted, [(JOBS.c.created_at, True), (JOBS.c.id, True)]))
        items, following = page.answer(found.all(), ["created_at", "id"])
    return JSONResponse(await including.complete({"items": [shown(job) for job in items], "next": following}))


@router.get("/v1/imports/{id}", operation_id="getImport", responses={200: {"model": Import}}, **anyone())
async def get_import(request: Request, id: InPath, person: Authenticated, including: OpenIncluding) -> Response:  # noqa: A002
    """How far an import is. One that you may not see is not found."""
    return JSONResponse(await including.complete(shown(await _visible(request, id, person))))


@router.get(
    "/v1/imports/{id}/results",
    operation_id="listImportResults",
    response_class=Response,
    responses={200: {"description": "One result a line", "content": _LINES}},
    **anyone(),
)
async def list_results(
    request: Request,
    id: InPath,  # noqa: A002
    person: Authenticated,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Begin behind this line")] = 0,
) -> Response:
    """What the lines came to, as far as they are done: as `importProposals` tells it, in the language you prefer."""
    await _visible(request, id, person)
    jobs = _jobs(request)
    wording, language = request.app.state.wording, language_of(request.headers.get("accept-language", ""))
    asked = replace(Address.of(request.scope), route=PROPOSALS.path)

    async def blocks(_: Reading) -> AsyncGenerator[bytes, None]:
        reached = after
        while rows := await jobs.results(id, reached, BLOCK):
            yield b"".join(told(row["line"], restored(row["result"]), wording, language, asked) for row in rows)
            reached = rows[-1]["line"]

    return Streamed(blocks, media_type=NDJSON, whole=True, headers={"Content-Language": language})


@router.post(
    "/v1/imports/{id}/cancellations",
    operation_id="cancelImport",
    status_code=202,
    responses={
        202: {"model": Import, "description": "It stops; one that has ended stays as it is"},
        403: {},
    },
    **anyone(),
)
async def cancel_import(request: Request, id: InPath, person: Authenticated) -> Response:  # noqa: A002
    """Stop an import of yours before its next lines. What was accepted stays: history only grows."""
    job = await _visible(request, id, person)
    if job["person"] != person.id:
        raise Refused("not-your-import", authority=True)
    return JSONResponse(shown(await _jobs(request).cancel(id)), 202)


def _jobs(request: Request) -> Jobs:
    return Jobs(request.app.state.store, PROPOSALS)


async def _sees_all(request: Request, person: Person) -> bool:
    held = await request.app.state.find_held(person.id)
    return Viewer(person, held, request.app.state.domain.rights, "read-governance").sees_all()


async def _visible(request: Request, id_: str, person: Person) -> Any:
    job = await _jobs(request).find(id_)
    if job["person"] != person.id and not await _sees_all(request, person):
        raise Unknown(f"import/{id_}")
    return job
