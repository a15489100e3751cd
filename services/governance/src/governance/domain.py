"""Governance as one domain: its events, its aggregates, its rights."""

from collections.abc import Sequence

from governance import office
from governance.appointments import appointment, mandate
from governance.requests.kinds import KINDS
from governance.rights import RIGHTS
from governance.standards import standard
from governance.strategy import proposal
from mandate_events.deciding import Context, Mandate
from mandate_events.domain import Domain


def find_mandates(context: Context) -> Sequence[Mandate]:
    return mandate.held_by(context, context.actor)


GOVERNANCE = Domain(
    "governance",
    aggregates=[
        office.OFFICE,
        mandate.MANDATE,
        standard.STANDARD,
        proposal.PROPOSAL,
        appointment.APPOINTMENT,
        *(kind.aggregate for kind in KINDS.values()),
    ],
    rights=RIGHTS,
    find_mandates=find_mandates,
)
