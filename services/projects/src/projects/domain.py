"""Project execution as one domain: its events, its aggregates, its rights."""

from collections.abc import Sequence

from mandate_events.deciding import Context, Mandate
from mandate_events.domain import Domain
from projects import mandate, project, standard
from projects.requests import waiver
from projects.rights import RIGHTS


def find_mandates(context: Context) -> Sequence[Mandate]:
    return mandate.held_by(context, context.actor)


PROJECTS = Domain(
    "projects",
    aggregates=[mandate.MANDATE, standard.STANDARD, project.PROJECT, waiver.WAIVER],
    rights=RIGHTS,
    find_mandates=find_mandates,
)
