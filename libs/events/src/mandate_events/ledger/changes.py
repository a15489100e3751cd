"""When each stream last changed, as far back as is remembered: is a fold that was read elsewhere still whole?"""

from collections.abc import Iterable
from typing import Final

REMEMBERED: Final = 50_000


class Changes:
    """The last position at which each stream changed; nothing is known of what lies below `floor`."""

    def __init__(self) -> None:
        self.floor = 0
        self._last: dict[str, int] = {}

    def note(self, streams: Iterable[str], position: int) -> None:
        """These changed, the last of them at this position, which is no earlier than any before it."""
        for stream in streams:
            self._last.pop(stream, None)  # so that the oldest stand first
            self._last[stream] = position
        if len(self._last) > REMEMBERED:
            for stream in list(self._last)[: REMEMBERED // 4]:
                self.floor = self._last.pop(stream)

    def none_since(self, stream: str, position: int) -> bool:
        """Whether the stream is known to have stayed as it was at this position."""
        return position >= self.floor and self._last.get(stream, 0) <= position
