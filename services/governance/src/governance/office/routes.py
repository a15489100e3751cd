"""Routes of the office that are special: who leaves it is named by the address."""

from starlette.responses import Response

from governance.office.office import OFFICE, THE_OFFICE, RemoveAuditor, RemoveMember, RemoveObserver
from mandate_events.deciding import Decision, PersonId
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router

router = Router(tags=["office"])


@router.post("/v1/office/members/{person}/removals", operation_id="removeMember", **decides(RemoveMember))
async def remove_member(person: PersonId, command: Decision, desk: OpenDesk) -> Response:
    """End a person's membership."""
    removal = RemoveMember(person=person, reason=command.reason)
    return await desk.decide(OFFICE, THE_OFFICE, removal, location="/v1/office")


@router.post("/v1/office/auditors/{person}/removals", operation_id="removeAuditor", **decides(RemoveAuditor))
async def remove_auditor(person: PersonId, command: Decision, desk: OpenDesk) -> Response:
    """End a person's audit."""
    removal = RemoveAuditor(person=person, reason=command.reason)
    return await desk.decide(OFFICE, THE_OFFICE, removal, location="/v1/office")


@router.post("/v1/office/observers/{person}/removals", operation_id="removeObserver", **decides(RemoveObserver))
async def remove_observer(person: PersonId, command: Decision, desk: OpenDesk) -> Response:
    """Let a person no longer read the portfolio's reports."""
    removal = RemoveObserver(person=person, reason=command.reason)
    return await desk.decide(OFFICE, THE_OFFICE, removal, location="/v1/office")
