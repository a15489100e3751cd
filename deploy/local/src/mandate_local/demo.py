"""A small portfolio of our own, played through the same API that everyone uses, once, at the first start.

Every request has its own fixed idempotency key: a demo that was interrupted goes on where it stopped.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

MARK: Final = "demo-played"

STANDARD: Final = {
    "title": "Capital delivery standard",
    "text": "# Capital delivery standard\n\nA phase ends at a gate; the PMO decides the gate on evidence.\n",
    "reason": "One way of working for every capital project",
    "paths": [
        {
            "id": f"{word}-gate",
            "title": f"{word.capitalize()} gates",
            "phases": [
                {"id": phase, "title": title, "gate": {"id": f"gate-{number}", "title": gate}}
                for number, (phase, title, gate) in enumerate(phases, start=1)
            ],
        }
        for word, phases in {
            "two": [
                ("business-case", "Business case", "Business case approved"),
                ("delivery", "Delivery", "Completed and handed over"),
            ],
            "three": [
                ("business-case", "Business case", "Business case approved"),
                ("delivery", "Delivery", "Practical completion"),
                ("handover", "Handover", "Defects period ended"),
            ],
            "four": [
                ("concept", "Concept", "Need confirmed"),
                ("business-case", "Business case", "Business case approved"),
                ("delivery", "Delivery", "Practical completion"),
                ("handover", "Handover", "Defects period ended"),
            ],
        }.items()
    ],
}

PORTFOLIO: Final = [
    ("D-001", "Harbour pumping station", "three-gate", "4200000.00"),
    ("D-002", "North treatment plant, filters", "four-gate", "18750000.00"),
    ("D-003", "Depot roof", "two-gate", "310000.00"),
    ("D-004", "Flow meters, east", "two-gate", "95000.00"),
    ("D-005", "Trunk main renewal", "four-gate", "27400000.00"),
    ("D-006", "Control room", "three-gate", "1650000.00"),
]

PEOPLE: Final = {
    "founder": "Mary Parker Follett",
    "pmo-1": "Henry Gantt",
    "pmo-2": "Karol Adamiecki",
    "pm-1": "Isambard Brunel",
    "pm-2": "Emily Roebling",
    "officer-1": "Florence Nightingale",
    "sponsor-1": "Joseph Bazalgette",
    "auditor-1": "Luca Pacioli",
    "observer-1": "Charles Booth",
}
"""The personas that have a part, by names out of history: lists and tables show them."""


class DemoFailed(RuntimeError):
    """A step was refused."""


def played(data: Path) -> bool:
    return (data / MARK).exists()


async def play(base: str, data: Path, say: Callable[[str], None]) -> None:
    """Found an office, publish a standard, authorise and staff projects, and take one of them through a gate."""
    async with httpx.AsyncClient(base_url=base, timeout=30) as http:
        player = _Player(http)
        say("playing the demo portfolio (make run DEMO=no leaves it out)")
        await player.found()
        say("  the office is chartered, two members act for the PMO")
        await player.publish()
        say("  the standard capital-delivery@1 is published")
        for number, project in enumerate(PORTFOLIO, start=1):
            await player.authorise(*project, manager=f"pm-{1 + number % 2}")
            say(f"  {number}/{len(PORTFOLIO)} {project[1]}: authorised and staffed")
        await player.pass_gate("D-001")
        say("  the first gate of Harbour pumping station is passed")
        await player.introduce()
        say("  the directory says who they are")
    (data / MARK).touch()


class _Player:
    """Gives one command after another, each as the persona whose right it is."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._tokens: dict[str, str] = {}
        self._persons: dict[str, str] = {}
        self._projects: dict[str, str] = {}

    async def found(self) -> None:
        office = {"name": "Capital Delivery PMO", "time_zone": "UTC", "currency": "AUD", "reason": "Founding"}
        await self._give("founder", "/governance/v1/office", office)
        for member in ("pmo-1", "pmo-2"):
            await self._appoint("founder", "/governance/v1/office/members", member)
        await self._appoint("pmo-1", "/governance/v1/office/auditors", "auditor-1")
        await self._appoint("pmo-1", "/governance/v1/office/observers", "observer-1")

    async def publish(self) -> None:
        await self._give("pmo-1", "/governance/v1/standards/capital-delivery/versions", STANDARD)
        decision = {"version": 1, "reason": "Reviewed; fit for use"}
        await self._give("pmo-2", "/governance/v1/standards/capital-delivery/publications", decision)

    async def authorise(self, reference: str, title: str, path: str, amount: str, *, manager: str) -> None:
        money = {"amount": amount, "currency": "AUD"}
        proposal = {"portfolio": "demo", "reference": reference, "title": title, "gate_path": path}
        receipt = await self._give("pmo-2", "/governance/v1/proposals", proposal | {"forecast_cost": money})
        id_ = self._projects[reference] = receipt["id"]
        decision = {"standard": "capital-delivery@1", "budget": money, "reason": "Aligned and affordable"}
        await self._give("pmo-1", f"/governance/v1/proposals/{id_}/authorisations", decision)
        for post, person in (("managers", manager), ("officers", "officer-1"), ("sponsors", "sponsor-1")):
            await self._appoint("pmo-1", f"/governance/v1/projects/{id_}/{post}", person)

    async def pass_gate(self, reference: str) -> None:
        id_ = self._projects[reference]
        manager = "pm-2"
        await self._until(manager, f"/projects/v1/projects/{id_}", lambda body: body["phase"] is not None)
        request = {
            "gate": "gate-1",
            "evidence": [
                {"title": "Business case", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
            ],
            "reason": "The business case is complete",
        }
        await self._give(manager, f"/projects/v1/projects/{id_}/gate-reviews", request)
        reviews = await self._until(
            "pmo-1", f"/governance/v1/gate-reviews?project={id_}", lambda body: bool(body["items"])
        )
        review = reviews["items"][0]["id"]
        decision = {"outcome": "go", "reason": "The evidence supports the case"}
        await self._give("pmo-1", f"/governance/v1/gate-reviews/{review}/decisions", decision)
        await self._until("pmo-1", f"/governance/v1/gate-reviews/{review}", lambda body: body["status"] == "answered")

    async def introduce(self) -> None:
        """Put everybody into the directory."""
        for persona, name in PEOPLE.items():
            await self._token(persona)
            entry = {"name": name, "email": f"{persona}@example.org"}
            await self._give("pmo-1", f"/governance/v1/people/{self._persons[persona]}/entries", entry)

    async def _appoint(self, persona: str, path: str, person: str) -> None:
        await self._token(person)
        body = {"person": self._persons[person], "reason": f"Appointed for the demo portfolio: {person}"}
        await self._give(persona, path, body)

    async def _give(self, persona: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        key = f"demo:{path}:{body.get('person') or body.get('reference') or ''}"[:255]
        for _ in range(50):  # a mandate given by governance reaches projects a moment later
            answer = await self._http.post(
                path,
                json=body,
                headers={"Authorization": f"Bearer {await self._token(persona)}", "Idempotency-Key": key},
            )
            if answer.status_code not in {403, 404} or not path.startswith("/projects/"):
                break
            await asyncio.sleep(0.1)
        if answer.status_code != 201:
            raise DemoFailed(f"POST {path}: {answer.status_code} {answer.text[:300]}")
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def _until(self, persona: str, path: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in range(150):
            answer = await self._http.get(path, headers={"Authorization": f"Bearer {await self._token(persona)}"})
            if answer.status_code == 200 and done(answer.json()):
                body: dict[str, Any] = answer.json()
                return body
            await asyncio.sleep(0.1)
        raise DemoFailed(f"GET {path}: {answer.status_code} {answer.text[:300]}")

    async def _token(self, persona: str) -> str:
        if persona not in self._tokens:
            answer = await self._http.post("/identity/token", json={"persona": persona})
            answer.raise_for_status()
            self._tokens[persona] = answer.json()["access_token"]
            self._persons[persona] = answer.json()["person"]
        return self._tokens[persona]
