"""Replaying: things and lists, folded from an export by the very functions that the services fold with."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from governance.domain import GOVERNANCE
from governance.http import (
    allocations,
    appointments,
    baselines,
    catalogue,
    changes,
    charters,
    closures,
    compliance_reviews,
    escalations,
    exceptions,
    gate_reviews,
    kpis,
    office,
    prioritisations,
    processes,
    proposals,
    resources,
    standard_migrations,
    standard_pages,
    standards,
    strategy,
    tailorings,
    templates,
    tools,
    waivers,
)
from governance.views.catalogue import USES_VIEW
from governance.views.gate_reviews import GATE_REVIEWS_VIEW
from governance.views.objectives import OBJECTIVES_VIEW
from governance.views.oversight import BREACHES_VIEW, COMPLIANCE_REVIEWS_VIEW, FINDINGS_VIEW, KPIS_VIEW
from governance.views.prioritisations import PRIORITISATIONS_VIEW
from governance.views.proposals import PROPOSALS_VIEW
from governance.views.resources import RESOURCES_VIEW
from governance.views.scoring_models import SCORING_MODELS_VIEW
from governance.views.standards import STANDARDS_VIEW
from mandate_events.deciding.domain import Domain
from mandate_events.document.event import Catalogue
from mandate_events.transport.port import understood
from mandate_events.views.past import Folding
from mandate_events.views.view import View
from mandate_replay.export import Checked, Heading, Incomplete
from projects.domain import PROJECTS
from projects.http import adoptions, corrective_actions, projects
from projects.http import allocations as project_allocations
from projects.http import baselines as project_baselines
from projects.http import changes as project_changes
from projects.http import charters as project_charters
from projects.http import closures as project_closures
from projects.http import escalations as project_escalations
from projects.http import exceptions as project_exceptions
from projects.http import tailorings as project_tailorings
from projects.http import waivers as project_waivers
from reporting.heard import HEARD
from reporting.http import portfolio
from reporting.views.portfolio import PORTFOLIO_VIEW

Shown = Callable[[str, Any], dict[str, Any]]

DOMAINS: Final[Mapping[str, Domain]] = {domain.service: domain for domain in (GOVERNANCE, PROJECTS)}

THINGS: Final[Mapping[str, Mapping[str, Shown]]] = {
    "governance": {
        "office": office.shown,
        "standard": standard_pages.shown,
        "standard-migration": standard_migrations.shown,
        "objective": strategy.shown_objective,
        "scoring-model": strategy.shown_scoring_model,
        "proposal": proposals.shown,
        "prioritisation": prioritisations.shown,
        "appointment": appointments.shown,
        "gate-review": gate_reviews.shown,
        "baseline": baselines.shown,
        "change": changes.shown,
        "exception": exceptions.shown,
        "waiver": waivers.shown,
        "tailoring": tailorings.shown,
        "charter": charters.shown,
        "closure": closures.shown,
        "escalation": escalations.shown,
        "resource": resources.shown,
        "process": processes.shown,
        "tool": tools.shown,
        "template": templates.shown,
        "kpi": kpis.shown,
        "kpi-measurement": kpis.shown_measurements,
        "compliance-review": compliance_reviews.shown,
        "allocation": allocations.shown,
    },
    "projects": {
        "project": projects.shown,
        "baseline": project_baselines.shown,
        "change": project_changes.shown,
        "exception": project_exceptions.shown,
        "waiver": project_waivers.shown,
        "tailoring": project_tailorings.shown,
        "charter": project_charters.shown,
        "closure": project_closures.shown,
        "escalation": project_escalations.shown,
        "forecast": project_exceptions.shown_forecast,
        "tolerance": project_exceptions.shown_tolerances,
        "adoption": adoptions.shown,
        "corrective-action": corrective_actions.shown,
        "allocation": project_allocations.shown,
    },
}
"""What can be shown as its service shows it, by service and kind."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: its view, what is understood of each ledger it is made from, and how a row is shown."""

    view: View
    catalogues: Mapping[str, Catalogue]
    shown: Callable[[dict[str, Any]], dict[str, Any]]


_TOLD_OF_PROJECTS: Final = {name: HEARD[name] for name in ("governance", "projects")}

LISTS: Final[Mapping[str, Listed]] = {
    "portfolio": Listed(PORTFOLIO_VIEW, _TOLD_OF_PROJECTS, portfolio.shown_project),
    "objectives": Listed(OBJECTIVES_VIEW, {"governance": GOVERNANCE.catalogue}, strategy.shown_row),
    "scoring-models": Listed(SCORING_MODELS_VIEW, {"governance": GOVERNANCE.catalogue}, strategy.shown_model_row),
    "prioritisations": Listed(PRIORITISATIONS_VIEW, {"governance": GOVERNANCE.catalogue}, prioritisations.shown_row),
    "standards": Listed(STANDARDS_VIEW, {"governance": GOVERNANCE.catalogue}, standards.shown_row),
    "proposals": Listed(PROPOSALS_VIEW, {"governance": GOVERNANCE.catalogue}, proposals.shown_row),
    "gate-reviews": Listed(GATE_REVIEWS_VIEW, {"governance": GOVERNANCE.catalogue}, gate_reviews.shown_row),
    "uses": Listed(USES_VIEW, {"governance": GOVERNANCE.catalogue}, catalogue.shown_use),
    "kpis": Listed(KPIS_VIEW, {"governance": GOVERNANCE.catalogue}, kpis.shown_row),
    "breaches": Listed(BREACHES_VIEW, {"governance": GOVERNANCE.catalogue}, kpis.shown_breach),
    "compliance-reviews": Listed(
        COMPLIANCE_REVIEWS_VIEW, {"governance": GOVERNANCE.catalogue}, compliance_reviews.shown_row
    ),
    "findings": Listed(FINDINGS_VIEW, {"governance": GOVERNANCE.catalogue}, compliance_reviews.shown_finding),
    "resources": Listed(RESOURCES_VIEW, {"governance": GOVERNANCE.catalogue}, resources.shown_row),
}

Documents = Iterable[tuple[Heading, bytes]]


@dataclass(frozen=True, slots=True)
class Stream:
    """What is known of one stream: its last event, and when that was recorded."""

    service: str
    name: str
    version: int
    type: str
    time: datetime


def streams(documents: Documents, service: str | None) -> list[Stream]:
    """All streams of an export, or those of one service."""
    found: dict[tuple[str, str], Stream] = {}
    for heading, _ in documents:
        if service in {None, heading.service}:
            key = (heading.service, heading.subject)
            found[key] = Stream(*key, heading.streamversion, heading.type, heading.time)
    return [found[key] for key in sorted(found)]


def thing(documents: Documents, checked: Checked, service: str, stream: str) -> dict[str, Any]:
    """One thing as its service shows it. Raises `LookupError` for no such thing, `Incomplete` where events lack."""
    kind, _, id_ = stream.partition("/")
    if kind not in THINGS.get(service, {}):
        known = ", ".join(f"{each}/..." for each in THINGS.get(service, {})) or "no single things"
        raise LookupError(f"{service} has {known}; not {stream}")
    domain, evolve, state = DOMAINS[service], DOMAINS[service].aggregates[kind].evolve, None
    for heading, document in documents:
        if heading.service == service and heading.subject == stream:
            record = domain.catalogue.decode(heading.type, document)
            state = evolve(state, record.data, record)
    if (service, stream) in checked.broken:
        raise Incomplete(f"the export lacks events of {stream}")
    if state is None:
        raise LookupError(f"by then nothing had been recorded of {stream}")
    return THINGS[service][kind](id_, state)


def rows(documents: Documents, checked: Checked, name: str) -> Iterator[dict[str, Any]]:
    """A list as its service shows it, by id. Raises `Incomplete` where a ledger it is made from has gaps."""
    listed = LISTS[name]
    folding = Folding(listed.view)
    for heading, document in documents:
        catalogue = listed.catalogues.get(heading.service)
        if catalogue and heading.type in listed.view.types(catalogue):
            folding.apply(heading.service, understood(catalogue, document))
    gaps = [service for service in listed.catalogues if not checked.whole.get(service, False)]
    if gaps:
        raise Incomplete(f"{name} needs all documents of {' and '.join(gaps)}; the export has gaps there")
    return (listed.shown(dict(row)) for _, row in sorted(folding.rows.items(), key=lambda each: str(each[0])))
