"""Routes of waivers: decided, and taken back before their end."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.responses import Response

from governance.requests.routes.pages import Id, RequestPage, shown_request
from governance.requests.waiver import WAIVER, DecideWaiver, RevokeWaiver, Waiver
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["waivers"])


class WaiverPage(RequestPage):
    """A waiver: from the request to its end."""

    control: str = Field(examples=["independent-cost-review"])
    until: date = Field(description="Last day that was asked for, and then granted")
    ended: Literal["revoked", "expired"] | None


@router.get("/v1/waivers/{id}", operation_id="getWaiver", responses=shows(WaiverPage), **reads("read-governance"))
async def get_waiver(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One waiver: what was asked for, what was decided, and whether it still holds."""
    fold = await things.find(WAIVER, id, seen=lambda waiver: who.sees(waiver.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, waiver: Waiver) -> dict[str, Any]:
    """A waiver as it is told."""
    own = {"control": waiver.control, "until": waiver.until.isoformat(), "ended": waiver.ended}
    return {**shown_request(id_, waiver), **own}


@router.post("/v1/waivers/{id}/decisions", operation_id="decideWaiver", **decides(DecideWaiver))
async def decide_waiver(id: Id, command: DecideWaiver, desk: OpenDesk) -> Response:  # noqa: A002
    """Grant the waiver, for as long as was asked for or shorter, or reject it."""
    return await desk.decide(WAIVER, id, command, location=f"/v1/waivers/{id}")


@router.post("/v1/waivers/{id}/revocations", operation_id="revokeWaiver", **decides(RevokeWaiver))
async def revoke_waiver(id: Id, command: RevokeWaiver, desk: OpenDesk) -> Response:  # noqa: A002
    """Take a granted waiver back: the control holds again."""
    return await desk.decide(WAIVER, id, command, location=f"/v1/waivers/{id}")
