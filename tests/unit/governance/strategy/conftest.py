"""What the cases of the strategy say again and again: proposals, and what is decided on them."""

from datetime import date
from typing import Any

from governance.strategy.authorisation import AuthoriseProject
from governance.strategy.intake import AmendProposal, ProposalAmended, ProposeProject
from governance.strategy.objective import OBJECTIVE, ObjectiveRetired, ObjectiveSet
from mandate_events.document.identifiers import derived
from mandate_events.testing import Scenario
from mandate_events.values.money import Money

ANN = derived("ann")
AIM, OTHER = derived("aim"), derived("other")


def proposing(**changes: Any) -> ProposeProject:
    return ProposeProject.model_validate(
        {
            "portfolio": "roads",
            "reference": "R1",
            "title": "A road",
            "gate_path": "two-gate",
            "forecast_cost": {"amount": "10", "currency": "AUD"},
            **changes,
        }
    )


def authorising(**changes: Any) -> AuthoriseProject:
    return AuthoriseProject.model_validate(
        {"standard": "capital@1", "budget": {"amount": "9.5", "currency": "AUD"}, "reason": "r", **changes}
    )


def amending(**changes: Any) -> AmendProposal:
    return AmendProposal.model_validate({"reason": "r", **changes})


def amended(**changes: Any) -> ProposalAmended:
    as_it_was: dict[str, Any] = {
        "title": "A road",
        "gate_path": "two-gate",
        "forecast_cost": Money("10.00", "AUD"),
        "business_case": None,
        "objectives": [],
        "effort_days": None,
        "answers": None,
    }
    return ProposalAmended(**as_it_was | changes)


def aimed(scenario: Scenario) -> Scenario:
    """An objective that holds, and one that is retired."""
    content: dict[str, Any] = {
        "title": "Clean bay",
        "weight": "1",
        "starts_on": date(2026, 1, 1),
        "until": date(2028, 12, 31),
    }
    scenario.given(OBJECTIVE, AIM, ObjectiveSet(**content), by=ANN)
    return scenario.given(OBJECTIVE, OTHER, ObjectiveSet(**content), ObjectiveRetired(), by=ANN)
