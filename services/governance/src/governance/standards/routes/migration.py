"""Routes of migrations: a project goes on under another version of a standard."""

from typing import Annotated, Any, TypeAlias

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from governance.requests.kind import ID_PATTERN
from governance.standards.migration import MIGRATION, MigrateProject, Migration
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides
from mandate_web.routes.routing import Router
from mandate_web.routes.things import OpenThings, shows

Id: TypeAlias = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, description="Id of the request")]

router = Router(tags=["standards"])

Project = Annotated[str, Path(max_length=64, pattern=r"^[0-9a-f-]+$", description="Id of the project")]


class MigrationPage(BaseModel):
    """What was decided, and what the project said to it."""

    id: str
    project: str = Field(examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])
    standard: str = Field(examples=["capital-delivery@2"])
    gate_path: str = Field(examples=["two-gate"])
    decided_by: str = Field(description="Person id", examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"])
    answer: str | None = Field(description="What the project said: `applied`, or why not", examples=["applied"])


@router.post("/v1/projects/{id}/standard-migrations", operation_id="migrateProject", **decides(MigrateProject))
async def migrate_project(id: Project, command: MigrateProject, desk: OpenDesk) -> Response:  # noqa: A002
    """Have a running project go on under another version of a standard.

    It stays in the phase it is in, which the other version must have too. The project answers.
    """
    return await desk.open(MIGRATION, command, project=id, location="/v1/standard-migrations/{id}")


@router.get(
    "/v1/standard-migrations/{id}",
    operation_id="getStandardMigration",
    responses=shows(MigrationPage),
    **reads("read-governance"),
)
async def get_migration(id: Id, who: Annotated[Viewer, viewer("read-governance")], things: OpenThings) -> Response:  # noqa: A002
    """One migration, and what became of it."""
    fold = await things.find(MIGRATION, id, seen=lambda migration: who.sees(migration.project))
    return await things.answer(fold, shown(id, fold.state))


def shown(id_: str, migration: Migration) -> dict[str, Any]:
    """A migration as it is told."""
    return {"id": id_, **{name: getattr(migration, name) for name in MigrationPage.model_fields if name != "id"}}
