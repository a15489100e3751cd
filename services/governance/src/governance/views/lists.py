"""All lists of governance. They are made from its own ledger."""

from typing import Final

from governance.domain import GOVERNANCE
from governance.views.catalogue import CATALOGUE_VIEW, USES_VIEW
from governance.views.due import DUE_VIEW
from governance.views.gate_reviews import GATE_REVIEWS_VIEW
from governance.views.inbox import INBOX_VIEW
from governance.views.objectives import OBJECTIVES_VIEW
from governance.views.oversight import BREACHES_VIEW, COMPLIANCE_REVIEWS_VIEW, FINDINGS_VIEW, KPIS_VIEW
from governance.views.prioritisations import PRIORITISATIONS_VIEW
from governance.views.proposals import PROPOSALS_VIEW
from governance.views.resources import COMMITMENTS_VIEW, PERIODS_VIEW, RESOURCES_VIEW
from governance.views.scoring_models import SCORING_MODELS_VIEW
from governance.views.standards import STANDARDS_VIEW
from mandate_events.views.record import Lists, OwnLedger

LISTS: Final = Lists(
    "governance",
    (
        STANDARDS_VIEW,
        OBJECTIVES_VIEW,
        SCORING_MODELS_VIEW,
        PROPOSALS_VIEW,
        PRIORITISATIONS_VIEW,
        GATE_REVIEWS_VIEW,
        INBOX_VIEW,
        DUE_VIEW,
        RESOURCES_VIEW,
        PERIODS_VIEW,
        COMMITMENTS_VIEW,
        CATALOGUE_VIEW,
        USES_VIEW,
        KPIS_VIEW,
        BREACHES_VIEW,
        COMPLIANCE_REVIEWS_VIEW,
        FINDINGS_VIEW,
    ),
    {"governance": GOVERNANCE.catalogue},
    OwnLedger("governance"),
)
