"""Escalations: what is beyond the project goes to the PMO, through the project's PMOfficer, the link between them.

The PM relays one directly while the post is vacant, or with a reason on record.
"""

from typing import Final, Literal, TypeAlias

from pydantic import Field

from mandate_events.deciding import (
    Context,
    Looking,
    On,
    Reason,
    Streams,
    Text,
    Title,
    says,
)
from mandate_events.deciding.rights import allow
from mandate_events.deciding.separation import predicate
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin
from projects.execution.conditions import GateConditionSet
from projects.recognition.posts import holder, posts_read
from projects.requests.kind import Kind, plain
from projects.requests.page import RequestPage
from projects.requests.request import (
    ApplyDecision,
    DecisionOnConditions,
    Request,
    RequestCommand,
    Requested,
    asked,
    under_conditions,
)
from projects.roles import PM_OFFICER, PROJECT_MANAGER

Matter: TypeAlias = Literal["risk", "issue", "other"]


class EscalationRelayed(Requested, frozen=True, kw_only=True):
    """A matter that the project cannot settle is put before the PMO.

    `bypass_reason` says why it did not go through the PMOfficer.
    """

    of: Matter
    matter: str | None = None
    text: str
    options: list[str]
    bypass_reason: str | None = None


class EscalationSettled(Event, frozen=True, kw_only=True):
    """The PMO's answer reached the project, and from here on it goes by it."""

    project: ProjectId
    outcome: str
    text: str
    origin: Origin


class EscalationDecided(DecisionOnConditions, frozen=True, kw_only=True):
    """What governance says."""

    outcome: str
    text: str


class RelayEscalation(RequestCommand):
    """Put a matter that the project cannot settle before the PMO. By its PMOfficer.

    The PM relays it directly while the post is vacant, or with `bypass_reason`.
    """

    of: Matter
    matter: Title | None = Field(
        default=None, description="What it is called in the project", examples=["Risk 7: easement"]
    )
    text: Text = Field(min_length=1, max_length=2000, examples=["The easement depends on another ministry"])
    options: list[Title] = Field(
        default_factory=list, max_length=10, description="What could be done", examples=[["Wait", "Reroute the main"]]
    )
    bypass_reason: Reason | None = Field(
        default=None, description="Why the PM does not go through the PMOfficer, while there is one"
    )


class Escalation(Request, frozen=True, kw_only=True):
    asked: EscalationRelayed
    settled: EscalationSettled | None = None

    @property
    def text(self) -> str:
        return self.asked.text

    @property
    def answer(self) -> str | None:
        return self.settled.text if self.settled else None


class EscalationPage(RequestPage):
    """One escalation, as the project holds it."""

    of: Matter
    matter: str | None = Field(description="What it is called in the project", examples=["Risk 7: easement"])
    text: str = Field(max_length=2000, examples=["The easement depends on another ministry"])
    options: list[str] = Field(examples=[["Wait", "Reroute the main"]])
    bypass_reason: str | None = Field(max_length=500, description="Why the PM went past the PMOfficer")
    answer: str | None = Field(description="What the PMO said")


def relayed(command: RelayEscalation, context: Context) -> EscalationRelayed:
    """A reason to go past the officer counts where there is one to go past."""
    bypass = command.bypass_reason if _bypasses(context) else None
    return says(EscalationRelayed, command, **asked(command, context), bypass_reason=bypass)


def _bypasses(context: Context) -> bool:
    return context.acting_as == PROJECT_MANAGER and holder(context, context.project, PM_OFFICER) is not None


def settled(escalation: Escalation, command: ApplyDecision, context: Context) -> list[Event | On]:
    """The project goes by the answer, and by its conditions."""
    answer = EscalationSettled(
        project=escalation.project, outcome=command.outcome, text=command.decision.text, origin=command.origin
    )
    return [answer, *under_conditions(escalation, command, context)]


def reads_posts(_escalation: Escalation | None, command: RelayEscalation | ApplyDecision, looking: Looking) -> Streams:
    match command:
        case RelayEscalation():
            yield from posts_read(looking.project)


ESCALATION = plain(
    "escalation",
    Escalation,
    RelayEscalation,
    relayed,
    settled,
    says=(EscalationRelayed, EscalationSettled),
    follows=(EscalationSettled, GateConditionSet),
    also_reads=reads_posts,
)


def _bypasses_silently(_escalation: Escalation | None, command: RelayEscalation, context: Context) -> bool:
    return command.bypass_reason is None and holder(context, context.project, PM_OFFICER) is not None


OFFICER_BYPASSED: Final = predicate(
    "officer-bypassed",
    _bypasses_silently,
    says="The project has a PMOfficer in post, and no reason is given for going past them.",
    reads=reads_posts,
)

KIND = Kind(
    aggregate=ESCALATION,
    ask=RelayEscalation,
    decisions={EscalationDecided: None},
    page=EscalationPage,
    at="/v1/escalations/{id}",
    outcomes=("instruct", "accept", "return", "no_action"),
    tag="escalations",
    says="What the project cannot settle",
    # the link to the PMO is the officer
    asked_by=[
        allow(RelayEscalation, PM_OFFICER, own_project=True),
        allow(RelayEscalation, PROJECT_MANAGER, own_project=True, unless={"officer-bypassed": OFFICER_BYPASSED}),
    ],
)
