"""The house: what a service is, derived from its chapters. Nothing of it is written down a second time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from fastapi import APIRouter

from mandate_events.deciding import Aggregate, Context, Looking, Mandate, Streams
from mandate_events.deciding.completeness import Incomplete
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.reacting import Heard, Policy, Reaction
from mandate_events.deciding.rights import KeptFrom
from mandate_events.document.event import Catalogue, Event
from mandate_events.views.record import Lists, OwnLedger, Record
from mandate_events.views.view import View
from mandate_events.worker.timers import Timer, due_view
from mandate_web.chapters.chapter import Chapter, Lead, Served
from mandate_web.chapters.faults import faults
from mandate_web.chapters.lists import row_teller
from mandate_web.chapters.routes import router_of
from mandate_web.routes.offering import Offer, Offers

TellRow: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


class House:
    """One service's chapters, and all that follows from them. Raises `Incomplete` with all that they do not say."""

    def __init__(
        self,
        name: str,
        chapters: Sequence[Chapter],
        *,
        mandates: Aggregate[Any] | None = None,
        kept_from: Sequence[KeptFrom] = (),
        record: Record | None = None,
        project: Aggregate[Any] | None = None,
    ) -> None:
        self.name = name
        self.chapters = chapters
        self._mandates = mandates
        self._kept_from = kept_from
        self._record = record
        self._project = project
        found = list(faults(self.chapters))
        if project is None:
            found += [
                f"{things.at} lists what belongs to a project, and {name} does not say what a project is: its `project`"
                for served in self.served
                for things in served.lists
                if "{id}" in things.at
            ]
        try:
            self.domain = self._domain()
        except Incomplete as incomplete:
            found += incomplete.faults
        if found:
            raise Incomplete(name, found)

    # --- deciding ---

    def _domain(self) -> Domain:
        """Its things, its events, its table of rights."""
        return Domain(
            self.name,
            aggregates=dict.fromkeys(each for chapter in self.chapters for each in chapter.all_aggregates),
            rights=[right for chapter in self.chapters for right in chapter.rights],
            find_mandates=self._find_mandates,
            mandates_read=self._mandates_read,
            kept_from=self._kept_from,
        )

    def _find_mandates(self, context: Context) -> Sequence[Mandate]:
        return (context.read(self._mandates, context.actor) or ()) if self._mandates else ()

    def _mandates_read(self, looking: Looking) -> Streams:
        return [(self._mandates, looking.actor)] if self._mandates else []

    # --- hearing the others ---

    @cached_property
    def heard(self) -> Mapping[str, Catalogue]:
        """Of each service that is followed, the events that matter here."""
        events: dict[str, dict[type[Event], None]] = {}
        for chapter in self.chapters:
            for service, policies in chapter.hears.items():
                events.setdefault(service, {}).update(dict.fromkeys(policies))
        return {service: Catalogue(service, known) for service, known in events.items()}

    def policy(self, service: str) -> Policy:
        """What is done because of what a service recorded: chapter by chapter."""
        policies: dict[type[Event], list[Policy]] = {}
        for chapter in self.chapters:
            for event, policy in chapter.hears.get(service, {}).items():
                if policy:
                    policies.setdefault(event, []).append(policy)

        def react(said: Heard) -> Sequence[Reaction]:
            return [reaction for policy in policies.get(type(said.record.data), ()) for reaction in policy(said)]

        return react

    @cached_property
    def timers(self) -> Mapping[str, Timer]:
        return {timer.name: timer for chapter in self.chapters for timer in chapter.timers}

    # --- reading ---

    @cached_property
    def listed(self) -> Mapping[str, tuple[View, TellRow | None]]:
        """Each list by name: its view, and how a row is told; None where nobody asks for it."""
        return dict(self._listed())

    def _listed(self) -> Iterator[tuple[str, tuple[View, TellRow | None]]]:
        for chapter in self.chapters:
            for listed in chapter.lists:
                yield _dashed(listed.view.name), (listed.view, row_teller(listed))
            for served in chapter.served:
                if served.view:
                    yield _dashed(served.view.name), (served.view, served.listing.tell)
        if self.timers:
            view = due_view(self.timers.values())
            yield view.name, (view, None)

    @cached_property
    def lists(self) -> Lists:
        """All views, and the record that they are made from: its own ledger, where no other one is given."""
        views = tuple(view for view, _ in self.listed.values())
        if self._record:
            return Lists(self.name, views, self.heard, self._record)
        return Lists(self.name, views, {self.name: self.domain.catalogue}, OwnLedger(self.name))

    @property
    def served(self) -> Iterator[Served]:
        for chapter in self.chapters:
            yield from chapter.served

    @cached_property
    def things(self) -> Mapping[str, Served]:
        """What has a page, by kind."""
        return {served.aggregate.name: served for served in self.served}

    @cached_property
    def offers(self) -> Offers:
        """Where people give commands, by the kind of thing."""
        offers = [offer for served in self.served for offer in served.offers]
        offers += [offer for chapter in self.chapters for offer in chapter.offers]
        kinds: dict[str, list[Offer]] = {}
        for offer in offers:
            if not offer.opens:
                kinds.setdefault(offer.aggregate.name, []).append(offer)
        at_projects = [offer for offer in offers if offer.at.startswith("/v1/projects/{id}/")]
        return Offers(kinds, at_projects, self._project)

    @cached_property
    def framework(self) -> frozenset[str]:
        """The kinds whose events everybody with a mandate may see."""
        named = (aggregate.name for chapter in self.chapters for aggregate in chapter.framework)
        return frozenset({*named, "rights-table"})

    @cached_property
    def routers(self) -> Sequence[APIRouter]:
        return [router for chapter in self.chapters for router in (*chapter.routers, router_of(chapter))]

    @property
    def tags(self) -> list[dict[str, Any]]:
        return [{"name": name, "description": says} for chapter in self.chapters for name, says in chapter.tags.items()]

    @property
    def wording(self) -> Sequence[Path]:
        """The files of its sentences."""
        return [file for chapter in self.chapters if (file := chapter.folder / "wording.toml").exists()]

    @property
    def leads(self) -> Sequence[Lead]:
        return [lead for chapter in self.chapters for lead in chapter.leads]


def _dashed(name: str) -> str:
    return name.replace("_", "-")
