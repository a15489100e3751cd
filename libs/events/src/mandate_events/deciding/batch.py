"""The running state of one batch: cached folds plus what the batch already did.

Deciding happens here, in memory and without waiting: a stream that is not in the cache raises `NotLoaded`, the
appender loads it and decides again. Nothing of a command that is refused reaches its neighbours.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from mandate_events.deciding.aggregate import Aggregate, Decided, Mandate, On
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.fold import BrokenStream, Fold, Row
from mandate_events.deciding.marks import Marks
from mandate_events.deciding.refusal import Invalid, Refused, TooLarge, Unknown, VersionConflict
from mandate_events.deciding.rights import DENIAL, CommandDenied, Denials, RecordRepeats, is_system, name_of
from mandate_events.deciding.submission import Submission
from mandate_events.deciding.telling import file_of
from mandate_events.document.canonical import MAX_DOCUMENT_BYTES, NotCanonical, digest, leaf_hash
from mandate_events.document.event import JSON, Event, Recorded, document_of
from mandate_events.document.identifiers import uuid7

__all__ = ["SPARE", "Batch", "BrokenStream", "Deciding", "Fold", "Full", "NotLoaded", "Row", "Submission", "Undeclared"]

T = TypeVar("T")

SPARE: Final = 2 * 1024
"""Left free in what a person puts on record: another service repeats it beside what it relies on, and must be able to,
or all that follows on the project would wait behind it."""

MAX_EVENTS: Final = 2_000
MAX_BYTES: Final = 32 * 1024 * 1024
"""What one decision records, at most: so many events, and so many bytes of documents."""

BATCH_EVENTS: Final = 4_000
BATCH_BYTES: Final = 64 * 1024 * 1024
"""What is written at once, at most (attached documents counted): any decision fits, and most batches of many."""


class Full(Exception):
    """The decision does not fit into this batch any more; it does into the next."""


class Undeclared(TypeError):
    """A fault of the program: an aggregate did what it does not declare. The message says what to write where."""


class NotLoaded(Exception):
    """Deciding needs streams that are not in the cache: this one, or these."""

    def __init__(self, streams: Mapping[str, Aggregate[Any]]) -> None:
        super().__init__(*streams)
        self.streams = streams
        self.stream, self.aggregate = next(iter(streams.items()))


class Batch:
    """What has been decided so far, on top of the cached folds (and of a batch that is still being written)."""

    def __init__(
        self,
        domain: Domain,
        folds: Mapping[str, Fold],
        position: int,
        now: datetime,
        *,
        on_top_of: Mapping[str, Fold] | None = None,
    ) -> None:
        self.domain = domain
        self.now = now
        self.position = position
        self.rows: list[Row] = []
        self.changed: dict[str, Fold] = {}
        self.blobs: dict[bytes, tuple[str, bytes]] = {}
        self.size = 0
        self._folds = folds
        self._below = on_top_of or {}

    def fold(self, aggregate: Aggregate[Any], stream: str) -> Fold:
        fold = self.changed.get(stream) or self._below.get(stream) or self._folds.get(stream)
        if fold is None:
            raise NotLoaded({stream: aggregate})
        return fold.known

    def holds(self, stream: str) -> bool:
        """Whether the stream is loaded."""
        return stream in self.changed or stream in self._below or stream in self._folds

    def decide(self, submission: Submission, *, keep: bool = True) -> "Deciding":
        """Authorise, decide and record one command. Raises what the domain refuses with, or `Full`; then nothing was
        done."""
        decision = Deciding(self, submission)
        try:
            decision.run()
        except NotCanonical as error:
            raise Invalid(error.pointer.removeprefix("/data"), "not-canonical", why=error.problem) from error
        if keep:
            self._keep(decision)
        return decision

    def deny(self, submission: Submission, refusal: Refused, *, keep: bool = True) -> "Deciding | RecordRepeats":
        """Put a refusal of authority on record. Where an identical one of the last minute stands already, it is to be
        counted instead."""
        stream = DENIAL.stream(submission.actor)
        denials: Denials | None = self.fold(DENIAL, stream).state
        name = type(submission.command).__name__
        if denials and (repeat := denials.repeats(name, submission.concerns, refusal.rule, self.now)):
            return repeat
        decision = Deciding(self, submission)
        decision.mandate = decision.leading_mandate()
        event = CommandDenied(
            command=name,
            on=submission.concerns,
            rule=refusal.rule,
            role=decision.mandate.role,
            person=submission.actor,
            project=decision.project,
            first_at=self.now,
            last_at=self.now,
        )
        decision.record(DENIAL, submission.actor, event)
        if keep:
            self._keep(decision)
        return decision

    def _keep(self, decision: "Deciding") -> None:
        size = decision.size + sum(len(content) for _, content in decision.blobs.values())
        if self.rows and (len(self.rows) + len(decision.rows) > BATCH_EVENTS or self.size + size > BATCH_BYTES):
            raise Full
        self.size += size
        self.rows += decision.rows
        self.changed.update(decision.changed)
        self.blobs.update(decision.blobs)
        self.position += len(decision.rows)


class Deciding:
    """One command being decided; what deciding sees of it is `mandate_events.deciding.Context`."""

    def __init__(self, batch: Batch, submission: Submission) -> None:
        self.batch = batch
        self.submission = submission
        self.rows: list[Row] = []
        self.changed: dict[str, Fold] = {}
        self.blobs: dict[bytes, tuple[str, bytes]] = {}
        self.mandate = Mandate("", "")
        self.project: str | None = None
        self.version_after = 0
        self.size = 0

    # --- what a decision may know (Context) ---

    @property
    def actor(self) -> str:
        return self.submission.actor

    @property
    def acting_as(self) -> str:
        return self.mandate.role

    @property
    def now(self) -> datetime:
        return self.batch.now

    @property
    def subject(self) -> str:
        return self.submission.id

    def read(self, aggregate: Aggregate[T], id_: str) -> T | None:
        state: T | None = self._fold(aggregate, aggregate.stream(id_)).state
        return state

    def read_many(self, aggregate: Aggregate[T], ids: Iterable[str]) -> dict[str, T | None]:
        streams = {id_: aggregate.stream(id_) for id_ in ids}
        self._need(dict.fromkeys(streams.values(), aggregate))
        return {id_: self._fold(aggregate, stream).state for id_, stream in streams.items()}

    @property
    def marks(self) -> Marks:
        return self._fold(self.submission.aggregate, self.submission.stream).marks

    def version(self, aggregate: Aggregate[Any], id_: str) -> int:
        return self._fold(aggregate, aggregate.stream(id_)).version

    def attach(self, media_type: str, content: bytes) -> str:
        sha256 = digest(content)
        self.blobs[sha256] = (media_type, content)
        return sha256.hex()

    # --- deciding ---

    def run(self) -> None:
        """Judge the person, decide, and record what follows."""
        submission, aggregate = self.submission, self.submission.aggregate
        decided = self.judged()
        if len(decided) > MAX_EVENTS:
            raise TooLarge(f"one decision would record {len(decided)} events; the limit is {MAX_EVENTS}")
        elsewhere = [each for each in decided if isinstance(each, On)]
        if elsewhere:
            self._need({each.aggregate.stream(each.id): each.aggregate for each in elsewhere})
        if aggregate.records:
            self._check_declared([type(each.event if isinstance(each, On) else each) for each in decided])
        for each in decided:
            if isinstance(each, On):
                self.record(each.aggregate, each.id, each.event)
            else:
                self.record(aggregate, submission.id, each)
        self.version_after = self._fold(aggregate, submission.stream).version

    def judged(self) -> Decided:
        """What follows from the command where the person may give it and the state allows it; nothing is recorded."""
        submission = self.submission
        aggregate = submission.aggregate
        fold = self._fold(aggregate, submission.stream)
        state, command = fold.state, submission.command
        if aggregate.records and type(command) not in aggregate.records:
            raise Undeclared(
                f"{aggregate.name} is given {name_of(type(command))}, which it does not declare: name it in `records`"
                f" of {aggregate.name} in {aggregate.file}"
            )
        if fold.version == 0 and type(command) not in aggregate.opened_by:
            raise Unknown(submission.stream)
        self.project = aggregate.project(submission.id, state) or submission.project
        held = self.batch.domain.mandates(self, submission.authority)
        self.mandate = self.batch.domain.rights.judge(state, command, self, held)
        if submission.expected not in (None, fold.version):  # after the rights: no refusal of authority goes unrecorded
            raise VersionConflict(submission.stream, submission.expected, fold.version)
        return aggregate.decide(state, command, self)

    def leading_mandate(self) -> Mandate:
        """The mandate that a refused person is shown with: the first that could matter here, or none."""
        self.project = self.submission.aggregate.project(self.submission.id, self._state()) or self.submission.project
        held = self.batch.domain.mandates(self, self.submission.authority)
        here = (mandate for mandate in held if mandate.project in (None, self.project))
        return next(here, Mandate("none", "none"))

    def record(self, aggregate: Aggregate[Any], id_: str, event: Event) -> None:
        """Give the event its place, write its document and let the state follow."""
        stream = aggregate.stream(id_)
        fold = self._fold(aggregate, stream)
        submission, domain, now = self.submission, self.batch.domain, self.batch.now
        kind = type(event)
        type_ = domain.catalogue.types.get(kind)
        if type_ is None:
            raise Undeclared(
                f"{kind.__name__} ({file_of(kind)}) is recorded on {stream}, and no aggregate declares it: name it in"
                f" `events` of {aggregate.name} in {aggregate.file}"
            )
        version = fold.version + 1
        record = Recorded(
            datacontenttype=JSON,
            id=uuid7(),
            source=domain.catalogue.source,
            type=type_,
            subject=stream,
            time=now,
            sequence=f"{self.batch.position + len(self.rows) + 1:020d}",
            streamversion=version,
            correlationid=(aggregate.one_story and fold.correlation) or submission.correlation or submission.key,
            causationid=submission.causation or submission.key,
            occurredat=submission.occurred_at or now,
            actor=submission.actor,
            actingas=self.mandate.role,
            authority=self.mandate.authority,
            policy=domain.rights.hash,
            previous=fold.head,
            reason=submission.command.reason,
            partitionkey=aggregate.project(id_, fold.state),
            standard=None if fold.state is None else aggregate.standard(fold.state),
            data=event,
        )
        state = aggregate.evolve(fold.state, event, record)
        project, standard = aggregate.project(id_, state), aggregate.standard(state)
        if project != record.partitionkey or standard != record.standard:  # this very event says what they are
            record = msgspec.structs.replace(record, partitionkey=project, standard=standard)
        document = document_of(record, loose=kind in domain.catalogue.loose)
        limit = MAX_DOCUMENT_BYTES - SPARE
        if len(document) > limit and not is_system(submission.actor):
            raise NotCanonical("", f"the document would be {len(document)} bytes; the limit is {limit}")
        domain.catalogue.decode(type_, document)  # what could not be read again would close the ledger for good
        self.size += len(document)
        if self.size > MAX_BYTES:
            raise TooLarge(f"one decision would record more than {MAX_BYTES} bytes")
        self.changed[stream] = fold.grown(record, document, state, domain.asked)
        self.rows.append(Row(record.position, stream, version, type_, document, leaf_hash(document)))

    def _fold(self, aggregate: Aggregate[Any], stream: str) -> Fold:
        return self.changed.get(stream) or self.batch.fold(aggregate, stream)

    def _state(self) -> Any:
        return self._fold(self.submission.aggregate, self.submission.stream).state

    def _need(self, streams: Mapping[str, Aggregate[Any]]) -> None:
        """What of these is not loaded is asked for all at once."""
        absent = {s: kind for s, kind in streams.items() if s not in self.changed and not self.batch.holds(s)}
        if absent:
            raise NotLoaded(absent)

    def _check_declared(self, kinds: Iterable[type[Event]]) -> None:
        """An aggregate that says what its commands record keeps to it."""
        aggregate, command = self.submission.aggregate, type(self.submission.command)
        for kind in kinds:
            if kind not in aggregate.records[command]:
                raise Undeclared(
                    f"{name_of(command)} records {kind.__name__}, which is not declared: name it in `records` of"
                    f" {aggregate.name} in {aggregate.file}"
                )
