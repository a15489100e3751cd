"""Offering: what the person who asks may do with a thing now, as links. The server still decides when they do it.

What is offered is tried: see `mandate_events.deciding.trying`. There is no other way to tell it, so that nothing here
can come to know other rules than those that decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

from fastapi import Request
from pydantic import BaseModel, Field, create_model

from mandate_events.deciding import Aggregate, Command
from mandate_events.deciding.fold import Fold
from mandate_events.deciding.submission import Submission
from mandate_events.ledger.store import Store
from mandate_events.ledger.trying import permitted
from mandate_events.values.told import CommandName, Href

ALLOWED: Final = "allowed"

NEW: Final = "00000000-0000-0000-0000-000000000000"
"""The id of a thing that is not there yet, and never will be."""


class Allowed(BaseModel):
    """A command that you may give now. What you say in it is judged when you give it."""

    command: CommandName = Field(examples=["DecideGate"])
    method: Literal["POST"]
    href: Href = Field(
        description="Where it is given; what still stands in braces is for you to fill in",
        examples=["/v1/gate-reviews/0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f/decisions"],
    )
    body_schema: Href = Field(
        description="The JSON Schema of its body, in this service's OpenAPI document",
        examples=["/openapi.json#/components/schemas/DecideGate"],
    )
    if_match: str | None = Field(
        pattern='^"[0-9]{1,9}"$',
        description="What to send as `If-Match`, so that it is given to what you see; null where it goes elsewhere",
        examples=['"7"'],
    )


class WithAllowed(BaseModel):
    """A thing, with what may be done with it."""

    allowed: list[Allowed] = Field(
        default_factory=list,
        description="What you may do with it now, by rights and state. In lists with `include=allowed` alone; never of "
        "the past. It is no promise: each command is judged when it is given",
    )


@cache
def with_allowed(page: type[BaseModel]) -> type[BaseModel]:
    """The page of a thing, with what may be done with it."""
    return create_model(page.__name__, __doc__=page.__doc__, __base__=(page, WithAllowed))


@dataclass(frozen=True, slots=True)
class Offer:
    """Where people give a command: to a thing, or to begin one in a project."""

    command: type[Command]
    at: str
    aggregate: Aggregate[Any]
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Offers:
    """All of a service."""

    of_kind: Mapping[str, Sequence[Offer]] = field(default_factory=dict)
    """Of a thing, by the kind of its stream."""
    of_project: Sequence[Offer] = ()
    """Given at a project's address, whatever they are given to: these are offered with the project itself."""
    project: Aggregate[Any] | None = None
    """What is the project itself: its streams have the ids of projects."""

    def on(self, kind: str) -> Iterator[Offer]:
        """What could be offered on a thing, by whoever."""
        yield from self.of_kind.get(kind, ())
        if self.project and kind == self.project.name:
            yield from (offer for offer in self.of_project if offer.aggregate.name != kind)


@cache
def _unsaid(command: type[Command]) -> Command:
    """It says nothing, and so it is the same for everybody."""
    return command.unsaid()


@dataclass(frozen=True, slots=True)
class Thing:
    """One that is told, as it was folded for that."""

    id: str
    fold: Fold

    def submission(self, offer: Offer, actor: str) -> Submission:
        """The offered command, with nothing said in it yet."""
        id_, project = (NEW, self.id) if offer.opens else (self.id, None)
        command = _unsaid(offer.command)
        return Submission(offer.aggregate, id_, command, actor=actor, route="", key="", project=project)


async def allowed(request: Request, things: Sequence[Thing]) -> list[list[dict[str, Any]]]:
    """Of each thing what the person who asks may do with it now."""
    offers: Offers = request.app.state.offers
    store: Store = request.app.state.store
    rights, actor = store.domain.rights, request.scope["mandate.actor"]
    held = request.scope.get("mandate.held")
    if held is None:
        held = await request.app.state.find_held(actor)
    roles = {mandate.role for mandate in held}
    kinds = {thing.fold.aggregate.name for thing in things}
    theirs = {
        kind: [offer for offer in offers.on(kind) if not roles.isdisjoint(rights.roles_for(offer.command.__name__))]
        for kind in kinds
    }
    possible = [
        (number, thing, offer, thing.submission(offer, actor))
        for number, thing in enumerate(things)
        for offer in theirs[thing.fold.aggregate.name]
    ]
    offered: list[list[dict[str, Any]]] = [[] for _ in things]
    if not possible:
        return offered
    folds = {thing.fold.aggregate.stream(thing.id): thing.fold for thing in things}
    folds |= {each.stream: Fold(each.aggregate) for _, _, offer, each in possible if offer.opens}
    may = await permitted(store, folds, [submission for *_, submission in possible])
    root = request.scope.get("root_path", "")
    for (number, thing, offer, _), could in zip(possible, may, strict=True):
        if could:
            offered[number].append(_told(offer, thing, root))
    return offered


def _told(offer: Offer, thing: Thing, root: str) -> dict[str, Any]:
    name, to_it = offer.command.__name__, offer.aggregate is thing.fold.aggregate
    return {
        "command": name,
        "method": "POST",
        "href": root + offer.at.replace("{id}", thing.id),
        "body_schema": f"{root}/openapi.json#/components/schemas/{name}",
        "if_match": f'"{thing.fold.version}"' if to_it else None,
    }
