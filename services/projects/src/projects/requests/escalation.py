"""Escalations: what is beyond the project goes to the PMO, through the project's PMOfficer, the link between them.

The PM relays one directly while the post is vacant, or with a reason on record.
"""

from typing import Any, Literal, TypeAlias

from pydantic import Field

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Instruction,
    Reason,
    Refused,
    Text,
    Title,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from mandate_events.document.origin import Origin
from projects.recognition.posts import holder
from projects.requests.request import (
    ApplyDecision,
    DecisionApplied,
    DecisionNotApplied,
    Request,
    RequestCommand,
    Requested,
    applied,
    asked,
    opened,
    outcome_of,
    request_aggregate,
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


EVENTS = (EscalationRelayed, DecisionApplied, DecisionNotApplied, EscalationSettled)


class RelayEscalation(RequestCommand):
    """Put a matter that the project cannot settle before the PMO. By its PMOfficer."""

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


class ApplyEscalationDecision(ApplyDecision, frozen=True, kw_only=True):
    """Let the PMO's answer to an escalation take effect where it can, and answer it."""

    text: str


class Escalation(Request, frozen=True, kw_only=True):
    of: Matter
    matter: str | None
    text: str
    options: tuple[str, ...]
    bypass_reason: str | None
    answer: str | None = None


def decide(escalation: Escalation | None, command: Instruction, context: Context) -> Decided:
    match command, escalation:
        case RelayEscalation(), None:
            return [
                EscalationRelayed(
                    **asked(command, context),
                    of=command.of,
                    matter=command.matter,
                    text=command.text,
                    options=command.options,
                    bypass_reason=command.bypass_reason if _bypasses(context) else None,
                )
            ]
        case RelayEscalation(), _:
            raise Refused("already-requested")
        case ApplyEscalationDecision(), Escalation():
            settled = EscalationSettled(
                project=escalation.project, outcome=command.outcome, text=command.text, origin=command.origin
            )
            return applied(escalation, command, context, settled, *under_conditions(escalation, command, context))
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by an escalation")


def _bypasses(context: Context) -> bool:
    return context.acting_as == PROJECT_MANAGER and holder(context, context.project, PM_OFFICER) is not None


def evolve(escalation: Escalation | None, event: Event, record: Recorded[Any]) -> Escalation:
    match event, escalation:
        case EscalationRelayed(), _:
            return opened(Escalation, event, record)
        case DecisionApplied() | DecisionNotApplied(), Escalation():
            return replace(escalation, outcome=outcome_of(event), answered=True)
        case EscalationSettled(text=text), Escalation():
            return replace(escalation, answer=text)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of an escalation")


ESCALATION: Aggregate[Escalation] = request_aggregate(
    "escalation", decide, evolve, events=EVENTS, opened_by=RelayEscalation
)


# --- separation of duties ---


def bypasses_the_officer(_escalation: Escalation | None, command: RelayEscalation, context: Context) -> bool:
    """The PM goes past a PMOfficer who is in post, and does not say why."""
    return command.bypass_reason is None and holder(context, context.project, PM_OFFICER) is not None
