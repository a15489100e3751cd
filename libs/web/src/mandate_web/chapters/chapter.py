"""A chapter: all that a part of the handbook consists of, said once, as one literal that imports by name.

    CHAPTER = Chapter(
        name="quality",
        says="What the project delivers, and how that is judged",
        folder=Path(__file__).parent,
        served=[
            Served(
                BENEFIT,
                BenefitPage,
                at="/v1/benefits/{id}",
                opens={"/v1/projects/{id}/benefits": PlanBenefit},
                takes={"/v1/benefits/{id}/confirmations": ConfirmBenefit},
                listed=Things(at="/v1/projects/{id}/benefits", sort=("due_on",), filters={"status": Status}),
            ),
        ],
        rights=[...],
    )

Whatever a service knows of its chapters follows from these: its domain, routes, lists and their tables, timers, who
sees what live, the tags and the wording; and what `mandate replay` and the fault checks know.
"""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from fastapi import APIRouter
from pydantic import BaseModel

from mandate_events.deciding import Aggregate, Command
from mandate_events.deciding.reacting import Policy
from mandate_events.deciding.rights import Right
from mandate_events.document.event import Event
from mandate_events.views.folded import BESIDES, RECORDED_AT, Listing, folded, sortable
from mandate_events.views.view import View
from mandate_events.worker.timers import Timer
from mandate_web.chapters.ids import UUID, Id
from mandate_web.chapters.opened import Opened
from mandate_web.chapters.pages import copies
from mandate_web.routes.access import Viewer
from mandate_web.routes.offering import Offer
from mandate_web.routes.things import Peeks

Show: TypeAlias = Callable[[str, Any], Mapping[str, Any]]
"""(id, state) -> the thing as its page tells it."""

Beside: TypeAlias = Callable[[Peeks, Any], Coroutine[Any, Any, Any]]
"""(others, state) -> what is told of other things, at the same moment."""

Lead: TypeAlias = Callable[[Opened], Coroutine[Any, Any, None]]
"""What only the leading worker does, until cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list that is made from events: its view, and where it is asked for."""

    view: View
    item: type[BaseModel] | None = None
    """What a row is told as: the members that bear the names of columns."""
    of: Aggregate[Any] | None = None
    """What a row is, where each is one thing: it is asked what may be done with it."""
    shown: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    """How a row is told, where that is not by the names of its columns."""
    at: str | None = None
    """Its address; none where its route is one of the chapter's routers, or where nobody asks for it."""
    says: str = ""
    """What its route says of itself."""
    reads: str | None = None
    """The right to read it, where it is not the chapter's."""
    sort: Sequence[str] = ()
    """The columns that it is ordered by, `-` for downwards; behind them its key, so that no two are equal."""
    filters: Mapping[str, Any] = field(default_factory=dict)
    """The columns that it can be asked by, and what these hold."""
    tag: str | None = None


def _nothing(_state: Any) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """A list of all things of a kind, each as its page tells it: of one project, or of all that a person sees."""

    at: str
    sort: Sequence[str] = (RECORDED_AT,)
    filters: Mapping[str, Any] = field(default_factory=dict)
    says: str = ""
    version: int = 1
    """Raise it when `evolve` comes to mean something else: the rows are built anew."""


@dataclass(frozen=True)
class Served:
    """A kind of thing with its page, and the commands that people give it."""

    aggregate: Aggregate[Any]
    page: type[BaseModel]
    at: str = field(kw_only=True)
    """Where one is read: `/v1/benefits/{id}`."""
    id: Id = field(default=UUID, kw_only=True)
    """What its id looks like."""
    opens: Mapping[str, type[Command]] = field(default_factory=dict, kw_only=True)
    """Where a command begins a new one; an `{id}` in it is that of the project."""
    names: Callable[[Any], str] | None = field(default=None, kw_only=True)
    """The id that such a command gives it; otherwise it follows from who asks, and the key."""
    takes: Mapping[str, type[Command]] = field(default_factory=dict, kw_only=True)
    """Where commands are given to one that has its id."""
    shown: Show | None = field(default=None, kw_only=True)
    """How it is told, where that is not by the names of its state."""
    tells: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict, kw_only=True)
    """Members of its page that its state does not hold: how they are told of it."""
    beside: Mapping[str, Beside] = field(default_factory=dict, kw_only=True)
    """Members of its page that tell of other things: they are looked up where one is read, and null in lists."""
    seen: Callable[[Viewer, str, Any], bool] | None = field(default=None, kw_only=True)
    """Who sees it, where that is not who sees its project, or everybody where it has none."""
    reads: str | None = field(default=None, kw_only=True)
    """The right to read it, where it is not the chapter's."""
    special: bool = field(default=False, kw_only=True)
    """Its page is answered by a route of the chapter's own."""
    listed: Things | None = field(default=None, kw_only=True)
    """How all of its kind are listed, where that is more than those of a project, or another order."""
    tag: str | None = field(default=None, kw_only=True)
    """Where it stands in the API's description, if the chapter has several tags."""

    @property
    def tell(self) -> Show:
        """The thing as it is told."""
        return self.shown or copies(self.page, {**dict.fromkeys(self.beside, _nothing), **self.tells})

    @cached_property
    def listing(self) -> Listing:
        """How all of its kind are listed."""
        return Listing(self.aggregate, self.tell, self.columns)

    @cached_property
    def columns(self) -> Mapping[str, Any]:
        """What lists of its kind are sorted and filtered by: members of the page, and what these hold."""
        named = {each.lstrip("-") for things in self.lists for each in (*things.sort, *things.filters)}
        members = {name: member.annotation for name, member in self.page.model_fields.items() if name not in BESIDES}
        return {name: kind for name, kind in members.items() if name in named or sortable(name, kind)}

    @cached_property
    def lists(self) -> Sequence[Things]:
        """The lists of its kind. What belongs to projects is listed beneath each of them, whatever the chapter says."""
        given = [self.listed] if self.listed else []
        at = self._beneath_the_project
        return given if at is None or any(each.at == at for each in given) else [*given, Things(at=at)]

    @property
    def _beneath_the_project(self) -> str | None:
        match self.at.split("/"):
            case ["", "v1", "projects", "{id}"]:
                return "/v1/projects"
            case ["", "v1", name, "{id}"] if self.aggregate.in_a_project and not self.seen:
                return f"/v1/projects/{{id}}/{name}"
            case _:
                return None

    @cached_property
    def view(self) -> View | None:
        """The rows of its lists, where there are any."""
        if not self.lists:
            return None
        name = self.lists[0].at.rpartition("/")[2].replace("-", "_")
        return folded(name, self.listing, self.columns, self.lists[0].version)

    @property
    def offers(self) -> Iterator[Offer]:
        """Where people give commands to one, and begin one in a project."""
        for at, command in self.takes.items():
            yield Offer(command, at, self.aggregate)
        for at, command in self.opens.items():
            if "{id}" in at:
                yield Offer(command, at, self.aggregate, opens=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A part of a service, as it stands in a folder of its own."""

    name: str
    says: str
    """In one sentence."""
    folder: Path
    """Where it stands, with its `wording.toml`."""
    reads: str
    """The right to read what is in it."""
    served: Sequence[Served] = ()
    aggregates: Sequence[Aggregate[Any]] = ()
    """Things that have no page: they are read through others."""
    rights: Sequence[Right] = ()
    lists: Sequence[Listed] = ()
    timers: Sequence[Timer] = ()
    hears: Mapping[str, Mapping[type[Event], Policy | None]] = field(default_factory=dict)
    """Of each other service the events that matter here, and what is done because of them; None where lists alone
    follow them."""
    framework: Sequence[Aggregate[Any]] = ()
    """Things whose events everybody with a mandate may see live."""
    routers: Sequence[APIRouter] = ()
    """Routes that are special."""
    offers: Sequence[Offer] = ()
    """The commands that special routes give to things."""
    leads: Sequence[Lead] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    """Of the API's description: what stands under them."""

    @property
    def tag(self) -> str:
        return next(iter(self.tags))

    @property
    def all_aggregates(self) -> Sequence[Aggregate[Any]]:
        return [*(each.aggregate for each in self.served), *self.aggregates]
