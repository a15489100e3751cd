"""A rehearsal: three real ledgers in which everything happens that can happen, from the founding to closed projects.

Its documents are judged by the published contracts. `python -m tests.contract.rehearsal` adds a sample of each type
that has none to the corpus; a sample that is there is never touched.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from governance import office
from governance.appointments import appointment
from governance.domain import GOVERNANCE
from governance.heard import PROJECTS as HEARD_OF_PROJECTS
from governance.policies import on_projects
from governance.requests import gate_review, waiver
from governance.standards import standard
from governance.strategy import proposal
from mandate_events.batch import Submission
from mandate_events.deciding import Aggregate, Command
from mandate_events.domain import Domain
from mandate_events.event import Catalogue, read_any, read_heading
from mandate_events.identifiers import uuid7
from mandate_events.outcome import Denied
from mandate_events.policy import PolicyRunner
from mandate_events.rights import RIGHTS_TABLE, AdoptRights
from mandate_events.store import Store
from mandate_events.transport import understood
from mandate_local.demo import STANDARD
from mandate_local.identity import PERSONAS
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.tokens import person_id
from projects import project
from projects.domain import PROJECTS
from projects.heard import GOVERNANCE as HEARD_OF_GOVERNANCE
from projects.policies import on_governance
from projects.requests import waiver as project_waiver
from reporting.domain import REPORTING
from tests.integration.ledgers import Ledger, new_ledger

ROOT: Final = Path(__file__).parents[2]
DOMAINS: Final[Mapping[str, Domain]] = {domain.service: domain for domain in (GOVERNANCE, PROJECTS, REPORTING)}
ISSUER: Final = "http://127.0.0.1/mandate-development-identity"
PEOPLE: Final = {name: str(person_id("local", ISSUER, name)) for name in PERSONAS}
EVIDENCE: Final = {
    "title": "Business case, final",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "uri": "https://documents.example/business-case",
}


def samples_of(service: str) -> Path:
    """Where the corpus of a service is: one document of each type that it has ever published."""
    return ROOT / "services" / service / "contracts" / "samples"


@dataclass(slots=True)
class Rehearsal:
    """The ledgers, and how far each of the two policies has heard the other's."""

    ledgers: Mapping[str, Ledger]
    stores: Mapping[str, Store]
    runners: Mapping[str, tuple[Catalogue, PolicyRunner]]
    heard: dict[str, int] = field(default_factory=dict)

    async def documents(self, service: str) -> list[bytes]:
        return await self.ledgers[service].documents()

    async def act(
        self, service: str, who: str, aggregate: Aggregate[Any], id_: str, command: Command, **more: Any
    ) -> None:
        """A person, or a part of the system, gives a command; what follows from it across the services follows."""
        submission = Submission(
            aggregate,
            id_,
            command,
            actor=PEOPLE.get(who, who),
            route="rehearsal",
            key=uuid7(),
            correlation=uuid7(),
            **more,
        )
        try:
            await self.stores[service].submit(submission)
        finally:
            while await self._hear():
                pass

    async def begin(
        self, service: str, who: str, aggregate: Aggregate[Any], command: Command, project: str | None = None
    ) -> None:
        """The same for a thing that begins."""
        await self.act(service, who, aggregate, uuid7(), command, project=project)

    async def denied(self, *what: Any) -> None:
        with suppress(Denied):
            await self.act(*what)
            raise AssertionError(f"{what} should have been denied")

    async def _hear(self) -> bool:
        something = False
        for service, (catalogue, runner) in self.runners.items():
            documents = await self.documents(service)
            for document in documents[self.heard.get(service, 0) :]:
                if record := understood(catalogue, document).record:
                    await runner.react(record, document)
                something = True
            self.heard[service] = len(documents)
        return something

    async def last(self, service: str, type_: str) -> Any:
        """The newest event of a type, as anybody reads it."""
        found = [each for each in map(read_any, await self.documents(service)) if each.type.endswith(f".{type_}")]
        return found[-1]


@asynccontextmanager
async def rehearsed(postgres: EmbeddedPostgres) -> AsyncIterator[Rehearsal]:
    async with AsyncExitStack() as stack:
        ledgers = {service: await new_ledger(postgres, service) for service in DOMAINS}
        stores = {
            service: await stack.enter_async_context(Store(domain, ledgers[service].dsn))
            for service, domain in DOMAINS.items()
        }
        runners = {
            "governance": (HEARD_OF_GOVERNANCE, PolicyRunner("recognition", on_governance, stores["projects"])),
            "projects": (HEARD_OF_PROJECTS, PolicyRunner("gate-inbox", on_projects, stores["governance"])),
        }
        rehearsal = Rehearsal(ledgers, stores, runners)
        await _found(rehearsal)
        await _publish(rehearsal)
        await _waive(rehearsal)
        await _run_to_the_end(rehearsal)
        await _terminate(rehearsal)
        await _deny(rehearsal)
        yield rehearsal


async def _found(on: Rehearsal) -> None:
    async def in_office(who: str, command: Command) -> None:
        await on.act("governance", who, office.OFFICE, office.THE_OFFICE, command)

    await in_office("system/start", office.NameFounder(person=PEOPLE["founder"]))
    charter = office.CharterOffice(
        name="Capital Delivery PMO", time_zone="Australia/Melbourne", reason="Resolved today"
    )
    await in_office("founder", charter)
    for name in ("pmo-1", "pmo-2"):
        await in_office("founder", office.AppointMember(person=PEOPLE[name], reason="Founding member"))
    await in_office("pmo-1", office.AppointMember(person=PEOPLE["team-1"], reason="To relieve the others"))
    await in_office("pmo-1", office.RemoveMember(person=PEOPLE["team-1"], reason="Back to the line"))
    await in_office("pmo-1", office.AppointAuditor(person=PEOPLE["auditor-1"], reason="Internal audit"))
    await in_office("pmo-2", office.AppointObserver(person=PEOPLE["observer-1"], reason="Reads for the board"))


async def _publish(on: Rehearsal) -> None:
    content = {name: STANDARD[name] for name in ("title", "text", "paths")}
    for author, command in (
        ("pmo-1", standard.DraftStandard.model_validate(content)),
        ("pmo-1", standard.ReviseDraft.model_validate(content)),
        ("pmo-2", standard.PublishStandard(version=1, reason="One way of working for every capital project")),
    ):
        await on.act("governance", author, standard.STANDARD, "capital-delivery", command)


async def _authorised(on: Rehearsal, reference: str, title: str) -> str:
    """A project with a manager, an officer and a sponsor."""
    propose = proposal.ProposeProject.model_validate(
        {
            "portfolio": "capital-delivery",
            "reference": reference,
            "title": title,
            "gate_path": "two-gate",
            "forecast_cost": {"amount": "310000", "currency": "AUD"},
            "forecast_cost_text": "310,000",
            "business_case_approved_on": "2026-02-20",
            "attributes": {"Owner Group": "Harbour Assets"},
        }
    )
    id_ = propose.id
    await on.act("governance", "pmo-2", proposal.PROPOSAL, id_, propose)
    authorise = proposal.AuthoriseProject.model_validate(
        {
            "standard": "capital-delivery@1",
            "budget": {"amount": "300000.00", "currency": "AUD"},
            "reason": "Board of 3 March",
        }
    )
    await on.act("governance", "pmo-1", proposal.PROPOSAL, id_, authorise)
    for command in (
        appointment.AppointManager(person=PEOPLE["pm-1"], reason="Knows the site"),
        appointment.AssignOfficer(person=PEOPLE["officer-1"], reason="Has the capacity"),
        appointment.AppointSponsor(person=PEOPLE["sponsor-1"], reason="Owns the asset"),
    ):
        await on.act("governance", "pmo-1", appointment.APPOINTMENT, id_, command)
    return id_


async def _gate(on: Rehearsal, manager: str, id_: str, gate: str, outcome: str) -> None:
    """The manager asks for a gate, the PMO decides it, and the project answers."""
    request = project.RequestGateReview.model_validate(
        {"gate": gate, "evidence": [EVIDENCE], "reason": "All deliverables accepted"}
    )
    await on.act("projects", manager, project.PROJECT, id_, request)
    review = (await on.last("projects", "gate-review-requested.v1")).data["review"]
    due = (on.stores["governance"].appender.now() + timedelta(days=30)).date()
    conditions = [{"text": "Confirm the supplier's guarantee", "owner": "The manager", "due_on": due}]
    decision = gate_review.DecideGate.model_validate(
        {
            "outcome": outcome,
            "conditions": conditions if outcome == "conditional_go" else [],
            "reason": "The evidence was weighed",
        }
    )
    await on.act("governance", "pmo-2", gate_review.GATE_REVIEW, review, decision)


async def _waive(on: Rehearsal) -> None:
    """Waivers: granted and revoked, granted and expired, rejected; and one that comes too late."""
    id_ = await _authorised(on, "S-003", "Pump replacement, west")
    today = on.stores["governance"].appender.now().date()

    async def ask(control: str) -> str:
        body = {"control": control, "until": today + timedelta(days=30), "reason": "The reviewer is away"}
        await on.begin(
            "projects", "pm-1", project_waiver.WAIVER, project_waiver.RequestWaiver.model_validate(body), id_
        )
        return str((await on.last("projects", "waiver-requested.v1")).subject.partition("/")[2])

    async def decide(id_: str, outcome: str) -> None:
        body = {"outcome": outcome, "reason": "The risk was weighed"}
        await on.act("governance", "pmo-2", waiver.WAIVER, id_, waiver.DecideWaiver.model_validate(body))

    for control, outcome in (("cost-review", "granted"), ("safety-review", "granted"), ("tender", "rejected")):
        await decide(await ask(control), outcome)
        asked_for = (await on.last("governance", "decision-answered.v1")).subject.partition("/")[2]
        if control == "cost-review":
            await on.act("governance", "pmo-1", waiver.WAIVER, asked_for, waiver.RevokeWaiver(reason="Not used"))
        if control == "safety-review":
            expire = waiver.ExpireWaiver(until=today + timedelta(days=30))
            set_by = {"authority": f"waiver/{asked_for}@2"}
            await on.act("governance", "system/clock", waiver.WAIVER, asked_for, expire, **set_by)
    late = await ask("site-inspection")
    await _gate(on, "pm-1", id_, "gate-1", "kill")
    await decide(late, "granted")


async def _run_to_the_end(on: Rehearsal) -> None:
    id_ = await _authorised(on, "S-001", "Depot roof")
    await _gate(on, "pm-1", id_, "gate-1", "hold")
    await _gate(on, "pm-1", id_, "gate-1", "conditional_go")
    for command in (
        appointment.ReplaceManager(person=PEOPLE["pm-2"], reason="Handover as planned"),
        appointment.ReleaseOfficer(person=PEOPLE["officer-1"], reason="Needed elsewhere"),
    ):
        await on.act("governance", "pmo-1", appointment.APPOINTMENT, id_, command)
    await _gate(on, "pm-2", id_, "gate-2", "go")
    decided = await on.last("governance", "gate-decided.v1")
    applied = await on.last("projects", "gate-decision-applied.v1")
    again = project.ApplyGateDecision(
        review=applied.data["review"],
        gate=decided.data["gate"],
        outcome="go",
        origin=applied.data["origin"],
        reason=decided.reason,
    )
    on_what = {"authority": applied.authority, "causation": decided.id}
    await on.act("projects", "system/recognition", project.PROJECT, id_, again, **on_what)  # the project is closed


async def _terminate(on: Rehearsal) -> None:
    id_ = await _authorised(on, "S-002", "Flow meters, east")
    await _gate(on, "pm-1", id_, "gate-1", "kill")


async def _deny(on: Rehearsal) -> None:
    """Somebody tries in each service what they may not; the second time it is only counted."""
    stranger = office.CharterOffice(name="Mine", reason="Why not")
    rights = AdoptRights(hash="0" * 64, table=[])
    id_ = (await on.last("projects", "project-initiated.v1")).subject.partition("/")[2]
    request = project.RequestGateReview.model_validate({"gate": "gate-1", "evidence": [EVIDENCE], "reason": "Go on"})
    for _ in range(2):
        await on.denied("governance", "stranger", office.OFFICE, office.THE_OFFICE, stranger)
        await on.denied("projects", "pmo-1", project.PROJECT, id_, request)
        await on.denied("reporting", "stranger", RIGHTS_TABLE, "reporting", rights)
    for store in on.stores.values():
        await store.record_repeats()


def missing_samples(service: str) -> set[str]:
    """The types of a service without a sample in the corpus."""
    catalogue = DOMAINS[service].catalogue
    known = {type_.removeprefix(f"mandate.{service}.") for type_ in (catalogue.types | catalogue.outdated).values()}
    return known - {path.stem for path in samples_of(service).glob("*.json")}


async def add_samples() -> None:
    if not any(map(missing_samples, DOMAINS)):
        return
    with tempfile.TemporaryDirectory(prefix="mandate-") as directory, EmbeddedPostgres(directory) as postgres:
        async with rehearsed(postgres) as rehearsal:
            for service in DOMAINS:
                directory_ = samples_of(service)
                directory_.mkdir(parents=True, exist_ok=True)
                wanted = missing_samples(service)
                for document in sorted(await rehearsal.documents(service), key=len):  # what says most comes last
                    name = read_heading(document).type.removeprefix(f"mandate.{service}.")
                    if name in wanted:
                        (directory_ / f"{name}.json").write_bytes(document)


if __name__ == "__main__":
    asyncio.run(add_samples())
