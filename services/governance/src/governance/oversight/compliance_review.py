"""Compliance reviews: the PMO looks whether a project does what holds for it, and says what it found.

A finding may require a corrective action. The project's PM reports there what was done, and another than who did it
closes the finding. A review closes when no finding is open. One stream per review.
"""

from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

import immutables
import msgspec
from pydantic import Field

from governance.appointments.separation import is_its_officer, owns_the_project, runs_the_project
from governance.office.office import today
from governance.requests.request import Evidence
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Invalid,
    Line,
    PersonId,
    Refused,
    Slug,
    State,
    SystemCommand,
    Title,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import UUID_PATTERN, ProjectId, Uuid, Versioned
from mandate_events.document.identifiers import derived
from mandate_events.document.origin import Origin

LIMIT: Final = 200
"""How many findings one review has at most, and how many corrective actions."""

Severity: TypeAlias = Literal["minor", "major", "critical"]
Said: TypeAlias = Annotated[Line, Field(max_length=500)]


class ComplianceReviewOpened(Event, frozen=True, kw_only=True):
    """The PMO looks whether the project complies with these controls of its standard."""

    project: ProjectId
    standard: Versioned
    title: str
    controls: list[str]


class FindingRaised(Event, frozen=True, kw_only=True):
    """The project does not comply: this was found."""

    project: ProjectId
    number: int
    control: str
    severity: Severity
    text: str


class CorrectiveActionRequired(Event, frozen=True, kw_only=True):
    """The project has to do this about the finding, until the end of this day. The action is reported there."""

    project: ProjectId
    corrective_action: Uuid
    finding: int
    action: str
    owner: PersonId
    due_on: date


class CorrectiveActionReported(Event, frozen=True, kw_only=True):
    """The project's PM says that the action is done; the evidence is frozen by its hashes."""

    project: ProjectId
    corrective_action: Uuid
    finding: int
    reported_by: PersonId
    evidence: list[Evidence] = msgspec.field(default_factory=list)
    origin: Origin


class CorrectiveActionWithdrawn(Event, frozen=True, kw_only=True):
    """The project no longer has to do this; nothing was reported of it."""

    project: ProjectId
    corrective_action: Uuid
    finding: int


class FindingClosed(Event, frozen=True, kw_only=True):
    """The finding is settled."""

    project: ProjectId
    finding: int


class ComplianceReviewClosed(Event, frozen=True, kw_only=True):
    """The review is over: all that it found is settled."""

    project: ProjectId
    findings: int


EVENTS = (
    ComplianceReviewOpened,
    FindingRaised,
    CorrectiveActionRequired,
    CorrectiveActionReported,
    CorrectiveActionWithdrawn,
    FindingClosed,
    ComplianceReviewClosed,
)


class OpenComplianceReview(Decision):
    """Open a compliance review of a project."""

    title: Title = Field(examples=["Procurement, first half of the year"])
    controls: list[Slug] = Field(min_length=1, max_length=100, examples=[["independent-cost-review"]])


class RaiseFinding(Decision):
    """Say where the project does not comply."""

    control: Slug = Field(examples=["independent-cost-review"])
    severity: Severity
    text: Said = Field(examples=["No second estimate was made"])


class RequireCorrectiveAction(Decision):
    """Require that something be done about a finding."""

    finding: int = Field(ge=1, le=100_000)
    action: Said = Field(examples=["Have the estimate reviewed by another estimator"])
    owner: PersonId
    due_on: date


class WithdrawCorrectiveAction(Decision):
    """Take back what was required of the project, where it has not reported it: it may have ended meanwhile."""

    corrective_action: Annotated[str, Field(pattern=f"^{UUID_PATTERN}$")] = Field(
        examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"]
    )


class NoteCorrectiveAction(SystemCommand, frozen=True, kw_only=True):
    """Note that a project says a corrective action is done."""

    corrective_action: str
    reported_by: str
    evidence: list[Evidence] = msgspec.field(default_factory=list)
    origin: Origin


class CloseFinding(Decision):
    """Settle a finding. Not by who corrected it."""

    finding: int = Field(ge=1, le=100_000)


class CloseComplianceReview(Decision):
    """End the review; nothing that it found may be open."""


class CorrectiveAction(msgspec.Struct, frozen=True, kw_only=True):
    """What the project has to do about a finding, and what it said."""

    finding: int
    action: str
    owner: str
    due_on: date
    reported_by: str | None = None
    evidence: tuple[Evidence, ...] = ()
    withdrawn: bool = False

    @property
    def awaited(self) -> bool:
        return self.reported_by is None and not self.withdrawn


class Finding(msgspec.Struct, frozen=True):
    """What was found, and whether it is settled."""

    control: str
    severity: Severity
    text: str
    closed_by: str | None = None


class ComplianceReview(State, frozen=True, kw_only=True):
    project: str
    standard: str
    title: str
    controls: tuple[str, ...]
    opened_by: str
    findings: immutables.Map[int, Finding] = msgspec.field(default_factory=immutables.Map)
    actions: immutables.Map[str, CorrectiveAction] = msgspec.field(default_factory=immutables.Map)
    closed_by: str | None = None

    def open_findings(self) -> list[int]:
        return sorted(number for number, finding in self.findings.items() if finding.closed_by is None)

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
        case _, ComplianceReview(closed_by=str()):
            raise Refused("review-closed")
        case RaiseFinding(), ComplianceReview():
            return [_raised(review, command)]
        case RequireCorrectiveAction(), ComplianceReview():
            return [_required(review, command, context)]
        case WithdrawCorrectiveAction(corrective_action=id_), ComplianceReview():
            return [_withdrawn(review, id_)]
        case CloseFinding(finding=number), ComplianceReview():
            _check_open(review, number)
            if unreported := [each.action for each in review.actions_on(number) if each.awaited]:
                raise Refused("corrective-action-unreported", actions=unreported)
            return [FindingClosed(project=review.project, finding=number)]
        case CloseComplianceReview(), ComplianceReview():
            if still := review.open_findings():
                raise Refused("findings-open", findings=still)
            return [ComplianceReviewClosed(project=review.project, findings=len(review.findings))]
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a compliance review")


def _opened(command: OpenComplianceReview, context: Context) -> ComplianceReviewOpened:
    project = context.project or ""
    proposal = context.read(PROPOSAL, project)
    if proposal is None or proposal.standard is None:
        raise Refused("not-authorised")
    controls = list(dict.fromkeys(command.controls))
    return ComplianceReviewOpened(project=project, standard=proposal.standard, title=command.title, controls=controls)


def _raised(review: ComplianceReview, command: RaiseFinding) -> FindingRaised:
    if len(review.findings) >= LIMIT:
        raise Refused("review-full", limit=LIMIT)
    if command.control not in review.controls:
        raise Invalid("/control", "control-not-reviewed", control=command.control, known=list(review.controls))
    return FindingRaised(
        project=review.project,
        number=len(review.findings) + 1,
        control=command.control,
        severity=command.severity,
        text=command.text,
    )


def _required(review: ComplianceReview, command: RequireCorrectiveAction, context: Context) -> CorrectiveActionRequired:
    _check_open(review, command.finding)
    if len(review.actions) >= LIMIT:
        raise Refused("review-full", limit=LIMIT)
    if command.due_on <= today(context):
        raise Invalid("/due_on", "action-due-after-today")
    return CorrectiveActionRequired(
        project=review.project,
        corrective_action=derived("corrective-action", context.subject, str(len(review.actions) + 1)),
        finding=command.finding,
        action=command.action,
        owner=command.owner,
        due_on=command.due_on,
    )


def _withdrawn(review: ComplianceReview, id_: str) -> CorrectiveActionWithdrawn:
    action = review.actions.get(id_)
    if action is None:
        raise Invalid("/corrective_action", "no-such-corrective-action")
    if not action.awaited:
        raise Refused("corrective-action-not-awaited")
    return CorrectiveActionWithdrawn(project=review.project, corrective_action=id_, finding=action.finding)


def _check_open(review: ComplianceReview, number: int) -> None:
    if number not in review.findings:
        raise Invalid("/finding", "no-such-finding", finding=number)
    if review.findings[number].closed_by is not None:
        raise Refused("finding-closed", finding=number)


def _reported(review: ComplianceReview, command: NoteCorrectiveAction) -> Decided:
    action = review.actions.get(command.corrective_action)
    if action is None or action.reported_by is not None:
        return []
    about = {"project": review.project, "finding": action.finding}
    return [msgspec.convert({**msgspec.structs.asdict(command), **about}, CorrectiveActionReported)]


def evolve(review: ComplianceReview | None, event: Event, record: Recorded[Any]) -> ComplianceReview:
    match event, review:
        case ComplianceReviewOpened(), None:
            return ComplianceReview(
                project=event.project,
                standard=event.standard,
                title=event.title,
                controls=tuple(event.controls),
                opened_by=record.actor,
            )
        case FindingRaised(), ComplianceReview():
            finding = Finding(event.control, event.severity, event.text)
            return replace(review, findings=review.findings.set(event.number, finding))
        case CorrectiveActionRequired(), ComplianceReview():
            action = CorrectiveAction(
                finding=event.finding, action=event.action, owner=event.owner, due_on=event.due_on
            )
            return replace(review, actions=review.actions.set(event.corrective_action, action))
        case CorrectiveActionReported(corrective_action=id_), ComplianceReview():
            done = replace(review.actions[id_], reported_by=event.reported_by, evidence=tuple(event.evidence))
            return replace(review, actions=review.actions.set(id_, done))
        case CorrectiveActionWithdrawn(corrective_action=id_), ComplianceReview():
            withdrawn = replace(review.actions[id_], withdrawn=True)
            return replace(review, actions=review.actions.set(id_, withdrawn))
        case FindingClosed(finding=number), ComplianceReview():
            closed = replace(review.findings[number], closed_by=record.actor)
            return replace(review, findings=review.findings.set(number, closed))
        case ComplianceReviewClosed(), ComplianceReview():
            return replace(review, closed_by=record.actor)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a compliance review")


COMPLIANCE_REVIEW: Aggregate[ComplianceReview] = Aggregate(
    "compliance-review",
    decide,
    evolve,
    events=EVENTS,
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


REVIEWING: Final = {
    "reviewer-runs-the-project": runs_the_project,
    "reviewer-owns-the-project": owns_the_project,
    "reviewer-is-its-officer": is_its_officer,
}
"""Who is too close to a project to review it."""
