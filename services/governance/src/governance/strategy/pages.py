"""Proposals as they are told: in a list, and with what they rest on."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from governance.strategy.business_case import BusinessCasePage
from governance.strategy.proposal import Proposal, Status
from mandate_events.deciding import PersonId
from mandate_events.values.text import Slug
from mandate_events.values.told import Amount, Digits, Edition, Id, Reference
from mandate_web.chapters.pages import copied


class ProposalItem(BaseModel):
    """A proposal, and what was authorised of it."""

    id: Id = Field(description="Id of the proposal and its project")
    portfolio: Slug = Field(examples=["capital-delivery"])
    reference: Reference
    title: str = Field(max_length=400, examples=["Harbour pumping station"])
    status: Status
    gate_path: Slug | None = Field(examples=["two-gate"])
    forecast_cost: Amount
    proposed_by: PersonId
    standard: Edition | None = Field(description="In force for the project")
    budget: Amount | None = Field(description="What was authorised")


class ScorePage(BaseModel):
    """The latest score of one person by one version of a scoring model."""

    model: Edition = Field(examples=["alignment@1"])
    scorer: PersonId
    scores: dict[str, Digits] = Field(description="By criterion", examples=[{"environment": "4"}])
    total: Digits = Field(description="Out of 100", examples=["72.5000"])


class ProposalPage(ProposalItem):
    """One proposal, with what it rests on, its scores, and what was decided.

    One that you may not see is not found: its id can be guessed from its reference.
    """

    business_case: BusinessCasePage | None
    objectives: list[Id] = Field(description="Ids of the objectives it serves")
    effort_days: Digits | None = Field(description="Days of work that it takes", examples=["220"])
    requested: str | None = Field(max_length=500, description="What more the PMO asks for")
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
