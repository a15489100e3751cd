"""Closures: a project asks to be ended in good order, also where gates are left; the PMO approves it or not."""

from typing import Literal

from pydantic import Field

from governance.requests.kind import Kind, Outcomes, Requested, plain
from governance.requests.page import RequestPage
from governance.requests.request import Request
from mandate_events.deciding import Decision, PersonId
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId, Sha256
from mandate_events.document.origin import Origin
from mandate_events.values.text import Hash, Slug


class ClosureRequested(Requested, frozen=True, kw_only=True):
    """What projects says."""

    phase: str
    lessons: Sha256 | None = None


class ClosureRequestReceived(ClosureRequested, frozen=True, kw_only=True):
    """A project in this phase asks the PMO to close it. `lessons` is kept by projects under this SHA-256."""

    requested_by: PersonId
    origin: Origin


class ClosureApproved(Event, frozen=True, kw_only=True):
    """The project is to be closed."""

    project: ProjectId


class ClosureRejected(Event, frozen=True, kw_only=True):
    """The project goes on."""

    project: ProjectId


class DecideClosure(Decision):
    """Let a project be closed, or have it go on. Never by who asked for it."""

    outcome: Literal["approved", "rejected"]


class Closure(Request, frozen=True, kw_only=True):
    asked: ClosureRequestReceived


class ClosurePage(RequestPage):
    """One request to close a project, and what was decided."""

    phase: Slug = Field(description="The phase that the project was in", examples=["delivery"])
    lessons: Hash | None = Field(description="SHA-256 of what was learnt; projects keeps it: `GET /v1/blobs/{sha256}`")


OUTCOMES: Outcomes = {ClosureApproved: "approved", ClosureRejected: "rejected"}
CLOSURE = plain("closure", Closure, ClosureRequestReceived, DecideClosure, OUTCOMES)
KIND = Kind(
    aggregate=CLOSURE,
    hears=ClosureRequested,
    received=ClosureRequestReceived,
    about=lambda closure: closure.phase,
    decide=DecideClosure,
    outcomes=OUTCOMES,
    page=ClosurePage,
    at="/v1/closures/{id}",
    tag="closures",
    says="The end of projects, in good order",
)
