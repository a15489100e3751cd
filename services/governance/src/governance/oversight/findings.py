"""What a compliance review found: its findings, and the corrective actions that they require of the project.

Findings are numbered in each review and stand on its stream, like what is required because of them.
"""

from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from pydantic import BaseModel, Field

from governance.requests.request import Evidence
from mandate_events.deciding import Decision, Line, PersonId, Slug, SystemCommand
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId, Uuid
from mandate_events.document.origin import Origin
from mandate_events.values.text import Hash, ThingId
from mandate_events.values.told import Id, Instant

Severity: TypeAlias = Literal["minor", "major", "critical"]
Status: TypeAlias = Literal["open", "closed"]
Said: TypeAlias = Annotated[Line, Field(max_length=500)]


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


EVENTS: Final = (
    FindingRaised,
    CorrectiveActionRequired,
    CorrectiveActionReported,
    CorrectiveActionWithdrawn,
    FindingClosed,
)


class RaiseFinding(Decision):
    """Say where the project does not comply.

    Findings are numbered from 1.
    """

    control: Slug = Field(examples=["independent-cost-review"])
    severity: Severity
    text: Said = Field(examples=["No second estimate was made"])


class RequireCorrectiveAction(Decision):
    """Require that something be done about a finding.

    The project's PM reports it, in the projects service.
    """

    finding: int = Field(ge=1, le=100_000)
    action: Said = Field(examples=["Have the estimate reviewed by another estimator"])
    owner: PersonId
    due_on: date


class WithdrawCorrectiveAction(Decision):
    """Take back what was required of the project, where it has not reported it: it may have ended meanwhile."""

    corrective_action: ThingId


class NoteCorrectiveAction(SystemCommand, frozen=True, kw_only=True):
    """Note that a project says a corrective action is done."""

    corrective_action: str
    reported_by: str
    evidence: list[Evidence] = msgspec.field(default_factory=list)
    origin: Origin


class CloseFinding(Decision):
    """Settle a finding. Not by who corrected it.

    What was required because of it is reported, or withdrawn, before that.
    """

    finding: int = Field(ge=1, le=100_000)


class Finding(msgspec.Struct, frozen=True):
    """What was found, and whether it is settled."""

    number: int
    control: str
    severity: Severity
    text: str
    status: Status = "open"
    closed_by: str | None = None


class CorrectiveAction(msgspec.Struct, frozen=True, kw_only=True):
    """What the project has to do about a finding, and what it said."""

    id: str
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


class FindingPage(BaseModel):
    """What was found."""

    number: int
    control: Slug = Field(examples=["independent-cost-review"])
    severity: Severity
    text: str = Field(max_length=500, examples=["No second estimate was made"])
    status: Status
    closed_by: PersonId | None


class FindingItem(FindingPage):
    """A finding of any review."""

    review: Id
    project: Id
    raised_by: PersonId
    raised_at: Instant


class ReportedEvidence(BaseModel):
    """A document that the project's report rests on."""

    title: str = Field(max_length=200, examples=["Business case, final"])
    sha256: Hash
    uri: str | None = Field(max_length=500)


class CorrectiveActionPage(BaseModel):
    """What the project has to do about a finding, and what its PM reported."""

    id: Id
    finding: int
    action: str = Field(max_length=500, examples=["Have the estimate reviewed by another estimator"])
    owner: PersonId
    due_on: date
    reported_by: PersonId | None
    withdrawn: bool = Field(description="The project no longer has to do it")
    evidence: list[ReportedEvidence]
