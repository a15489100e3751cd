"""For operations: alive, ready, measured; and what every service tells of itself."""

from typing import Annotated, Any

from fastapi import Path, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from mandate_events.following import CONNECTION_LOST
from mandate_events.rights import Rights
from mandate_events.store import Store
from mandate_web import problem_pages
from mandate_web.access import Authenticated, anyone, public
from mandate_web.problems import Problem, ruled
from mandate_web.routing import Router

router = Router()


@router.get("/healthz", tags=["operations"], operation_id="getHealth", **public())
async def healthz() -> dict[str, str]:
    """The process runs."""
    return {"status": "alive"}


@router.get("/readyz", tags=["operations"], operation_id="getReadiness", **public())
async def readyz(request: Request) -> Response:
    """The database answers and the appender works. Kafka does not matter: commands succeed without it."""
    store: Store = request.app.state.store
    try:
        await store.pool.fetchval("select 1", timeout=2)
    except (*CONNECTION_LOST, TimeoutError) as error:
        raise Problem("unavailable", "database-silent", headers={"Retry-After": "2"}) from error
    if store.appender.broken:
        raise Problem("unavailable", "appender-stopped", {"why": str(store.appender.broken)})
    return JSONResponse({"status": "ready", "position": store.appender.position})


@router.get("/metrics", tags=["operations"], operation_id="getMetrics", **public())
async def metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/decision-rights", tags=["rights"], operation_id="getDecisionRights", **anyone())
async def decision_rights(request: Request, _: Authenticated) -> dict[str, Any]:
    """Who may decide what, as one table; its hash is the `policy` on every event."""
    rights: Rights = request.app.state.domain.rights
    return {"hash": rights.hash, "rights": rights.table}


@router.get("/v1/me", tags=["rights"], operation_id="getMe", **anyone())
async def me(request: Request, person: Authenticated) -> dict[str, Any]:
    """Who the token says you are, and the mandates you hold here."""
    held = await request.app.state.find_held(person.id)
    return {
        "person": person.id,
        "issuer": person.issuer,
        "subject": person.subject,
        "mandates": [{"role": m.role, "project": m.project, "authority": m.authority} for m in held],
    }


@router.get("/v1/blobs/{sha256}", tags=["documents"], operation_id="getBlob", **anyone())
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


@router.get("/problems/{name}", tags=["operations"], operation_id="getProblem", **public())
async def problem(request: Request, name: Annotated[str, Path(examples=["refused"])]) -> Response:  # noqa: ARG001 - described here, read there
    """What a problem's `type` means and what to do about it: Markdown in English or French, by Accept-Language."""
    return await problem_pages.answer(request)
