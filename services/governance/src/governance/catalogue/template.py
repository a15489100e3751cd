"""Templates: documents that projects begin from. Published again, a template has a new version, frozen by its hash."""

from typing import Annotated, Any, Final, Literal, Self, TypeAlias

import immutables
import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from governance.catalogue.use import RecogniseUse, UsePage, UseRecognised, Users, used
from mandate_events.deciding import (
    Aggregate,
    Context,
    Decided,
    Decision,
    Instruction,
    Refused,
    Slug,
    State,
    Text,
    Title,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Sha256
from mandate_events.values.text import Hash

MARKDOWN = "text/markdown; charset=utf-8"

EXAMPLE: Final[JsonDict] = {
    "title": "Risk register",
    "kind": "risk-register",
    "text": "# Risks\n\n| Risk | Probability | Impact | Response |",
    "reason": "One register for every project",
}

Status: TypeAlias = Literal["published", "withdrawn"]


class TemplatePublished(Event, frozen=True, kw_only=True):
    """Projects may use this version of the template from here on. The hash is that of its content."""

    version: int
    title: str
    kind: str
    sha256: Sha256
    media_type: str
    uri: str | None = None


class TemplateWithdrawn(Event, frozen=True, kw_only=True):
    """No further project uses the template; those that do are known."""

    version: int
    title: str


EVENTS = (TemplatePublished, TemplateWithdrawn, UseRecognised)


class PublishTemplate(Decision):
    """Publish a template; where there is one, its next version."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    title: Title = Field(examples=["Risk register"])
    kind: Slug = Field(description="The kind of document it makes", examples=["risk-register"])
    text: Text | None = Field(
        default=None, min_length=1, max_length=1_000_000, description="The content itself, kept as a document"
    )
    sha256: Hash | None = Field(default=None, description="SHA-256 of the content, where that is kept elsewhere")
    media_type: str | None = Field(
        default=None, pattern=r"^[a-z]+/[a-z0-9.+-]+$", max_length=127, examples=["application/pdf"]
    )
    uri: Annotated[Text, Field(max_length=500)] | None = Field(
        default=None, description="Where the content is kept", examples=["https://documents.example/risk-register"]
    )

    @model_validator(mode="after")
    def _content_once(self) -> Self:
        elsewhere = (self.sha256, self.media_type, self.uri)
        if (None in elsewhere) if self.text is None else any(elsewhere):
            raise PydanticCustomError(
                "template-content", "give either the text, or the sha256, media_type and uri of what is kept elsewhere"
            )
        return self


class WithdrawTemplate(Decision):
    """Let no further project use a template."""


class TemplatePage(BaseModel):
    """A template in its latest version, and the projects that use it."""

    id: Slug = Field(examples=["risk-register"])
    status: Status
    version: int
    title: str = Field(max_length=200, examples=["Risk register"])
    kind: Slug = Field(examples=["risk-register"])
    sha256: Hash = Field(
        description="Of its content: `GET /v1/blobs/{sha256}` where it is kept here",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    media_type: str = Field(
        pattern=r"^[a-z]+/[a-z0-9.+-]+(; [a-z]+=[a-z0-9-]+)?$", examples=["text/markdown; charset=utf-8"]
    )
    uri: str | None = Field(max_length=500, description="Where its content is kept, if not here")
    used_by: list[UsePage] = Field(description="Those that you may see, at most 500; `GET /v1/uses` lists all")


class Template(State, frozen=True):
    published: TemplatePublished
    status: Status = "published"
    users: Users = msgspec.field(default_factory=immutables.Map)


def decide(template: Template | None, command: Instruction, context: Context) -> Decided:
    match command, template:
        case PublishTemplate(), _:
            return [_published(command, template.published.version + 1 if template else 1, context)]
        case WithdrawTemplate(), Template(status="published", published=published):
            return [TemplateWithdrawn(version=published.version, title=published.title)]
        case WithdrawTemplate(), _:
            raise Refused("not-in-force")
        case RecogniseUse(), Template():
            return used(command, template.users)
        case _:
            raise Undecided(command)


def _published(command: PublishTemplate, version: int, context: Context) -> TemplatePublished:
    if command.text is None:  # it is kept elsewhere, and the command says all of it
        return says(TemplatePublished, command, version=version)
    sha256 = context.attach(MARKDOWN, command.text.encode())
    return says(TemplatePublished, command, version=version, sha256=sha256, media_type=MARKDOWN)


def evolve(template: Template | None, event: Event, _record: Recorded[Any]) -> Template:
    match event, template:
        case TemplatePublished(), None:
            return Template(event)
        case TemplatePublished(), Template():
            return replace(template, published=event, status="published")
        case TemplateWithdrawn(), Template():
            return replace(template, status="withdrawn")
        case UseRecognised(project=project), Template():
            return replace(template, users=template.users.set(project, event))
        case _:
            raise Unfolded(event)


TEMPLATE: Aggregate[Template] = Aggregate(
    "template",
    decide,
    evolve,
    events=EVENTS,
    records={
        PublishTemplate: (TemplatePublished,),
        WithdrawTemplate: (TemplateWithdrawn,),
        RecogniseUse: (UseRecognised,),
    },
    opened_by=frozenset({PublishTemplate}),
)
