"""One row of the table: our number and theirs, measured in turns, and the ratio between them.

Rounds are interleaved (ours, theirs, theirs, ours, ...), so that what else the machine does hits both alike; the
figures are medians. A ratio above 1 means that ours is better, whatever the unit.
"""

import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

Measure: TypeAlias = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of bench/results.json."""

    name: str
    unit: str
    ours: float
    reference: str
    theirs: float
    ratio: float
    goal: float
    rounds: int
    spread: float
    """(largest - smallest ratio of a round) / median ratio."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to measure. `lower_is_better` for times."""

    name: str
    unit: str
    reference: str
    goal: float
    ours: Measure
    theirs: Measure
    lower_is_better: bool = False

    async def run(self, rounds: int) -> Row:
        ours: list[float] = []
        theirs: list[float] = []
        for number in range(rounds):
            for measure, into in ((self.ours, ours), (self.theirs, theirs))[:: 1 if number % 2 == 0 else -1]:
                into.append(await measure())
        ratios = [t / o if self.lower_is_better else o / t for o, t in zip(ours, theirs, strict=True)]
        ratio = statistics.median(ratios)
        return Row(
            self.name,
            self.unit,
            round(statistics.median(ours), 1),
            self.reference,
            round(statistics.median(theirs), 1),
            round(ratio, 2),
            self.goal,
            rounds,
            round((max(ratios) - min(ratios)) / ratio, 2),
        )
