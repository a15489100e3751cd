"""Routes of processes: defined by the PMO, version by version."""

from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.catalogue.process import PROCESS, DefineProcess, Process, ProcessDefined, Role
from governance.catalogue.routes.catalogue import Id
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

router = Router(tags=["catalogue"])


@router.post("/v1/processes/{id}/versions", operation_id="defineProcess", **decides(DefineProcess))
async def define(id: Id, command: DefineProcess, desk: OpenDesk) -> Response:  # noqa: A002
    """Define a process; where there is one, its next version."""
    return await desk.decide(PROCESS, id, command, location=f"/v1/processes/{id}")


class StepPage(BaseModel):
    """One step, and the role that takes it."""

    title: str = Field(examples=["Collect the evidence of the phase"])
    done_by: Role = Field(examples=["project_manager"])
    text: str | None


class ProcessVersion(BaseModel):
    """One version of a process."""

    version: int
    title: str = Field(examples=["Gate review"])
    purpose: str = Field(examples=["No phase begins before the last one is judged"])
    steps: list[StepPage] = Field(description="In order")


class ProcessPage(ProcessVersion):
    """A process as it is to be followed, and the versions before."""

    id: str = Field(examples=["gate-review"])
    earlier: list[ProcessVersion] = Field(description="Oldest first")


@router.get("/v1/processes/{id}", operation_id="getProcess", responses=shows(ProcessPage), **reads("read-framework"))
async def get_process(id: Id, _: Annotated[Viewer, viewer("read-framework")], things: OpenThings) -> Response:  # noqa: A002
    """A process as it is to be followed, and the versions before."""
    fold = await things.find(PROCESS, id)
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, process: Process) -> dict[str, Any]:
    """A process as it is told."""
    earlier = [_version(version) for _, version in sorted(process.versions.items())[:-1]]
    return {"id": id_, **_version(process.current), "earlier": earlier}


def _version(version: ProcessDefined) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(version)
    return told
