"""Standards: versions of the methodology. A published one never changes; projects run to the one they were given."""

from collections.abc import Mapping
from typing import Any, Self

import immutables
import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Refused,
    Slug,
    State,
    Text,
    Title,
    replace,
)
from mandate_events.event import Event, Recorded
from mandate_events.formats import Sha256


class Gate(msgspec.Struct, frozen=True):
    """Where the PMO decides whether, and how, a project goes on."""

    id: str
    title: str


class Phase(msgspec.Struct, frozen=True):
    """A stretch of work that ends at a gate."""

    id: str
    title: str
    gate: Gate


class GatePath(msgspec.Struct, frozen=True):
    """The phases that a kind of project goes through, in order."""

    id: str
    title: str
    phases: list[Phase]


class StandardDrafted(Event, frozen=True, kw_only=True):
    """A new version is being written. `text` is the SHA-256 of its full wording, where that was given."""

    version: int
    title: str
    paths: list[GatePath]
    text: Sha256 | None = None


class StandardDraftRevised(Event, frozen=True, kw_only=True):
    """The draft was rewritten as a whole."""

    version: int
    title: str
    paths: list[GatePath]
    text: Sha256 | None = None


class StandardPublished(Event, frozen=True, kw_only=True):
    """The version is in force for projects authorised under it. It never changes again."""

    version: int
    title: str
    paths: list[GatePath]
    text: Sha256 | None = None


EVENTS = (StandardDrafted, StandardDraftRevised, StandardPublished)


class GateInput(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: Slug = Field(examples=["gate-1"])
    title: Title = Field(examples=["Business case approved"])


class PhaseInput(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: Slug = Field(examples=["business-case"])
    title: Title = Field(examples=["Business case"])
    gate: GateInput


class GatePathInput(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: Slug = Field(examples=["two-gate"])
    title: Title = Field(examples=["Two gates"])
    phases: list[PhaseInput] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        for names in ([phase.id for phase in self.phases], [phase.gate.id for phase in self.phases]):
            if len(set(names)) < len(names):
                raise PydanticCustomError("phase-ids", "each phase and each gate of a path needs its own id")
        return self

    def recorded(self) -> GatePath:
        return msgspec.convert(self.model_dump(), GatePath)


class _Content(Command):
    title: Title = Field(examples=["Capital delivery standard"])
    paths: list[GatePathInput] = Field(min_length=1, max_length=20)
    text: Text | None = Field(default=None, max_length=1_000_000, description="The full wording, kept as a document")

    @model_validator(mode="after")
    def _paths_named_once(self) -> Self:
        if len({path.id for path in self.paths}) < len(self.paths):
            raise PydanticCustomError("path-ids", "each gate path needs its own id")
        return self


class DraftStandard(_Content):
    """Begin a new version of a standard (the first one makes the standard)."""


class ReviseDraft(_Content):
    """Replace the draft's content."""


class PublishStandard(Decision):
    """Put the draft in force. By another person than its sole author."""

    version: int = Field(ge=1)


class Version(State, frozen=True):
    title: str
    paths: Mapping[str, GatePath]
    text: str | None
    authors: frozenset[str]
    published: bool = False


class Standard(State, frozen=True):
    versions: immutables.Map[int, Version] = msgspec.field(default_factory=immutables.Map)

    @property
    def latest(self) -> int:
        return len(self.versions)

    @property
    def draft(self) -> Version | None:
        version = self.versions.get(self.latest)
        return version if version and not version.published else None


def decide(standard: Standard | None, command: Command, context: Context) -> Decided:
    standard = standard or Standard()
    match command:
        case DraftStandard():
            if standard.draft:
                raise Refused("draft-open", version=standard.latest)
            return [StandardDrafted(version=standard.latest + 1, **_content(command, context))]
        case ReviseDraft():
            if not standard.draft:
                raise Refused("no-draft")
            return [StandardDraftRevised(version=standard.latest, **_content(command, context))]
        case PublishStandard(version=number):
            draft = standard.draft
            if draft is None or number != standard.latest:
                raise Refused("no-such-draft", version=number)
            paths = list(draft.paths.values())
            return [StandardPublished(version=number, title=draft.title, paths=paths, text=draft.text)]
        case _:
            raise TypeError(f"{type(command).__name__} is not decided by a standard")


def _content(command: _Content, context: Context) -> dict[str, Any]:
    text = context.attach("text/markdown; charset=utf-8", command.text.encode()) if command.text else None
    return {"title": command.title, "paths": [path.recorded() for path in command.paths], "text": text}


def evolve(standard: Standard | None, event: Event, record: Recorded[Any]) -> Standard:
    standard = standard or Standard()
    match event:
        case StandardDrafted() | StandardDraftRevised():
            before = standard.versions.get(event.version)
            authors = (before.authors if before else frozenset()) | {record.actor}
            paths = {path.id: path for path in event.paths}
            version = Version(event.title, paths, event.text, authors)
        case StandardPublished():
            version = replace(standard.versions[event.version], published=True)
        case _:
            raise TypeError(f"{type(event).__name__} is not an event of a standard")
    return Standard(standard.versions.set(event.version, version))


STANDARD: Aggregate[Standard] = Aggregate(
    "standard", decide, evolve, events=EVENTS, opened_by=frozenset({DraftStandard})
)


def parse(reference: str) -> tuple[str, int]:
    """`capital-delivery@2` is version 2 of capital-delivery."""
    name, _, number = reference.partition("@")
    return name, int(number)


# --- separation of duties ---


def is_sole_author(standard: Standard | None, _command: Any, context: Context) -> bool:
    return bool(standard and standard.draft and standard.draft.authors == {context.actor})
