"""Rows: what an event says about the rows of a list. Pure, so that the past can be told by it like the present.

Several ledgers may write one row, and which of them arrives first is chance. So that chance leaves no trace, a value
is one ledger's own (`says`), or repeats what another one has the word on (`repeats`), or only rises (`raises`).
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Key: TypeAlias = str | tuple[str, ...]
"""By what a row is known: the value of its key column, or the values of several."""

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = MutableMapping[Key, Row]


@dataclass(frozen=True, slots=True)
class Change:
    """What an event changes in one row; where there is none yet, it begins."""

    key: Key
    says: Row = field(default_factory=dict)
    """Is so from now on."""
    repeats: Row = field(default_factory=dict)
    """Is so where nothing is said yet."""
    raises: Row = field(default_factory=dict)
    """Is so where it is more than what stands there."""

    def after(self, row: Row) -> dict[str, Any]:
        """The row as it is then."""
        changed = {**row, **self.says}
        for name, value in self.repeats.items():
            if changed[name] is None:
                changed[name] = value
        for name, value in self.raises.items():
            if changed[name] is None or changed[name] < value:
                changed[name] = value
        return changed


@dataclass(frozen=True, slots=True)
class Gone:
    """The row is no more."""

    key: Key
