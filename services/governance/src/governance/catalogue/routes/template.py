"""Routes of templates: published and withdrawn by the PMO."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.catalogue.routes.catalogue import Id, UsePage, used_by
from governance.catalogue.template import TEMPLATE, PublishTemplate, Status, Template, WithdrawTemplate
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["catalogue"])


@router.post("/v1/templates/{id}/publications", operation_id="publishTemplate", **decides(PublishTemplate))
async def publish(id: Id, command: PublishTemplate, desk: OpenDesk) -> Response:  # noqa: A002
    """Publish a template; where there is one, its next version."""
    return await desk.decide(TEMPLATE, id, command, location=f"/v1/templates/{id}")


@router.post("/v1/templates/{id}/withdrawals", operation_id="withdrawTemplate", **decides(WithdrawTemplate))
async def withdraw(id: Id, command: WithdrawTemplate, desk: OpenDesk) -> Response:  # noqa: A002
    """Let no further project use a template."""
    return await desk.decide(TEMPLATE, id, command, location=f"/v1/templates/{id}")


class TemplatePage(BaseModel):
    """A template in its latest version, and the projects that use it."""

    id: str = Field(examples=["risk-register"])
    status: Status
    version: int
    title: str = Field(examples=["Risk register"])
    kind: str = Field(examples=["risk-register"])
    sha256: str = Field(
        description="Of its content: `GET /v1/blobs/{sha256}` where it is kept here",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    media_type: str = Field(examples=["text/markdown; charset=utf-8"])
    uri: str | None = Field(description="Where its content is kept, if not here")
    used_by: list[UsePage] = Field(description="Those that you may see, at most 500; `GET /v1/uses` lists all")


@router.get("/v1/templates/{id}", operation_id="getTemplate", responses=shows(TemplatePage), **reads("read-framework"))
async def get_template(id: Id, who: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """A template in its latest version, and the projects that use it."""
    fold = await things.find(TEMPLATE, id)
    return await things.answer(fold, shown(id, fold.state, replace(who, query="read-governance")))


def shown(id_: str, template: Template, who: Viewer | None = None) -> dict[str, Any]:
    """A template as it is told: to a viewer, or with all that use it."""
    latest = template.published
    return {
        "id": id_,
        "status": template.status,
        "version": latest.version,
        "title": latest.title,
        "kind": latest.kind,
        "sha256": latest.sha256,
        "media_type": latest.media_type,
        "uri": latest.uri,
        "used_by": used_by(template.users, who),
    }
