"""Compliance reviews: the PMO looks whether a project does what holds for it, and says what it found.

A finding may require a corrective action. The project's PM reports there what was done, and another than who did it
closes the finding. A review closes when no finding is open. One stream per review.
"""

from datetime import datetime
from typing import Any, Final

import immutables
import msgspec
from pydantic import BaseModel, Field

from governance.office.office import office_read, today
from governance.oversight import findings
from governance.oversight.findings import (
    CloseFinding,
    CorrectiveAction,
    CorrectiveActionPage,
    CorrectiveActionReported,
    CorrectiveActionRequired,
    CorrectiveActionWithdrawn,
    Finding,
    FindingClosed,
    FindingPage,
    FindingRaised,
    NoteCorrectiveAction,
    RaiseFinding,
    RequireCorrectiveAction,
    Status,
    WithdrawCorrectiveAction,
)
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Looking,
    PersonId,
    Refused,
    Slug,
    State,
    Streams,
    Title,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Versioned
from mandate_events.document.identifiers import derived
from mandate_events.values.told import Edition, Id, Instant

LIMIT: Final = 200
"""How many findings one review has at most, and how many corrective actions."""


class ComplianceReviewOpened(Event, frozen=True, kw_only=True):
    """The PMO looks whether the project complies with these controls of its standard."""

    project: ProjectId
    standard: Versioned
    title: str
    controls: list[str]


class ComplianceReviewClosed(Event, frozen=True, kw_only=True):
    """The review is over: all that it found is settled."""

    project: ProjectId
    findings: int


EVENTS: Final = (ComplianceReviewOpened, *findings.EVENTS, ComplianceReviewClosed)


class OpenComplianceReview(Decision):
    """Open a compliance review of a project.

    Never by who runs or owns it, or is its PMOfficer.
    """

    title: Title = Field(examples=["Procurement, first half of the year"])
    controls: list[Slug] = Field(min_length=1, max_length=100, examples=[["independent-cost-review"]])


class CloseComplianceReview(Decision):
    """End the review; nothing that it found may be open."""


class ComplianceReview(State, frozen=True, kw_only=True):
    project: str
    standard: str
    title: str
    controls: tuple[str, ...]
    opened_by: str
    opened_at: datetime
    found: immutables.Map[int, Finding] = msgspec.field(default_factory=immutables.Map)
    actions: immutables.Map[str, CorrectiveAction] = msgspec.field(default_factory=immutables.Map)
    status: Status = "open"
    closed_by: str | None = None
    closed_at: datetime | None = None

    @property
    def findings(self) -> list[Finding]:
        """By number."""
        return [finding for _, finding in sorted(self.found.items())]

    @property
    def corrective_actions(self) -> list[CorrectiveAction]:
        """By finding."""
        return sorted(self.actions.values(), key=lambda each: (each.finding, each.id))

    def actions_on(self, finding: int) -> list[CorrectiveAction]:
        return [action for action in self.actions.values() if action.finding == finding]


def decide(review: ComplianceReview | None, command: Instruction, context: Context) -> Decided:
    match command, review:
        case OpenComplianceReview(), None:
            return [_opened(command, context)]
        case OpenComplianceReview(), _:
            raise Refused("made-before")
        case NoteCorrectiveAction(), ComplianceReview():
            return _reported(review, command)
        case _, ComplianceReview(status="closed"):
            raise Refused("review-closed")
        case RaiseFinding(), ComplianceReview():
            return [_raised(review, command)]
        case RequireCorrectiveAction(), ComplianceReview():
            return [_required(review, command, context)]
        case WithdrawCorrectiveAction(), ComplianceReview():
            return [_withdrawn(review, command)]
        case CloseFinding(), ComplianceReview():
            number = _open_finding(review, command)
            if unreported := [each.action for each in review.actions_on(number) if each.awaited]:
                raise Refused("corrective-action-unreported", actions=unreported)
            return [says(FindingClosed, command, project=review.project)]
        case CloseComplianceReview(), ComplianceReview():
            if still := [each.number for each in review.findings if each.status == "open"]:
                raise Refused("findings-open", findings=still)
            return [ComplianceReviewClosed(project=review.project, findings=len(review.found))]
        case _:
            raise Undecided(command)


def _opened(command: OpenComplianceReview, context: Context) -> ComplianceReviewOpened:
    project = context.project or ""
    proposal = context.read(PROPOSAL, project)
    if proposal is None or proposal.standard is None:
        raise Refused("not-authorised")
    controls = list(dict.fromkeys(command.controls))
    return says(ComplianceReviewOpened, command, project=project, standard=proposal.standard, controls=controls)


def _raised(review: ComplianceReview, command: RaiseFinding) -> FindingRaised:
    if len(review.found) >= LIMIT:
        raise Refused("review-full", limit=LIMIT)
    if command.control not in review.controls:
        raise Invalid("/control", "control-not-reviewed", control=command.control, known=list(review.controls))
    return says(FindingRaised, command, project=review.project, number=len(review.found) + 1)


def _required(review: ComplianceReview, command: RequireCorrectiveAction, context: Context) -> CorrectiveActionRequired:
    if len(review.actions) >= LIMIT:
        raise Refused("review-full", limit=LIMIT)
    _open_finding(review, command)
    if command.due_on <= today(context):
        raise Invalid("/due_on", "action-due-after-today")
    id_ = derived("corrective-action", context.subject, str(len(review.actions) + 1))
    return says(CorrectiveActionRequired, command, project=review.project, corrective_action=id_)


def _withdrawn(review: ComplianceReview, command: WithdrawCorrectiveAction) -> CorrectiveActionWithdrawn:
    if all(not each.awaited for each in review.actions.values()) and not command.said("corrective_action"):
        raise Refused("corrective-action-not-awaited")
    action = review.actions.get(command.corrective_action)
    if action is None:
        raise Invalid("/corrective_action", "no-such-corrective-action")
    if not action.awaited:
        raise Refused("corrective-action-not-awaited")
    return says(CorrectiveActionWithdrawn, command, project=review.project, finding=action.finding)


def _open_finding(review: ComplianceReview, command: CloseFinding | RequireCorrectiveAction) -> int:
    """The finding that is meant; it is open."""
    finding = review.found.get(command.said("finding"))
    if finding is None and all(each.status == "closed" for each in review.findings):
        raise Refused("no-open-finding")
    if finding is None:
        raise Invalid("/finding", "no-such-finding", finding=command.finding)
    if finding.status == "closed":
        raise Refused("finding-closed", finding=finding.number)
    return finding.number


def _reported(review: ComplianceReview, command: NoteCorrectiveAction) -> Decided:
    action = review.actions.get(command.corrective_action)
    if action is None or action.reported_by is not None:
        return []
    return [says(CorrectiveActionReported, command, project=review.project, finding=action.finding)]


def reads(_review: ComplianceReview | None, command: Instruction, looking: Looking) -> Streams:
    """The standard of the project that is reviewed, and the office's day where something becomes due."""
    match command:
        case OpenComplianceReview():
            yield PROPOSAL, looking.project or ""
        case RequireCorrectiveAction():
            yield from office_read()


def evolve(review: ComplianceReview | None, event: Event, record: Recorded[Any]) -> ComplianceReview:
    match event, review:
        case ComplianceReviewOpened(), None:
            return ComplianceReview(
                project=event.project,
                standard=event.standard,
                title=event.title,
                controls=tuple(event.controls),
                opened_by=record.actor,
                opened_at=record.time,
            )
        case FindingRaised(), ComplianceReview():
            finding = msgspec.convert(event, Finding, from_attributes=True)
            return replace(review, found=review.found.set(event.number, finding))
        case CorrectiveActionRequired(corrective_action=id_), ComplianceReview():
            action = CorrectiveAction(
                id=id_, finding=event.finding, action=event.action, owner=event.owner, due_on=event.due_on
            )
            return replace(review, actions=review.actions.set(id_, action))
        case CorrectiveActionReported(corrective_action=id_), ComplianceReview():
            done = replace(review.actions[id_], reported_by=event.reported_by, evidence=tuple(event.evidence))
            return replace(review, actions=review.actions.set(id_, done))
        case CorrectiveActionWithdrawn(corrective_action=id_), ComplianceReview():
            withdrawn = replace(review.actions[id_], withdrawn=True)
            return replace(review, actions=review.actions.set(id_, withdrawn))
        case FindingClosed(finding=number), ComplianceReview():
            closed = replace(review.found[number], status="closed", closed_by=record.actor)
            return replace(review, found=review.found.set(number, closed))
        case ComplianceReviewClosed(), ComplianceReview():
            return replace(review, status="closed", closed_by=record.actor, closed_at=record.time)
        case _:
            raise Unfolded(event)


COMPLIANCE_REVIEW: Aggregate[ComplianceReview] = Aggregate(
    "compliance-review",
    decide,
    evolve,
    events=EVENTS,
    records={
        OpenComplianceReview: (ComplianceReviewOpened,),
        RaiseFinding: (FindingRaised,),
        RequireCorrectiveAction: (CorrectiveActionRequired,),
        NoteCorrectiveAction: (CorrectiveActionReported,),
        WithdrawCorrectiveAction: (CorrectiveActionWithdrawn,),
        CloseFinding: (FindingClosed,),
        CloseComplianceReview: (ComplianceReviewClosed,),
    },
    reads=reads,
    opened_by=frozenset({OpenComplianceReview}),
    project=lambda _, review: review.project if review else None,
    standard=lambda review: review.standard,
    one_story=True,
)


# --- separation of duties ---


def corrected_it(review: ComplianceReview | None, command: Any, context: Context) -> bool:
    """Who had to correct the finding, or reported it corrected."""
    if review is None:
        return False
    return any(context.actor in {each.owner, each.reported_by} for each in review.actions_on(command.finding))


# --- as it is told ---


class ComplianceReviewPage(BaseModel):
    """A compliance review with all that it found."""

    id: Id
    project: Id
    standard: Edition = Field(description="What the project ran to when it was opened")
    title: str = Field(max_length=200, examples=["Procurement, first half of the year"])
    controls: list[Slug] = Field(description="What is looked at", examples=[["independent-cost-review"]])
    opened_by: PersonId
    opened_at: Instant
    status: Status
    closed_by: PersonId | None
    closed_at: Instant | None
    findings: list[FindingPage]
    corrective_actions: list[CorrectiveActionPage]
