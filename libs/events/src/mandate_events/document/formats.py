"""How the values of events are spelled. The schemas tell it to readers; decoding an event does not check it again,
because the event was validated when it was decided. So it costs nothing.
"""

from typing import Annotated, Any, Final

from msgspec import Meta

UUID_PATTERN: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
INSTANT: Final = {"format": "date-time", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z$"}
"""Times are UTC. What the ledger's clock says always has its microseconds."""


def told(description: str | None = None, **keywords: Any) -> Meta:
    """What a schema says of a value, in keywords of JSON Schema."""
    return Meta(description=description, extra_json_schema=keywords)


Uuid = Annotated[str, told(format="uuid", pattern=f"^{UUID_PATTERN}$")]
ProjectId = Annotated[Uuid, told("Id of the project, the same in every service")]
Sha256 = Annotated[str, told("SHA-256 in 64 hex digits", pattern="^[0-9a-f]{64}$")]
Versioned = Annotated[str, told("A standard's id and version: `capital-delivery@1`", pattern="^[^@]+@[1-9][0-9]*$")]
