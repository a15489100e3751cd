"""Project charters: the PM says what the project is for, and by what its success is known. The PMO approves it or not.

One is with the PMO at a time. After a rejection the PM may submit another; an approved one stands.
"""

from pydantic import Field

from mandate_events.deciding import (
    Context,
    Refused,
    Text,
    Title,
    says,
)
from projects.execution.conditions import GateConditionSet
from projects.execution.evidence import EvidenceInput
from projects.requests.kind import Kind, plain
from projects.requests.page import RequestPage
from projects.requests.register import register_of
from projects.requests.request import (
    DecisionHeard,
    DecisionOnConditions,
    Request,
    RequestCommand,
    Requested,
    asked,
    under_conditions,
)


class CharterSubmitted(Requested, frozen=True, kw_only=True):
    """The PM asks the PMO to approve what the project is for."""

    number: int
    purpose: str
    objectives: list[str]
    success_criteria: list[str]


class CharterApproved(DecisionOnConditions, frozen=True, kw_only=True):
    """What governance says."""


class CharterRejected(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""


class SubmitCharter(RequestCommand):
    """Ask the PMO to approve the project's charter."""

    purpose: Text = Field(min_length=1, max_length=2000, examples=["The harbour district no longer floods"])
    objectives: list[Title] = Field(
        min_length=1, max_length=20, examples=[["A station that pumps 3 cubic metres a second, by June 2028"]]
    )
    success_criteria: list[Title] = Field(
        min_length=1, max_length=20, examples=[["No street is flooded by a ten-year storm"]]
    )
    evidence: list[EvidenceInput] = Field(min_length=1, max_length=50, description="The document itself comes first")


class Charter(Request, frozen=True, kw_only=True):
    asked: CharterSubmitted

    @property
    def in_force(self) -> bool:
        return self.outcome == "approved"


class CharterPage(RequestPage):
    """One charter, as the project holds it."""

    number: int = Field(description="How many the project has submitted with it", examples=[1])
    purpose: str = Field(max_length=2000, examples=["The harbour district no longer floods"])
    objectives: list[str] = Field(examples=[["A station that pumps 3 cubic metres a second, by June 2028"]])
    success_criteria: list[str] = Field(examples=[["No street is flooded by a ten-year storm"]])
    in_force: bool


def submitted(command: SubmitCharter, context: Context) -> CharterSubmitted:
    """The next charter of the project, unless one is approved."""
    register = register_of(context, context.project or "")
    if register.ended.get(CHARTER.name) == "approved":
        raise Refused("charter-approved")
    return says(CharterSubmitted, command, **asked(command, context), number=register.made.get(CHARTER.name, 0) + 1)


CHARTER = plain(
    "charter",
    Charter,
    SubmitCharter,
    submitted,
    under_conditions,
    says=(CharterSubmitted,),
    follows=(GateConditionSet,),
    one_at_a_time=True,
)
KIND = Kind(
    aggregate=CHARTER,
    ask=SubmitCharter,
    decisions={CharterApproved: "approved", CharterRejected: "rejected"},
    page=CharterPage,
    at="/v1/charters/{id}",
    tag="charters",
    says="What the project is for",
)
