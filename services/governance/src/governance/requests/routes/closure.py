"""Routes of closures: decided by the PMO."""

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from governance.requests.closure import CLOSURE, Closure, DecideClosure
from governance.requests.routes.pages import Id, RequestPage, shown_request
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["closures"])


class ClosurePage(RequestPage):
    """A request to close a project: from the request to the project's answer."""

    phase: str = Field(description="The phase that the project was in", examples=["delivery"])
    lessons: str | None = Field(description="SHA-256 of what was learnt; projects keeps it: `GET /v1/blobs/{sha256}`")


@router.get("/v1/closures/{id}", operation_id="getClosure", responses=shows(ClosurePage), **reads("read-governance"))
async def get_closure(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One request to close a project, and what was decided."""
    fold = await things.find(CLOSURE, id, seen=lambda closure: who.sees(closure.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, closure: Closure) -> dict[str, Any]:
    """A closure as it is told."""
    own = {
        "phase": closure.phase,
        "lessons": closure.lessons,
    }
    return {**shown_request(id_, closure), **own}


@router.post("/v1/closures/{id}/decisions", operation_id="decideClosure", **decides(DecideClosure))
async def decide_closure(id: Id, command: DecideClosure, desk: OpenDesk) -> Response:  # noqa: A002
    """Let the project be closed, or have it go on. Never by who asked for it."""
    return await desk.decide(CLOSURE, id, command, location=f"/v1/closures/{id}")
