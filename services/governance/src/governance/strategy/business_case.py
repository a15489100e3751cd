"""Business cases: why a project should be done. Kept here as a document, or elsewhere and frozen by its SHA-256."""

from typing import Annotated, Self

import msgspec
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from mandate_events.deciding import Context, Line, Part, Text
from mandate_events.document.formats import Sha256
from mandate_events.values.text import Hash


class BusinessCase(msgspec.Struct, frozen=True):
    """Either `text`, the SHA-256 of what is kept here, or `sha256` of a document that is kept elsewhere."""

    text: Sha256 | None = None
    sha256: Sha256 | None = None
    uri: str | None = None


class BusinessCaseInput(Part):
    text: Annotated[Text, Field(min_length=1, max_length=500_000)] | None = Field(
        default=None, description="In full, kept as a document"
    )
    sha256: Hash | None = Field(default=None, description="Of a document kept elsewhere")
    uri: Annotated[Line, Field(max_length=500)] | None = Field(default=None, description="Where that document is")

    @model_validator(mode="after")
    def _in_one_way(self) -> Self:
        if (self.text is None) == (self.sha256 is None) or (self.text and self.uri):
            raise PydanticCustomError(
                "business-case-once", "give its text, or the SHA-256 of a document kept elsewhere"
            )
        return self

    def recorded(self, context: Context) -> BusinessCase:
        """As events carry it; its text becomes a document."""
        text = context.attach("text/markdown; charset=utf-8", self.text.encode()) if self.text else None
        return BusinessCase(text, self.sha256, self.uri)


class BusinessCasePage(BaseModel):
    """Why it should be done."""

    text: Hash | None = Field(description="SHA-256 of what is kept here: `GET /v1/blobs/{sha256}`")
    sha256: Hash | None = Field(description="SHA-256 of a document that is kept elsewhere")
    uri: str | None = Field(max_length=500)
