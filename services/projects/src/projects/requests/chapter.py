"""Requests: what the project asks of the PMO, kind by kind, and what comes of its decisions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mandate_events.deciding import Command
from mandate_events.deciding.rights import SYSTEM, allow, deny
from mandate_web.chapters.chapter import Chapter, Served
from mandate_web.chapters.ids import uuid
from projects.requests.allocation import EndAllocation, ReleaseAllocation
from projects.requests.change import AssessChange, DecideChange, ImplementChange, RequestChange
from projects.requests.escalation import RelayEscalation, bypasses_the_officer
from projects.requests.heard import HEARS
from projects.requests.kind import Kind
from projects.requests.kinds import KINDS
from projects.requests.register import REGISTER
from projects.requests.request import ApplyDecision
from projects.requests.waiver import EndWaiver
from projects.roles import PM_OFFICER, PMO, PROJECT_MANAGER, SPONSOR

REQUEST: Final = uuid("Id of the request")

BY_OTHERS: Final = (RequestChange, RelayEscalation)
"""What is asked for by more than the PM."""

OF_THE_MANAGER: Final[Sequence[type[Command]]] = (
    *(kind.ask for kind in KINDS if kind.ask not in BY_OTHERS),
    AssessChange,
    DecideChange,
    ImplementChange,
    ReleaseAllocation,
)


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
        allow(ApplyDecision, SYSTEM),
        allow(EndWaiver, SYSTEM),
        allow(EndAllocation, SYSTEM),
        *(deny(command, PMO, rule="pmo-does-not-manage-projects") for command in OF_THE_MANAGER),
        *(allow(command, PROJECT_MANAGER, own_project=True) for command in OF_THE_MANAGER),
        # being on it, also as a member of the PMO who is its officer
        allow(RequestChange, PROJECT_MANAGER, PM_OFFICER, SPONSOR, own_project=True),
        # the link to the PMO
        allow(RelayEscalation, PM_OFFICER, own_project=True),
        allow(RelayEscalation, PROJECT_MANAGER, own_project=True, unless={"officer-bypassed": bypasses_the_officer}),
    ],
    hears={"governance": HEARS},
    tags={kind.tag: kind.says for kind in KINDS},
)
