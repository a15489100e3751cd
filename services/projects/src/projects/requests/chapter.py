"""Requests: what the project asks of the PMO, kind by kind, and what comes of its decisions."""

from pathlib import Path
from typing import Final

from mandate_events.deciding.rights import SYSTEM, allow, deny
from mandate_web.chapters.chapter import Chapter
from projects.requests import allocation, baseline, change, charter, closure, escalation, exception, tailoring, waiver
from projects.requests.allocation import ALLOCATION
from projects.requests.baseline import BASELINE
from projects.requests.change import CHANGE
from projects.requests.charter import CHARTER
from projects.requests.closure import CLOSURE
from projects.requests.escalation import ESCALATION
from projects.requests.exception import EXCEPTION
from projects.requests.heard import HEARS
from projects.requests.register import REGISTER
from projects.requests.routes import allocation as allocation_routes
from projects.requests.routes import baseline as baseline_routes
from projects.requests.routes import change as change_routes
from projects.requests.routes import charter as charter_routes
from projects.requests.routes import closure as closure_routes
from projects.requests.routes import escalation as escalation_routes
from projects.requests.routes import exception as exception_routes
from projects.requests.routes import tailoring as tailoring_routes
from projects.requests.routes import waiver as waiver_routes
from projects.requests.tailoring import TAILORING
from projects.requests.waiver import WAIVER
from projects.roles import PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR

OF_THE_MANAGER: Final = (
    baseline.SubmitBaseline,
    change.AssessChange,
    change.DecideChange,
    change.ImplementChange,
    exception.ReportException,
    waiver.RequestWaiver,
    tailoring.RequestTailoring,
    charter.SubmitCharter,
    closure.RequestClosure,
    allocation.RequestAllocation,
    allocation.ReleaseAllocation,
)

CHAPTER: Final = Chapter(
    name="requests",
    says="What the project asks of the PMO, and what comes of its decisions",
    folder=Path(__file__).parent,
    reads="read-projects",
    aggregates=[
        BASELINE,
        CHANGE,
        EXCEPTION,
        REGISTER,
        WAIVER,
        TAILORING,
        CHARTER,
        CLOSURE,
        ESCALATION,
        ALLOCATION,
    ],
    rights=[
        allow(baseline.ApplyBaselineDecision, SYSTEM),
        allow(change.ApplyChangeDecision, SYSTEM),
        allow(exception.ApplyExceptionDecision, SYSTEM),
        allow(waiver.ApplyWaiverDecision, SYSTEM),
        allow(waiver.EndWaiver, SYSTEM),
        allow(tailoring.ApplyTailoringDecision, SYSTEM),
        allow(charter.ApplyCharterDecision, SYSTEM),
        allow(closure.ApplyClosureDecision, SYSTEM),
        allow(escalation.ApplyEscalationDecision, SYSTEM),
        allow(allocation.ApplyAllocationDecision, SYSTEM),
        allow(allocation.EndAllocation, SYSTEM),
        *(deny(command, PMO, rule="pmo-does-not-manage-projects") for command in OF_THE_MANAGER),
        *(allow(command, PROJECT_MANAGER, own_project=True) for command in OF_THE_MANAGER),
        # being on it, also as a member of the PMO who is its officer
        allow(change.RequestChange, PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
        # the link to the PMO
        allow(escalation.RelayEscalation, PM_OFFICER, own_project=True),
        allow(
            escalation.RelayEscalation,
            PROJECT_MANAGER,
            own_project=True,
            unless={"officer-bypassed": escalation.bypasses_the_officer},
        ),
    ],
    hears={"governance": HEARS},
    routers=[
        baseline_routes.router,
        change_routes.router,
        exception_routes.router,
        waiver_routes.router,
        tailoring_routes.router,
        charter_routes.router,
        closure_routes.router,
        escalation_routes.router,
        allocation_routes.router,
    ],
    tags={
        "waivers": "Being let off a control for a time",
        "tailorings": "Departures from the standard, for as long as the project runs",
        "charters": "What the project is for",
        "closures": "The end of the project, in good order",
        "escalations": "What the project cannot settle",
        "baselines": "What a project is measured by",
        "changes": "Change control, inside tolerance and beyond it",
        "exceptions": "What is reported when a tolerance is left",
        "allocations": "Hours of the resource pool for a project",
    },
)
