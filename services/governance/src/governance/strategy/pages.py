"""Proposals as they are told: in a list, and with what they rest on."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from governance.strategy.business_case import BusinessCasePage
from governance.strategy.proposal import Proposal, Status
from mandate_events.deciding import PersonId
from mandate_events.values.told import Amount
from mandate_web.chapters.pages import copied


class ProposalItem(BaseModel):
    """A proposal, and what was authorised of it."""

    id: str = Field(description="Id of the proposal and its project", examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    portfolio: str = Field(examples=["capital-delivery"])
    reference: str = Field(examples=["D-001"])
    title: str = Field(examples=["Harbour pumping station"])
    status: Status
    gate_path: str | None = Field(examples=["two-gate"])
    forecast_cost: Amount
    proposed_by: PersonId
    standard: str | None = Field(description="In force for the project", examples=["capital-delivery@1"])
    budget: Amount | None = Field(description="What was authorised")


class ScorePage(BaseModel):
    """The latest score of one person by one version of a scoring model."""

    model: str = Field(examples=["alignment@1"])
    scorer: PersonId
    scores: dict[str, str] = Field(description="By criterion", examples=[{"environment": "4"}])
    total: str = Field(description="Out of 100", examples=["72.5000"])


class ProposalPage(ProposalItem):
    """One proposal, with what it rests on, its scores, and what was decided.

    One that you may not see is not found: its id can be guessed from its reference.
    """

    business_case: BusinessCasePage | None
    objectives: list[str] = Field(description="Ids of the objectives it serves")
    effort_days: str | None = Field(description="Days of work that it takes", examples=["220"])
    requested: str | None = Field(description="What more the PMO asks for")
    deferred_until: date | None
    scores: list[ScorePage]
    tolerances: dict[str, str] = Field(
        description="By dimension, as authorised",
        examples=[{"time": "20", "cost": "10 %"}],
    )


def shown_proposal(id_: str, proposal: Proposal) -> dict[str, Any]:
    """A proposal as it is told."""
    scores = [
        {"model": model, "scorer": scorer, "scores": score.scores, "total": score.total}
        for (model, scorer), score in sorted(proposal.scores.items())
    ]
    return copied(ProposalPage, id_, proposal, scores=scores)
