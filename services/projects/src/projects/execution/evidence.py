"""Evidence: the documents that a request to the PMO rests on, frozen by their hashes."""

import msgspec
from pydantic import BaseModel, Field

from mandate_events.deciding import Part, Text, Title
from mandate_events.document.formats import Sha256
from mandate_events.values.text import Hash


class Evidence(msgspec.Struct, frozen=True):
    """A document the request rests on, frozen by its SHA-256."""

    title: str
    sha256: Sha256
    uri: str | None = None


class EvidencePage(BaseModel):
    """A document that it rests on."""

    title: str = Field(max_length=200, examples=["Business case, final"])
    sha256: Hash
    uri: str | None = Field(max_length=500)


class EvidenceInput(Part):
    title: Title = Field(examples=["Business case, final"])
    sha256: Hash
    uri: Text | None = Field(default=None, max_length=500)

    def recorded(self) -> Evidence:
        return Evidence(self.title, self.sha256, self.uri)
