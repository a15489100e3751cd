"""For operations: alive, ready, measured; and what every service tells of itself."""

from typing import Annotated, Any, Final, Literal

from fastapi import Path, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from mandate_events.deciding import PersonId
from mandate_events.deciding.rights import RIGHTS_TABLE, RightsAdopted
from mandate_events.ledger.following import CONNECTION_LOST
from mandate_events.ledger.store import Store
from mandate_events.values.text import Hash
from mandate_events.values.told import Authority, CommandName, EventName, Id, Word
from mandate_web.problems import pages as problem_pages
from mandate_web.problems.problem import Problem, ruled
from mandate_web.routes.access import Authenticated, anyone, public
from mandate_web.routes.moment import AsOf, KnownAt, Moment, end_of, mark, positions
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router()


def _text(media_type: str, example: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {"schema": {"type": "string"}, "example": example}}}}


@router.get("/healthz", tags=["operations"], operation_id="getHealth", **public())
async def healthz(request: Request) -> dict[str, str]:
    """The process runs, and need not be started again."""
    appender_works(request.app.state.store)
    return {"status": "alive"}


def appender_works(store: Store) -> None:
    """Or `Problem`: it will never decide again."""
    if store.appender.broken:
        raise Problem("unavailable", "appender-stopped", {"why": str(store.appender.broken)})


class Readiness(BaseModel):
    """The service takes requests."""

    status: Literal["ready"]
    position: int = Field(description="The end of its ledger, as far as it knows", examples=[17])


@router.get(
    "/readyz", tags=["operations"], operation_id="getReadiness", responses={200: {"model": Readiness}}, **public()
)
async def readyz(request: Request) -> Response:
    """The database answers and the appender works. Kafka does not matter: commands succeed without it."""
    store: Store = request.app.state.store
    await database_answers(store)
    appender_works(store)
    return JSONResponse({"status": "ready", "position": store.appender.position})


async def database_answers(store: Store) -> None:
    """Within two seconds, or `Problem`."""
    try:
        await store.pool.fetchval("select 1", timeout=2)
    except (*CONNECTION_LOST, TimeoutError) as error:
        raise Problem("unavailable", "database-silent", headers={"Retry-After": "2"}) from error


@router.get(
    "/metrics",
    tags=["operations"],
    operation_id="getMetrics",
    response_class=Response,
    responses=_text("text/plain", "mandate_append_collisions_total 17.0"),
    **public(),
)
async def metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Right(BaseModel):
    """One row: these roles may, or may never, give this command or read under this name."""

    command: CommandName
    roles: list[Word] = Field(examples=[["pmo"]])
    effect: Literal["allow", "deny"]
    relation: Literal["any", "own-project"]
    unless: dict[str, Any] = Field(
        description="Separation of duties: by rule, what must not be so of the person",
        examples=[{"authoriser-is-proposer": {"recorded": ["project-proposed.v1"]}}],
    )
    rule: Word = Field(description="The rule by which a row denies", examples=["no-right"])
    records: list[EventName] = Field(
        default_factory=list, description="The events that the command may record", examples=[["project-authorised.v1"]]
    )


class DecisionRights(BaseModel):
    """The table of rights."""

    hash: Hash = Field(description="The `policy` on every event that was decided by it")
    rights: list[Right]


@router.get(
    "/v1/decision-rights",
    tags=["rights"],
    operation_id="getDecisionRights",
    responses=shows(DecisionRights),
    **anyone(),
)
async def decision_rights(request: Request, _: Authenticated, things: OpenThings) -> Response:
    """Who may decide what, as one table; its hash is the `policy` on every event."""
    service = request.app.state.domain.service
    fold = await things.find(RIGHTS_TABLE, service)
    table: RightsAdopted = fold.state
    return await things.answer(fold, {"hash": table.hash, "rights": table.table})


class Held(BaseModel):
    """A mandate."""

    role: Word = Field(examples=["pmo"])
    project: Id | None = Field(description="Where it is bound to one")
    authority: Authority = Field(description="The event that it rests on", examples=["mandate/ce25ad4a@1"])


class Me(BaseModel):
    """Who is asking, and what they hold."""

    person: PersonId
    issuer: str = Field(
        description="The identity provider that says so",
        json_schema_extra={"format": "uri"},
        examples=["https://identity.example"],
    )
    subject: str = Field(examples=["pmo-1"])
    mandates: list[Held]


@router.get("/v1/me", tags=["rights"], operation_id="getMe", responses={200: {"model": Me}}, **anyone())
async def me(request: Request, person: Authenticated, known_at: KnownAt, as_of: AsOf = None) -> Response:
    """Who the token says you are, and the mandates you hold here.

    With `as_of` those that were effective at the end of that day: in governance in the time zone of its charter,
    elsewhere in UTC.
    """
    seen = {request.app.state.domain.service: request.app.state.store.appender.position}
    moment = Moment(known_at, None if as_of is None else end_of(as_of, await request.app.state.find_zone(known_at)))
    held = await request.app.state.find_held(person.id, moment)
    body = {
        "person": person.id,
        "issuer": person.issuer,
        "subject": person.subject,
        "mandates": [{"role": m.role, "project": m.project, "authority": m.authority} for m in held],
    }
    if known_at is not None:
        seen = await positions(request, known_at)
    return mark(request, JSONResponse(body), seen, known_at)


_CONTENT: Final = {
    "type": "string",
    "format": "binary",
    "description": "What was put on record, of the type it came with",
}
_DOCUMENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"*/*": {"schema": _CONTENT}}},
    403: {},
}


@router.get(
    "/v1/blobs/{sha256}",
    tags=["documents"],
    operation_id="getBlob",
    response_class=Response,
    responses=_DOCUMENT,
    **anyone(),
)
async def blob(request: Request, sha256: str, person: Authenticated) -> Response:
    """A document by its SHA-256; it never changes."""
    if not await request.app.state.find_held(person.id):
        raise ruled("not-permitted", "no-right", {"command": "read-documents", "needed": []})
    store: Store = request.app.state.store
    found = None
    if len(sha256) == 64 and all(character in "0123456789abcdef" for character in sha256):
        found = await store.reader.blob(bytes.fromhex(sha256))
    if found is None:
        raise Problem("not-found", "no-such-document", {"sha256": sha256[:64]})
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{sha256}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "attachment",
    }
    return Response(found[1], headers=headers, media_type=found[0])


@router.get(
    "/problems/{name}",
    tags=["operations"],
    operation_id="getProblem",
    response_class=Response,
    responses=_text("text/markdown", "# refused"),
    **public(),
)
async def problem(request: Request, name: Annotated[str, Path(examples=["refused"])]) -> Response:  # noqa: ARG001 - described here, read there
    """What a problem's `type` means and what to do about it: Markdown in English or French, by Accept-Language."""
    return await problem_pages.answer(request)
