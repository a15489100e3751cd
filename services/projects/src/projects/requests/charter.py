"""Project charters: the PM says what the project is for, and by what its success is known. The PMO approves it or not.

One is with the PMO at a time. After a rejection the PM may submit another; an approved one stands.
"""

from typing import Any, Final

from pydantic import Field

from mandate_events.deciding import Aggregate, Context, Decided, Instruction, Refused, Text, Title, replace
from mandate_events.document.event import Event, Recorded
from projects.execution.evidence import EvidenceInput
from projects.requests.register import answered, enter, register_of
from projects.requests.request import (
    ApplyDecision,
    DecisionApplied,
    DecisionNotApplied,
    Request,
    RequestCommand,
    Requested,
    asked,
    opened,
    outcome_of,
    request_aggregate,
    under_conditions,
)

KIND: Final = "charter"


class CharterSubmitted(Requested, frozen=True, kw_only=True):
    """The PM asks the PMO to approve what the project is for."""

    number: int
    purpose: str
    objectives: list[str]
    success_criteria: list[str]


EVENTS = (CharterSubmitted, DecisionApplied, DecisionNotApplied)


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


class ApplyCharterDecision(ApplyDecision, frozen=True, kw_only=True):
    """Let the PMO's decision on a charter take effect where it can, and answer it."""


class Charter(Request, frozen=True, kw_only=True):
    number: int
    purpose: str
    objectives: tuple[str, ...]
    success_criteria: tuple[str, ...]

    @property
    def in_force(self) -> bool:
        return self.outcome == "approved"


def decide(charter: Charter | None, command: Instruction, context: Context) -> Decided:
    match command, charter:
        case SubmitCharter(), None:
            return _submitted(command, context)
        case SubmitCharter(), _:
            raise Refused("already-requested")
        case ApplyCharterDecision(), Charter():
            return answered(KIND, charter, command, context, *under_conditions(charter, command, context))
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a charter")


def _submitted(command: SubmitCharter, context: Context) -> Decided:
    says = asked(command, context)
    register = register_of(context, says["project"])
    if register.ended.get(KIND) == "approved":
        raise Refused("charter-approved")
    submitted = CharterSubmitted(
        **says,
        number=register.made.get(KIND, 0) + 1,
        purpose=command.purpose,
        objectives=command.objectives,
        success_criteria=command.success_criteria,
    )
    return [submitted, enter(context, says["project"], KIND)]


def evolve(charter: Charter | None, event: Event, record: Recorded[Any]) -> Charter:
    match event, charter:
        case CharterSubmitted(), _:
            return opened(Charter, event, record)
        case DecisionApplied() | DecisionNotApplied(), Charter():
            return replace(charter, outcome=outcome_of(event), answered=True)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a charter")


CHARTER: Aggregate[Charter] = request_aggregate("charter", decide, evolve, events=EVENTS, opened_by=SubmitCharter)
