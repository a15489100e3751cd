"""Persons and instants as tables show them: persons by name where the directory has one, instants to the second."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def shown_person(id_: Any, people: Mapping[str, Mapping[str, Any]]) -> Any:
    """The name; of who was erased, that they were, and how the id begins; else the id, or the policy, as it is."""
    who = people.get(id_) if isinstance(id_, str) else None
    match who:
        case {"status": "known", "name": str(name)}:
            return name
        case {"status": "erased"}:
            return f"(erased {id_[:8]})"
        case _:
            return id_


def shown_actor(id_: Any, people: Mapping[str, Mapping[str, Any]]) -> Any:
    """As `shown_person`; every policy of the system is `system`."""
    return "system" if isinstance(id_, str) and id_.startswith("system/") else shown_person(id_, people)


def shown_instant(instant: Any) -> Any:
    """`11-30 18:05:28`, in UTC as the API tells it; with the year where that is not this one."""
    if not isinstance(instant, str):
        return instant
    return instant[: len("2026-11-30T18:05:28")].replace("T", " ").removeprefix(f"{datetime.now(UTC).year}-")
