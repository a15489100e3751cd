"""Trying what would be decided now, on what is committed: see `mandate_events.deciding.trying`."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from mandate_events.deciding.batch import NotLoaded
from mandate_events.deciding.fold import Fold
from mandate_events.deciding.submission import Submission
from mandate_events.deciding.trying import Trial
from mandate_events.ledger.store import Store

BREATH: Final = 32
"""Commands that are tried before others have their turn."""

LEVELS: Final = 16
"""How often a decision that is tried may turn out to need more streams."""


async def permitted(store: Store, folds: Mapping[str, Fold], submissions: Sequence[Submission]) -> list[bool]:
    """Of each command whether it could be given. What is folded already need not be read again."""
    trial, may = Trial(store.domain, folds, store.appender.now()), []
    for begin in range(0, len(submissions), BREATH):
        some = submissions[begin : begin + BREATH]
        while lacking := trial.lacks(some):
            trial.load(await store.reader.folds(lacking))
        may += [await _permits(store, trial, each) for each in some]
        await asyncio.sleep(0)
    return may


async def _permits(store: Store, trial: Trial, submission: Submission) -> bool:
    for _ in range(LEVELS):
        try:
            return trial.permits(submission)
        except NotLoaded as missing:
            trial.load(await store.reader.folds(missing.streams))
    return False
