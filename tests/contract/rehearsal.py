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

import msgspec

from governance.appointments import appointment
from governance.catalogue import process, template, tool
from governance.main import GOVERNANCE
from governance.office import office
from governance.oversight import compliance_review, findings, kpi, measurement
from governance.people import directory
from governance.requests import (
    allocation,
    baseline,
    change,
    charter,
    closure,
    escalation,
    exception,
    gate_review,
    tailoring,
    waiver,
)
from governance.resources import resource
from governance.standards import migration, ready, standard
from governance.strategy import alignment, authorisation, intake, objective, prioritisation, proposal, scoring_model
from mandate_events.deciding import Aggregate, Command, Instruction
from mandate_events.deciding.batch import Submission
from mandate_events.deciding.domain import Domain
from mandate_events.deciding.outcome import Accepted, Denied
from mandate_events.deciding.rights import RIGHTS_TABLE, AdoptRights
from mandate_events.document.event import Catalogue, read_any, read_heading
from mandate_events.document.identifiers import derived, uuid7
from mandate_events.document.origin import Origin
from mandate_events.ledger.store import Store
from mandate_events.transport.port import understood
from mandate_events.worker.policy import PolicyRunner
from mandate_local.demo import STANDARD
from mandate_local.identity import PERSONAS
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.identity.tokens import person_id
from projects.control import corrective_action, forecast
from projects.execution import adoption, conditions, project
from projects.main import PROJECTS
from projects.requests import allocation as project_allocation
from projects.requests import baseline as project_baseline
from projects.requests import change as project_change
from projects.requests import charter as project_charter
from projects.requests import closure as project_closure
from projects.requests import escalation as project_escalation
from projects.requests import exception as project_exception
from projects.requests import tailoring as project_tailoring
from projects.requests import waiver as project_waiver
from reporting.main import REPORTING
from tests.integration.ledgers import Ledger, new_ledger
from tests.services import HEARD_OF_GOVERNANCE, HEARD_OF_PROJECTS, on_governance, on_projects

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
    acts: list[tuple[str, int, Submission]] = field(default_factory=list)
    """What was asked for, of which service, and how long its ledger was then."""
    given: list[tuple[str, Command, Accepted]] = field(default_factory=list)
    """The commands that people gave each service, and what became of them."""

    async def documents(self, service: str) -> list[bytes]:
        return await self.ledgers[service].documents()

    async def act(
        self, service: str, who: str, aggregate: Aggregate[Any], id_: str, command: Instruction, **more: Any
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
        self.acts.append((service, self.stores[service].appender.position, submission))
        try:
            accepted = await self.stores[service].submit(submission)
            if isinstance(command, Command):
                self.given.append((service, command, accepted))
        finally:
            while await self._hear():
                pass

    async def begin(
        self, service: str, who: str, aggregate: Aggregate[Any], command: Instruction, project: str | None = None
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
async def rehearsed(
    postgres: EmbeddedPostgres, ledgers: Mapping[str, Ledger] | None = None, ahead: timedelta = timedelta()
) -> AsyncIterator[Rehearsal]:
    """A rehearsal in ledgers of its own, or in these; with clocks that are so far ahead."""
    async with AsyncExitStack() as stack:
        ledgers = ledgers or {service: await new_ledger(postgres, service) for service in DOMAINS}
        stores = {
            service: await stack.enter_async_context(Store(domain, ledgers[service].dsn, clock_ahead=ahead))
            for service, domain in DOMAINS.items()
        }
        runners = {
            "governance": (HEARD_OF_GOVERNANCE, PolicyRunner("recognition", on_governance, stores["projects"])),
            "projects": (HEARD_OF_PROJECTS, PolicyRunner("gate-inbox", on_projects, stores["governance"])),
        }
        rehearsal = Rehearsal(ledgers, stores, runners)
        await _found(rehearsal)
        await _enter(rehearsal)
        await _publish(rehearsal)
        await _choose(rehearsal)
        await _waive(rehearsal)
        await _allocate(rehearsal)
        await _supply(rehearsal)
        await _measure(rehearsal)
        await _review(rehearsal)
        await _steer(rehearsal)
        await _frame(rehearsal)
        await _run_to_the_end(rehearsal)
        await _terminate(rehearsal)
        await _migrate(rehearsal)
        await _deny(rehearsal)
        yield rehearsal


async def _found(on: Rehearsal) -> None:
    async def in_office(who: str, command: Instruction) -> None:
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
    await in_office("pmo-1", office.AppointAuditor(person=PEOPLE["team-1"], reason="To assist the audit"))
    await in_office("pmo-1", office.RemoveAuditor(person=PEOPLE["team-1"], reason="The audit is over"))
    await in_office("pmo-1", office.AppointObserver(person=PEOPLE["team-1"], reason="Reads for the line"))
    await in_office("pmo-1", office.RemoveObserver(person=PEOPLE["team-1"], reason="Back to the project"))
    amended = office.AmendCharter(
        name="Portfolio and Capital Delivery PMO",
        time_zone="Australia/Melbourne",
        currency="AUD",
        reason="The portfolio was added",
    )
    await in_office("pmo-2", amended)


async def _enter(on: Rehearsal) -> None:
    """Somebody is entered into the directory and erased from it."""
    person = PEOPLE["team-1"]
    for command in (
        directory.ChangeDirectoryEntry(name="Ada Lovelace", email="ada.lovelace@example.org"),
        directory.ErasePerson(person=person, reason="They asked for it"),
    ):
        await on.act("governance", "pmo-1", directory.DIRECTORY, person, command)


async def _publish(on: Rehearsal) -> None:
    content = {name: STANDARD[name] for name in ("title", "text", "paths")}
    for author, command in (
        ("pmo-1", standard.DraftStandard.model_validate(content)),
        ("pmo-2", standard.ReviewDraft(version=1, verdict="revise", comment="Say who decides", reason="Read")),
        ("pmo-1", standard.ReviseDraft.model_validate(content)),
        ("pmo-2", standard.PublishStandard(version=1, reason="One way of working for every capital project")),
    ):
        await on.act("governance", author, standard.STANDARD, "capital-delivery", command)
    for author, adopted in (
        ("pmo-1", ready.AdoptTemplate(template="light")),
        ("pmo-2", standard.PublishStandard(version=1, reason="To try it")),
        ("pmo-2", standard.RetireStandard(version=1, successor="capital-delivery@1", reason="One way is enough")),
    ):
        await on.act("governance", author, standard.STANDARD, "light", adopted)


async def _choose(on: Rehearsal) -> None:
    """What the organisation wants, what is proposed for it, and what becomes of the proposals."""

    async def decide(who: str, aggregate: Aggregate[Any], id_: str, command: type[Command], **body: Any) -> None:
        given = {"reason": "Resolved by the portfolio board", **body}
        await on.act("governance", who, aggregate, id_, command.model_validate(given))

    aim, strategy = uuid7(), (objective.OBJECTIVE, scoring_model.SCORING_MODEL)
    content = {"title": "No untreated discharge into the bay", "weight": "40"}
    period = {"starts_on": "2026-07-01", "until": "2029-06-30"}
    await decide("pmo-1", strategy[0], aim, objective.SetObjective, **content, **period)
    await decide("pmo-1", strategy[0], aim, objective.ReviseObjective, **content | {"weight": "45"}, **period)
    criteria = [
        {"id": "environment", "title": "Effect on the bay", "weight": "60", "scale": 5, "objective": aim},
        {"id": "risk", "title": "Ease of delivery", "weight": "40", "scale": 10},
    ]
    await decide(
        "pmo-2", strategy[1], "alignment", scoring_model.DefineScoringModel, title="Alignment", criteria=criteria
    )
    proposed = []
    for number, cost in enumerate(("310000", "95000.50"), start=1):
        propose = intake.ProposeProject.model_validate(
            {
                "portfolio": "bay-programme",
                "reference": f"B-{number:03}",
                "title": "Outfall screens",
                "forecast_cost": {"amount": cost, "currency": "AUD"},
                "business_case": {"text": "Screens keep what floats out of the bay."},
                "objectives": [aim],
                "effort_days": "220.5",
            }
        )
        proposed.append(propose.id)
        await on.act("governance", "pmo-2", proposal.PROPOSAL, propose.id, propose)
    first, second = proposed
    case = {"sha256": EVIDENCE["sha256"], "uri": EVIDENCE["uri"]}
    await decide("pmo-1", proposal.PROPOSAL, first, proposal.RequestMore, what="Quotes of two suppliers")
    await decide("pmo-2", proposal.PROPOSAL, first, intake.AmendProposal, business_case=case)
    scores = {"environment": "4", "risk": "7.5"}
    await decide("pmo-1", proposal.PROPOSAL, first, alignment.ScoreProposal, model="alignment@1", scores=scores)
    limits = {"model": "alignment@1", "budget": {"amount": "400000", "currency": "AUD"}, "capacity": "300"}
    ranked = {"portfolio": "bay-programme", "proposals": proposed}
    await decide(
        "pmo-1", prioritisation.PRIORITISATION, uuid7(), prioritisation.PrioritisePortfolio, **limits, **ranked
    )
    today = on.stores["governance"].appender.now().date()
    await decide("pmo-1", proposal.PROPOSAL, first, proposal.DeferProposal, until=today + timedelta(days=90))
    await decide("pmo-1", proposal.PROPOSAL, second, proposal.RejectProposal)
    terms = {"standard": "capital-delivery@1", "budget": {"amount": "310000", "currency": "AUD"}}
    tolerances = {"time": "20", "cost": "15000.00"}
    await decide(
        "pmo-1",
        proposal.PROPOSAL,
        first,
        authorisation.AuthoriseProject,
        **terms,
        gate_path="two-gate",
        tolerances=tolerances,
    )
    await decide("pmo-1", strategy[0], aim, objective.RetireObjective)


async def _authorised(on: Rehearsal, reference: str, title: str) -> str:
    """A project with a manager, an officer and a sponsor."""
    propose = intake.ProposeProject.model_validate(
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
    authorise = authorisation.AuthoriseProject.model_validate(
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

    async def decide(id_: str, outcome: str, **more: Any) -> None:
        body = {"outcome": outcome, "reason": "The risk was weighed", **more}
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
    await decide(await ask("site-log"), "granted", until=today + timedelta(days=10))
    late = await ask("site-inspection")
    await _gate(on, "pm-1", id_, "gate-1", "kill")
    await decide(late, "granted")


async def _allocate(on: Rehearsal) -> None:
    """The resource pool; hours of it asked for, given beyond capacity and taken back, given back, and refused."""
    id_ = await _authorised(on, "S-004", "Harbour pumping station")
    today = on.stores["governance"].appender.now().date()
    period = {"starts_on": today, "until": today + timedelta(days=60)}
    team = resource.RegisterResource(title="Hydraulic modellers", skills=["hydraulics"])
    person = resource.RegisterResource(person=PEOPLE["team-1"], skills=["surveying"])
    for thing, command in (
        (team.id, team),
        (team.id, resource.SetCapacity.model_validate({**period, "hours_per_week": "37.5"})),
        (team.id, resource.RecordLeave(starts_on=today, until=today + timedelta(days=2), reason="Office closed")),
        (person.id, person),
        (person.id, resource.RetireResource(reason="Back to the line")),
    ):
        await on.act("governance", "pmo-1", resource.RESOURCE, thing, command)

    async def ask(of: dict[str, str]) -> str:
        body = {**of, **period, "role": "Designs the station", "hours_per_week": "30", "reason": "The design begins"}
        request = project_allocation.RequestAllocation.model_validate(body)
        await on.begin("projects", "pm-1", project_allocation.ALLOCATION, request, id_)
        return str((await on.last("projects", "allocation-requested.v1")).subject.partition("/")[2])

    async def decide(asked_for: str, **body: str) -> None:
        decision = allocation.DecideAllocation.model_validate({"outcome": "approved", "reason": "Weighed", **body})
        await on.act("governance", "pmo-2", allocation.ALLOCATION, asked_for, decision)

    first = await ask({"resource": team.id})
    await decide(first, overallocation_reason="They work longer until the leave is made up for")
    second = await ask({"skill": "hydraulics"})
    await decide(second, resource=team.id, overallocation_reason="The station cannot wait")
    withdraw = allocation.WithdrawAllocation(free_from=today + timedelta(days=7), reason="Needed elsewhere")
    await on.act("governance", "pmo-1", allocation.ALLOCATION, second, withdraw)
    release = project_allocation.ReleaseAllocation(free_from=today + timedelta(days=30), reason="Done earlier")
    await on.act("projects", "pm-1", project_allocation.ALLOCATION, first, release)
    await decide(await ask({"skill": "surveying"}), outcome="rejected")


async def _supply(on: Rehearsal) -> None:
    """The catalogue; a project takes up what is approved, and what is not under a waiver."""
    id_ = await _authorised(on, "S-010", "Treatment works, stage two")
    until = on.stores["governance"].appender.now().date() + timedelta(days=30)
    steps = [{"title": "Collect the evidence", "done_by": "project_manager", "text": "Of each deliverable"}]
    define = {"title": "Gate review", "purpose": "No phase begins unjudged", "steps": steps, "reason": "As agreed"}
    approve = tool.ApproveTool(
        title="Planner", purpose="Schedules", uri="https://tools.example/planner", reason="Tried out on two projects"
    )
    publish = template.PublishTemplate(title="Risks", kind="risk-register", text="# Risks", reason="One for all")
    await on.act("governance", "pmo-1", process.PROCESS, "gate-review", process.DefineProcess.model_validate(define))
    await on.act("governance", "pmo-1", tool.TOOL, "planner", approve)
    await on.act("governance", "pmo-2", template.TEMPLATE, "risk-register", publish)
    ask = project_waiver.RequestWaiver(control="tool-abacus", until=until, reason="The supplier knows no other")
    await on.begin("projects", "pm-1", project_waiver.WAIVER, ask, id_)
    asked_for = (await on.last("projects", "waiver-requested.v1")).subject.partition("/")[2]
    grant = waiver.DecideWaiver(outcome="granted", reason="For this supplier only")
    await on.act("governance", "pmo-2", waiver.WAIVER, asked_for, grant)
    for command in (
        adoption.AdoptTool(tool="planner", reason="To plan the works"),
        adoption.AdoptTool(tool="abacus", waiver=asked_for, reason="The supplier knows no other"),
        adoption.UseTemplate(template="risk-register", reason="To begin from"),
    ):
        await on.act("projects", "pm-1", adoption.ADOPTION, id_, command)
    await on.act("governance", "pmo-1", tool.TOOL, "planner", tool.WithdrawTool(reason="No longer maintained"))
    withdraw = template.WithdrawTemplate(reason="Replaced by the register itself")
    await on.act("governance", "pmo-1", template.TEMPLATE, "risk-register", withdraw)


async def _measure(on: Rehearsal) -> None:
    """A KPI with thresholds, and a value that lies in red."""
    id_ = await _authorised(on, "S-011", "Treatment works, stage three")
    define = kpi.DefineKpi(
        title="Satisfaction", unit="points", direction="higher-is-better", computed=False, reason="Asked of users"
    )
    await on.act("governance", "pmo-1", kpi.KPI, "satisfaction", define)
    for standard_ in (None, "capital-delivery@1"):
        bounds = kpi.SetThreshold(standard=standard_, green="4.0", amber="3.0", reason="As in the years before")
        await on.act("governance", "pmo-2", kpi.KPI, "satisfaction", bounds)
    value = measurement.MeasureKpi(project=id_, period="2026-Q1", value="2.5", reason="Survey of March")
    stream = measurement.stream_of("satisfaction", id_)
    await on.act("governance", "officer-1", measurement.MEASUREMENT, stream, value)


async def _review(on: Rehearsal) -> None:
    """A compliance review: a finding, what it requires, the PM's report in the project, and the end of both."""
    id_ = await _authorised(on, "S-012", "Treatment works, stage four")
    review = derived("rehearsal", "review")  # its actions are told by ids that follow from this one
    due_on = on.stores["governance"].appender.now().date() + timedelta(days=30)

    async def in_review(who: str, command: Instruction, **more: Any) -> None:
        await on.act("governance", who, compliance_review.COMPLIANCE_REVIEW, review, command, **more)

    begin = compliance_review.OpenComplianceReview(
        title="Procurement, first half", controls=["tender"], reason="Half-yearly"
    )
    found = findings.RaiseFinding(control="tender", severity="major", text="One offer only", reason="Seen in the files")
    require = findings.RequireCorrectiveAction(
        finding=1, action="Invite two more", owner=PEOPLE["pm-1"], due_on=due_on, reason="The rule on tenders"
    )
    await in_review("pmo-1", begin, project=id_)
    await in_review("pmo-1", found)
    await in_review("pmo-1", require)
    action = (await on.last("projects", "corrective-action-recognised.v1")).subject.partition("/")[2]
    report = corrective_action.ReportCorrectiveAction.model_validate(
        {"evidence": [EVIDENCE], "reason": "Three offers are there"}
    )
    await on.act("projects", "pm-1", corrective_action.CORRECTIVE_ACTION, action, report)
    await in_review("pmo-1", require)
    again = (await on.last("projects", "corrective-action-recognised.v1")).subject.partition("/")[2]
    withdraw = findings.WithdrawCorrectiveAction(corrective_action=again, reason="Three offers suffice")
    await in_review("pmo-1", withdraw)
    await in_review("pmo-2", findings.CloseFinding(finding=1, reason="Three offers are there"))
    await in_review("pmo-2", compliance_review.CloseComplianceReview(reason="All is settled"))


async def _steer(on: Rehearsal) -> None:
    """A project is measured by a baseline, changes, leaves its tolerance, and does not meet what it was told to."""
    id_ = await _authorised(on, "S-020", "Storm water basin")
    today = on.stores["governance"].appender.now().date()
    due = today + timedelta(days=30)

    async def plan(budget: str, outcome: str, **more: Any) -> None:
        body = {
            "scope": "The basin and its inlet, without the access road",
            "starts_on": today,
            "finishes_on": today + timedelta(days=300),
            "budget": {"amount": budget, "currency": "AUD"},
            "evidence": [EVIDENCE],
            "reason": "Planned with the team",
            **more,
        }
        submit = project_baseline.SubmitBaseline.model_validate(body)
        await on.begin("projects", "pm-1", project_baseline.BASELINE, submit, id_)
        submitted = (await on.last("projects", "baseline-submitted.v1")).subject.partition("/")[2]
        decide = baseline.DecideBaseline.model_validate({"outcome": outcome, "reason": "The plan was weighed"})
        await on.act("governance", "pmo-2", baseline.BASELINE, submitted, decide)

    async def ask(**impact: str) -> str:
        request = project_change.RequestChange.model_validate(
            {"title": "A second inlet", "description": "The street drains to the other side", "reason": "As surveyed"}
        )
        await on.begin("projects", "officer-1", project_change.CHANGE, request, id_)
        asked = str((await on.last("projects", "change-requested.v1")).subject.partition("/")[2])
        assess = project_change.AssessChange.model_validate({"impact": impact, "reason": "Estimated with the team"})
        await on.act("projects", "pm-1", project_change.CHANGE, asked, assess)
        return asked

    await plan("280000.00", "rejected")
    await plan("260000.00", "approved")
    for outcome in ("approved", "rejected"):
        inside = project_change.DecideChange.model_validate({"outcome": outcome, "reason": "Costs nothing"})
        await on.act("projects", "pm-1", project_change.CHANGE, await ask(cost="0"), inside)
    for outcome in ("rejected", "approved"):
        beyond = await ask(cost="15000.00", time="10", scope="A second inlet")
        decision = change.DecideChange.model_validate({"outcome": outcome, "reason": "The impact was weighed"})
        await on.act("governance", "pmo-2", change.CHANGE, beyond, decision)
    await plan("275000.00", "approved", change=beyond)
    made = project_change.ImplementChange(reason="Built and surveyed")
    await on.act("projects", "pm-1", project_change.CHANGE, beyond, made)

    for amount in ("276000.00", "274000.00", "290000.00"):
        body = {"cost": {"amount": amount, "currency": "AUD"}, "finishes_on": due, "reason": "As it stands"}
        revise = forecast.ReviseForecast.model_validate(body)
        await on.act("projects", "pm-1", forecast.FORECAST, id_, revise)
    report = project_exception.ReportException.model_validate(
        {
            "dimension": "cost",
            "cause": "Rock where the survey showed clay",
            "options": [{"title": "Leave out the inlet", "consequence": "Benefits a year later"}],
            "recommendation": "Go on, and report every week",
            "evidence": [EVIDENCE],
            "reason": "The forecast leaves the tolerance",
        }
    )
    await on.begin("projects", "pm-1", project_exception.EXCEPTION, report, id_)
    reported = (await on.last("projects", "exception-reported.v1")).subject.partition("/")[2]
    settle = exception.DecideException.model_validate(
        {
            "outcome": "new_tolerance",
            "text": "As recommended",
            "tolerance": "10%",
            "conditions": [{"text": text, "owner": "The manager", "due_on": due} for text in ("Report", "Insure")],
            "reason": "The options were weighed",
        }
    )
    await on.act("governance", "pmo-2", exception.EXCEPTION, reported, settle)

    meet = conditions.MeetCondition.model_validate({"condition": 1, "evidence": [EVIDENCE], "reason": "Reported"})
    await on.act("projects", "pm-1", project.PROJECT, id_, meet)
    set_by = await on.last("projects", "gate-condition-set.v1")
    lapse = conditions.LapseCondition(condition=2, due_on=due)
    authority = f"{set_by.subject}@{set_by.streamversion}"
    await on.act("projects", "system/clock", project.PROJECT, id_, lapse, authority=authority)


async def _frame(on: Rehearsal) -> None:
    """A project gets its charter, departs from its standard, escalates what it cannot settle, and is closed early."""
    id_ = await _authorised(on, "S-030", "Sea wall, east")
    due = on.stores["governance"].appender.now().date() + timedelta(days=30)
    conditions_ = [{"text": "Ask the harbour master", "owner": "The manager", "due_on": due}]

    async def settle(
        ask: tuple[str, Aggregate[Any], Command],
        requested: str,
        decide: tuple[Aggregate[Any], type[Command]],
        **decision: Any,
    ) -> None:
        who, aggregate, command = ask
        await on.begin("projects", who, aggregate, command, id_)
        asked = (await on.last("projects", requested)).subject.partition("/")[2]
        given = decide[1].model_validate({"reason": "It was weighed", **decision})
        await on.act("governance", "pmo-2", decide[0], asked, given)

    submit = project_charter.SubmitCharter.model_validate(
        {
            "purpose": "The east of the harbour no longer floods",
            "objectives": ["A wall of 300 metres, before the winter of 2028"],
            "success_criteria": ["No street is flooded by a ten-year storm"],
            "evidence": [EVIDENCE],
            "reason": "Agreed with the sponsor",
        }
    )
    for outcome, more in (("rejected", {}), ("approved", {"conditions": conditions_})):
        of = (charter.CHARTER, charter.DecideCharter)
        await settle(("pm-1", project_charter.CHARTER, submit), "charter-submitted.v1", of, outcome=outcome, **more)

    depart = project_tailoring.RequestTailoring.model_validate(
        {
            "element": "deliverable",
            "name": "site-diary",
            "change": "replace",
            "instead": "The contractor's daily log",
            "reason": "The contractor keeps one",
        }
    )
    for outcome, more in (("rejected", {}), ("approved", {"conditions": conditions_})):
        to = (tailoring.TAILORING, tailoring.DecideTailoring)
        await settle(
            ("pm-1", project_tailoring.TAILORING, depart), "tailoring-requested.v1", to, outcome=outcome, **more
        )

    matter = {
        "of": "risk",
        "matter": "Risk 7: easement",
        "text": "The easement depends on another ministry",
        "options": ["Wait", "Reroute the wall"],
        "evidence": [EVIDENCE],
        "reason": "It is beyond the project",
    }
    for who, bypass in (("pm-1", {"bypass_reason": "The officer is ill"}), ("officer-1", {})):
        relay = project_escalation.RelayEscalation.model_validate({**matter, **bypass})
        to_the_pmo = (escalation.ESCALATION, escalation.DecideEscalation)
        answer = {"outcome": "instruct", "text": "Reroute the wall; keep the date", "conditions": conditions_}
        await settle((who, project_escalation.ESCALATION, relay), "escalation-relayed.v1", to_the_pmo, **answer)

    close = project_closure.RequestClosure.model_validate(
        {"evidence": [EVIDENCE], "lessons": "Ask the neighbours first.", "reason": "The rest is another project's"}
    )
    for outcome in ("rejected", "approved"):
        end = (closure.CLOSURE, closure.DecideClosure)
        await settle(("pm-1", project_closure.CLOSURE, close), "closure-requested.v1", end, outcome=outcome)


async def _run_to_the_end(on: Rehearsal) -> None:
    id_ = await _authorised(on, "S-001", "Depot roof")
    await _gate(on, "pm-1", id_, "gate-1", "hold")
    await _gate(on, "pm-1", id_, "gate-1", "conditional_go")
    await on.act("governance", "pm-1", appointment.APPOINTMENT, id_, appointment.AcceptAppointment())
    handover = "Plan, contracts and open risks, to the successor in two sessions"
    for command in (
        appointment.ReplaceManager(person=PEOPLE["pm-2"], handover=handover, reason="Handover as planned"),
        appointment.ReplaceSponsor(person=PEOPLE["team-1"], reason="The asset has another owner"),
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
        origin=msgspec.convert(applied.data["origin"], Origin),
        reason=decided.reason,
    )
    on_what = {"authority": applied.authority, "causation": decided.id}
    await on.act("projects", "system/recognition", project.PROJECT, id_, again, **on_what)  # the project is closed


async def _terminate(on: Rehearsal) -> None:
    id_ = await _authorised(on, "S-002", "Flow meters, east")
    await _gate(on, "pm-1", id_, "gate-1", "kill")


async def _migrate(on: Rehearsal) -> None:
    """A running project goes on under the next version; one that has ended does not."""
    content = {name: STANDARD[name] for name in ("title", "text", "paths")}
    for author, command in (
        ("pmo-1", standard.DraftStandard.model_validate(content)),
        ("pmo-2", standard.PublishStandard(version=2, reason="What the first year taught")),
    ):
        await on.act("governance", author, standard.STANDARD, "capital-delivery", command)
    migrate = migration.MigrateProject(standard="capital-delivery@2", reason="It has a year to go")
    for reference in ("S-040", "S-041"):
        id_ = await _authorised(on, reference, "Sea wall, west")
        if reference == "S-041":
            await _gate(on, "pm-1", id_, "gate-1", "kill")
        await on.begin("governance", "pmo-1", migration.MIGRATION, migrate, id_)


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
