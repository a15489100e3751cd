"""Persons as tables show them: by name where the directory has one."""

from collections.abc import Mapping
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
