"""The running state of one batch: cached folds plus what the batch already did.

Deciding happens here, in memory and without waiting: a stream that is not in the cache raises `NotLoaded`, the
appender loads it and decides again. Nothing of a command that is refused reaches its neighbours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from mandate_events.deciding import (
    Aggregate,
    Instruction,
    Invalid,
    Mandate,
    On,
    Refused,
    Unknown,
    VersionConflict,
)
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import WrittenByNewer
from mandate_events.deciding.rights import DENIAL, CommandDenied, Denials, is_system
from mandate_events.document.canonical import MAX_DOCUMENT_BYTES, NotCanonical, digest, leaf_hash
from mandate_events.document.event import (
    GENESIS,
    JSON,
    Catalogue,
    Event,
    Recorded,
    UnknownType,
    UnknownVersion,
    document_of,
)
from mandate_events.document.identifiers import uuid7

T = TypeVar("T")

SPARE: Final = 2 * 1024
"""Left free in what a person puts on record: another service repeats it beside what it relies on, and must be able to,
or all that follows on the project would wait behind it."""


class Fold(msgspec.Struct, frozen=True):
    """A stream, folded: its state, complete up to `version`, and the hash of its last document."""

    aggregate: Aggregate[Any]
    version: int = 0
    head: str = GENESIS
    state: Any = None
    correlation: str | None = None
    """That of the first event."""
    newer: str | None = None
    """The type of the first event that this program does not know. The state is that before it, and not the state."""

    def then(self, catalogue: Catalogue, type_: str, document: bytes) -> "Fold":
        """The fold with one more document. One that only a newer version can read is counted, and nothing after it
        is read: during an upgrade other processes write what this one must not guess at."""
        if self.newer is None:
            try:
                return self.after(catalogue.decode(type_, document), document)
            except (UnknownType, UnknownVersion):
                pass
        return msgspec.structs.replace(self, version=self.version + 1, newer=self.newer or type_)

    @property
    def known(self) -> "Fold":
        """Itself, if it is all of its stream. Raises `WrittenByNewer`."""
        if self.newer is not None:
            raise WrittenByNewer(self.newer)
        return self

    def after(self, record: Recorded[Any], document: bytes) -> "Fold":
        """The fold with one more event, which must be the next one."""
        if record.streamversion != self.version + 1 or record.previous != self.head:
            raise BrokenStream(f"{record.reference} does not follow version {self.version} of its stream")
        state = self.aggregate.evolve(self.state, record.data, record)
        return Fold(
            self.aggregate,
            record.streamversion,
            digest(document).hex(),
            state,
            self.correlation or record.correlationid,
        )


class Row(msgspec.Struct, frozen=True, gc=False):
    """One event, ready to be inserted."""

    position: int
    stream: str
    version: int
    type: str
    document: bytes
    leaf: bytes


@dataclass(slots=True)
class Submission:
    """A command on its way to the ledger: who asks what of which thing, and which earlier act it follows from.

    Its id is its idempotency key: what follows from it names that as cause, where nothing earlier is named.
    """

    aggregate: Aggregate[Any]
    id: str
    command: Instruction
    actor: str
    route: str
    key: str
    fingerprint: bytes = b""
    expected: int | None = None
    project: str | None = None
    """Where the command opens a thing: the project that it will belong to."""
    authority: str | None = None
    """What a `system/...` actor acts on; a person's authority is found by the rights."""
    correlation: str | None = None
    causation: str | None = None
    occurred_at: datetime | None = None
    stream: str = ""

    def __post_init__(self) -> None:
        self.stream = self.aggregate.stream(self.id)

    @property
    def concerns(self) -> str:
        """What a refusal is of: the thing, or the project in which it would have been opened, for it never was."""
        return f"project/{self.project}" if self.project else self.stream

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes two submissions the same one."""
        return self.actor, self.route, self.key


class BrokenStream(RuntimeError):
    """The chain of documents of a stream is torn: a document is missing or was changed."""


class NotLoaded(Exception):
    """Deciding needs a stream that is not in the cache."""

    def __init__(self, aggregate: Aggregate[Any], stream: str) -> None:
        super().__init__(stream)
        self.aggregate = aggregate
        self.stream = stream


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
        self._folds = folds
        self._below = on_top_of or {}

    def fold(self, aggregate: Aggregate[Any], stream: str) -> Fold:
        fold = self.changed.get(stream) or self._below.get(stream) or self._folds.get(stream)
        if fold is None:
            raise NotLoaded(aggregate, stream)
        return fold.known

    def decide(self, submission: Submission, *, keep: bool = True) -> "Deciding":
        """Authorise, decide and record one command. Raises what the domain refuses with; then nothing was done."""
        decision = Deciding(self, submission)
        try:
            decision.run()
        except NotCanonical as error:
            raise Invalid(error.pointer.removeprefix("/data"), "not-canonical", why=error.problem) from error
        if keep:
            self._keep(decision)
        return decision

    def deny(self, submission: Submission, refusal: Refused, *, keep: bool = True) -> "Deciding | None":
        """Put a refusal of authority on record; None where an identical one of the last minute stands already."""
        stream = DENIAL.stream(submission.actor)
        denials: Denials | None = self.fold(DENIAL, stream).state
        name = type(submission.command).__name__
        if denials and denials.is_repeat(name, submission.concerns, refusal.rule, self.now):
            return None
        decision = Deciding(self, submission)
        decision.mandate = decision.leading_mandate()
        event = CommandDenied(command=name, on=submission.concerns, rule=refusal.rule, role=decision.mandate.role)
        decision.record(DENIAL, submission.actor, event)
        if keep:
            self._keep(decision)
        return decision

    def _keep(self, decision: "Deciding") -> None:
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

    def version(self, aggregate: Aggregate[Any], id_: str) -> int:
        return self._fold(aggregate, aggregate.stream(id_)).version

    def attach(self, media_type: str, content: bytes) -> str:
        sha256 = digest(content)
        self.blobs[sha256] = (media_type, content)
        return sha256.hex()

    # --- deciding ---

    def run(self) -> None:
        submission = self.submission
        aggregate = submission.aggregate
        fold = self._fold(aggregate, submission.stream)
        state, command = fold.state, submission.command
        if fold.version == 0 and type(command) not in aggregate.opened_by:
            raise Unknown(submission.stream)
        self.project = aggregate.project(submission.id, state) or submission.project
        held = self.batch.domain.mandates(self, submission.authority)
        self.mandate = self.batch.domain.rights.judge(state, command, self, held)
        if submission.expected not in (None, fold.version):  # after the rights: no refusal of authority goes unrecorded
            raise VersionConflict(submission.stream, submission.expected, fold.version)
        for event in aggregate.decide(state, command, self):
            if isinstance(event, On):
                self.record(event.aggregate, event.id, event.event)
            else:
                self.record(aggregate, submission.id, event)
        self.version_after = self._fold(aggregate, submission.stream).version

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
        type_ = domain.catalogue.types[kind]
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
        self.changed[stream] = Fold(
            aggregate, version, digest(document).hex(), state, fold.correlation or record.correlationid
        )
        self.rows.append(Row(record.position, stream, version, type_, document, leaf_hash(document)))

    def _fold(self, aggregate: Aggregate[Any], stream: str) -> Fold:
        return self.changed.get(stream) or self.batch.fold(aggregate, stream)

    def _state(self) -> Any:
        return self._fold(self.submission.aggregate, self.submission.stream).state
