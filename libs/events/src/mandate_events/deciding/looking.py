"""Looking ahead: the streams that a decision will read, by what is declared, before it is decided."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, TypeVar

from mandate_events.deciding.aggregate import Aggregate
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.fold import Fold
from mandate_events.deciding.rights import is_system
from mandate_events.deciding.submission import Submission

T = TypeVar("T")

Find: TypeAlias = Callable[[str], Fold | None]
"""A stream's fold, if it is loaded."""


class Looked:
    """What is known of a command before it is decided; see `mandate_events.deciding.aggregate.Looking`."""

    def __init__(self, submission: Submission, find: Find) -> None:
        self._submission = submission
        self._find = find
        own = find(submission.stream)
        self.state = own.state if own else None

    @property
    def actor(self) -> str:
        return self._submission.actor

    @property
    def subject(self) -> str:
        return self._submission.id

    @property
    def project(self) -> str | None:
        submission = self._submission
        return submission.aggregate.project(submission.id, self.state) or submission.project

    def read(self, aggregate: Aggregate[T], id_: str) -> T | None:
        fold = self._find(aggregate.stream(id_))
        return fold.state if fold else None


def declared(domain: Domain, submission: Submission, find: Find) -> Iterator[tuple[Aggregate[Any], str]]:
    """The streams that deciding the command reads, as far as the loaded ones tell: each with its aggregate."""
    looking, command = Looked(submission, find), submission.command
    yield submission.aggregate, submission.stream
    if not is_system(submission.actor):
        for aggregate, id_ in domain.mandates_read(looking):
            yield aggregate, aggregate.stream(id_)
    for aggregate, id_ in domain.rights.reads(looking.state, command, looking):
        yield aggregate, aggregate.stream(id_)
    for aggregate, id_ in submission.aggregate.reads(looking.state, command, looking):
        yield aggregate, aggregate.stream(id_)


def missing(domain: Domain, submission: Submission, find: Find) -> dict[str, Aggregate[Any]]:
    """Those of them that are not loaded. More may turn out to be needed when these are."""
    return {stream: aggregate for aggregate, stream in declared(domain, submission, find) if find(stream) is None}
