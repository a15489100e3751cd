"""Project charters: a project says what it is for and by what its success is known; the PMO approves it or not."""

from typing import Literal

import msgspec
from pydantic import Field

from governance.requests.kind import Kind, Outcomes, Requested, plain
from governance.requests.page import RequestPage
from governance.requests.request import Condition, ConditionInput, Request
from mandate_events.deciding import Context, Decision, Invalid, PersonId
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin


class CharterSubmitted(Requested, frozen=True, kw_only=True):
    """What projects says."""

    number: int
    purpose: str
    objectives: list[str]
    success_criteria: list[str]


class CharterReceived(CharterSubmitted, frozen=True, kw_only=True):
    """A project asks the PMO to approve what it is for."""

    requested_by: PersonId
    origin: Origin


class CharterApproved(Event, frozen=True, kw_only=True):
    """This is what the project is for."""

    project: ProjectId
    number: int
    conditions: list[Condition] = msgspec.field(default_factory=list)


class CharterRejected(Event, frozen=True, kw_only=True):
    """The project has no charter yet; its PM may submit another."""

    project: ProjectId
    number: int


class DecideCharter(Decision):
    """Approve a project's charter, with conditions or without, or reject it. Never by who submitted it."""

    outcome: Literal["approved", "rejected"]
    conditions: list[ConditionInput] = Field(default_factory=list, max_length=50)


class Charter(Request, frozen=True, kw_only=True):
    asked: CharterReceived


class CharterPage(RequestPage):
    """One project's charter: what it is for, and what was decided."""

    number: int = Field(description="How many the project has submitted with it", examples=[1])
    purpose: str = Field(max_length=2000, examples=["The harbour district no longer floods"])
    objectives: list[str] = Field(examples=[["A station that pumps 3 cubic metres a second, by June 2028"]])
    success_criteria: list[str] = Field(examples=[["No street is flooded by a ten-year storm"]])


def judge(_charter: Charter, command: DecideCharter, _context: Context) -> None:
    """Only an approval has conditions."""
    if command.conditions and command.outcome != "approved":
        raise Invalid("/conditions", "conditions-of-an-approval")


OUTCOMES: Outcomes = {CharterApproved: "approved", CharterRejected: "rejected"}
CHARTER = plain("charter", Charter, CharterReceived, DecideCharter, OUTCOMES, judge)
KIND = Kind(
    aggregate=CHARTER,
    hears=CharterSubmitted,
    received=CharterReceived,
    about=lambda charter: charter.number,
    decide=DecideCharter,
    outcomes=OUTCOMES,
    page=CharterPage,
    at="/v1/charters/{id}",
    tag="charters",
    says="What projects are for",
)
