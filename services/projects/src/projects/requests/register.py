"""The register of a project's requests: which of them wait for the PMO, and how the last of each kind ended.

One stream per project. A request that a project makes one at a time is entered here in the same transaction, and
struck off with the answer to its decision.
"""

from typing import Any

import immutables

from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Instruction,
    On,
    Refused,
    State,
    Streams,
    Undecided,
    Unfolded,
    replace,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId, Uuid
from projects.requests.request import ApplyDecision, DecisionApplied, Request, applied


class RequestOpened(Event, frozen=True, kw_only=True):
    """The project's only open request of this kind is with the PMO."""

    project: ProjectId
    kind: str
    request: Uuid


class RequestClosed(Event, frozen=True, kw_only=True):
    """The PMO's decision on the request was answered; the outcome is `not_applied` where it could not take effect."""

    project: ProjectId
    kind: str
    request: Uuid
    outcome: str


EVENTS = (RequestOpened, RequestClosed)


class Register(State, frozen=True):
    open: immutables.Map[str, str] = immutables.Map()
    """The request of each kind that waits for the PMO."""
    made: immutables.Map[str, int] = immutables.Map()
    """How many of each kind there have been."""
    ended: immutables.Map[str, str] = immutables.Map()
    """How the last one of each kind ended."""


def decide(_register: Register | None, command: Instruction, _context: Context) -> Decided:
    raise Undecided(command)


def evolve(register: Register | None, event: Event, _record: Recorded[Any]) -> Register:
    known = register or Register()
    match event:
        case RequestOpened(kind=kind, request=request):
            made = known.made.set(kind, known.made.get(kind, 0) + 1)
            return replace(known, open=known.open.set(kind, request), made=made)
        case RequestClosed(kind=kind, request=request, outcome=outcome):
            waits = known.open.delete(kind) if known.open.get(kind) == request else known.open
            return replace(known, open=waits, ended=known.ended.set(kind, outcome))
        case _:
            raise Unfolded(event)


REGISTER: Aggregate[Register] = Aggregate(
    "request-register", decide, evolve, events=EVENTS, records={}, project=lambda id_, _: id_
)


def register_of(context: Context, project: str) -> Register:
    """What the project has with the PMO now."""
    return context.read(REGISTER, project) or Register()


def register_read(project: str | None) -> Streams:
    """What `register_of` reads, and requests are entered in and struck off."""
    return [(REGISTER, project)] if project else []


def enter(context: Context, project: str, kind: str) -> On:
    """Enter the request that is being made. Refuses while another one of its kind waits."""
    if waits := register_of(context, project).open.get(kind):
        raise Refused("request-open", kind=kind, request=waits)
    return On(REGISTER, project, RequestOpened(project=project, kind=kind, request=context.subject))


def strike_off(context: Context, project: str, kind: str, outcome: str) -> On:
    """Strike the request off: its decision has this outcome here."""
    return On(REGISTER, project, RequestClosed(project=project, kind=kind, request=context.subject, outcome=outcome))


def answered(
    kind: str, request: Request, command: ApplyDecision, context: Context, *consequences: Event | On
) -> Decided:
    """The answer to a decision on a request that is made one at a time: it strikes it off."""
    answer = applied(request, command, context, *consequences)
    if not answer:
        return []
    outcome = command.outcome if isinstance(answer[0], DecisionApplied) else "not_applied"
    return [*answer, strike_off(context, request.project, kind, outcome)]
