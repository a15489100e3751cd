"""Who is too close to a project to decide what it asks for: separation of duties, as data of the table of rights."""

from collections.abc import Mapping
from typing import Any, Final

from governance.requests.request import Request
from governance.roles import PM_OFFICER, PROJECT_MANAGER, SPONSOR
from governance.standards.standard import STANDARD, parse, version_of
from mandate_events.deciding import Context, Looking, Streams
from mandate_events.deciding.separation import Condition, holds, predicate

NEAR_THE_PROJECT: Final[Mapping[str, Condition]] = {
    "decider-runs-the-project": holds(PROJECT_MANAGER),
    "decider-owns-the-project": holds(SPONSOR),
    "decider-is-its-officer": holds(PM_OFFICER),
}


def its_standard(request: Request | None, _command: Any, _looking: Looking) -> Streams:
    """The standard that the request was made under."""
    if request is not None:
        yield STANDARD, parse(request.standard)[0]


def given_to_sponsor(kind: str) -> Condition:
    """Whether the standard that the project runs to has the sponsor decide this kind of request."""

    def is_given(request: Request | None, _command: Any, context: Context) -> bool:
        version = version_of(context, request.standard) if request else None
        return version is not None and version.decider(kind) == "sponsor"

    says = f"the version of the standard that the request names has `sponsor` decide `{kind}`"
    return predicate("standard-gives-it-to-the-sponsor", is_given, says=says, reads=its_standard)
