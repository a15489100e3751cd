"""Whatever people do, in whatever order: what must never happen does not.

Commands are drawn at random and given one after another; most are refused. Then only the events are read, and not by
the code that decided them.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.appointments import appointment
from governance.appointments.appointment import APPOINTMENT
from governance.main import GOVERNANCE
from governance.office.office import (
    OFFICE,
    THE_OFFICE,
    AppointAuditor,
    AppointMember,
    CharterOffice,
    NameFounder,
    RemoveMember,
)
from governance.people.mandate import MandateGiven, MandateWithdrawn
from governance.requests import waiver
from governance.requests.kinds import KINDS
from governance.requests.request import ReceiveRequest
from governance.requests.waiver import WAIVER
from governance.standards import standard
from governance.standards.standard import STANDARD
from governance.strategy import authorisation, intake
from governance.strategy.proposal import PROPOSAL
from mandate_events.deciding import Aggregate, Instruction, Invalid, Refused, Unknown
from mandate_events.deciding.batch import Batch, Fold, NotLoaded, Submission
from mandate_events.document.event import Recorded
from mandate_events.document.identifiers import derived, uuid7
from mandate_events.document.origin import Origin

ORIGIN: Final = Origin(source="projects", sequence=1, hash="0" * 64)
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
PEOPLE: Final = {name: derived(name) for name in ("fay", "ann", "ben", "cat", "dan", "eve")}
PATHS: Final = [{"id": "one", "title": "One", "phases": [{"id": "p", "title": "P", "gate": {"id": "g", "title": "G"}}]}]
AUD: Final = {"amount": "10", "currency": "AUD"}
PROPOSALS: Final = {
    name: intake.ProposeProject.model_validate(
        {"portfolio": "roads", "reference": name, "title": name, "gate_path": "one", "forecast_cost": AUD}
    )
    for name in ("R1", "R2")
}
PROJECTS: Final = {name: command.id for name, command in PROPOSALS.items()}
WHY: Final = {"reason": "drawn"}


class World:
    """Governance as it becomes, command by command."""

    def __init__(self) -> None:
        self.records: list[Recorded[Any]] = []
        self.now = NOON
        self._folds: dict[str, Fold] = {}
        self._position = 0

    def give(self, aggregate: Aggregate[Any], id_: str, command: Instruction, by: str) -> None:
        """Give a command; nothing happens where it is refused."""
        submission = Submission(aggregate, id_, command, actor=by, route="drawn", key=uuid7())
        while True:
            batch = Batch(GOVERNANCE, self._folds, self._position, self.now)
            try:
                batch.decide(submission)
            except NotLoaded as missing:
                self._folds[missing.stream] = Fold(missing.aggregate)
            except (Refused, Invalid, Unknown):
                return
            else:
                self._folds |= batch.changed
                self._position += len(batch.rows)
                self.records += [GOVERNANCE.catalogue.decode(row.type, row.document) for row in batch.rows]
                return


def founded() -> World:
    world = World()
    world.give(OFFICE, THE_OFFICE, NameFounder(person=PEOPLE["fay"]), "system/start")
    world.give(OFFICE, THE_OFFICE, CharterOffice(name="PMO", **WHY), PEOPLE["fay"])
    for name in ("ann", "ben"):
        world.give(OFFICE, THE_OFFICE, AppointMember(person=PEOPLE[name], **WHY), PEOPLE["fay"])
    world.give(
        STANDARD, "capital", standard.DraftStandard.model_validate({"title": "C", "paths": PATHS}), PEOPLE["ann"]
    )
    world.give(STANDARD, "capital", standard.PublishStandard(version=1, **WHY), PEOPLE["ben"])
    for name, command in PROPOSALS.items():
        world.give(PROPOSAL, PROJECTS[name], command, PEOPLE["ann"])
    world.give(PROPOSAL, PROJECTS["R1"], _authorise(1), PEOPLE["ben"])
    return world


def _authorise(version: int) -> authorisation.AuthoriseProject:
    return authorisation.AuthoriseProject.model_validate({"standard": f"capital@{version}", "budget": AUD, **WHY})


ASKED: Final[Mapping[str, Mapping[str, Any]]] = {
    "gate-review": {"gate": "g", "phase": "p"},
    "charter": {"number": 1, "purpose": "A road", "objectives": [], "success_criteria": []},
    "closure": {"phase": "p"},
    "waiver": {"control": "review"},
}
"""What requests of these kinds say besides what all say."""

OUTCOMES: Final = {"gate-review": "go", "charter": "approved", "closure": "approved", "waiver": "granted"}


def _asked(kind: str, who: str, day: date) -> Instruction:
    common = {"project": PROJECTS["R1"], "standard": "capital@1", "requested_by": who, "origin": ORIGIN}
    until = {"until": day} if kind == "waiver" else {}
    return ReceiveRequest(received=msgspec.convert({**common, **ASKED[kind], **until}, KINDS[kind].received))


Act = tuple[Aggregate[Any], str, Instruction, str]


@st.composite
def acts(draw: st.DrawFn) -> Act:
    """Something that somebody tries."""
    who, whom = (draw(st.sampled_from(sorted(PEOPLE.values()))) for _ in range(2))
    project = draw(st.sampled_from([PROJECTS["R1"]] * 3 + [PROJECTS["R2"]]))
    number, day = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    asked, kind = f"r{draw(st.integers(1, 2))}", draw(st.sampled_from(["waiver", "waiver", *ASKED]))
    until = date(2026, 3, 1) + timedelta(days=day)
    if draw(st.booleans()):  # members can do most: let them try more often
        who = draw(st.sampled_from([PEOPLE["ann"], PEOPLE["ben"]]))
    person = {"person": whom, **WHY}
    possible: list[Act] = [
        (OFFICE, THE_OFFICE, AppointMember(**person), who),
        (OFFICE, THE_OFFICE, RemoveMember(**person), who),
        (OFFICE, THE_OFFICE, AppointAuditor(**person), who),
        (APPOINTMENT, project, appointment.AppointManager(**person), who),
        (
            APPOINTMENT,
            project,
            appointment.ReplaceManager.model_validate({**person, "handover": "All of it"}),
            who,
        ),
        (APPOINTMENT, project, appointment.AssignOfficer(**person), who),
        (APPOINTMENT, project, appointment.ReleaseOfficer(**person), who),
        (APPOINTMENT, project, appointment.AppointSponsor(**person), who),
        (STANDARD, "capital", standard.DraftStandard.model_validate({"title": "N", "paths": PATHS}), who),
        (
            STANDARD,
            "capital",
            standard.ReviseDraft.model_validate({"title": f"N{day}", "paths": PATHS}),
            who,
        ),
        (STANDARD, "capital", standard.PublishStandard(version=number, **WHY), who),
        (PROPOSAL, project, _authorise(number), who),
        (STANDARD, "capital", standard.ReviewDraft(version=number, verdict="approve", **WHY), who),
        (STANDARD, "capital", standard.RetireStandard(version=1, successor="capital@2", **WHY), who),
        (KINDS[kind].aggregate, asked, _asked(kind, whom, until), "system/recognition"),
        (KINDS[kind].aggregate, asked, KINDS[kind].decide.model_validate({"outcome": OUTCOMES[kind], **WHY}), who),
        (WAIVER, asked, waiver.RevokeWaiver(**WHY), who),
        (WAIVER, asked, waiver.ExpireWaiver(until=until), "system/clock"),
    ]
    return draw(st.sampled_from(possible))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(acts(), min_size=30, max_size=80))
def test_what_must_never_happen_does_not(drawn: list[Act]) -> None:
    world = founded()
    for act in drawn:
        world.give(*act)
    _one_manager_to_a_project(world.records)
    _no_conflict_of_roles(world.records)
    _nothing_is_decided_by_its_asker(world.records)
    _a_waiver_has_an_end_to_come(world.records)
    _a_published_version_never_changes(world.records)


def _held(records: list[Recorded[Any]]) -> Iterator[Mapping[tuple[str, str | None], set[str]]]:
    """Who holds each role, where, after each change of it that another act may come between."""
    held: dict[tuple[str, str | None], set[str]] = {}
    for number, record in enumerate(records):
        match record.data:
            case MandateGiven(person=person, role=role, project=project):
                held.setdefault((role, project), set()).add(person)
            case MandateWithdrawn(person=person, role=role, project=project):
                held[role, project].discard(person)
        if number + 1 == len(records) or records[number + 1].causationid != record.causationid:
            yield held


def _one_manager_to_a_project(records: list[Recorded[Any]]) -> None:
    for held in _held(records):
        for (role, _), people in held.items():
            assert role != "project_manager" or len(people) <= 1


def _no_conflict_of_roles(records: list[Recorded[Any]]) -> None:
    for held in _held(records):
        members = held.get(("pmo", None), set())
        for project in PROJECTS.values():
            posts = [held.get((role, project), set()) for role in ("project_manager", "pm_officer", "sponsor")]
            assert len(set().union(*posts)) == sum(len(people) for people in posts), "three posts, three persons"
            assert not members & posts[0], "a member of the PMO runs a project"
        auditors = held.get(("auditor", None), set())
        others = set().union(*(people for (role, _), people in held.items() if role not in {"auditor", "observer"}))
        assert not auditors & (others - held.get(("founder", None), set())), "who audits decides nothing"


def _nothing_is_decided_by_its_asker(records: list[Recorded[Any]]) -> None:
    askers: dict[str, str] = {}
    authors: dict[int, set[str]] = {}
    received = {kind.received for kind in KINDS.values()}
    decisions = {event for kind in KINDS.values() for event in kind.outcomes}
    for record in records:
        match record.data:
            case event if type(event) in received:
                askers[record.subject] = event.requested_by
            case intake.ProjectProposed():
                askers[record.subject] = record.actor
            case authorisation.ProjectAuthorised():
                assert record.actor != askers[record.subject]
            case standard.StandardDrafted(version=version) | standard.StandardDraftRevised(version=version):
                authors.setdefault(version, set()).add(record.actor)
            case standard.StandardPublished(version=version):
                assert authors[version] != {record.actor}
            case event if type(event) in decisions:
                assert record.actor != askers[record.subject]


def _a_waiver_has_an_end_to_come(records: list[Recorded[Any]]) -> None:
    for record in records:
        if isinstance(record.data, waiver.WaiverGranted):
            assert record.data.until >= record.time.date()


def _a_published_version_never_changes(records: list[Recorded[Any]]) -> None:
    written: dict[int, Any] = {}
    published: set[int] = set()
    for record in records:
        match record.data:
            case standard.StandardDrafted() | standard.StandardDraftRevised():
                assert record.data.version not in published
                written[record.data.version] = (record.data.title, record.data.paths)
            case standard.StandardPublished():
                assert (record.data.title, record.data.paths) == written[record.data.version]
                published.add(record.data.version)
