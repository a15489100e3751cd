"""A kind of request: what it asks, and what deciding it records. All else about requests is the same for every kind.

Most kinds are `plain`: received, decided once with one of a few outcomes, answered. One that has a life of its own (it
ends, it commits hours) decides and evolves in its own words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast, get_args

import msgspec
from pydantic import BaseModel

from governance.requests.basis import Basis, nothing_more
from governance.requests.request import (
    DecisionAnswered,
    NoteAnswer,
    R,
    Reads,
    Received,
    ReceiveRequest,
    Request,
    Requested,
    answer_of,
    check_open,
    note_answer,
    receive,
    recorded_conditions,
    request_aggregate,
    the_office,
)
from governance.standards.content import Boundary, Content
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Records,
    Undecided,
    Unfolded,
    replace,
)
from mandate_events.deciding.saying import recorded
from mandate_events.document.event import Event, Recorded

ID_PATTERN: Final = r"^[0-9a-f-]+$"

Judge: TypeAlias = Callable[[Any, Any, Context], None]
"""(request, decision, context): refuses what may not be decided so."""

Outcomes: TypeAlias = Mapping[type[Event], str | None]
"""What decides a request, with the outcome that it means; None where the event names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of request. Its streams have the same name and ids in projects."""

    aggregate: Aggregate[Any]
    hears: type[Event]
    """What projects says when it asks."""
    received: type[Event]
    """What is recorded here when that is heard."""
    about: Callable[[Any], object]
    """What it is about, in one word, of what was received."""
    decide: type[Decision]
    outcomes: Outcomes
    page: type[BaseModel]
    at: str
    """Where one is read: `/v1/charters/{id}`; it is decided at `/decisions` beneath."""
    tag: str
    says: str
    """What stands under its tag in the API's description."""
    takes: Mapping[str, type[Command]] = field(default_factory=dict)
    """Where further commands are given to it."""
    askers: tuple[str, ...] = ("requested_by",)
    """The members of what was received that name who wants it: they do not decide it."""
    judged_by: Callable[[Any, Content], Basis] = nothing_more
    """What the project's standard says about it."""

    @property
    def name(self) -> str:
        return self.aggregate.name

    @property
    def boundary(self) -> bool:
        """Whether a standard may give the decision to the sponsor."""
        return self.name in get_args(Boundary)


def plain(  # noqa: PLR0917 - a row of a table
    name: str,
    state: type[R],
    received: type[Event],
    decision: type[Decision],
    outcomes: Outcomes,
    judge: Judge | None = None,
    reads: Reads = the_office,
) -> Aggregate[R]:
    """A kind that is received, decided once, and answered."""
    by_outcome = {outcome: event for event, outcome in outcomes.items()}

    def decide(request: R | None, command: Any, context: Context) -> Decided:
        match command:
            case ReceiveRequest():
                return receive(request, command)
            case NoteAnswer() if request:
                return note_answer(request, command)
            case Decision() if request and isinstance(command, decision):
                check_open(request)
                if judge:
                    judge(request, command, context)
                outcome: str = command.outcome  # type: ignore[attr-defined]  # each decision on a request has one
                return [decided(by_outcome.get(outcome) or by_outcome[None], request, command, context)]
            case _:
                raise Undecided(command)

    def evolve(request: R | None, event: Any, record: Recorded[Any]) -> R:
        match event:
            case DecisionAnswered() if request:
                return replace(request, answer=answer_of(event))
            case _ if isinstance(event, received):
                return state(asked=cast("Received", event))
            case _ if request and type(event) in outcomes:
                return settled(request, event, outcomes, record)
            case _:
                raise Unfolded(event)

    records: Records = {ReceiveRequest: (received,), decision: tuple(outcomes)}
    return request_aggregate(
        name, decide, evolve, events=(received, *outcomes), records=records, reads=reads, state=state
    )


def decided(event: type[Event], request: Request, command: Decision, context: Context) -> Event:
    """The event that decides a request: it says what the decision says, and otherwise what was asked for."""
    values: dict[str, Any] = {}
    for name in event.__struct_fields__:
        if name == CONDITIONS:
            values[name] = recorded_conditions(getattr(command, name), context)
        elif getattr(command, name, None) is not None:
            values[name] = recorded(getattr(command, name))
        elif name in command.__class__.model_fields and not hasattr(request.asked, name):
            values[name] = None
        else:
            values[name] = getattr(request.asked, name)
    return event(**values)


def settled(request: R, event: Event, outcomes: Outcomes, record: Recorded[Any]) -> R:
    """The request, decided by this event; a state that keeps the decision gets it."""
    outcome: str = outcomes[type(event)] or getattr(event, "outcome")  # noqa: B009 - it names its own
    changes: dict[str, Any] = {"outcome": outcome, "decided_by": record.actor}
    if conditions := getattr(event, CONDITIONS, ()):
        changes[CONDITIONS] = tuple(conditions)
    if DECIDED in request.__struct_fields__:
        changes[DECIDED] = event
    return replace(request, **changes)


CONDITIONS: Final = "conditions"
DECIDED: Final = "decided"


def received_of(kind: Kind, heard: Event, **known: Any) -> Event:
    """What is recorded of what was heard: the members of the same names, and what else is known."""
    made: Event = msgspec.convert({**known, **msgspec.structs.asdict(heard)}, kind.received)
    return made


__all__ = ["Kind", "Requested", "decided", "plain", "received_of", "settled"]
