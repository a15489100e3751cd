"""The story of one request: everything that followed from it, in all services, as one tree."""

from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import literal
from starlette.responses import Response

from mandate_events.deciding import Text
from mandate_events.deciding.rights import is_system
from mandate_web.routes.access import Viewer, reads, viewer
from mandate_web.routes.lists import OpenView
from mandate_web.routes.routing import Router
from reporting.history.archive import ARCHIVE
from reporting.history.documents import Entry, entries, shown
from reporting.history.routes import visible
from reporting.history.story import Node, tree

router = Router(tags=["history"])

LONGEST: Final = 1_000
"""Documents of one story that are shown."""


class Told(BaseModel):
    """One document in the tree, which is told from the top: each one is followed by what followed from it."""

    depth: int = Field(description="0 for what a command did; one more than the document it answers")
    parent: int | None = Field(description="Entry of the document that it answers")
    hidden: bool = Field(description="You may not see this one; it is here because of what followed from it")
    document: Entry | None


class Story(BaseModel):
    correlation: str = Field(description="As it was asked for")
    items: list[Told]
    complete: bool = Field(description=f"Whether these are all; of a longer story, the first {LONGEST:,}")


@router.get(
    "/v1/story", operation_id="getStory", responses={200: {"model": Story}}, **reads("read-history", waits=True)
)
async def get_story(
    *,
    view: OpenView,
    reader: Annotated[Viewer, viewer("read-history")],
    correlation: Annotated[
        Text, Query(min_length=1, max_length=200, examples=["01a208ac-369b-75d4-891e-9881eb8db736"])
    ],
) -> Response:
    """What followed from one request, across the services: who answered what, and on whose authority.

    A document that you may not see is told as `hidden`, and only where you may see what followed from it.
    """
    seen = visible(reader)
    column = ARCHIVE.c
    wanted = entries.add_columns(column.event, (literal(True) if seen is None else seen).label("seen"))
    wanted = wanted.where(column.correlation == correlation)
    if view.known_at is not None:
        wanted = wanted.where(column.recorded_at <= view.known_at)
    rows = await view.ask(wanted.order_by(column.entry).limit(LONGEST + 1))
    found = [dict(row._mapping) for row in rows[:LONGEST]]  # noqa: SLF001 - SQLAlchemy's public name for it
    nodes = [Node(row["entry"], row.pop("event"), _cause(row), bool(row.pop("seen"))) for row in found]
    documents = {row["entry"]: shown(row) for row in found}
    items = [_told(depth, parent, node, documents) for depth, parent, node in tree(nodes)]
    return await view.answer({"correlation": correlation, "items": items, "complete": len(rows) <= LONGEST})


def _cause(row: dict[str, Any]) -> str:
    """The event that a policy answered. A person's command names a key of their own choice, which proves nothing."""
    return str(row["causation"]) if is_system(row["actor"]) else ""


def _told(depth: int, parent: int | None, node: Node, documents: dict[int, dict[str, Any]]) -> dict[str, Any]:
    document = documents[node.entry] if node.seen else None
    return {"depth": depth, "parent": parent, "hidden": not node.seen, "document": document}
