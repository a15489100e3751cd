"""The office: it is founded, has members, auditors and observers, and amends its charter."""

from pathlib import Path
from typing import Final

from governance.office import office, routes
from governance.office.office import OFFICE, THE_OFFICE, Office, OfficePage
from governance.roles import FOUNDER, PMO
from mandate_events.deciding.rights import allow
from mandate_events.deciding.separation import named_by_command, predicate
from mandate_web.chapters.chapter import Chapter, Served
from mandate_web.chapters.ids import only
from mandate_web.routes.access import Viewer
from mandate_web.routes.offering import Offer

SELF_APPOINTMENT: Final = {"self-appointment": named_by_command("person")}
FOUNDING_IS_OVER: Final = predicate(
    "founding-is-over",
    office.founding_is_over,
    says=f"The person founded the office, and it has {office.FOUNDING_MEMBERS} members or more.",
)


def is_chartered(_who: Viewer, _id: str, found: Office) -> bool:
    """The office is there to see once it has a charter."""
    return found.name is not None


CHAPTER: Final = Chapter(
    name="office",
    says="The PMO exists, has a charter, and members who act for it",
    folder=Path(__file__).parent,
    reads="read-framework",
    served=[
        Served(
            OFFICE,
            OfficePage,
            at="/v1/office",
            id=only(THE_OFFICE),
            takes={
                "/v1/office": office.CharterOffice,
                "/v1/office/amendments": office.AmendCharter,
                "/v1/office/members": office.AppointMember,
                "/v1/office/auditors": office.AppointAuditor,
                "/v1/office/observers": office.AppointObserver,
            },
            seen=is_chartered,
        ),
    ],
    framework=[OFFICE],
    rights=[
        allow(office.CharterOffice, FOUNDER),
        allow(office.AmendCharter, PMO),
        allow(office.AppointMember, PMO, unless=SELF_APPOINTMENT),
        allow(
            office.AppointMember,
            FOUNDER,
            unless={**SELF_APPOINTMENT, "founding-is-over": FOUNDING_IS_OVER},
        ),
        allow(office.RemoveMember, PMO, unless={"self-removal": named_by_command("person")}),
        allow(office.AppointAuditor, PMO, unless=SELF_APPOINTMENT),
        allow(office.RemoveAuditor, PMO),
        allow(office.AppointObserver, PMO, unless=SELF_APPOINTMENT),
        allow(office.RemoveObserver, PMO),
    ],
    routers=[routes.router],
    offers=[
        Offer(office.RemoveMember, "/v1/office/members/{person}/removals", OFFICE),
        Offer(office.RemoveAuditor, "/v1/office/auditors/{person}/removals", OFFICE),
        Offer(office.RemoveObserver, "/v1/office/observers/{person}/removals", OFFICE),
    ],
    tags={"office": "The PMO and its members"},
)
