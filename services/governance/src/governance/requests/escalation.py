"""Escalations: what a project cannot settle reaches the PMO, through its PMOfficer as a rule; the PMO answers it."""

from typing import Final, Literal, TypeAlias

import msgspec
from pydantic import Field

from governance.requests.kind import Kind, Outcomes, Requested, plain
from governance.requests.page import RequestPage
from governance.requests.request import Condition, ConditionInput, Request
from mandate_events.deciding import Context, Decision, Invalid, PersonId, Text
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin

Matter: TypeAlias = Literal["risk", "issue", "other"]

Outcome: TypeAlias = Literal["instruct", "accept", "return", "no_action"]

WITH_CONDITIONS: Final = frozenset({"instruct", "accept"})


class EscalationRelayed(Requested, frozen=True, kw_only=True):
    """What projects says."""

    of: Matter
    matter: str | None = None
    text: str
    options: list[str]
    bypass_reason: str | None = None


class EscalationReceived(EscalationRelayed, frozen=True, kw_only=True):
    """A matter that a project cannot settle is before the PMO.

    With a `bypass_reason` it came from the PM, past the project's PMOfficer.
    """

    requested_by: PersonId
    origin: Origin


class EscalationDecided(Event, frozen=True, kw_only=True):
    """The PMO answered: it instructs the project, accepts the matter as it is, returns it, or sees no need to act."""

    project: ProjectId
    outcome: Outcome
    text: str
    conditions: list[Condition] = msgspec.field(default_factory=list)


class DecideEscalation(Decision):
    """Answer an escalation: instruct the project, accept the matter, return it to the project, or take no action.

    Never by who relayed it.
    """

    outcome: Outcome
    text: Text = Field(
        min_length=1, max_length=1000, description="The answer in words", examples=["Reroute the main; keep the date"]
    )
    conditions: list[ConditionInput] = Field(
        default_factory=list, max_length=50, description="With `instruct` and `accept` only"
    )


class Escalation(Request, frozen=True, kw_only=True):
    asked: EscalationReceived
    decided: EscalationDecided | None = None

    @property
    def text(self) -> str:
        return self.asked.text

    @property
    def decision(self) -> str | None:
        return self.decided.text if self.decided else None


class EscalationPage(RequestPage):
    """One escalation: what a project cannot settle, and what was decided."""

    of: Matter
    matter: str | None = Field(description="What it is called in the project", examples=["Risk 7: easement"])
    text: str = Field(max_length=2000, examples=["The easement depends on another ministry"])
    options: list[str] = Field(examples=[["Wait", "Reroute the main"]])
    bypass_reason: str | None = Field(max_length=500, description="Why the PM went past the PMOfficer")
    decision: str | None = Field(max_length=1000, description="What was decided, in words")


def judge(_escalation: Escalation, command: DecideEscalation, _context: Context) -> None:
    """An answer that asks nothing of the project has no conditions."""
    if command.conditions and command.outcome not in WITH_CONDITIONS:
        raise Invalid("/conditions", "conditions-of-an-instruction")


OUTCOMES: Outcomes = {EscalationDecided: None}
ESCALATION = plain("escalation", Escalation, EscalationReceived, DecideEscalation, OUTCOMES, judge)
KIND = Kind(
    aggregate=ESCALATION,
    hears=EscalationRelayed,
    received=EscalationReceived,
    about=lambda escalation: escalation.of,
    decide=DecideEscalation,
    outcomes=OUTCOMES,
    page=EscalationPage,
    at="/v1/escalations/{id}",
    tag="escalations",
    says="What projects cannot settle",
)
