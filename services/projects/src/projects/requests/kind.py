"""A kind of request: what it asks, and what the PMO's decision does. All else is the same for every kind.

Most kinds are `plain`: asked for, decided by the PMO, applied and answered. One that has a life of its own (it ends, it
is assessed first) decides and evolves in its own words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias

from pydantic import Field, create_model

from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Looking,
    On,
    Refused,
    Streams,
    Undecided,
    Unfolded,
    replace,
)
from mandate_events.deciding.aggregate import nothing
from mandate_events.deciding.rights import Right, allow
from mandate_events.document.event import Event, Recorded
from projects.execution.project import running
from projects.requests.page import RequestPage
from projects.requests.register import RequestClosed, RequestOpened, answered, enter, register_read
from projects.requests.request import (
    ANSWERS,
    ApplyDecision,
    DecisionApplied,
    DecisionHeard,
    DecisionNotApplied,
    R,
    Request,
    RequestCommand,
    Requested,
    applied,
    outcome_of,
    request_aggregate,
    request_read,
    why_not,
)
from projects.roles import PROJECT_MANAGER

Ask: TypeAlias = Callable[[Any, Context], Event]
"""(command, context): what is asked for; or the refusal."""

Follow: TypeAlias = Callable[[Any, ApplyDecision, Context], Sequence[Event | On]]
"""(request, decision, context): what follows where the decision takes effect."""


def nothing_follows(_request: Request, _command: ApplyDecision, _context: Context) -> Sequence[Event | On]:
    """The decision itself is all that the project goes by."""
    return []


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of request. Its streams have the same name and ids in governance."""

    aggregate: Aggregate[Any]
    ask: type[RequestCommand]
    decisions: Mapping[type[DecisionHeard], str | None]
    """What governance says when it decides, with the outcome that it means; None where the event names it."""
    page: type[RequestPage]
    at: str
    """Where one is read: `/v1/charters/{id}`; it is asked for beneath the project, at the same name."""
    outcomes: tuple[str, ...] = ()
    """What else a decision can mean, where its event names the outcome."""
    steps: tuple[str, ...] = ("open",)
    """What its status can be besides, before it is decided and after."""
    tag: str
    says: str
    """What stands under its tag in the API's description."""
    asked_by: Sequence[Right] | None = None
    """Who may ask, where that is not the PM of the project alone."""
    takes: Mapping[str, type[Command]] = field(default_factory=dict)
    """Where further commands are given to it."""

    @property
    def statuses(self) -> list[str]:
        """All that its status can be."""
        decided = [outcome for outcome in self.decisions.values() if outcome]
        return [*self.steps, *decided, *self.outcomes, "not_applied"]

    @cached_property
    def told_as(self) -> type[RequestPage]:
        """Its page, which names them."""
        status: Any = Literal[tuple(self.statuses)]
        said = Field(description=self.page.model_fields["status"].description, examples=[self.statuses[0]])
        return create_model(self.page.__name__, __doc__=self.page.__doc__, __base__=self.page, status=(status, said))

    @property
    def rights(self) -> Sequence[Right]:
        """Who asks; what else is done with it the PM does."""
        others = [allow(command, PROJECT_MANAGER, own_project=True) for command in self.takes.values()]
        return [*(self.asked_by or [allow(self.ask, PROJECT_MANAGER, own_project=True)]), *others]

    @property
    def asked_at(self) -> str:
        return f"/v1/projects/{{id}}/{self.at.split('/')[2]}"


def plain(
    name: str,
    state: type[R],
    command: type[RequestCommand],
    ask: Ask,
    follow: Follow = nothing_follows,
    *,
    says: tuple[type[Event], ...],
    follows: tuple[type[Event], ...] = (),
    also_reads: Callable[[R | None, Any, Looking], Streams] = nothing,
    one_at_a_time: bool = False,
) -> Aggregate[R]:
    """A kind that is asked for, decided by the PMO, and answered. One that is made one at a time is entered in the
    project's register until then. `says` names its events: the first is the request itself. `follows` names what
    `follow` may record, on its stream or on others; `also_reads` the streams that are read besides the project's and
    its register."""

    def decide(request: R | None, given: Any, context: Context) -> Decided:
        match given:
            case RequestCommand() if request is None and isinstance(given, command):
                running(context)
                entered = [enter(context, context.project or "", name)] if one_at_a_time else []
                return [ask(given, context), *entered]
            case RequestCommand() if isinstance(given, command):
                raise Refused("already-requested")
            case ApplyDecision() if request:
                following = [] if why_not(request, context) else follow(request, given, context)
                if one_at_a_time:
                    return answered(name, request, given, context, *following)
                return applied(request, given, context, *following)
            case _:
                raise Undecided(given)

    def evolve(request: R | None, event: Any, record: Recorded[Any]) -> R:
        match event:
            case Requested():
                return state(asked=event, requested_by=record.actor)
            case DecisionApplied() | DecisionNotApplied() if request:
                return replace(request, outcome=outcome_of(event), answered=True)
            case _ if request and KEPT in request.__struct_fields__:
                return replace(request, **{KEPT: event})
            case _:
                raise Unfolded(event)

    def reads(request: R | None, given: Any, looking: Looking) -> Streams:
        yield from request_read(request, given, looking)
        yield from register_read(looking.project) if one_at_a_time else ()
        yield from also_reads(request, given, looking)

    return request_aggregate(
        name,
        decide,
        evolve,
        events=says,
        records={
            command: (says[0], RequestOpened) if one_at_a_time else (says[0],),
            ApplyDecision: (*ANSWERS, *follows, RequestClosed) if one_at_a_time else (*ANSWERS, *follows),
        },
        reads=reads,
        opened_by=command,
        state=state,
    )


KEPT: Final = "settled"
"""The member of a state that keeps what else is on record of it."""
