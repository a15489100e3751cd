"""The resource pool: people and teams, their capacity and leave, and what of it is committed."""

from pathlib import Path
from typing import Final

from governance.resources import resource
from governance.resources.resource import RESOURCE
from governance.resources.routes import load as load_routes
from governance.resources.routes import resource as resource_routes
from governance.resources.views import COMMITMENTS_VIEW, PERIODS_VIEW, RESOURCES_VIEW
from governance.roles import PMO
from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter, Listed

CHAPTER: Final = Chapter(
    name="resources",
    says="The pool of people and teams, and its load",
    folder=Path(__file__).parent,
    reads="read-framework",
    aggregates=[RESOURCE],
    rights=[
        allow(resource.RegisterResource, PMO),
        allow(resource.SetCapacity, PMO),
        allow(resource.RecordLeave, PMO),
        allow(resource.RetireResource, PMO),
    ],
    lists=[
        Listed(view=RESOURCES_VIEW, shown=resource_routes.shown_row),
        Listed(view=PERIODS_VIEW),
        Listed(view=COMMITMENTS_VIEW),
    ],
    routers=[resource_routes.router, load_routes.router],
    tags={"resources": "The pool of people and teams, and its load"},
)
