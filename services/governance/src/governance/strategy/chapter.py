"""Strategy: objectives, scoring models, proposals with their scores, rankings of a portfolio."""

from pathlib import Path
from typing import Final

from governance.roles import PMO, SPONSOR
from governance.strategy.alignment import ScoreProposal
from governance.strategy.authorisation import AuthoriseProject
from governance.strategy.intake import AmendProposal, ProjectProposed, ProposeProject
from governance.strategy.objective import OBJECTIVE, ObjectivePage, RetireObjective, ReviseObjective, SetObjective
from governance.strategy.pages import ProposalPage, shown_proposal
from governance.strategy.prioritisation import PRIORITISATION, PrioritisationPage, PrioritisePortfolio
from governance.strategy.proposal import (
    PROPOSAL,
    DeferProposal,
    Proposal,
    RejectProposal,
    RequestMore,
)
from governance.strategy.routes import imports, lists, prioritisation
from governance.strategy.scoring_model import SCORING_MODEL, DefineScoringModel, ScoringModelItem, ScoringModelPage
from governance.strategy.views import OBJECTIVES_VIEW, PRIORITISATIONS_VIEW, PROPOSALS_VIEW, SCORING_MODELS_VIEW
from mandate_events.deciding.rights import allow
from mandate_events.deciding.separation import not_, recorded
from mandate_web.chapters.chapter import Chapter, Listed, Served
from mandate_web.chapters.ids import slug, uuid
from mandate_web.chapters.opened import Opened
from mandate_web.imports.jobs import Jobs
from mandate_web.routes.access import Viewer

PROPOSED_IT: Final = recorded(ProjectProposed)
"""A proposal is amended by who made it, and by nobody else; they judge and decide nothing on it."""


async def carry_out_imports(opened: Opened) -> None:
    """Propose what imports hold, line by line."""
    await Jobs(opened.store, imports.PROPOSALS).work()


def _sees_proposal(who: Viewer, id_: str, proposal: Proposal) -> bool:
    return who.sees(id_) or proposal.proposed_by == who.person.id


CHAPTER: Final = Chapter(
    name="strategy",
    says="What the organisation wants to reach, which proposals serve it, and which of them are done",
    folder=Path(__file__).parent,
    reads="read-framework",
    served=[
        Served(
            OBJECTIVE,
            ObjectivePage,
            at="/v1/objectives/{id}",
            id=uuid("Id of the objective"),
            opens={"/v1/objectives": SetObjective},
            takes={
                "/v1/objectives/{id}/revisions": ReviseObjective,
                "/v1/objectives/{id}/retirements": RetireObjective,
            },
        ),
        Served(
            SCORING_MODEL,
            ScoringModelPage,
            at="/v1/scoring-models/{id}",
            id=slug("The scoring model's name", "alignment"),
            takes={"/v1/scoring-models/{id}/versions": DefineScoringModel},
        ),
        Served(
            PROPOSAL,
            ProposalPage,
            at="/v1/proposals/{id}",
            id=uuid("Id of the proposal and its project"),
            opens={"/v1/proposals": ProposeProject},
            names=lambda propose: propose.id,
            takes={
                "/v1/proposals/{id}/amendments": AmendProposal,
                "/v1/proposals/{id}/scores": ScoreProposal,
                "/v1/proposals/{id}/requests": RequestMore,
                "/v1/proposals/{id}/deferrals": DeferProposal,
                "/v1/proposals/{id}/rejections": RejectProposal,
                "/v1/proposals/{id}/authorisations": AuthoriseProject,
            },
            shown=shown_proposal,
            seen=_sees_proposal,
            reads="read-governance",
            tag="portfolio intake",
        ),
        Served(
            PRIORITISATION,
            PrioritisationPage,
            at="/v1/prioritisations/{id}",
            id=uuid("Id of the prioritisation"),
            seen=lambda who, _id, _prioritisation: who.sees_all(),
            reads="read-governance",
        ),
    ],
    framework=[OBJECTIVE, SCORING_MODEL],
    rights=[
        allow(SetObjective, PMO),
        allow(ReviseObjective, PMO),
        allow(RetireObjective, PMO),
        allow(DefineScoringModel, PMO),
        allow(PrioritisePortfolio, PMO),
        allow(ProposeProject, PMO, SPONSOR),
        allow(AmendProposal, PMO, SPONSOR, unless={"amended-by-another": not_(PROPOSED_IT)}),
        allow(ScoreProposal, PMO, unless={"scorer-is-proposer": PROPOSED_IT}),
        *(
            allow(command, PMO, unless={"decider-is-proposer": PROPOSED_IT})
            for command in (RequestMore, DeferProposal, RejectProposal)
        ),
        allow(AuthoriseProject, PMO, unless={"authoriser-is-proposer": PROPOSED_IT}),
    ],
    lists=[
        Listed(view=OBJECTIVES_VIEW, shown=lists.shown_objective),
        Listed(
            view=SCORING_MODELS_VIEW,
            item=ScoringModelItem,
            of=SCORING_MODEL,
            at="/v1/scoring-models",
            says="Scoring models by name.",
        ),
        Listed(view=PROPOSALS_VIEW, shown=lists.shown_proposal),
        Listed(view=PRIORITISATIONS_VIEW, shown=prioritisation.shown_row),
    ],
    routers=[lists.router, imports.router, prioritisation.router],
    leads=[carry_out_imports],
    tags={
        "strategy": "Objectives, scoring models, and rankings of a portfolio",
        "imports": "Many proposals at once, and how far they are",
        "portfolio intake": "Proposals and authorisations",
    },
)
