"""The resource pool: people and teams, their capacity and leave, and what of it is committed."""

from pathlib import Path
from typing import Final

from governance.resources import routes
from governance.resources.pages import ResourcePage, shown_item, shown_resource
from governance.resources.resource import RESOURCE, RecordLeave, RegisterResource, RetireResource, SetCapacity
from governance.resources.views import COMMITMENTS_VIEW, PERIODS_VIEW, RESOURCES_VIEW
from governance.roles import PMO
from mandate_events.deciding.rights import allow
from mandate_web.chapters.chapter import Chapter, Listed, Served
from mandate_web.chapters.ids import uuid

CHAPTER: Final = Chapter(
    name="resources",
    says="The pool of people and teams, and its load",
    folder=Path(__file__).parent,
    reads="read-framework",
    served=[
        Served(
            RESOURCE,
            ResourcePage,
            at="/v1/resources/{id}",
            id=uuid("Id of the resource"),
            opens={"/v1/resources": RegisterResource},
            names=lambda command: command.id,
            takes={
                "/v1/resources/{id}/capacities": SetCapacity,
                "/v1/resources/{id}/leaves": RecordLeave,
                "/v1/resources/{id}/retirements": RetireResource,
            },
            shown=shown_resource,
            special=True,
        ),
    ],
    rights=[
        allow(RegisterResource, PMO),
        allow(SetCapacity, PMO),
        allow(RecordLeave, PMO),
        allow(RetireResource, PMO),
    ],
    lists=[
        Listed(view=RESOURCES_VIEW, shown=shown_item),
        Listed(view=PERIODS_VIEW),
        Listed(view=COMMITMENTS_VIEW),
    ],
    routers=[routes.router],
    tags={"resources": "The pool of people and teams, and its load"},
)
