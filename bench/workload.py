"""The work that is measured: a PM asks for a gate review, the PMO's answer is applied, over and over.

Real commands of the projects service, with its rights, its deciding and its documents of about 1.1 KB.
"""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from governance.office.office import OFFICE, THE_OFFICE, AppointMember, CharterOffice, NameFounder
from governance.standards.standard import STANDARD as DRAFTS
from governance.standards.standard import DraftStandard, ReviseDraft
from mandate_events.deciding import Aggregate, Instruction
from mandate_events.deciding.batch import Submission
from mandate_events.document.identifiers import derived, uuid7
from mandate_events.document.origin import Origin
from mandate_events.ledger.store import Store
from mandate_events.values.money import Money
from projects.execution.evidence import EvidenceInput
from projects.execution.project import PROJECT, ApplyGateDecision, InitiateProject, RequestGateReview
from projects.recognition.mandate import MANDATE, RecogniseMandate
from projects.recognition.standard import STANDARD, GatePath, RecogniseStandard

ORIGIN = Origin(source="governance", sequence=1, hash="0" * 64)
PATH = {
    "id": "two-gate",
    "title": "Two gates",
    "phases": [
        {"id": "business-case", "title": "Business case", "gate": {"id": "gate-1", "title": "Approved"}},
        {"id": "delivery", "title": "Delivery", "gate": {"id": "gate-2", "title": "Handed over"}},
    ],
}
REQUEST = RequestGateReview(
    gate="gate-1",
    evidence=[
        EvidenceInput(title="Business case, final", sha256="9f" * 32, uri="https://documents.example/business-case")
    ],
    reason="The business case is complete and reviewed by the sponsor",
)


def project_id(number: int) -> str:
    return derived("bench", str(number))


def manager(number: int) -> str:
    """Each project has its own PM."""
    return str(uuid5(NAMESPACE_URL, f"bench-manager-{number}"))


def submission(aggregate: Aggregate[Any], id_: str, command: Instruction, actor: str = "system/bench") -> Submission:
    return Submission(aggregate, id_, command, actor=actor, route="bench", key=uuid7(), fingerprint=b"0" * 32)


async def prepare(store: Store, projects: int) -> None:
    """A standard, and so many projects with a PM each."""
    standard = RecogniseStandard(version=1, title="Bench", paths=[msgspec.convert(PATH, GatePath)], origin=ORIGIN)
    await store.submit(submission(STANDARD, "bench", standard))
    for number in range(projects):
        id_ = project_id(number)
        await store.submit(
            submission(
                MANDATE,
                manager(number),
                RecogniseMandate(person=manager(number), role="project_manager", project=id_, origin=ORIGIN),
            )
        )
        await store.submit(
            submission(
                PROJECT,
                id_,
                InitiateProject(
                    portfolio="bench",
                    reference=str(number),
                    title="Bench",
                    gate_path="two-gate",
                    standard="bench@1",
                    budget=Money("1.00", "AUD"),
                    origin=ORIGIN,
                ),
            )
        )


class Caller:
    """One caller with one project: asks, is told to recycle, asks again."""

    def __init__(self, store: Store, number: int) -> None:
        self._store = store
        self._id = project_id(number)
        self._manager = manager(number)
        self._reviews = 0
        self._asking = True

    async def step(self) -> None:
        """One durable command."""
        if self._asking:
            await self._store.submit(submission(PROJECT, self._id, REQUEST, actor=self._manager))
            self._reviews += 1
        else:
            review = derived("gate-review", self._id, str(self._reviews))
            command = ApplyGateDecision(review=review, gate="gate-1", outcome="recycle", origin=ORIGIN)
            await self._store.submit(submission(PROJECT, self._id, command))
        self._asking = not self._asking


PMO_1, PMO_2, FOUNDER = (str(uuid5(NAMESPACE_URL, f"bench-{name}")) for name in ("pmo-1", "pmo-2", "founder"))
DRAFT: dict[str, Any] = {"title": "Bench", "paths": [PATH], "reason": "Measured"}


async def prepare_drafts(store: Store, drafts: int, member: str = PMO_1) -> None:
    """An office with members, and so many draft standards."""
    for command, actor in (
        (NameFounder(person=FOUNDER), "system/bench"),
        (CharterOffice(name="Bench", reason="Bench"), FOUNDER),
        (AppointMember(person=member, reason="Bench"), FOUNDER),
        (AppointMember(person=PMO_2, reason="Bench"), FOUNDER),
    ):
        await store.submit(submission(OFFICE, THE_OFFICE, command, actor))
    for number in range(drafts):
        await store.submit(submission(DRAFTS, f"bench-{number}", DraftStandard(**DRAFT), member))


class Reviser:
    """One caller that rewrites a draft standard again and again; many may share a draft."""

    def __init__(self, store: Store, number: int) -> None:
        self._store = store
        self._id = f"bench-{number}"
        self._command = ReviseDraft(**DRAFT)

    async def step(self) -> None:
        """One durable command."""
        await self._store.submit(submission(DRAFTS, self._id, self._command, PMO_1))
