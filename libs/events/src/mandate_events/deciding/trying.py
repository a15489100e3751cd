"""Trying: whether a person may give a command now, as far as that can be told before they say what is in it.

It is the decision itself, made on what is committed and then dropped: by the same table of rights with its separation
of duties, and by the same rules of the state. What depends on the body is left open: the decision that is tried ends
where it asks for a member. So what is not offered would be refused; what is offered may still be refused for what is
said in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from mandate_events.deciding.aggregate import Aggregate
from mandate_events.deciding.batch import Batch, Deciding
from mandate_events.deciding.command import Unsaid
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.fold import Fold
from mandate_events.deciding.looking import declared
from mandate_events.deciding.outcome import WrittenByNewer
from mandate_events.deciding.refusal import Invalid, NotYet, Refused, Unknown
from mandate_events.deciding.submission import Submission

REFUSALS: Final = (Refused, Invalid, Unknown, NotYet, WrittenByNewer)


class Trial:
    """Commands that are tried at one moment, on the same folds."""

    def __init__(self, domain: Domain, folds: Mapping[str, Fold], now: datetime) -> None:
        self._domain = domain
        self._folds = dict(folds)
        self._batch = Batch(domain, self._folds, 0, now)

    def load(self, folds: Mapping[str, Fold]) -> None:
        """Let decisions that are tried read these, too."""
        self._folds.update(folds)

    def permits(self, submission: Submission) -> bool:
        """Whether the command could be given. Raises `NotLoaded` where that takes streams that are not here."""
        try:
            Deciding(self._batch, submission).judged()
        except Unsaid:
            return True
        except REFUSALS:
            return False
        return True

    def lacks(self, submissions: Iterable[Submission]) -> dict[str, Aggregate[Any]]:
        """The streams that they declare to read, as far as that can be told, and that are not here."""
        found = ((aggregate, stream) for each in submissions for aggregate, stream in self._declared(each))
        return {stream: aggregate for aggregate, stream in found if stream not in self._folds}

    def _declared(self, submission: Submission) -> Iterator[tuple[Aggregate[Any], str]]:
        try:
            yield from declared(self._domain, submission, self._folds.get)
        except Unsaid:
            return
