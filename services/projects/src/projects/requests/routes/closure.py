"""Routes of closures: the PM asks for the end of the project."""

from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from mandate_web.chapters.ids import InPath as Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows
from projects.requests.closure import CLOSURE, Closure, RequestClosure
from projects.requests.routes.pages import RequestId, RequestPage, shown_request

router = Router(tags=["closures"])


class ClosurePage(RequestPage):
    """A request to close the project, as the project holds it."""

    phase: str = Field(description="The phase that the project was in", examples=["delivery"])
    lessons: str | None = Field(description="SHA-256 of what was learnt: `GET /v1/blobs/{sha256}`")


@router.post("/v1/projects/{id}/closures", operation_id="requestClosure", **decides(RequestClosure))
async def request_closure(id: Id, command: RequestClosure, desk: OpenDesk) -> Response:  # noqa: A002
    """Ask the PMO to close the project in good order, also where gates are left."""
    return await desk.open(CLOSURE, command, project=id, location="/v1/closures/{id}")


@router.get("/v1/closures/{id}", operation_id="getClosure", responses=shows(ClosurePage), **reads("read-projects"))
async def get_closure(
    id: RequestId,  # noqa: A002
    who: Annotated[Viewer, viewer("read-projects")],
    things: OpenThings,
) -> Response:
    """One request to close a project, as the project holds it."""
    fold = await things.find(CLOSURE, id, seen=lambda closure: who.sees(closure.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, closure: Closure) -> dict[str, Any]:
    """A closure as it is told."""
    own = {
        "phase": closure.phase,
        "lessons": closure.lessons,
    }
    return {**shown_request(id_, closure), **own}
