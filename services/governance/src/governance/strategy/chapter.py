"""Strategy: objectives, scoring models, proposals with their scores, rankings of a portfolio."""

from pathlib import Path
from typing import Final

from governance.roles import PMO, SPONSOR
from governance.strategy import alignment, objective, prioritisation, proposal, scoring_model
from governance.strategy.objective import OBJECTIVE
from governance.strategy.prioritisation import PRIORITISATION
from governance.strategy.proposal import PROPOSAL
from governance.strategy.routes import imports
from governance.strategy.routes import prioritisation as prioritisation_routes
from governance.strategy.routes import proposal as proposal_routes
from governance.strategy.routes import strategy as strategy_routes
from governance.strategy.scoring_model import SCORING_MODEL
from governance.strategy.views.objectives import OBJECTIVES_VIEW
from governance.strategy.views.prioritisations import PRIORITISATIONS_VIEW
from governance.strategy.views.proposals import PROPOSALS_VIEW
from governance.strategy.views.scoring_models import SCORING_MODELS_VIEW
from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter, Listed
from mandate_web.chapters.opened import Opened
from mandate_web.imports.jobs import Jobs


async def carry_out_imports(opened: Opened) -> None:
    """Propose what imports hold, line by line."""
    await Jobs(opened.store, imports.PROPOSALS).work()


CHAPTER: Final = Chapter(
    name="strategy",
    says="What the organisation wants to reach, which proposals serve it, and which of them are done",
    folder=Path(__file__).parent,
    reads="read-framework",
    aggregates=[OBJECTIVE, SCORING_MODEL, PROPOSAL, PRIORITISATION],
    framework=[OBJECTIVE, SCORING_MODEL],
    rights=[
        allow(objective.SetObjective, PMO),
        allow(objective.ReviseObjective, PMO),
        allow(objective.RetireObjective, PMO),
        allow(scoring_model.DefineScoringModel, PMO),
        allow(prioritisation.PrioritisePortfolio, PMO),
        allow(proposal.ProposeProject, PMO, SPONSOR),
        allow(proposal.AmendProposal, PMO, SPONSOR, unless={"amended-by-another": proposal.is_not_proposer}),
        allow(alignment.ScoreProposal, PMO, unless={"scorer-is-proposer": proposal.is_proposer}),
        *(
            allow(command, PMO, unless={"decider-is-proposer": proposal.is_proposer})
            for command in (proposal.RequestMore, proposal.DeferProposal, proposal.RejectProposal)
        ),
        allow(proposal.AuthoriseProject, PMO, unless={"authoriser-is-proposer": proposal.is_proposer}),
    ],
    lists=[
        Listed(view=OBJECTIVES_VIEW, shown=strategy_routes.shown_row),
        Listed(view=SCORING_MODELS_VIEW, shown=strategy_routes.shown_model_row),
        Listed(view=PROPOSALS_VIEW, shown=proposal_routes.shown_row),
        Listed(view=PRIORITISATIONS_VIEW, shown=prioritisation_routes.shown_row),
    ],
    routers=[strategy_routes.router, imports.router, proposal_routes.router, prioritisation_routes.router],
    leads=[carry_out_imports],
    tags={
        "strategy": "Objectives, scoring models, and rankings of a portfolio",
        "imports": "Many proposals at once, and how far they are",
        "portfolio intake": "Proposals and authorisations",
    },
)
