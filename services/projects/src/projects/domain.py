"""Project execution as one domain: its events, its aggregates, its rights."""

from collections.abc import Sequence

from mandate_events.deciding import Context, Mandate
from mandate_events.deciding.domain import Domain
from projects import (
    adoption,
    catalogue,
    corrective_action,
    forecast,
    mandate,
    office,
    posts,
    project,
    standard,
    standard_migration,
    tolerance,
)
from projects.requests import (
    allocation,
    baseline,
    change,
    charter,
    closure,
    escalation,
    exception,
    register,
    tailoring,
    waiver,
)
from projects.rights import RIGHTS


def find_mandates(context: Context) -> Sequence[Mandate]:
    return mandate.held_by(context, context.actor)


PROJECTS = Domain(
    "projects",
    aggregates=[
        office.OFFICE,
        mandate.MANDATE,
        posts.POSTS,
        standard.STANDARD,
        project.PROJECT,
        standard_migration.MIGRATION,
        tolerance.TOLERANCE,
        forecast.FORECAST,
        baseline.BASELINE,
        change.CHANGE,
        exception.EXCEPTION,
        register.REGISTER,
        waiver.WAIVER,
        tailoring.TAILORING,
        charter.CHARTER,
        closure.CLOSURE,
        escalation.ESCALATION,
        allocation.ALLOCATION,
        catalogue.TOOL,
        catalogue.TEMPLATE,
        adoption.ADOPTION,
        corrective_action.CORRECTIVE_ACTION,
    ],
    rights=RIGHTS,
    find_mandates=find_mandates,
)
