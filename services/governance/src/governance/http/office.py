"""Routes of the office and its people."""

from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from governance.office import (
    OFFICE,
    THE_OFFICE,
    AppointAuditor,
    AppointMember,
    AppointObserver,
    CharterOffice,
    Office,
    RemoveMember,
)
from mandate_events.deciding import Decision, PersonId, Unknown
from mandate_web.access import Viewer, reads, viewer
from mandate_web.desk import OpenDesk, decides, single
from mandate_web.routing import Router

router = Router(tags=["office"])


@router.post("/v1/office", operation_id="charterOffice", **decides(CharterOffice))
async def charter(command: CharterOffice, desk: OpenDesk) -> Response:
    """Found the office. The founder is named by the configuration of the first start."""
    return await desk.decide(OFFICE, THE_OFFICE, command, location="/v1/office")


@router.get("/v1/office", operation_id="getOffice", **reads("read-framework"))
async def get_office(request: Request, _: Annotated[Viewer, viewer("read-framework")]) -> Response:
    """The office: its charter and members."""
    fold = await request.app.state.store.reader.fold(OFFICE, THE_OFFICE)
    office: Office | None = fold.state
    if office is None or office.name is None:
        raise Unknown("office")
    body = {
        "name": office.name,
        "time_zone": office.time_zone,
        "currency": office.currency,
        "members": sorted(office.members),
        "auditors": sorted(office.auditors),
        "observers": sorted(office.observers),
    }
    return single(request, fold, body)


@router.post("/v1/office/members", operation_id="appointMember", **decides(AppointMember))
async def appoint_member(command: AppointMember, desk: OpenDesk) -> Response:
    """Let a person act for the PMO."""
    return await desk.decide(OFFICE, THE_OFFICE, command, location="/v1/office")


@router.post("/v1/office/members/{person}/removals", operation_id="removeMember", **decides(RemoveMember))
async def remove_member(person: PersonId, command: Decision, desk: OpenDesk) -> Response:
    """End a person's membership."""
    removal = RemoveMember(person=person, reason=command.reason)
    return await desk.decide(OFFICE, THE_OFFICE, removal, location="/v1/office")


@router.post("/v1/office/auditors", operation_id="appointAuditor", **decides(AppointAuditor))
async def appoint_auditor(command: AppointAuditor, desk: OpenDesk) -> Response:
    """Let a person read everything."""
    return await desk.decide(OFFICE, THE_OFFICE, command, location="/v1/office")


@router.post("/v1/office/observers", operation_id="appointObserver", **decides(AppointObserver))
async def appoint_observer(command: AppointObserver, desk: OpenDesk) -> Response:
    """Let a person read the portfolio's reports."""
    return await desk.decide(OFFICE, THE_OFFICE, command, location="/v1/office")
