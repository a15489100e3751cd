"""Where the cases of governance begin. People are named by `derived(name)`: fay founds, ann and ben are the PMO."""

import pytest

from governance.main import GOVERNANCE
from governance.office.events import AuditorAppointed, FounderNamed, OfficeChartered, OfficeMemberAppointed
from governance.office.office import OFFICE, THE_OFFICE
from governance.people.mandate import MANDATE, MandateGiven
from governance.standards.content import Gate, GatePath, Phase
from governance.standards.standard import STANDARD, StandardDrafted, StandardPublished
from governance.strategy.authorisation import ProjectAuthorised
from governance.strategy.intake import ProjectProposed
from governance.strategy.proposal import PROPOSAL
from mandate_events.document.event import Event
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario
from mandate_events.values.money import Money

FAY, ANN, BEN, EVE = (derived(name) for name in ("fay", "ann", "ben", "eve"))

PATHS = [
    GatePath("two-gate", "Two gates", [Phase("plan", "Plan", Gate("g1", "One")), Phase("do", "Do", Gate("g2", "Two"))])
]


def mandate(scenario: Scenario, person: str, role: str, project: str | None = None) -> None:
    scenario.given(MANDATE, person, MandateGiven(person=person, role=role, project=project))


@pytest.fixture
def office() -> Scenario:
    """A chartered office: founder fay, members ann and ben, auditor eve."""
    events: list[Event] = [
        FounderNamed(person=FAY),
        OfficeChartered(name="PMO", time_zone="UTC", currency="AUD"),
        OfficeMemberAppointed(person=ANN),
        OfficeMemberAppointed(person=BEN),
        AuditorAppointed(person=EVE),
    ]
    scenario = Scenario(GOVERNANCE).given(OFFICE, THE_OFFICE, *events)
    for person, role in ((FAY, "founder"), (ANN, "pmo"), (BEN, "pmo"), (EVE, "auditor")):
        mandate(scenario, person, role)
    return scenario


@pytest.fixture
def standardised(office: Scenario) -> Scenario:
    """And a standard in force: capital@1, written by ann and published by ben. Version 2 is a draft of both."""
    return (
        office.given(STANDARD, "capital", StandardDrafted(version=1, title="Capital", paths=PATHS), by=ANN)
        .given(STANDARD, "capital", StandardPublished(version=1, title="Capital", paths=PATHS), by=BEN)
        .given(STANDARD, "capital", StandardDrafted(version=2, title="Capital", paths=PATHS), by=ANN)
    )


@pytest.fixture
def proposed(standardised: Scenario) -> Scenario:
    """And a proposal of ann's, p1."""
    return standardised.given(
        PROPOSAL,
        "p1",
        ProjectProposed(
            portfolio="roads", reference="R1", title="A road", gate_path="two-gate", forecast_cost=Money("10.00", "AUD")
        ),
        by=ANN,
    )


@pytest.fixture
def authorised(proposed: Scenario) -> Scenario:
    """And its authorisation by ben: p1 is a project under capital@1."""
    return proposed.given(
        PROPOSAL,
        "p1",
        ProjectAuthorised(
            portfolio="roads",
            reference="R1",
            title="A road",
            gate_path="two-gate",
            standard="capital@1",
            budget=Money("9.00", "AUD"),
        ),
        by=BEN,
    )
