"""Closures: the PM asks the PMO to end the project in good order, also where gates are left. Approved, it is closed."""

from pydantic import Field

from mandate_events.deciding import (
    Context,
    On,
    Text,
)
from mandate_events.document.formats import Sha256
from mandate_events.values.text import Hash, Slug
from projects.execution.events import ProjectClosed
from projects.execution.evidence import EvidenceInput
from projects.execution.project import PROJECT, running
from projects.requests.kind import Kind, plain
from projects.requests.page import RequestPage
from projects.requests.request import ApplyDecision, DecisionHeard, Request, RequestCommand, Requested, asked


class ClosureRequested(Requested, frozen=True, kw_only=True):
    """The PM says that the project's work is done or over, and asks the PMO to close it.

    `lessons` is the SHA-256 of what was learnt, where that was given.
    """

    phase: str
    lessons: Sha256 | None = None


class ClosureApproved(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""


class ClosureRejected(DecisionHeard, frozen=True, kw_only=True):
    """What governance says."""


class RequestClosure(RequestCommand):
    """Ask the PMO to close the project in good order, also where gates are left."""

    evidence: list[EvidenceInput] = Field(min_length=1, max_length=50, description="The closure report comes first")
    lessons: Text | None = Field(
        default=None, min_length=1, max_length=100_000, description="What was learnt, kept as a document"
    )


class Closure(Request, frozen=True, kw_only=True):
    asked: ClosureRequested


class ClosurePage(RequestPage):
    """One request to close a project, as the project holds it."""

    phase: Slug = Field(description="The phase that the project was in", examples=["delivery"])
    lessons: Hash | None = Field(description="SHA-256 of what was learnt: `GET /v1/blobs/{sha256}`")


def requested(command: RequestClosure, context: Context) -> ClosureRequested:
    """What was learnt is kept as a document."""
    phase = running(context).current
    assert phase is not None, "a project that has not ended is in a phase"
    lessons = context.attach("text/markdown; charset=utf-8", command.lessons.encode()) if command.lessons else None
    return ClosureRequested(**asked(command, context), phase=phase.id, lessons=lessons)


def closed(closure: Closure, command: ApplyDecision, _context: Context) -> list[On]:
    """Approved, the project is closed."""
    return [On(PROJECT, closure.project, ProjectClosed())] if command.outcome == "approved" else []


CLOSURE = plain(
    "closure",
    Closure,
    RequestClosure,
    requested,
    closed,
    says=(ClosureRequested,),
    follows=(ProjectClosed,),
    one_at_a_time=True,
)
KIND = Kind(
    aggregate=CLOSURE,
    ask=RequestClosure,
    decisions={ClosureApproved: "approved", ClosureRejected: "rejected"},
    page=ClosurePage,
    at="/v1/closures/{id}",
    tag="closures",
    says="The end of the project, in good order",
)
