"""Requests: what the project asks of the PMO, kind by kind, and what comes of its decisions."""

from pathlib import Path
from typing import Final

from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter, Served
from mandate_web.chapters.ids import uuid
from projects.requests.allocation import ReleaseAllocation, RequestAllocation
from projects.requests.baseline import SubmitBaseline
from projects.requests.change import AssessChange, DecideChange, ImplementChange, RequestChange
from projects.requests.charter import SubmitCharter
from projects.requests.closure import RequestClosure
from projects.requests.escalation import OFFICER_BYPASSED, RelayEscalation
from projects.requests.exception import ReportException
from projects.requests.heard import HEARS
from projects.requests.kind import Kind
from projects.requests.kinds import KINDS
from projects.requests.register import REGISTER
from projects.requests.tailoring import RequestTailoring
from projects.requests.waiver import RequestWaiver
from projects.roles import PM_OFFICER, PROJECT_MANAGER, SPONSOR

REQUEST: Final = uuid("Id of the request")


def served(kind: Kind) -> Served:
    """Where a kind of request is asked for and read."""
    return Served(
        kind.aggregate,
        kind.page,
        at=kind.at,
        id=REQUEST,
        opens={kind.asked_at: kind.ask},
        takes=kind.takes,
        tag=kind.tag,
    )


CHAPTER: Final = Chapter(
    name="requests",
    says="What the project asks of the PMO, and what comes of its decisions",
    folder=Path(__file__).parent,
    reads="read-projects",
    served=[served(kind) for kind in KINDS],
    aggregates=[REGISTER],
    rights=[
        allow(SubmitBaseline, PROJECT_MANAGER, own_project=True),
        allow(AssessChange, PROJECT_MANAGER, own_project=True),
        allow(DecideChange, PROJECT_MANAGER, own_project=True),
        allow(ImplementChange, PROJECT_MANAGER, own_project=True),
        allow(ReportException, PROJECT_MANAGER, own_project=True),
        allow(RequestWaiver, PROJECT_MANAGER, own_project=True),
        allow(RequestTailoring, PROJECT_MANAGER, own_project=True),
        allow(SubmitCharter, PROJECT_MANAGER, own_project=True),
        allow(RequestClosure, PROJECT_MANAGER, own_project=True),
        allow(RequestAllocation, PROJECT_MANAGER, own_project=True),
        allow(ReleaseAllocation, PROJECT_MANAGER, own_project=True),
        # being on it, also as a member of the PMO who is its officer
        allow(RequestChange, PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
        # the link to the PMO
        allow(RelayEscalation, PM_OFFICER, own_project=True),
        allow(RelayEscalation, PROJECT_MANAGER, own_project=True, unless={"officer-bypassed": OFFICER_BYPASSED}),
    ],
    hears={"governance": HEARS},
    tags={kind.tag: kind.says for kind in KINDS},
)
