"""Gate reviews: a phase ends at a gate, and the PMO decides whether, and how, the project goes on."""

from typing import Literal

import msgspec
from pydantic import Field

from governance.requests.basis import the_gate
from governance.requests.kind import Kind, Outcomes, Requested, plain
from governance.requests.page import RequestPage
from governance.requests.request import Condition, ConditionInput, Evidence, Request
from mandate_events.deciding import Context, Decision, Invalid, PersonId
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin
from mandate_events.values.text import Slug

Outcome = Literal["go", "conditional_go", "hold", "recycle", "kill"]


class GateReviewRequested(Event, frozen=True, kw_only=True):
    """What projects says, on the project's stream."""

    review: str
    project: str
    gate: str
    phase: str
    evidence: list[Evidence]


class GateReviewOpened(Requested, frozen=True, kw_only=True):
    """A project's request reached the PMO's inbox."""

    gate: str
    phase: str
    requested_by: PersonId
    origin: Origin


class GateDecided(Event, frozen=True, kw_only=True):
    """The PMO decided whether, and how, the project goes on."""

    project: ProjectId
    gate: str
    outcome: Outcome
    conditions: list[Condition] = msgspec.field(default_factory=list)


class DecideGate(Decision):
    """Decide a gate: go, conditional_go (with conditions), hold, recycle or kill.

    Never by who asked, runs the project or is its PMOfficer.
    """

    outcome: Outcome
    conditions: list[ConditionInput] = Field(default_factory=list, max_length=50)


class GateReview(Request, frozen=True, kw_only=True):
    asked: GateReviewOpened


class GateReviewPage(RequestPage):
    """One gate review: what the project has done up to the gate, and what was decided."""

    gate: Slug = Field(examples=["gate-1"])
    phase: Slug = Field(examples=["business-case"])
    outcome: Outcome | None


def judge(_review: GateReview, command: DecideGate, _context: Context) -> None:
    """A conditional go has conditions, and nothing else has."""
    if (command.outcome == "conditional_go") != bool(command.conditions):
        raise Invalid("/conditions", "conditions-of-a-conditional-go")


OUTCOMES: Outcomes = {GateDecided: None}
GATE_REVIEW = plain("gate-review", GateReview, GateReviewOpened, DecideGate, OUTCOMES, judge)
KIND = Kind(
    aggregate=GATE_REVIEW,
    hears=GateReviewRequested,
    received=GateReviewOpened,
    about=lambda review: review.gate,
    decide=DecideGate,
    outcomes=OUTCOMES,
    page=GateReviewPage,
    at="/v1/gate-reviews/{id}",
    tag="gates",
    says="The inbox of gate reviews",
    judged_by=the_gate,
)
