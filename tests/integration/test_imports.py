"""Imports: many proposals in one request, answered line by line at once, or as a job that survives everything."""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import orjson
import pytest

from governance.main import GOVERNANCE
from governance.strategy.routes.imports import PROPOSALS as IMPORTED
from mandate_events.deciding.outcome import Overloaded
from mandate_events.ledger.store import Store
from mandate_web.imports.bulk_body import MAX_BULK, MAX_LINE, entries
from mandate_web.imports.importing import Given, carry_out
from mandate_web.imports.jobs import MAX_OPEN, Jobs
from mandate_web.problems.problem import Problem
from tests.integration.described import check_item
from tests.integration.over_http import PROPOSALS, Product, person, proposal, refused, until

IMPORT = f"{PROPOSALS}/imports"
IMPORTS = "/governance/v1/imports"
NDJSON = "application/x-ndjson"
CSV = "text/csv; charset=utf-8"
HEADER = "portfolio,reference,title,forecast_cost.amount,forecast_cost.currency,conceived_on,attributes.Owner Team"


def ndjson(*bodies: Mapping[str, Any]) -> bytes:
    return b"".join(orjson.dumps(body) + b"\n" for body in bodies)


async def send(product: Product, body: bytes, media_type: str = NDJSON, persona: str = "pmo-1", **more: str) -> Any:
    return await product.post(IMPORT, body, persona, **{"Content-Type": media_type, **more})


def results(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == NDJSON
    found = [json.loads(line) for line in answer.text.splitlines()]
    for each in found:
        check_item("governance", "/v1/imports/{id}/results", "get", NDJSON, each)
    return found


def statuses(answer: httpx.Response) -> list[tuple[int, int]]:
    return [(each["line"], each["status"]) for each in results(answer)]


async def ended(product: Product, job: str, persona: str = "pmo-1") -> dict[str, Any]:
    async def over() -> bool:
        return (await product.get(job, persona)).json()["ended_at"] is not None

    await until(over)
    body: dict[str, Any] = (await product.get(job, persona)).json()
    return body


async def begun(answer: httpx.Response) -> str:
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


# --- at once ---


async def test_ndjson_is_answered_line_by_line(product: Product) -> None:
    first, second = proposal(), proposal()
    answer = await send(product, ndjson(first, second), X_Correlation_ID="one-import")
    given = results(answer)
    assert [(each["line"], each["status"], each["version"]) for each in given] == [(1, 201, 1), (2, 201, 1)]
    seen = await product.get(f"{PROPOSALS}/{given[0]['id']}")
    assert seen.json()["reference"] == first["reference"]
    causes = set()
    for each in given:
        event = await product.event(int(each["consistency"].removeprefix("governance:")))
        assert (event["actor"], event["actingas"], event["correlationid"]) == (person("pmo-1"), "pmo", "one-import")
        causes.add(event["causationid"])
    assert len(causes) == 2
    listed = await product.get(f"{PROPOSALS}?portfolio=test&limit=500", Mandate_Consistency=given[1]["consistency"])
    assert {first["reference"], second["reference"]} <= {each["reference"] for each in listed.json()["items"]}


async def test_csv_names_members_in_its_header(product: Product) -> None:
    names = [uuid.uuid4().hex[:12] for _ in range(2)]
    body = (
        f"\ufeff{HEADER}\r\n"
        f'test,{names[0]},"A, B and ""C""",10.00,AUD,2026-01-31,Treatment\r\n'
        "\r\n"
        f"test,{names[1]},Second,20,AUD,,\r\n"
    ).encode()
    given = results(await send(product, body, CSV))
    assert [(each["line"], each["status"]) for each in given] == [(2, 201), (4, 201)]
    event = await product.event(int(given[0]["consistency"].removeprefix("governance:")))
    assert event["data"]["title"] == 'A, B and "C"'
    assert event["data"]["forecast_cost"] == {"amount": "10.00", "currency": "AUD"}
    assert event["data"]["attributes"] == {"Owner Team": "Treatment"}
    assert event["data"]["conceived_on"] == "2026-01-31"


async def test_a_faulty_line_spoils_no_other(product: Product) -> None:
    good = orjson.dumps(proposal())
    lines = [
        b"\xef\xbb\xbf" + good,
        b"",
        b"{not json",
        b'{"portfolio": "test", "portfolio": "test"}',
        orjson.dumps(proposal() | {"colour": "red"}),
        orjson.dumps(proposal() | {"title": "A\0B"}),
        b"\xff\xfe",
        b"[1]",
        b'{"title": "\\ud800"}',
        b'{"title": "' + b"x" * MAX_LINE + b'"}',
        orjson.dumps(proposal()),
    ]
    given = results(await send(product, b"\r\n".join(lines)))
    assert [each["line"] for each in given] == [1, *range(3, 12)]
    assert [each["status"] for each in given] == [201, *[422] * 8, 201]
    by_line = {each["line"]: each["problem"]["errors"] for each in given if "problem" in each}
    assert "a name occurs twice" in by_line[4][0]["detail"]
    assert by_line[5] == [{"pointer": "/colour", "detail": "Extra inputs are not permitted"}]
    assert by_line[6][0]["pointer"] == "/title"
    assert "UTF-8" in by_line[7][0]["detail"]
    assert "65536 bytes" in by_line[10][0]["detail"]


async def test_a_faulty_record_of_csv_spoils_no_other(product: Product) -> None:
    def row(title: str = "A project") -> str:
        return f"test,{uuid.uuid4().hex[:12]},{title},10.00,AUD,,"

    rows = [HEADER, row(), row('"open'), row(), row() + ",more", row("A\0B"), "too,few", row('"two\nlines"'), row()]
    body = "\n".join(rows).encode() + b"\n" + row().encode().replace(b"test", b"\xff") + b"\n"
    given = results(await send(product, body, CSV))
    assert [(each["line"], each["status"]) for each in given] == [
        (2, 201), (3, 422), (4, 201), (5, 422), (6, 422), (7, 422), (8, 422), (10, 201), (11, 422),
    ]  # fmt: skip
    assert given[7 - 1]["problem"]["errors"][0]["pointer"] == "/title", "a title is one line"
    french = await send(product, body, CSV, Accept_Language="fr")
    assert "8 valeurs et l'en-tête 7" in results(french)[3]["problem"]["detail"]


def test_quotes_that_are_never_closed_spoil_only_their_rows() -> None:
    body = b"title,reference\n" + b'"A,B\n' * 50_000 + b'"A,\n""B",C\n'
    found = entries("text/csv", body)
    assert [entry.line for entry in found if isinstance(entry.content, Problem)] == list(range(2, 50_002))
    assert found[-1].content == orjson.dumps({"title": 'A,\n"B', "reference": "C"})


@pytest.mark.parametrize(
    ("body", "media_type", "status", "slug"),
    [
        (b",".join(b"%d" % number for number in range(11_000)) + b"\n1,2\n", CSV, 422, "invalid"),
        (b".".join(b"a" for _ in range(3_000)) + b",b\n1,2\n", CSV, 422, "invalid"),
        (b"", NDJSON, 422, "invalid"),
        (b"\n \n", NDJSON, 422, "invalid"),
        (HEADER.encode(), CSV, 422, "invalid"),
        (b"title,title\nA,B\n", CSV, 422, "invalid"),
        (b"title,\nA,B\n", CSV, 422, "invalid"),
        (b"forecast_cost,forecast_cost.amount\n1,2\n", CSV, 422, "invalid"),
        (b"\xff\n", CSV, 422, "invalid"),
        (b"{}", "application/json", 415, "unsupported-media-type"),
        (b"\n" * 100_001, NDJSON, 413, "body-too-large"),
        (b"x" * (MAX_BULK + 1), NDJSON, 413, "body-too-large"),
    ],
)
async def test_a_body_that_is_wrong_as_a_whole(
    product: Product, body: bytes, media_type: str, status: int, slug: str
) -> None:
    before = await product.recorded()
    refused(await send(product, body, media_type), status, slug)
    assert await product.recorded() == before


async def test_other_routes_take_no_larger_bodies(product: Product) -> None:
    refused(await product.post(PROPOSALS, b"x" * 1_200_000), 413, "body-too-large")


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "respond-async"}])
async def test_without_the_right_it_is_refused_and_on_record_once(product: Product, prefer: dict[str, str]) -> None:
    before = await product.recorded()
    lines = ndjson(*(proposal() for _ in range(50)))
    problem = refused(await send(product, lines, persona="pm-1", **prefer), 403, "no-right")
    assert await product.recorded() == problem["position"] == before + 1


async def test_what_is_sent_again_does_nothing_twice_and_says_so(product: Product) -> None:
    body, key = ndjson(proposal(), proposal()), uuid.uuid4().hex
    first = results(await send(product, body, Idempotency_Key=key))
    position = await product.recorded()
    again = results(await send(product, body, Idempotency_Key=key))
    assert again == [{**each, "replayed": True} for each in first]
    other = results(await send(product, body))
    assert [(each["status"], each["problem"]["rule"]) for each in other] == [(409, "already-proposed")] * 2
    refused(await send(product, ndjson(proposal()), Idempotency_Key=key), 422, "idempotency-key-reused")
    assert await product.recorded() == position


async def test_of_two_lines_for_one_project_the_first_is_accepted(product: Product) -> None:
    body = proposal()
    assert statuses(await send(product, ndjson(body, body))) == [(1, 201), (2, 409)]


async def test_where_an_outcome_is_unknown_nothing_is_answered_for_certain(product: Product) -> None:
    """All lines are given again then, at once or in a job, under the same keys."""
    store = Store(GOVERNANCE, product.postgres.dsn("governance", user="governance_append"))
    async with store:
        pass
    given = Given(str(uuid.uuid4()), person("pmo-1"), b"", "unknown")
    with pytest.raises(Overloaded):  # it takes no more
        await carry_out(store, IMPORTED, given, entries(NDJSON, b"{}\n" + ndjson(proposal())))
    assert await carry_out(store, IMPORTED, given, entries(NDJSON, b"{}"))


# --- as a job ---


async def test_many_lines_become_a_job(product: Product) -> None:
    bodies: list[Mapping[str, Any]] = [proposal() for _ in range(500)]
    bodies[300] = {"portfolio": "test"}
    location = await begun(await send(product, b"\n" + ndjson(*bodies)))
    job = await ended(product, location)
    assert (job["state"], job["given_by"], job["kind"]) == ("done", person("pmo-1"), "proposals")
    assert (job["total"], job["done"], job["accepted"], job["refused"]) == (500, 500, 499, 1)
    assert job["created_at"] <= job["started_at"] <= job["ended_at"]
    given = results(await product.get(f"{location}/results"))
    assert [each["line"] for each in given] == list(range(2, 502))
    assert [each["line"] for each in given if each["status"] == 422] == [302]
    assert results(await product.get(f"{location}/results?after=499")) == given[-2:]
    assert results(await product.get(f"{location}/results?after=501")) == []
    french = results(await product.get(f"{location}/results?after=301", Accept_Language="fr"))[0]
    assert "champ obligatoire" in french["problem"]["detail"]
    content = await product.query("select count(*) from work.lines where job = $1 and content is not null", job["id"])
    assert content[0][0] == 0, "what is done is not kept"


async def test_the_same_key_is_the_same_job(product: Product) -> None:
    body, key = ndjson(proposal()), uuid.uuid4().hex
    first = await send(product, body, Idempotency_Key=key, Prefer="respond-async, wait=5")
    assert first.headers["preference-applied"] == "respond-async"
    location = await begun(first)
    again = await send(product, body, Idempotency_Key=key, Prefer="respond-async")
    assert (await begun(again), again.headers["idempotency-replayed"]) == (location, "true")
    other = await send(product, ndjson(proposal()), Idempotency_Key=key, Prefer="respond-async")
    refused(other, 422, "idempotency-key-reused")
    another = await send(product, body, persona="pmo-2", Idempotency_Key=key, Prefer="respond-async")
    assert await begun(another) != location
    assert (await ended(product, location))["accepted"] + (await ended(product, another.headers["location"], "pmo-2"))[
        "accepted"
    ] == 1


async def test_who_sees_a_job(product: Product) -> None:
    mine = await begun(await send(product, ndjson(proposal()), Prefer="respond-async"))
    theirs = await begun(await send(product, ndjson(proposal()), persona="pmo-2", Prefer="respond-async"))
    assert (await product.get(theirs)).status_code == 200, "who may read all"
    refused(await product.post(f"{theirs}/cancellations", b""), 403, "not-your-import")
    refused(await product.get(theirs, "pm-1"), 404, "not-found")
    refused(await product.get(f"{theirs}/results", "pm-1"), 404, "not-found")
    refused(await product.post(f"{theirs}/cancellations", b"", "pm-1"), 404, "not-found")
    refused(await product.get(f"{IMPORTS}/{uuid.uuid4()}"), 404, "not-found")
    assert (await product.get(f"{IMPORTS}?limit=500", "pm-1")).json()["items"] == []
    everybodys = await listed(product)
    assert {mine.rpartition("/")[2], theirs.rpartition("/")[2]} <= {each["id"] for each in everybodys}
    assert everybodys == sorted(everybodys, key=lambda each: each["created_at"], reverse=True)
    refused(await product.get(f"{IMPORTS}?colour=red"), 422, "invalid")
    refused(await product.get(f"{mine}/results?before=3"), 422, "invalid")


async def listed(product: Product) -> list[dict[str, Any]]:
    """All that the PMO sees, over pages of two."""
    items, cursor = [], ""
    while True:
        page = (await product.get(f"{IMPORTS}?limit=2{cursor}")).json()
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = f"&cursor={page['next']}"


async def test_a_cancelled_job_stops_between_chunks(product: Product) -> None:
    bodies: Sequence[Mapping[str, Any]] = [proposal() for _ in range(5_000)]
    location = await begun(await send(product, ndjson(*bodies)))

    async def some() -> bool:
        return bool((await product.get(location)).json()["done"])

    await until(some)
    asked = await product.post(f"{location}/cancellations", b"")
    assert asked.status_code == 202
    assert asked.json()["cancelled_at"]
    job = await ended(product, location)
    assert job["state"] == "cancelled"
    assert 0 < job["done"] < 5_000
    assert len(results(await product.get(f"{location}/results"))) == job["done"] == job["accepted"]
    await asyncio.sleep(1)
    assert (await product.get(location)).json() == job
    assert (await product.post(f"{location}/cancellations", b"")).json() == job


async def test_a_person_has_so_many_open_jobs(product: Product) -> None:
    """Those of somebody else, put there by hand and never carried out, since their kind is nobody's."""
    add = """insert into work.jobs (id, kind, person, correlation, digest, total) values ($1, 'none', $2, 'c', '', 1)"""
    for number in range(MAX_OPEN):
        await product.query(add, f"open-{number}", person("pmo-2"))
    try:
        answer = await send(product, ndjson(proposal()), persona="pmo-2", Prefer="respond-async")
        assert refused(answer, 409, "too-many-imports")["facts"] == {"most": MAX_OPEN}
        assert (await send(product, ndjson(proposal()), persona="pmo-2")).status_code == 200, "at once there is no job"
    finally:
        await product.query("delete from work.jobs where kind = 'none'")


async def test_ended_jobs_are_forgotten_after_a_month(product: Product) -> None:
    old, new = [await begun(await send(product, ndjson(proposal()), Prefer="respond-async")) for _ in range(2)]
    for each in (old, new):
        await ended(product, each)
    age = "update work.jobs set ended_at = ended_at - make_interval(days => $2) where id = $1"
    await product.query(age, old.rpartition("/")[2], 30)
    await product.query(age, new.rpartition("/")[2], 29)
    async with Store(GOVERNANCE, product.postgres.dsn("governance", user="governance_append")) as store:
        await Jobs(store, IMPORTED).prune()
    refused(await product.get(old), 404, "not-found")
    assert (await product.get(new)).status_code == 200
    assert not await product.query("select 1 from work.lines where job = $1", old.rpartition("/")[2])
