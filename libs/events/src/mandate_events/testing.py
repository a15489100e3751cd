"""Tests that read as law: given what happened, when a command is given, then this follows, or it is refused.

The rights, the batch and the documents are the real ones; only the database is left out.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mandate_events.deciding import Aggregate, Instruction, Invalid, Refused, Unknown
from mandate_events.deciding.batch import Batch, Deciding, Fold, NotLoaded, Submission
from mandate_events.deciding.domain import Domain
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
            batch = Batch(self._domain, self._folds, self._position, self._now)
            try:
                decision = batch.decide(submission)
            except NotLoaded as missing:
                self._folds[missing.stream] = Fold(missing.aggregate)
            except (Refused, Invalid, Unknown) as refusal:
                return Outcome([], refusal, None)
            else:
                return Outcome(self._replayed(batch), None, decision)

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
