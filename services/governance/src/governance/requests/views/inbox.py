"""The PMO's inbox: what projects ask for, kind by kind, from the request to the project's answer."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, DateTime, Text

from governance.requests.kinds import KINDS
from governance.requests.request import DecisionAnswered, answer_of
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Change
from mandate_events.views.view import View, table

INBOX: Final = table(
    "inbox",
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False, index=True),
    Column("project", Text, nullable=False, index=True),
    Column("about", Text, nullable=False),
    Column("standard", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False, index=True),
    Column("reason", Text),
    Column("status", Text, nullable=False, index=True),
    Column("outcome", Text),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("answer", Text),
)


def change(record: Recorded[Any]) -> Change | Sequence[Change]:
    kind = KINDS.get(record.subject.partition("/")[0])
    if kind is None:  # a migration is answered too, and was never asked for here
        return []
    event = record.data
    match event:
        case DecisionAnswered():
            return Change(record.thing, {"status": "answered", "answer": answer_of(event)})
        case _ if isinstance(event, kind.received):
            asked: Any = event
            says = {name: getattr(asked, name) for name in ("project", "standard", "requested_by")}
            says |= {"kind": kind.name, "about": str(kind.about(asked)), "status": "open"}
            return Change(record.thing, {**says, "requested_at": record.time, "reason": record.reason})
        case _:
            outcome = kind.outcomes[type(event)] or event.outcome
            decided = {"status": "decided", "outcome": outcome, "decided_by": record.actor, "decided_at": record.time}
            return Change(record.thing, decided)


EVENTS = tuple(dict.fromkeys(event for kind in KINDS.values() for event in (kind.received, *kind.outcomes)))

INBOX_VIEW: Final = View(INBOX, (*EVENTS, DecisionAnswered), change, version=2)
