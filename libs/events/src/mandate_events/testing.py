"""Tests that read as law: given what happened, when a command is given, then this follows, or it is refused.

The rights, the batch and the documents are the real ones; only the database is left out. What a decision reads it
must declare, where its aggregate declares what it reads.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from mandate_events.deciding import Aggregate, Instruction, Invalid, Refused, Unknown
from mandate_events.deciding.aggregate import UNSAID, Streams
from mandate_events.deciding.batch import Batch, Deciding, Fold, NotLoaded, Submission
from mandate_events.deciding.domain import Domain, nowhere
from mandate_events.deciding.looking import Looked
from mandate_events.deciding.rights import name_of
from mandate_events.document.event import JSON, Event, Recorded
from mandate_events.document.identifiers import uuid7

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Scenario:
    """What has happened so far, in any number of streams."""

    def __init__(self, domain: Domain, now: datetime = NOON) -> None:
        self._domain = domain
        self._now = now
        self._folds: dict[str, Fold] = {}
        self._position = 0

    def given(self, aggregate: Aggregate[Any], id_: str, *events: Event, by: str = "system/given") -> "Scenario":
        """These events stand on that thing's stream."""
        stream = aggregate.stream(id_)
        fold = self._folds.get(stream) or Fold(aggregate)
        for event in events:
            self._position += 1
            document = f"{stream}@{fold.version + 1}".encode()
            fold = fold.after(self._recorded(fold, stream, event, by), document, self._domain.asked)
        self._folds[stream] = fold
        return self

    def at(self, now: datetime) -> "Scenario":
        self._now = now
        return self

    def when(
        self, aggregate: Aggregate[Any], id_: str, command: Instruction, *, by: str, project: str | None = None
    ) -> "Outcome":
        """`project` is where a thing is opened that will belong to one."""
        submission = Submission(aggregate, id_, command, actor=by, route="test", key=uuid7(), project=project)
        while True:
            folds = Watched(self._folds)
            batch = Batch(self._domain, folds, self._position, self._now)
            try:
                decision = batch.decide(submission)
            except NotLoaded as missing:
                self._folds |= {stream: Fold(kind) for stream, kind in missing.streams.items()}
            except (Refused, Invalid, Unknown) as refusal:
                self._check_reads(submission, folds.touched)
                return Outcome([], refusal, None)
            else:
                self._check_reads(submission, folds.touched)
                return Outcome(self._replayed(batch), None, decision)

    def _check_reads(self, submission: Submission, touched: set[str]) -> None:
        """Whatever was read is declared where it is said what is read: of finding mandates, of judging, of deciding."""
        domain, aggregate, command = self._domain, submission.aggregate, submission.command
        looking, name = Looked(submission, self._folds.get), name_of(type(command))
        if aggregate.records is UNSAID:
            return
        own = {submission.stream}
        held = self._touched(submission, lambda deciding: domain.mandates(deciding, submission.authority))
        judged = self._touched(submission, _judge)
        said = _streams(domain.mandates_read(looking))
        if domain.mandates_read is not nowhere and (unsaid := held - own - said):
            raise AssertionError(f"{domain.service} reads {unsaid} to find mandates: yield it in its `mandates_read`")
        said = _streams(domain.rights.reads(looking.state, command, looking))
        if unsaid := judged - held - own - said:
            raise AssertionError(f"judging {name} reads {unsaid}: yield it in `reads` of the predicate that does")
        said = _streams(aggregate.reads(looking.state, command, looking))
        if unsaid := touched - held - judged - own - said:
            raise AssertionError(
                f"{aggregate.name} reads or writes {unsaid} when it decides {name}: yield it in `reads` of"
                f" {aggregate.name} in {aggregate.file}"
            )

    def _touched(self, submission: Submission, step: Callable[[Deciding], object]) -> set[str]:
        """What one step of deciding reads."""
        folds = Watched(self._folds)
        deciding = Deciding(Batch(self._domain, folds, self._position, self._now), submission)
        deciding.project = Looked(submission, self._folds.get).project
        with suppress(Refused, Invalid, Unknown, NotLoaded):
            step(deciding)
        return folds.touched

    def _replayed(self, batch: Batch) -> list[Recorded[Any]]:
        """The events as they will be read again; folded from their documents they mean what they meant live."""
        folds, records = dict(self._folds), []
        for row in batch.rows:
            record = self._domain.catalogue.decode(row.type, row.document)
            folds[row.stream] = folds[row.stream].after(record, row.document, self._domain.asked)
            records.append(record)
        for stream, live in batch.changed.items():
            assert folds[stream] == live, f"{stream} replays as {folds[stream].state}, but was {live.state}"
        return records

    def _recorded(self, fold: Fold, stream: str, event: Event, by: str) -> Recorded[Any]:
        return Recorded(
            datacontenttype=JSON,
            id=uuid7(),
            source=self._domain.catalogue.source,
            type=self._domain.catalogue.types[type(event)],
            subject=stream,
            time=self._now,
            sequence=f"{self._position:020d}",
            streamversion=fold.version + 1,
            correlationid="given",
            causationid="given",
            occurredat=self._now,
            actor=by,
            actingas="given",
            authority="given",
            policy=self._domain.rights.hash,
            previous=fold.head,
            data=event,
        )


class Outcome:
    """What came of the command."""

    def __init__(self, records: Sequence[Recorded[Any]], refusal: Exception | None, decision: Deciding | None) -> None:
        self.records = records
        self.refusal = refusal
        self._decision = decision

    def then(self, *events: Event) -> "Outcome":
        """Exactly these events follow, in this order."""
        if self.refusal:
            raise AssertionError(f"refused: {self.refusal!r}") from self.refusal
        found = [record.data for record in self.records]
        assert found == list(events), f"\nexpected {list(events)}\n     got {found}"
        return self

    def under(self, role: str, authority: str | None = None) -> "Outcome":
        """Each event names this role, and this authority."""
        for record in self.records:
            assert record.actingas == role, record.actingas
            assert authority in (None, record.authority), record.authority
        return self

    def refused(self, rule: str, *, authority: bool = False) -> None:
        """Refused by this rule; `authority` where the person may not."""
        assert isinstance(self.refusal, Refused), f"not refused: {[record.data for record in self.records]}"
        assert (self.refusal.rule, self.refusal.authority) == (rule, authority), self.refusal

    def invalid(self, pointer: str) -> None:
        assert isinstance(self.refusal, Invalid), self.refusal
        assert self.refusal.pointer == pointer, self.refusal.pointer

    def unknown(self) -> None:
        assert isinstance(self.refusal, Unknown), self.refusal


class Watched(dict[str, Fold]):
    """Folds that know which of them were asked for."""

    def __init__(self, folds: dict[str, Fold]) -> None:
        super().__init__(folds)
        self.touched: set[str] = set()

    def get(self, stream: str, default: Any = None, /) -> Any:
        self.touched.add(stream)
        return super().get(stream, default)


def _streams(read: Streams) -> set[str]:
    return {aggregate.stream(id_) for aggregate, id_ in read}


def _judge(deciding: Deciding) -> None:
    submission, domain = deciding.submission, deciding.batch.domain
    held = domain.mandates(deciding, submission.authority)
    state = deciding.batch.fold(submission.aggregate, submission.stream).state
    domain.rights.judge(state, submission.command, deciding, held)
