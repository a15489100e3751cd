"""The queue of the appender: who waits, who is taken next, and who must wait again."""

from collections import deque
from typing import Final

from mandate_events.deciding.outcome import LedgerBehind, LedgerUnavailable
from mandate_events.ledger.answering import Identity, Item

SPLIT: Final = 16
"""From so many waiting commands on, deciding and writing go on side by side."""


class Waiting:
    """Commands in the order of their arrival."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()

    def __len__(self) -> int:
        return len(self._items)

    def add(self, *items: Item) -> None:
        self._items.extend(items)

    def take(self, limit: int) -> list[Item]:
        """The next batch, twins (same key) attached to the first of them. Of many waiting only half: the other half
        is decided while the first is written.
        """
        if len(self) >= SPLIT:
            limit = min(limit, (len(self) + 1) // 2)
        items: dict[Identity, Item] = {}
        while self and len(items) < limit:
            self.next(items)
        return list(items.values())

    def next(self, first_of: dict[Identity, Item]) -> Item | None:
        """The next one, unless its caller went away or it is the twin of one of these: then it is attached to that."""
        item = self._items.popleft()
        if item.answer.cancelled():
            return None
        first = first_of.setdefault(item.submission.identity, item)
        if first is item:
            return item
        first.twins.append(item)
        return None

    def put_back(self, items: list[Item]) -> None:
        """Back to the front, in their order, with all who still wait for an answer.

        A caller that went away is left out; its twins are not: they wait on.
        """
        waiting = [each for item in items for each in (item, *item.twins) if not each.answer.done()]
        for item in items:
            item.twins = []
        self._items.extendleft(reversed(waiting))

    def turn_away(self, error: Exception) -> None:
        """Nothing can be decided now: all are told."""
        answer = type(error) if isinstance(error, LedgerBehind) else LedgerUnavailable
        while self:
            self._items.popleft().give(answer(str(error)))
