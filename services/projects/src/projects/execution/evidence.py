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

    title: str = Field(examples=["Business case, final"])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    uri: str | None


class EvidenceInput(Part):
    title: Title = Field(examples=["Business case, final"])
    sha256: Hash
    uri: Text | None = Field(default=None, max_length=500)

    def recorded(self) -> Evidence:
        return Evidence(self.title, self.sha256, self.uri)
