"""Requests of all kinds are answered by one event, and so are migrations: the inbox takes those that are its own."""

from typing import Any

from governance.main import GOVERNANCE
from governance.requests.request import DecisionAnswered
from governance.requests.views.inbox import INBOX_VIEW
from governance.standards.migration import MIGRATION
from mandate_events.deciding import replace
from mandate_events.document.event import Recorded
from mandate_events.views.rows import Key, Row
from tests.unit.governance.requests.each_kind import sample


def answer_to(kind: str) -> Recorded[Any]:
    return replace(sample(GOVERNANCE.catalogue, DecisionAnswered), subject=f"{kind}/r1")


def test_the_inbox_passes_over_what_was_never_asked_for_in_it() -> None:
    """A project answers its migration to another standard by the same event."""
    rows: dict[Key, Row] = {"other": {"id": "other"}}
    INBOX_VIEW.fold(rows, INBOX_VIEW.changes([answer_to(MIGRATION.name)]))
    assert rows == {"other": {"id": "other"}}
