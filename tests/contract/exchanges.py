"""What is sent and answered in a rehearsal, as examples for the documents in docs/api.

The rehearsal is played in the services' own databases, with clocks that begin on one and the same day. What people gave
there is what each command is given with; then the three services are asked for everything they can be asked for.
`python -m tests.contract.exchanges` writes what was found beside each service's code, ids and instants made the same.
"""

import asyncio
import json
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from mandate_events.deciding.outcome import Accepted
from mandate_events.document.event import read_heading
from mandate_events.document.formats import UUID_PATTERN
from mandate_local.identity import PERSONAS, create_identity
from mandate_local.postgres import EmbeddedPostgres
from mandate_local.product import AUDIENCE, DEPLOYMENT, ISSUER, SERVICES, prepare, settings_of
from mandate_web.app.service import Service
from mandate_web.routes.access import POLICY
from tests.contract.rehearsal import EVIDENCE, PEOPLE, Rehearsal, rehearsed
from tests.integration.ledgers import Ledger
from tests.integration.reporting_world import serving

Examples: TypeAlias = dict[str, dict[str, Any]]
"""By operation: its `request`, and its answers by status."""

Ask: TypeAlias = Callable[..., Awaitable[httpx.Response]]

BEGIN: Final = datetime(2026, 3, 2, tzinfo=UTC)
"""The day of the rehearsal, whenever it is held."""

MOST: Final = 2
"""So many things of a list are enough to see what it is like."""

ASKING: Final = ("pmo-1", "pm-1", "auditor-1")
"""Who asks, until somebody is answered."""

QUERY: Final = {
    "model": "alignment@1",
    "budget": "400000",
    "currency": "AUD",
    "week": "2026-W10",
    "from": "2026-W10",
    "until": "2026-W11",
}
"""What is asked with, by parameter."""

KIND: Final = {"people": "mandate", "tools": "tool", "adoptions": "project", "ranking": "prioritisation"}
"""The kind of thing that stands behind an address, where that does not name it."""

NDJSON: Final = "application/x-ndjson"
PROPOSED: Final = {
    "portfolio": "capital-delivery",
    "reference": "Q05388",
    "title": "General Counsel",
    "forecast_cost": {"amount": "2359288.62", "currency": "AUD"},
}


async def exchanges() -> dict[str, Examples]:
    """What was sent and answered, by service."""
    with tempfile.TemporaryDirectory(prefix="mandate-") as directory, EmbeddedPostgres(directory) as postgres:
        await prepare(postgres)
        ledgers = {
            name: Ledger(name, postgres.dsn(name, user=f"{name}_append"), postgres.dsn(name))
            for name in (service.name for service in SERVICES)
        }
        async with rehearsed(postgres, ledgers, BEGIN - datetime.now(UTC)) as rehearsal:
            story = (await rehearsal.last("governance", "gate-decided.v1")).correlationid
            things = {name: _things(await rehearsal.documents(name)) for name in ledgers}
        things["reporting"] = things["projects"]
        async with _asking(postgres, Path(directory) / "identity") as asked:
            found = {}
            for service in SERVICES:
                document, ask = service.app(settings_of(service, postgres, 0)).openapi(), asked[service.name]
                examples = _given(service.name, document, rehearsal)
                if service.name == "governance":
                    await _sent(ask, examples)
                await _follow(service, postgres)
                await _read(document, ask, things[service.name], {**QUERY, "correlation": story}, examples)
                found[service.name] = _the_same(examples)
            return found


def _things(documents: Sequence[bytes]) -> Mapping[str, Sequence[str]]:
    """The ids of all things, by kind, in order of their beginning."""
    found: dict[str, dict[str, None]] = {}
    for document in documents:
        kind, _, id_ = read_heading(document).subject.partition("/")
        found.setdefault(kind, {})[id_] = None
    return {kind: list(ids) for kind, ids in found.items()}


@asynccontextmanager
async def _asking(postgres: EmbeddedPostgres, keys: Path) -> AsyncIterator[Mapping[str, Ask]]:
    """The three services over the ledgers of the rehearsal, where nobody acts any more."""
    async with AsyncExitStack() as stack:
        listener = socket.create_server(("127.0.0.1", 0))
        identity = create_identity(ISSUER, AUDIENCE, keys, deployment=DEPLOYMENT)
        await stack.enter_async_context(serving(Starlette(routes=[Mount("/identity", identity)]), listener))
        port = listener.getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/identity", trust_env=False) as browser:
            answers = {name: await browser.post("/token", data={"persona": name}) for name in PERSONAS}
        tokens = {name: answer.raise_for_status().json()["access_token"] for name, answer in answers.items()}
        asked = {}
        for service in SERVICES:
            app = service.app(settings_of(service, postgres, port))
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service", trust_env=False)
            asked[service.name] = _as(await stack.enter_async_context(client), tokens)
        yield asked


async def _follow(service: Service, postgres: EmbeddedPostgres) -> None:
    """Let the lists see all that is on record, and no policy."""
    async with service.connect(settings_of(service, postgres, 0)) as opened:
        for consumer in service.consumers(opened):
            if consumer.name == "views":
                await consumer.open()
                while await consumer.step():
                    pass
                await consumer.source.close()


def _as(client: httpx.AsyncClient, tokens: Mapping[str, str]) -> Ask:
    async def ask(method: str, path: str, who: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {tokens[who]}", **more.pop("headers", {})}
        return await client.request(method, path, headers=headers, **more)

    return ask


# --- what people gave ---


def _given(service: str, document: dict[str, Any], rehearsal: Rehearsal) -> Examples:
    """For each command what says most of all that it was given with, and its receipt."""
    given: dict[str, tuple[dict[str, Any], Accepted]] = {}
    for where, command, accepted in rehearsal.given:
        body = command.model_dump(mode="json", exclude_unset=True, by_alias=True)
        name = command.__class__.__name__
        if where == service and (name not in given or len(json.dumps(body)) > len(json.dumps(given[name][0]))):
            given[name] = (body, accepted)
    examples: Examples = {}
    for _, _, operation in _operations(document):
        policy, _, name = operation[POLICY].partition(" ")
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if policy == "decides" and content and name in given:
            body, accepted = given[name]
            schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
            receipt = {
                "id": accepted.stream.partition("/")[2],
                "version": accepted.version,
                "position": accepted.position,
                "consistency": f"{service}:{accepted.position}",
            }
            told = {member: value for member, value in body.items() if member in schema["properties"]}
            examples[operation["operationId"]] = {"request": _short(told), "201": receipt}
    return examples


async def _sent(ask: Ask, examples: Examples) -> None:
    """What leaves no event behind that tells all of it is sent once more: names, and imports."""
    for number, (who, name) in enumerate((("pm-1", "Ada Lovelace"), ("pmo-1", "Grace Hopper"))):
        entry = {"name": name, "email": f"{name.lower().replace(' ', '.')}@example.org"}
        answer = await ask("POST", f"/v1/people/{PEOPLE[who]}/entries", "pmo-1", json=entry)
        if number == 0:
            examples["changeDirectoryEntry"] = {"request": entry, "201": answer.raise_for_status().json()}
    headers = {"Content-Type": NDJSON, "Prefer": "respond-async"}
    answer = await ask("POST", "/v1/proposals/imports", "pmo-1", content=json.dumps(PROPOSED) + "\n", headers=headers)
    job = answer.raise_for_status().json()
    examples["importProposals"] = {"202": job}
    examples["getImport"] = {"200": (await ask("GET", f"/v1/imports/{job['id']}", "pmo-1")).json()}
    answer = await ask("POST", f"/v1/imports/{job['id']}/cancellations", "pmo-1")
    examples["cancelImport"] = {"202": answer.raise_for_status().json()}


# --- what is read ---


async def _read(
    document: dict[str, Any],
    ask: Ask,
    things: Mapping[str, Sequence[str]],
    given: Mapping[str, str],
    examples: Examples,
) -> None:
    """Ask for everything that is answered in JSON, and keep of each kind the thing that says most."""
    for path, method, operation in _operations(document):
        name = operation["operationId"]
        if method != "get" or "application/json" not in operation["responses"]["200"].get("content", {}):
            continue
        if name in examples:
            continue
        asked = [each for each in operation.get("parameters", []) if each["in"] == "query" and each.get("required")]
        query = {each["name"]: given[each["name"]] for each in asked}
        answers = [
            answer
            for address in _addresses(path, things, examples)
            if (answer := await _answered(ask, address, query)) is not None
        ]
        if answers:
            examples[name] = {"200": max(map(_short, answers), key=lambda each: len(json.dumps(each)))}


async def _answered(ask: Ask, address: str, query: Mapping[str, str]) -> Any:
    for who in ASKING:
        answer = await ask("GET", address, who, params=query)
        if answer.status_code == 200:
            return answer.json()
    return None


def _addresses(path: str, things: Mapping[str, Sequence[str]], examples: Examples) -> Iterator[str]:
    """The addresses of what may stand there."""
    if path == "/v1/inbox/{kind}/{id}":
        yield from (f"/v1/inbox/{each['kind']}/{each['id']}" for each in examples["listInbox"]["200"]["items"])
    elif path == "/v1/kpis/{id}/measurements/{place}":
        yield from (f"/v1/kpis/{kpi}/measurements/{place}" for kpi, place in _measured(things))
    elif "{" not in path:
        yield path
    else:
        segments = path.split("/")
        of = segments[segments.index("{id}") - 1]
        kind = KIND.get(segments[-1], KIND.get(of, of.removesuffix("s")))
        for id_ in things.get(kind, [id_ for ids in things.values() for id_ in ids]):
            yield path.format(id=id_, number=1, before=1, after=2)


def _measured(things: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    for id_ in things.get("kpi-measurement", []):
        kpi, _, place = id_.partition(".")
        yield kpi, place


def _short(value: Any) -> Any:
    """The same with a few things of each list."""
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in (value[:MOST] if all(isinstance(each, dict) for each in value) else value)]
    return value


# --- the same each time ---


def _the_same(examples: Examples) -> Examples:
    """Ids and hashes by their order of appearance, instants by their order in time: they are others each time."""
    text = json.dumps(dict(sorted(examples.items())), ensure_ascii=False)
    known = {*PEOPLE.values(), EVIDENCE["sha256"]}
    ids = _numbered(UUID_PATTERN, text, known, lambda number: f"0190f3a5-7b1c-7c7e-9f43-{number:012x}")
    hashes = _numbered("[0-9a-f]{64}", text, known, lambda number: sha256(b"%d" % number).hexdigest())
    moments = sorted(set(re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text)))
    instants = {
        moment: (BEGIN + timedelta(hours=9, minutes=number)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        for number, moment in enumerate(moments)
    }
    for old, new in {**ids, **hashes, **instants}.items():
        text = text.replace(old, new)
    same: Examples = json.loads(text)
    return same


def _numbered(pattern: str, text: str, known: set[str], named: Callable[[int], str]) -> dict[str, str]:
    found = [each[0] for each in re.finditer(rf"\b{pattern}\b", text) if each[0] not in known]
    return {old: named(number) for number, old in enumerate(dict.fromkeys(found), start=1)}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


# --- the files ---


def texts(found: Mapping[str, Examples]) -> dict[str, str]:
    """The file of each service: an operation a line, so that a change is seen where it is."""
    return {
        name: "{\n"
        + ",\n".join(f"{json.dumps(key)}: {json.dumps(each, ensure_ascii=False)}" for key, each in examples.items())
        + "\n}\n"
        for name, examples in found.items()
    }


def write() -> None:
    written = texts(asyncio.run(exchanges()))
    for service in SERVICES:
        service.examples.write_text(written[service.name], "utf-8")


if __name__ == "__main__":
    write()
