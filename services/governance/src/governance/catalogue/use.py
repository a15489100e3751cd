"""Use: projects say which tools and templates they took up, and the PMO keeps it beside each of them."""

import immutables
import msgspec
from pydantic import BaseModel, Field

from mandate_events.deciding import PersonId, SystemCommand
from mandate_events.document.event import Event
from mandate_events.document.formats import ProjectId, Uuid
from mandate_events.document.origin import Origin
from mandate_events.values.told import Id


class UseRecognised(Event, frozen=True, kw_only=True):
    """A project uses it: taken up by this person, and under this waiver where it was not approved."""

    project: ProjectId
    used_by: PersonId
    version: int | None = None
    waiver: Uuid | None = None
    origin: Origin


class RecogniseUse(SystemCommand, frozen=True, kw_only=True):
    """Note that a project uses this tool or template."""

    project: str
    used_by: str
    version: int | None = None
    waiver: str | None = None
    origin: Origin


class UsePage(BaseModel):
    """A project that uses a tool or a template."""

    project: Id
    version: int | None = Field(description="The version of the template")
    waiver: Id | None = Field(description="What it rests on where the tool was not approved")
    used_by: PersonId = Field(description="Person id of who took it up")


Users = immutables.Map[str, UseRecognised]
"""The projects that use it, each with its latest use."""


def used(command: RecogniseUse, users: Users) -> list[UseRecognised]:
    """What is put on record of a use: the same one once."""
    known = users.get(command.project)
    if known is not None and known.origin == command.origin:
        return []
    return [msgspec.convert(command, UseRecognised, from_attributes=True)]
