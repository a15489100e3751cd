"""What is offered is accepted, and what is not is refused: every command, person and state of the rehearsal.

The rehearsal is stopped before each act of a person. Then everybody tries every command that the thing takes, with
bodies that were given to its kind: once as it is offered, before anything is said in it, and once as it is decided.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from mandate_events.deciding import Command, Invalid, NotYet, Refused, Unknown
from mandate_events.deciding.batch import Batch, Deciding, NotLoaded
from mandate_events.deciding.fold import Fold
from mandate_events.deciding.rights import is_system
from mandate_events.deciding.submission import Submission
from mandate_events.deciding.trying import Trial
from mandate_events.document.event import read_heading
from mandate_local.postgres import EmbeddedPostgres
from tests.contract.rehearsal import DOMAINS, PEOPLE, rehearsed

BODIES: Final = 4
"""Of a command, tried on a thing: those that were given to it, and then those given to others of its kind."""

SAID: Final = {
    # of whom it speaks
    "already-auditor", "already-member", "already-observer", "auditor-holds-other-role", "member-holds-other-role",
    "not-an-auditor", "not-an-observer", "self-appointment", "self-removal", "no-change-of-manager",
    "no-change-of-sponsor",
    # which one it names
    "already-adopted", "corrective-action-unreported", "no-such-draft", "no-such-objective", "not-the-next-gate",
    "own-successor", "no-approved-change", "gate-path-missing", "resource-needed", "resource-lacks-skill",
    # what it says of it
    "charter-says-so", "officer-bypassed",
}  # fmt: skip
"""Rules that refuse what is said in a command: another body would have been accepted, so it is offered all the same."""


@dataclass(slots=True)
class Stopped:
    """The ledger of one service, folded up to an act."""

    service: str
    documents: Sequence[bytes]
    folds: dict[str, Fold] = field(default_factory=dict)
    position: int = 0
    now: Any = None

    def until(self, position: int) -> None:
        domain = DOMAINS[self.service]
        for document in self.documents[self.position : position]:
            heading = read_heading(document)
            aggregate = domain.aggregates[heading.subject.partition("/")[0]]
            fold = self.folds.get(heading.subject) or Fold(aggregate)
            self.folds[heading.subject] = fold.then(domain.catalogue, heading.type, document, domain.asked)
            self.now = heading.time
        self.position = position

    def offered(self, submission: Submission) -> bool:
        trial = Trial(DOMAINS[self.service], self.folds, self.now)
        while True:
            try:
                return trial.permits(submission)
            except NotLoaded as missing:
                self._begin(missing)
                trial.load(self.folds)

    def refused(self, submission: Submission) -> str | None:
        """The rule by which it would be refused; None where it would be accepted."""
        while True:
            try:
                Deciding(Batch(DOMAINS[self.service], self.folds, self.position, self.now), submission).judged()
            except NotLoaded as missing:
                self._begin(missing)
            except Refused as refusal:
                return refusal.rule
            except Invalid as invalid:
                return invalid.sentence
            except (Unknown, NotYet) as absent:
                return type(absent).__name__
            else:
                return None

    def _begin(self, missing: NotLoaded) -> None:
        """What is not folded is not there yet."""
        for stream, aggregate in missing.streams.items():
            self.folds[stream] = Fold(aggregate)


@dataclass(slots=True)
class Tried:
    """What somebody tried, and what became of it."""

    what: str
    offered: bool
    rules: list[str | None]


def tries(acts: Sequence[tuple[str, int, Submission]], documents: Mapping[str, Sequence[bytes]]) -> Iterator[Tried]:
    stopped = {service: Stopped(service, each) for service, each in documents.items()}
    given: dict[type[Command], list[Submission]] = defaultdict(list)
    for _, _, act in acts:
        if isinstance(act.command, Command):
            given[type(act.command)].append(act)
    for service, position, act in acts:
        if not is_system(act.actor):
            stopped[service].until(position)
            yield from on_the_thing(stopped[service], act, given)


def on_the_thing(
    here: Stopped, act: Submission, given: Mapping[type[Command], Sequence[Submission]]
) -> Iterator[Tried]:
    """What everybody could do with what is acted on, or could begin where something is begun."""
    for kind in act.aggregate.records:
        if not issubclass(kind, Command) or kind not in given or (act.project and kind not in act.aggregate.opened_by):
            continue
        nearest = sorted(given[kind], key=lambda each: each.id != act.id)[:BODIES]
        for name, person in PEOPLE.items():
            what = f"{name} {kind.__name__} on {act.stream} at {here.service}:{here.position}"
            offered = here.offered(replace(act, command=kind.unsaid(), actor=person))
            rules = [here.refused(replace(act, command=each.command, actor=person)) for each in nearest]
            yield Tried(what, offered, rules)


@pytest.fixture(scope="module")
async def tried(postgres: EmbeddedPostgres) -> list[Tried]:
    async with rehearsed(postgres) as rehearsal:
        documents = {service: await rehearsal.documents(service) for service in DOMAINS}
        return list(tries(rehearsal.acts, documents))


def test_what_is_not_offered_is_refused(tried: list[Tried]) -> None:
    wrong = [each.what for each in tried if not each.offered and None in each.rules]
    assert wrong == []
    assert sum(not each.offered for each in tried) > 1_000


def test_what_is_offered_is_accepted_or_refused_for_what_is_said(tried: list[Tried]) -> None:
    offered = [each for each in tried if each.offered]
    assert sum(None in each.rules for each in offered) > 100
    wrong = {rule: each.what for each in offered for rule in each.rules if rule and rule not in SAID}
    assert wrong == {}
