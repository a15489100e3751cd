"""Routes of the office and its people."""

from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.office.office import (
    OFFICE,
    THE_OFFICE,
    AmendCharter,
    AppointAuditor,
    AppointMember,
    AppointObserver,
    CharterOffice,
    Office,
    RemoveAuditor,
    RemoveMember,
    RemoveObserver,
)
from mandate_events.deciding import Decision, PersonId
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["office"])


@router.post("/v1/office", operation_id="charterOffice", **decides(CharterOffice))
async def charter(command: CharterOffice, desk: OpenDesk) -> Response:
    """Found the office. The founder is named by the configuration of the first start."""
    return await desk.decide(OFFICE, THE_OFFICE, command, location="/v1/office")


class OfficePage(BaseModel):
    """The office: its charter, and person ids."""

    name: str = Field(examples=["Project Management Office"])
    time_zone: str = Field(description="Days end at midnight here", examples=["Australia/Melbourne"])
    currency: str = Field(examples=["AUD"])
    members: list[str] = Field(examples=[["ce25ad4a-5edf-59aa-983a-c33342cd72ca"]])
    auditors: list[str]
    observers: list[str]


@router.get("/v1/office", operation_id="getOffice", responses=shows(OfficePage), **reads("read-framework"))
async def get_office(_: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:
    """The office: its charter and members."""
    fold = await things.find(OFFICE, THE_OFFICE, seen=lambda found: found.name is not None)
    return await things.answer(fold, shown(THE_OFFICE, fold.state))


def shown(_id: str, office: Office) -> dict[str, Any]:
    """The office as it is told."""
    return {
        "name": office.name,
        "time_zone": office.time_zone,
        "currency": office.currency,
        "members": sorted(office.members),
        "auditors": sorted(office.auditors),
        "observers": sorted(office.observers),
    }


@router.post("/v1/office/amendments", operation_id="amendCharter", **decides(AmendCharter))
async def amend(command: AmendCharter, desk: OpenDesk) -> Response:
    """Amend the charter: name, time zone and currency as they are from now on."""
    return await desk.decide(OFFICE, THE_OFFICE, command, location="/v1/office")


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


@router.post("/v1/office/auditors/{person}/removals", operation_id="removeAuditor", **decides(RemoveAuditor))
async def remove_auditor(person: PersonId, command: Decision, desk: OpenDesk) -> Response:
    """End a person's audit."""
    removal = RemoveAuditor(person=person, reason=command.reason)
    return await desk.decide(OFFICE, THE_OFFICE, removal, location="/v1/office")


@router.post("/v1/office/observers", operation_id="appointObserver", **decides(AppointObserver))
async def appoint_observer(command: AppointObserver, desk: OpenDesk) -> Response:
    """Let a person read the portfolio's reports."""
    return await desk.decide(OFFICE, THE_OFFICE, command, location="/v1/office")


@router.post("/v1/office/observers/{person}/removals", operation_id="removeObserver", **decides(RemoveObserver))
async def remove_observer(person: PersonId, command: Decision, desk: OpenDesk) -> Response:
    """Let a person no longer read the portfolio's reports."""
    removal = RemoveObserver(person=person, reason=command.reason)
    return await desk.decide(OFFICE, THE_OFFICE, removal, location="/v1/office")
