"""Governance as one domain: its events, its aggregates, its rights."""

from collections.abc import Sequence

from governance import directory, office
from governance.appointments import appointment, mandate
from governance.catalogue import process, template, tool
from governance.oversight import compliance_review, kpi, measurement
from governance.requests.kinds import KINDS
from governance.resources import resource
from governance.rights import RIGHTS
from governance.standards import migration, standard
from governance.strategy import objective, prioritisation, proposal, scoring_model
from mandate_events.deciding import Context, Mandate
from mandate_events.deciding.domain import Domain


def find_mandates(context: Context) -> Sequence[Mandate]:
    return mandate.held_by(context, context.actor)


GOVERNANCE = Domain(
    "governance",
    aggregates=[
        office.OFFICE,
        mandate.MANDATE,
        standard.STANDARD,
        migration.MIGRATION,
        objective.OBJECTIVE,
        scoring_model.SCORING_MODEL,
        proposal.PROPOSAL,
        prioritisation.PRIORITISATION,
        appointment.APPOINTMENT,
        directory.DIRECTORY,
        resource.RESOURCE,
        process.PROCESS,
        tool.TOOL,
        template.TEMPLATE,
        kpi.KPI,
        measurement.MEASUREMENT,
        compliance_review.COMPLIANCE_REVIEW,
        *(kind.aggregate for kind in KINDS.values()),
    ],
    rights=RIGHTS,
    find_mandates=find_mandates,
)
