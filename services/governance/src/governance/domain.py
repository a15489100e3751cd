"""Governance as one domain: its events, its aggregates, its rights."""

from collections.abc import Sequence

from governance import appointment, gate_review, mandate, office, proposal, standard
from governance.rights import RIGHTS
from mandate_events.deciding import Context, Mandate
from mandate_events.domain import Domain

SLICES = (office, mandate, standard, proposal, appointment, gate_review)


def find_mandates(context: Context) -> Sequence[Mandate]:
    return mandate.held_by(context, context.actor)


GOVERNANCE = Domain(
    "governance",
    events=[event for slice_ in SLICES for event in slice_.EVENTS],
    aggregates=[
        office.OFFICE,
        mandate.MANDATE,
        standard.STANDARD,
        proposal.PROPOSAL,
        appointment.APPOINTMENT,
        gate_review.GATE_REVIEW,
    ],
    rights=RIGHTS,
    find_mandates=find_mandates,
)
