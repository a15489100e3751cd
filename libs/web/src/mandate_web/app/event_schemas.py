"""The schemas of the service's events, for who reads its topic or an export: the committed contracts, out of the code.

They are public, as the pages of the problems are: a schema holds no data. Each leads to the schema of its envelope,
which is served beside it, wherever a proxy or the embedded product mounts the service.
"""

from functools import cached_property
from typing import Annotated, Any, Final

import orjson
from fastapi import Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from mandate_events.deciding.domain import Domain
from mandate_events.published.contracts import Contract, contracts, envelope_id, envelope_of, schema_of, text_of
from mandate_events.values.told import EventType, Href
from mandate_web.problems.problem import Problem
from mandate_web.routes.access import public
from mandate_web.routes.routing import Router
from mandate_web.routes.tags import tagged
from mandate_web.routes.things import UNCHANGED

router = Router()

TAG: Final = {"name": "schemas", "description": "What the events on the service's topic look like"}
MEDIA_TYPE: Final = "application/schema+json"
CACHED: Final = "public, max-age=3600"
EXAMPLE: Final = "mandate.governance.rights-adopted.v1"


class Schemas:
    """What a service publishes. A schema is made when it is first asked for: a start pays for none."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._texts: dict[str, bytes] = {}

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """By type."""
        return {contract.type: contract for contract in contracts(self._domain)}

    @property
    def envelope(self) -> str:
        return envelope_id(self._domain.service)

    def text(self, name: str) -> bytes | None:
        """The schema of a type, or of the envelope, as it is committed; None where there is none of this name."""
        if name not in self._texts:
            if name == self.envelope:
                schema = envelope_of(self._domain.service)
            elif contract := self.contracts.get(name):
                schema = schema_of(contract)
            else:
                return None
            self._texts[name] = text_of(schema).encode()
        return self._texts[name]


class PublishedEvent(BaseModel):
    """A type of event, in one version."""

    type: EventType = Field(examples=[EXAMPLE])
    description: str = Field(description="What such an event means", examples=["The table of rights in force."])
    superseded: bool = Field(description="It is no longer written; documents of it stay", examples=[False])
    href: Href = Field(description="Where its schema is", examples=[f"/v1/schemas/{EXAMPLE}"])


class PublishedEvents(BaseModel):
    """All types of events that the service ever published, in the order of its code."""

    items: list[PublishedEvent]
    envelope: Href = Field(
        description="Where the schema is that all of them refer to: what every document of the service has",
        examples=["/v1/schemas/mandate.governance.envelope.json"],
    )


@router.get(
    "/v1/schemas",
    tags=["schemas"],
    operation_id="listSchemas",
    responses={200: {"model": PublishedEvents}, **UNCHANGED},
    **public(),
)
async def schemas(request: Request) -> Response:
    """The types of events that the service publishes, and where their schemas are."""
    found: Schemas = request.app.state.schemas
    here = f"{request.scope.get('root_path', '')}/v1/schemas"
    items = [
        {"type": type_, "description": each.meaning, "superseded": each.superseded, "href": f"{here}/{type_}"}
        for type_, each in found.contracts.items()
    ]
    return _answer(request, orjson.dumps({"items": items, "envelope": f"{here}/{found.envelope}"}), "application/json")


_SCHEMA: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            MEDIA_TYPE: {
                "schema": {"type": "object", "description": "A JSON Schema (2020-12)"},
                "example": {  # without `$ref`: generators follow it, also out of an example
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "$id": EXAMPLE,
                    "properties": {"type": {"const": EXAMPLE}},
                },
            }
        }
    },
    **UNCHANGED,
}


@router.get(
    "/v1/schemas/{type}",
    tags=["schemas"],
    operation_id="getSchema",
    response_class=Response,
    responses=_SCHEMA,
    **public(),
)
async def schema(request: Request, type_: Annotated[str, Path(alias="type", examples=[EXAMPLE])]) -> Response:
    """The JSON Schema of a type of event. It tells the whole document; what all documents of the service have stands in
    the schema of the envelope, which is here too, under the name in its `$ref`.
    """
    found: Schemas = request.app.state.schemas
    text = found.text(type_)
    if text is None:
        raise Problem("not-found", "no-such-schema", {"type": type_[:100]})
    return _answer(request, text, MEDIA_TYPE)


def _answer(request: Request, content: bytes, media_type: str) -> Response:
    return tagged(request, content, media_type=media_type, cached=CACHED)
