"""Requests: what the project asks of the PMO, kind by kind, and what comes of its decisions."""

from pathlib import Path
from typing import Final

from mandate_web.chapters.chapter import Chapter, Served
from mandate_web.chapters.ids import uuid
from projects.requests.heard import HEARS
from projects.requests.kind import Kind
from projects.requests.kinds import KINDS
from projects.requests.register import REGISTER

REQUEST: Final = uuid("Id of the request")


def served(kind: Kind) -> Served:
    """Where a kind of request is asked for and read."""
    return Served(
        kind.aggregate,
        kind.told_as,
        at=kind.at,
        id=REQUEST,
        opens={kind.asked_at: kind.ask},
        takes=kind.takes,
        tag=kind.tag,
    )


CHAPTER: Final = Chapter(
    name="requests",
    says="What the project asks of the PMO, and what comes of its decisions",
    folder=Path(__file__).parent,
    reads="read-projects",
    served=[served(kind) for kind in KINDS],
    aggregates=[REGISTER],
    rights=[right for kind in KINDS for right in kind.rights],
    hears={"governance": HEARS},
    tags={kind.tag: kind.says for kind in KINDS},
)
