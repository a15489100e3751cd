"""What http.md promises on every route: languages, quotas, other origins; and the schemas that each service serves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from governance.main import SERVICE as GOVERNANCE
from mandate_events.published.contracts import contracts, envelope_id
from mandate_local.processes import free_port
from mandate_local.product import settings_of
from tests.contract.rehearsal import DOMAINS, ROOT
from tests.integration.over_http import OBSERVERS, OFFICE, Product, observer, proposal, refused, serving

ORIGIN = "https://pmo.example.org"


@pytest_asyncio.fixture(scope="module")
async def limited(product: Product) -> AsyncIterator[httpx.AsyncClient]:
    """Governance beside the product, with a small quota and one origin that may call."""
    settings = settings_of(GOVERNANCE, product.postgres, product.port)
    port = free_port()
    app = GOVERNANCE.app(settings.model_copy(update={"rate_limit": 20, "cors_origins": [ORIGIN]}))
    async with serving(app, port), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        yield http


# --- languages ---


async def test_a_problem_is_told_in_the_language_asked_for(product: Product) -> None:
    given = {"person": "nobody"}
    english = refused(await product.post(OBSERVERS, given), 422, "invalid")
    answer = await product.post(OBSERVERS, given, Accept_Language="fr-CA,en;q=0.5")
    french = refused(answer, 422, "invalid")
    assert (answer.headers["content-language"], answer.headers["vary"]) == ("fr", "Accept-Language, Origin")
    assert [error["pointer"] for error in french["errors"]] == [error["pointer"] for error in english["errors"]]
    assert french["title"] == "La requête contredit sa description"
    assert {error["detail"] for error in french["errors"]} >= {"champ obligatoire"}
    assert english["errors"] != french["errors"]


async def test_a_rule_is_told_in_the_language_asked_for_also_when_it_is_replayed(product: Product) -> None:
    body = {**observer("pmo-1")}
    first = await product.post(OBSERVERS, body, Idempotency_Key="told-twice")
    second = await product.post(OBSERVERS, body, Idempotency_Key="told-twice", Accept_Language="fr")
    english, french = refused(first, 403, "self-appointment"), refused(second, 403, "self-appointment")
    assert second.headers["idempotency-replayed"] == "true"
    assert english["detail"] == "nobody appoints themselves"
    assert french["detail"] == "personne ne se nomme soi-même"
    assert english["facts"] == french["facts"] == {"command": "AppointObserver"}


async def test_a_type_leads_to_its_page(product: Product) -> None:
    problem = refused(await product.post(OFFICE, {}, "pmo-1", Content_Type="text/plain"), 415, "unsupported-media-type")
    for language, heading in (("en", "What to do: "), ("fr", "Que faire : ")):
        page = await product.http.get(problem["type"], headers={"Accept-Language": language})
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/markdown; charset=utf-8"
        assert page.headers["content-language"] == language
        assert heading in page.text
    assert (await product.http.get("/problems/no-such-problem")).status_code == 404


# --- parameters ---


async def test_a_parameter_that_the_route_does_not_know_is_refused(product: Product) -> None:
    for path in ("/governance/v1/proposals", "/reporting/v1/history", "/governance/v1/office", "/projects/v1/me"):
        problem = refused(await product.get(f"{path}?actr=pmo-1&limt=3"), 422, "invalid")
        assert [error["pointer"] for error in problem["errors"]] == ["?actr", "?limt"]
    assert "actor" in refused(await product.get("/reporting/v1/history?actr=x"), 422, "invalid")["detail"]


async def test_a_parameter_that_is_given_twice_is_refused(product: Product) -> None:
    answer = await product.get("/governance/v1/proposals?limit=1&limit=500")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["?limit"]


async def test_an_encoded_body_is_refused(product: Product) -> None:
    answer = await product.post("/governance/v1/office/observers", b"\x1f\x8b", Content_Encoding="gzip")
    assert answer.status_code == 415
    assert "Content-Encoding" in answer.json()["detail"]


# --- quotas ---


async def test_each_answer_tells_what_is_left(product: Product, limited: httpx.AsyncClient) -> None:
    me = [await limited.get("/v1/me", headers=await product.as_("pmo-2")) for _ in range(3)]
    assert [answer.headers["ratelimit-policy"] for answer in me] == ['"person";q=20;w=60'] * 3
    left = [int(answer.headers["ratelimit"].split(";")[1].removeprefix("r=")) for answer in me]
    assert left == sorted(left, reverse=True)
    assert "ratelimit" not in (await limited.get("/healthz")).headers


async def test_over_the_quota_nothing_is_done(product: Product, limited: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"} | await product.as_("auditor-1")
    before = await product.recorded()
    answers = [await limited.post("/v1/proposals", json=proposal(), headers=headers) for _ in range(30)]
    refused_ones = [answer for answer in answers if answer.status_code == 429]
    assert len(refused_ones) >= 8
    problem = refused(refused_ones[-1], 429, "rate-limited")
    assert "20 requests in 60 seconds" in problem["detail"]
    assert int(refused_ones[-1].headers["retry-after"]) >= 1
    assert refused_ones[-1].headers["ratelimit"].startswith('"person";r=0;')
    assert await product.recorded() - before <= 30 - len(refused_ones)
    other = await limited.get("/v1/me", headers=await product.as_("pmo-1"))
    assert other.status_code == 200


# --- other origins ---


async def test_a_named_origin_may_call_and_sees_what_it_needs(product: Product, limited: httpx.AsyncClient) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,if-match,prefer,traceparent,tracestate",
    }
    preflight = await limited.options("/v1/proposals", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in preflight.headers
    answer = await limited.get("/v1/office", headers={"Origin": ORIGIN} | await product.as_("pmo-2"))
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"ETag", "Location", "Link", "Retry-After", "RateLimit", "Mandate-Position"} <= exposed
    failed = await limited.get("/v1/office", headers={"Origin": ORIGIN})
    assert (failed.status_code, failed.headers["access-control-allow-origin"]) == (401, ORIGIN)


async def test_another_origin_is_told_nothing(limited: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://elsewhere.example.org", "Access-Control-Request-Method": "POST"}
    preflight = await limited.options("/v1/proposals", headers=asked)
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers


async def test_without_a_named_origin_none_may_call(product: Product) -> None:
    answer = await product.http.get("/governance/healthz", headers={"Origin": ORIGIN})
    assert "access-control-allow-origin" not in answer.headers


# --- schemas ---


@pytest.mark.parametrize("service", DOMAINS)
async def test_each_schema_is_served_as_it_is_committed(product: Product, service: str) -> None:
    """To nobody in particular: no token is sent."""
    committed = ROOT / "services" / service / "contracts"
    listed = (await product.http.get(f"/{service}/v1/schemas")).json()
    assert [each["type"] for each in listed["items"]] == [each.type for each in contracts(DOMAINS[service])]
    served = {each["href"]: each["type"].removeprefix(f"mandate.{service}.") for each in listed["items"]}
    served[listed["envelope"]] = envelope_id(service).removesuffix(".json")
    for href, name in served.items():
        answer = await product.http.get(href)
        assert answer.status_code == 200, href
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.content == (committed / f"{name}.json").read_bytes()
    assert sorted(served.values()) == sorted(path.stem for path in committed.glob("*.json")), "and that is all"


@pytest.mark.parametrize("path", ["/projects/v1/schemas", "/projects/v1/schemas/mandate.projects.phase-started.v1"])
async def test_a_schema_is_kept_and_asked_for_again(product: Product, path: str) -> None:
    answer = await product.http.get(path)
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert not answer.headers["etag"].startswith("W/")
    again = await product.http.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    other = await product.http.get("/projects/v1/schemas/mandate.projects.phase-started.v1.json")
    assert refused(other, 404, "not-found")["facts"] == {"type": "mandate.projects.phase-started.v1.json"}


async def test_a_reader_finds_the_schema_of_what_it_reads(product: Product) -> None:
    """From a document alone: its `source` names the service, its `type` the schema, and that the one that it stands on,
    below the path that the service is mounted at.
    """
    document = await product.event(await product.recorded())
    service = document["source"].rpartition("/")[2]
    asked: list[str] = []

    def fetch(url: str) -> "Resource[Any]":
        asked.append(url)
        return Resource.from_contents(httpx.get(url).raise_for_status().json())

    def judge(**changes: Any) -> bool:
        reference = f"{product.http.base_url}/{service}/v1/schemas/{document['type']}"
        found: Registry[Any] = Registry(retrieve=fetch)  # type: ignore[call-arg]  # attrs
        judging = Draft202012Validator({"$ref": reference}, registry=found, format_checker=FormatChecker())
        return judging.is_valid({**document, **changes})

    assert await asyncio.to_thread(judge)
    assert asked[-1] == f"{product.http.base_url}/governance/v1/schemas/mandate.governance.envelope.json"
    assert not await asyncio.to_thread(judge, actor="somebody"), "what the envelope refuses"
    assert not await asyncio.to_thread(judge, data=None), "what the event refuses"
