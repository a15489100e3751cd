"""HTTP as strangers, careless clients and attackers use it: the real product, over a socket, on a real database."""

import asyncio
import base64
import json
import secrets
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey

from mandate_local.identity import signing_key
from mandate_local.processes import free_port
from mandate_local.product import AUDIENCE, ISSUER
from mandate_web.app.middleware import MAX_BODY, MAX_HEADERS, MAX_TARGET
from mandate_web.routes.lists import MAX_WAIT
from tests.e2e.running import EVIDENCE, STANDARD
from tests.integration.over_http import (
    OBSERVERS,
    OFFICE,
    PROPOSALS,
    REVIEWS,
    Product,
    environment,
    observer,
    person,
    proposal,
    refused,
    until,
)


@pytest_asyncio.fixture
async def untouched(product: Product) -> AsyncIterator[None]:
    """Nothing is recorded while the test runs."""
    before = await product.recorded()
    yield
    assert await product.recorded() == before


# --- bodies ---

RIGHTS = "/governance/v1/decision-rights"
UNUSED = "5579bb19-e7b2-4b75-b27b-1bbdc567bd2d"
"""An id that no thing has."""

GOOD = b'{"person":"%s","reason":"To test"}' % str(uuid.uuid4()).encode()

MALFORMED = {
    "no JSON": b"person=me",
    "cut off": GOOD[:-5],
    "two values": GOOD + GOOD,
    "nothing": b"",
    "blank": b"  \n",
    "NaN": GOOD.replace(b'"To test"', b"NaN"),
    "Infinity": GOOD.replace(b'"To test"', b"-Infinity"),
    "a name twice": GOOD.replace(b"{", b'{"reason":"Other",', 1),
    "deeply nested": b'{"reason":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a lone surrogate": GOOD.replace(b"To test", b"\\ud800"),
    "a low surrogate": GOOD.replace(b"To test", b"a\\uDFFFb"),
    "a surrogate as name": GOOD.replace(b'"reason"', b'"\\ud834"'),
    "raw surrogate bytes": GOOD.replace(b"To test", b"\xed\xa0\x80"),
    "Latin-1": GOOD.replace(b"To test", b"Caf\xe9"),
    "UTF-16": GOOD.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "an integer of 5,000 digits": GOOD.replace(b'"To test"', b"9" * 5000),
    "a control character": GOOD.replace(b"To test", b"To\x00test"),
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
async def test_what_is_not_json_cannot_be_read(product: Product, body: bytes) -> None:
    refused(await product.post(OBSERVERS, body), 400, "malformed-request")


INVALID = {
    "an array": (b"[]", ""),
    "a string": (b'"person"', ""),
    "null": (b"null", ""),
    "an empty object": (b"{}", "/person"),
    "a NUL": (GOOD.replace(b"To test", b"a\\u0000b"), "/reason"),
    "a line break": (GOOD.replace(b"To test", b"a\\nb"), "/reason"),
    "a reason of 65 KiB": (GOOD.replace(b"To test", b"x" * 65 * 1024), "/reason"),
    "an empty reason": (GOOD.replace(b"To test", b""), "/reason"),
    "a huge number": (GOOD.replace(b'"To test"', b"1e400"), "/reason"),
    "another member": (GOOD.replace(b"{", b'{"a/b~":1,'), "/a~1b~0"),
    "a member without a name": (GOOD.replace(b"{", b'{"":1,'), "/"),
    "no id": (GOOD.replace(b'"person":"', b'"person":"x'), "/person"),
    "an id and a line break": (GOOD.replace(b'","reason', b'\\n","reason'), "/person"),
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("body", "pointer"), INVALID.values(), ids=INVALID.keys())
async def test_what_contradicts_the_description_is_pointed_at(product: Product, body: bytes, pointer: str) -> None:
    problem = refused(await product.post(OBSERVERS, body), 422, "invalid")
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert all(error["detail"] for error in problem["errors"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "amount", [b"1e400", b"-1", b"1e16", b'"NaN"', b'"Infinity"', b'"1e999999999"', b"0.001", b"[]"]
)
async def test_amounts_that_no_ledger_can_hold(product: Product, amount: bytes) -> None:
    body = orjson.dumps(proposal()).replace(b'"10.00"', amount)
    problem = refused(await product.post(PROPOSALS, body), 422, "invalid")
    assert problem["errors"][0]["pointer"] == "/forecast_cost/amount"


@pytest.mark.usefixtures("untouched")
async def test_half_a_million_faults_are_answered_shortly(product: Product) -> None:
    body = {"title": "Much", "paths": [], "reason": "x"}
    content = orjson.dumps(body).replace(b"[]", b"[" + b"1," * 500_000 + b"1]")
    begun = time.monotonic()
    answer = await product.post("/governance/v1/standards/delivery/revisions", content)
    assert len(refused(answer, 422, "invalid")["errors"]) <= 50
    assert time.monotonic() - begun < 5


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json", ""]
)
async def test_only_json_is_taken(product: Product, media_type: str) -> None:
    refused(await product.post(OBSERVERS, observer(), Content_Type=media_type), 415, "unsupported-media-type")


async def test_json_under_its_other_names_is_taken(product: Product) -> None:
    for media_type in ("application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"):
        answer = await product.post(OBSERVERS, observer(), Content_Type=media_type)
        assert answer.status_code == 201


@pytest.mark.usefixtures("untouched")
async def test_a_body_over_the_limit_is_refused_with_and_without_its_length(product: Product) -> None:
    refused(await product.post(OBSERVERS, b" " * (MAX_BODY + 1)), 413, "body-too-large")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 50_000 + 2):
            yield b" " * 50_000

    headers = await product.as_(Content_Type="application/json")
    refused(await product.http.post(OBSERVERS, content=chunks(), headers=headers), 413, "body-too-large")


async def test_a_body_up_to_the_limit_is_taken(product: Product) -> None:
    body = {**STANDARD, "text": "x" * 1_000_000}
    assert (await product.post("/governance/v1/standards/large/versions", body)).status_code == 201


# --- who is asking ---


def forged(key: ECKey, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    now = int(time.time())
    known = {"iss": ISSUER, "sub": "pmo-1", "aud": AUDIENCE, "iat": now, "exp": now + 600, "jti": secrets.token_hex(8)}
    return jwt.encode(
        {"alg": "ES256", "typ": "at+jwt", "kid": key.kid, **(header or {})},
        {**known, **claims},
        key,
        algorithms=["ES256"],
    )


async def test_the_forger_of_these_tests_can_make_a_token_that_is_believed(product: Product) -> None:
    headers = {"Authorization": f"Bearer {forged(signing_key(product.state))}"}
    assert (await product.http.get("/governance/v1/me", headers=headers)).json()["person"] == person("pmo-1")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("path", ["/governance/v1/me", "/governance/v1/office", "/reporting/v1/portfolio"])
async def test_who_is_not_known_reads_nothing(product: Product, path: str) -> None:
    answer = await product.http.get(path)
    assert refused(answer, 401, "not-authenticated")["rule"] == "token-missing"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.usefixtures("untouched")
async def test_tokens_that_prove_nothing(product: Product) -> None:
    key, now = signing_key(product.state), int(time.time())
    other = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    good = forged(key)
    signature = good.rpartition(".")[2]
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt","kid":"x"}').rstrip(b"=").decode()
    cases = {
        "Basic dXNlcjpwYXNz": "malformed",
        "Bearer": "malformed",
        "Bearer x": "malformed",
        f"Bearer {good}.more": "malformed",
        f"Bearer {good} {good}": "malformed",
        f"Bearer {'a' * 9000}": "malformed",
        f"Bearer {good.replace(signature, signature[::-1])}": "bad-signature",
        f"Bearer {none}.{good.split('.')[1]}.": "wrong-algorithm",
        f"Bearer {forged(key, {'typ': 'JWT'})}": "wrong-type",
        f"Bearer {forged(key, exp=now - 60, iat=now - 120)}": "expired",
        f"Bearer {forged(key, iat=now + 600, exp=now + 900)}": "not-yet-valid",
        f"Bearer {forged(key, exp=now + 90_000)}": "too-long-lived",
        f"Bearer {forged(key, aud='other')}": "wrong-audience",
        f"Bearer {forged(key, iss='https://elsewhere.example')}": "wrong-issuer",
        f"Bearer {forged(other)}": "unknown-key",
        f"Bearer {forged(other, {'kid': key.kid})}": "bad-signature",
    }
    for header, reason in cases.items():
        answer = await product.http.post(OBSERVERS, json=observer(), headers={"Authorization": header})
        problem = refused(answer, 401, "not-authenticated")
        assert problem["rule"].startswith("token-"), header
        assert problem["rule"] == f"token-{reason}" or reason in {"bad-signature", "malformed"}, (header, problem)
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.usefixtures("untouched")
async def test_who_is_not_known_learns_nothing_of_the_body_or_the_thing(product: Product) -> None:
    for body in ({}, observer(), {"person": "x"}):
        refused(await product.http.post(OBSERVERS, json=body), 401, "not-authenticated")
    refused(await product.http.get(f"{PROPOSALS}?cursor=x&limit=0"), 401, "not-authenticated")
    waiting = {"Mandate-Consistency": "governance:999999999", "Prefer": "wait=30"}
    begun = time.monotonic()
    refused(await product.http.get(PROPOSALS, headers=waiting), 401, "not-authenticated")
    assert time.monotonic() - begun < 2


async def test_a_refusal_of_authority_is_on_record(product: Product) -> None:
    before = await product.recorded()
    problem = refused(await product.post(OBSERVERS, observer(), "stranger"), 403, "no-right")
    assert problem["position"] == before + 1
    assert (await product.event(before + 1))["actor"] == person("stranger")
    refused(await product.get(OFFICE, "stranger"), 403, "no-right")


# --- who sees what of governance ---


async def _authorised(product: Product, manager: str) -> str:
    """A project that the persona manages, under a standard in force."""
    id_: str = (await product.give(PROPOSALS, proposal()))["id"]
    start = {"standard": "in-force@1", "gate_path": "two-gate", "reason": "Affordable"}
    budget = {"amount": "9.00", "currency": "AUD"}
    await product.give(f"{PROPOSALS}/{id_}/authorisations", {**start, "budget": budget}, "pmo-2")
    await product.give(f"/governance/v1/projects/{id_}/managers", observer(manager))
    return id_


async def _reviewed(product: Product, project: str, manager: str) -> str:
    """The gate review that its PM asked for."""
    path, reviews = f"/projects/v1/projects/{project}", f"{REVIEWS}?project={project}"

    async def begun() -> bool:
        return (await product.get(path, manager)).status_code == 200

    await until(begun)
    request = {"gate": "gate-1", "evidence": EVIDENCE, "reason": "The phase is done"}
    await product.give(f"{path}/gate-reviews", request, manager)
    await until(lambda: _listed(product, reviews, 1))
    id_: str = (await product.get(reviews)).json()["items"][0]["id"]
    return id_


@pytest_asyncio.fixture(scope="module")
async def managed(product: Product) -> dict[str, tuple[str, str]]:
    """The project of pm-1 and the one of pm-2, each with its gate review; the later one was asked for first."""
    await product.give("/governance/v1/standards/in-force/versions", STANDARD)
    await product.give("/governance/v1/standards/in-force/publications", {"version": 1, "reason": "Reviewed"}, "pmo-2")
    projects = {manager: await _authorised(product, manager) for manager in ("pm-1", "pm-2")}
    return {
        manager: (projects[manager], await _reviewed(product, projects[manager], manager))
        for manager in ("pm-2", "pm-1")
    }


async def test_a_pm_sees_of_governance_their_own_project(product: Product, managed: dict[str, tuple[str, str]]) -> None:
    own, others = managed["pm-1"], managed["pm-2"]
    for (project, review), status in ((own, 200), (others, 404)):
        for path in (
            f"{PROPOSALS}/{project}",
            f"/governance/v1/projects/{project}/appointments",
            f"{REVIEWS}/{review}",
        ):
            assert (await product.get(path, "pm-1")).status_code == status, path
            assert (await product.get(path)).status_code == 200, path
    for path, id_ in ((PROPOSALS, own[0]), (REVIEWS, own[1])):
        assert [item["id"] for item in (await product.get(f"{path}?limit=500", "pm-1")).json()["items"]] == [id_]
        assert len((await product.get(f"{path}?limit=500")).json()["items"]) >= 2
    for path in (PROPOSALS, REVIEWS, OFFICE):
        refused(await product.get(path, "stranger"), 403, "no-right")


async def test_the_framework_is_for_everybody_with_a_role(
    product: Product, managed: dict[str, tuple[str, str]]
) -> None:
    assert managed
    for persona in ("founder", "pmo-1", "pm-1"):
        for path in (OFFICE, "/governance/v1/standards/in-force"):
            assert (await product.get(path, persona)).status_code == 200


async def test_gate_reviews_are_listed_the_longest_waiting_first(
    product: Product, managed: dict[str, tuple[str, str]]
) -> None:
    first = (await product.get(f"{REVIEWS}?limit=1")).json()
    second = (await product.get(f"{REVIEWS}?limit=1&cursor={first['next']}")).json()
    listed = first["items"] + second["items"]
    assert [item["id"] for item in listed] == [managed["pm-2"][1], managed["pm-1"][1]]
    assert all(item["requested_at"].endswith("Z") for item in listed)


async def test_a_gate_review_tells_what_it_rests_on_and_what_was_decided(
    product: Product, managed: dict[str, tuple[str, str]]
) -> None:
    path = f"{REVIEWS}/{managed['pm-2'][1]}"
    conditions = [{"text": "Confirm the guarantee", "owner": "pm-2", "due_on": "2999-12-31"}]
    await product.give(
        f"{path}/decisions", {"outcome": "conditional_go", "conditions": conditions, "reason": "Sound"}, "pmo-2"
    )

    async def answered() -> bool:
        return bool((await product.get(path)).json()["status"] == "answered")

    await until(answered)
    review = (await product.get(path, "pm-2")).json()
    assert (review["phase"], review["gate"]) == ("phase-1", "gate-1")
    assert [item["sha256"] for item in review["evidence"]] == [EVIDENCE[0]["sha256"]]
    assert (review["outcome"], review["conditions"]) == ("conditional_go", conditions)
    assert (review["requested_by"], review["decided_by"]) == (person("pm-2"), person("pmo-2"))


# --- versions ---


@pytest.mark.usefixtures("untouched")
async def test_a_version_that_is_not_the_last_one(product: Product) -> None:
    version = (await product.get(OFFICE)).headers["etag"].strip('"').partition("-")[0]
    answer = await product.post(OBSERVERS, observer(), If_Match='"1"')
    assert refused(answer, 412, "stale-version")["version"] == int(version)
    assert answer.headers["etag"] == f'"{version}"'


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("tag", ["7", 'W/"7"', '"7', '"x"', '"-1"', '"7", "8"', '"9999999999"', "", '"\u0667"'])
async def test_a_version_that_cannot_be_read(product: Product, tag: str) -> None:
    headers = await product.as_()
    sent = [(name.encode(), value.encode()) for name, value in headers.items()] + [(b"If-Match", tag.encode())]
    problem = refused(await product.http.post(OBSERVERS, json=observer(), headers=sent), 422, "invalid")
    assert problem["errors"][0]["pointer"] == "?if-match"


async def test_the_version_that_is_read_can_be_decided_on(product: Product) -> None:
    tag = (await product.get(OFFICE)).headers["etag"]
    answer = await product.post(OBSERVERS, observer(), If_Match=tag)
    assert answer.status_code == 201
    assert answer.headers["etag"] != tag
    assert (await product.post(OBSERVERS, observer(), If_Match="*")).status_code == 201


async def test_what_the_client_has_is_not_sent_again(product: Product) -> None:
    tag = (await product.get(OFFICE, Accept_Encoding="identity")).headers["etag"]
    for known in (tag, f'"0", {tag}', f"W/{tag}", "*"):
        answer = await product.get(OFFICE, If_None_Match=known)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    for other in ('"0"', "garbage", '"'):
        assert (await product.get(OFFICE, If_None_Match=other)).status_code == 200


# --- idempotency ---


async def test_the_same_key_and_body_is_the_same_answer(product: Product) -> None:
    key, body = secrets.token_hex(8), observer()
    first = await product.post(OBSERVERS, body, Idempotency_Key=key)
    before = await product.recorded()
    again = await product.post(OBSERVERS, body, Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["location"] == first.headers["location"] == OFFICE
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    refused(await product.post(OBSERVERS, observer(), Idempotency_Key=key), 422, "idempotency-key-reused")
    assert await product.recorded() == before


async def test_a_key_belongs_to_one_person_and_one_path(product: Product) -> None:
    key, body = secrets.token_hex(8), observer()
    receipts = [
        await product.give(OBSERVERS, body, Idempotency_Key=key),
        await product.give(OBSERVERS, observer(), "pmo-2", Idempotency_Key=key),
        await product.give(PROPOSALS, proposal(), Idempotency_Key=key),
    ]
    assert len({receipt["position"] for receipt in receipts}) == 3


async def test_a_key_means_the_same_wherever_the_service_is_mounted(product: Product) -> None:
    key = secrets.token_hex(8)
    await product.give(OBSERVERS, observer(), Idempotency_Key=key)
    rows = await product.query("select route from ledger.commands where key = $1", key)
    assert [row[0] for row in rows] == ["POST /v1/office/observers"]


async def test_without_a_key_the_service_makes_one_and_tells_it(product: Product) -> None:
    body = observer()
    first = await product.post(OBSERVERS, body)
    again = await product.post(OBSERVERS, body, Idempotency_Key=first.headers["idempotency-key"])
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_refusal_on_record_is_replayed(product: Product) -> None:
    key, body = secrets.token_hex(8), observer()
    first = await product.post(OBSERVERS, body, "auditor-1", Idempotency_Key=key)
    before = await product.recorded()
    again = await product.post(OBSERVERS, body, "auditor-1", Idempotency_Key=key)
    assert refused(first, 403, "no-right") == refused(again, 403, "no-right")
    assert again.headers["idempotency-replayed"] == "true"
    assert await product.recorded() == before


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\u00e9", "a\tb"])
async def test_keys_that_are_none(product: Product, key: str) -> None:
    sent = [(name.encode(), value.encode()) for name, value in (await product.as_()).items()]
    sent.append((b"Idempotency-Key", key.encode("latin-1")))
    answer = await product.http.post(OBSERVERS, json=observer(), headers=sent)
    assert refused(answer, 422, "invalid")["errors"][0]["pointer"] == "?idempotency-key"


# --- lists ---


async def test_pages_follow_one_another(product: Product) -> None:
    for _ in range(3):
        receipt = await product.give(PROPOSALS, proposal())
    seen: list[str] = []
    cursor: Any = ""
    while cursor is not None:
        page = await product.get(
            f"{PROPOSALS}?limit=2&portfolio=test{cursor and f'&cursor={cursor}'}",
            Mandate_Consistency=receipt["consistency"],
        )
        assert page.status_code == 200, page.text
        seen += [item["reference"] for item in page.json()["items"]]
        cursor = page.json()["next"]
    assert len(seen) >= 3
    assert seen == sorted(set(seen))


def _cursor(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.mark.usefixtures("untouched")
async def test_what_is_searched_for_is_text_that_can_be_held(product: Product) -> None:
    for text in ("%00", "a%00b"):
        refused(await product.get(f"/governance/v1/standards?q={text}"), 422, "invalid")


async def test_cursors_that_are_none_of_ours(product: Product) -> None:
    page = (await product.get(f"{PROPOSALS}?limit=1")).json()
    ours = json.loads(base64.urlsafe_b64decode(page["next"] + "=="))
    others = [
        _cursor({**ours, "a": values})
        for values in (
            [1, 2],
            [None, None],
            ["a\0b", "x"],
            ["a"],
            [],
            ["a", "b", "c"],
            {"a": 1},
            "text",
            [["a"], ["b"]],
            [True, False],
            [1.5, "x"],
            [2**63, "x"],
        )
    ]
    for cursor in (
        *others,
        "x",
        "!!",
        "%00",
        "e30",
        "W10",
        _cursor([1]),
        _cursor({"q": 1}),
        "\u00e9",
        page["next"][:-3],
    ):
        refused(await product.get(f"{PROPOSALS}?limit=1&cursor={cursor}"), 422, "cursor-mismatch")
    refused(await product.get(f"{PROPOSALS}?limit=1&status=proposed&cursor={page['next']}"), 422, "cursor-mismatch")
    refused(await product.get(f"/governance/v1/gate-reviews?cursor={page['next']}"), 422, "cursor-mismatch")
    refused(await product.get(f"{PROPOSALS}?cursor={'a' * 6001}"), 422, "invalid")


@pytest.mark.usefixtures("untouched")
async def test_cursors_of_the_portfolio_with_values_that_no_column_holds(product: Product) -> None:
    path = "/reporting/v1/portfolio?limit=1&sort=-initiated_at,budget"
    await until(lambda: _listed(product, "/reporting/v1/portfolio?limit=2", 2))
    ours = json.loads(base64.urlsafe_b64decode((await product.get(path)).json()["next"] + "=="))
    tried = 0
    for index in range(len(ours["a"])):
        for value in (
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "NaN",
            "Infinity",
            "1e999999",
            2**31,
            2**64,
        ):
            values = [*ours["a"][:index], value, *ours["a"][index + 1 :]]
            answer = await product.get(f"{path}&cursor={_cursor({**ours, 'a': values})}")
            if answer.status_code != 200:  # text is text, whatever it says
                refused(answer, 422, "cursor-mismatch")
                tried += 1
    assert tried > 15


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=501", "limit=x", "limit=1e2", "limit=99999999999999999999", "limit=", "limit=1.5"],
)
async def test_limits_that_are_none(product: Product, query: str) -> None:
    for path in (PROPOSALS, "/governance/v1/gate-reviews", "/reporting/v1/portfolio", "/reporting/v1/history"):
        assert refused(await product.get(f"{path}?{query}"), 422, "invalid")["errors"][0]["pointer"] == "?limit"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "path",
    [
        f"{PROPOSALS}?status=unheard-of",
        f"{PROPOSALS}?portfolio=%00",
        "/governance/v1/gate-reviews?project=a%00b",
        "/governance/v1/gate-reviews?project=%ED%A0%80",
        "/governance/v1/gate-reviews?status=1",
        "/reporting/v1/portfolio?phase=%00",
        "/reporting/v1/portfolio?sort=title;drop",
        "/reporting/v1/portfolio?manager=%00",
        "/reporting/v1/history?actor=%00",
        "/reporting/v1/history?since=yesterday",
        "/reporting/v1/history?until=0001-01-01T00:00:00%2B23:59",
        "/reporting/v1/denials?actor=%00",
    ],
)
async def test_filters_that_no_thing_can_have(product: Product, path: str) -> None:
    refused(await product.get(path), 422, "invalid")


# --- read your writes ---


async def test_a_read_waits_for_what_it_must_see(product: Product) -> None:
    for _ in range(5):
        body = proposal()
        receipt = await product.give(PROPOSALS, body)
        seen = await product.get("/reporting/v1/portfolio?limit=500", Mandate_Consistency=receipt["consistency"])
        assert body["reference"] in [item["reference"] for item in seen.json()["items"]]
        at = dict(part.split(":") for part in seen.headers["mandate-position"].split(", "))
        assert int(at["governance"]) >= receipt["position"]


@pytest.mark.parametrize(("prefer", "least", "most"), [("wait=0", 0, 1), ("respond-async, Wait=1", 1, 3), ("", 2, 4)])
async def test_a_read_that_waits_in_vain_says_so(product: Product, prefer: str, least: float, most: float) -> None:
    begun = time.monotonic()
    answer = await product.get(PROPOSALS, Mandate_Consistency="governance:999999999999999999", Prefer=prefer)
    assert least <= time.monotonic() - begun < most
    refused(answer, 503, "projection-behind")
    assert answer.headers["retry-after"] == "1"


async def test_nobody_waits_longer_than_the_limit(product: Product) -> None:
    assert MAX_WAIT <= 30
    for garbled in ("wait=x", "wait=-1", "wait=", "wait=1e9", ",,;;", "w\u00e9it=5", "wait=99999999999"):
        sent = [(name.encode(), value.encode()) for name, value in (await product.as_()).items()]
        answer = await product.http.get(PROPOSALS, headers=[*sent, (b"Prefer", garbled.encode())])
        assert answer.status_code == 200


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "token", ["", "governance", "governance:", "governance:x", "governance:-1", "a:1;b:2", "a:1,,b:2", "x:" + "9" * 19]
)
async def test_consistency_tokens_that_are_none(product: Product, token: str) -> None:
    answer = await product.get(PROPOSALS, Mandate_Consistency=token)
    if token:
        assert refused(answer, 422, "invalid")["errors"][0]["pointer"] == "?mandate-consistency"
    else:
        assert answer.status_code == 200


# --- paths and methods ---


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "path",
    [
        "/governance/v1/nothing",
        "/governance/",
        "/governance/v1/office/",
        "/governance//v1/office",
        "/governance/v1/\u043e\u0444\u0438\u0441",
        "/governance/v1/office%00",
        "/governance/v1/%ff%fe",
        "/governance/v1/%",
        "/governance/v1/%2e%2e/%2e%2e/etc/passwd",
        "/governance/V1/office",
        f"{PROPOSALS}/{UNUSED}",
        f"/governance/v1/gate-reviews/{UNUSED}",
        f"/governance/v1/blobs/{'0' * 64}",
        "/governance/v1/blobs/x",
        "/governance/v1/standards/unknown",
        f"/reporting/v1/projects/{UNUSED}",
    ],
)
async def test_there_is_no_such_thing(product: Product, path: str) -> None:
    problem = refused(await product.get(path), 404, "not-found")
    assert httpx.URL(problem["instance"]).raw_path.isascii()


async def test_outside_of_the_services_there_is_nothing_either(product: Product) -> None:
    for path in ("/nothing", "/governance", "/etc/passwd"):
        answer = await product.http.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("id_", ["x", "%00", "A" * 36, "1" * 65, "%F0%9F%98%80", UNUSED.upper()])
async def test_what_is_no_id(product: Product, id_: str) -> None:
    for path in (f"{PROPOSALS}/{id_}", f"/projects/v1/projects/{id_}", f"/governance/v1/gate-reviews/{id_}"):
        refused(await product.get(path), 422, "invalid")


@pytest.mark.usefixtures("untouched")
async def test_a_method_that_the_resource_does_not_know(product: Product) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "BREW"):
        try:
            answer = await product.http.request(method, OFFICE, headers=await product.as_())
        except httpx.RemoteProtocolError:
            continue
        if method == "BREW":  # the server's parser knows no such word
            assert answer.status_code == 400
            continue
        refused(answer, 405, "method-not-allowed")
        assert answer.headers["allow"] == "GET, HEAD, POST"
    answer = await product.get(OBSERVERS)
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


async def test_head_is_get_without_the_body(product: Product) -> None:
    for path in (OFFICE, PROPOSALS, "/governance/healthz", "/reporting/v1/portfolio"):
        headers = await product.as_()
        head, get = await product.http.head(path, headers=headers), await product.http.get(path, headers=headers)
        assert (head.status_code, head.content) == (200, b"")
        assert get.content
        assert head.headers.get("etag") == get.headers.get("etag")
        assert head.headers["content-type"] == get.headers["content-type"]
    assert (await product.http.head(OFFICE)).status_code == 401
    assert (await product.http.head("/governance/v1/nothing")).status_code == 404


async def test_what_is_large_comes_as_gzip_and_its_tag_works_everywhere(product: Product) -> None:
    plain = await product.get(RIGHTS, Accept_Encoding="identity")
    packed = await product.get(RIGHTS, Accept_Encoding="gzip")
    tag = plain.headers["etag"]
    assert (packed.headers["content-encoding"], packed.headers["etag"]) == ("gzip", f'{tag[:-1]}-gzip"')
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4
    head = await product.http.head(RIGHTS, headers=await product.as_(Accept_Encoding="gzip"))
    assert [head.headers[name] for name in ("content-length", "content-encoding", "etag", "vary")] == [
        packed.headers[name] for name in ("content-length", "content-encoding", "etag", "vary")
    ]
    for accepted in ("gzip", "identity"):
        known = await product.get(RIGHTS, If_None_Match=packed.headers["etag"], Accept_Encoding=accepted)
        assert (known.status_code, known.headers["etag"]) == (304, packed.headers["etag"])
    version = (await product.get(OFFICE, Accept_Encoding="identity")).headers["etag"]
    decided = await product.post(OBSERVERS, observer(), If_Match=f'{version[:-1]}-gzip"')
    assert decided.status_code == 201, decided.text
    assert (await product.post(OBSERVERS, observer(), If_Match='"1-gzip"')).status_code == 412


@pytest.mark.usefixtures("untouched")
async def test_targets_and_headers_beyond_all_measure(product: Product) -> None:
    for path in (f"/governance/v1/{'a' * MAX_TARGET}", f"{PROPOSALS}?x={'a' * MAX_TARGET}"):
        refused(await product.get(path), 414, "target-too-long")
    refused(await product.get(OFFICE, X_Much="a" * MAX_HEADERS), 431, "headers-too-large")
    refused(await product.get(f"{PROPOSALS}/{'a' * 4000}"), 422, "invalid")


async def test_what_no_server_takes_does_not_hurt(product: Product) -> None:
    token = await product.token("pmo-1")
    for head in (
        b"GET /governance/v1/caf\xe9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /governance/v1/office HTTP/1.1\r\nHost: [\r\nConnection: close\r\nAuthorization: Bearer %b\r\n\r\n"
        % token.encode(),
        b"GET /governance/v1/none HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n",
        b"GET /governance/v1/none HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"POST /governance/v1/office HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /governance/v1/office HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET http://elsewhere/governance/v1/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ):
        answer = await product.raw(head)
        assert not answer.startswith(b"HTTP/1.1 5"), answer
        assert b"Traceback" not in answer


# --- correlation ---


async def test_the_correlation_is_echoed_and_recorded(product: Product) -> None:
    answer = await product.post(OBSERVERS, observer(), X_Correlation_ID="order-4711")
    assert answer.headers["x-correlation-id"] == "order-4711"
    assert (await product.event(answer.json()["position"]))["correlationid"] == "order-4711"


async def test_a_correlation_that_is_none_is_replaced(product: Product) -> None:
    for given in (b"", b"a b", b"x" * 129, b"caf\xe9", b'{"a":1}\t2'):
        sent = [(name.encode(), value.encode()) for name, value in (await product.as_()).items()]
        answer = await product.http.post(OBSERVERS, json=observer(), headers=[*sent, (b"X-Correlation-ID", given)])
        id_ = answer.headers["x-correlation-id"]
        assert uuid.UUID(id_).version == 7
        assert (await product.event(answer.json()["position"]))["correlationid"] == id_


# --- many at once ---


async def test_128_callers_on_one_thing(product: Product) -> None:
    before = await product.recorded()
    answers = await asyncio.gather(*(product.post(OBSERVERS, observer()) for _ in range(128)))
    assert {answer.status_code for answer in answers} == {201}
    versions = sorted(answer.json()["version"] for answer in answers)
    assert versions == list(range(versions[0], versions[0] + 128))
    assert await product.recorded() == before + 256  # each with the mandate that it gives


async def test_128_callers_on_128_things(product: Product) -> None:
    before = await product.recorded()
    answers = await asyncio.gather(*(product.post(PROPOSALS, proposal()) for _ in range(128)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["version"] for answer in answers} == {1}
    assert len({answer.json()["position"] for answer in answers}) == 128
    assert await product.recorded() == before + 128


async def test_128_callers_with_one_key_are_one(product: Product) -> None:
    before, key, body = await product.recorded(), secrets.token_hex(8), proposal()
    answers = await asyncio.gather(*(product.post(PROPOSALS, body, Idempotency_Key=key) for _ in range(128)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await product.recorded() == before + 1


async def test_of_128_who_saw_one_version_one_decides(product: Product) -> None:
    tag = (await product.get(OFFICE)).headers["etag"]
    answers = await asyncio.gather(*(product.post(OBSERVERS, observer(), If_Match=tag) for _ in range(128)))
    assert sorted(answer.status_code for answer in answers) == [201] + [412] * 127


async def test_128_readers(product: Product) -> None:
    paths = (OFFICE, PROPOSALS, "/reporting/v1/portfolio", "/governance/v1/me")
    answers = await asyncio.gather(*(product.get(paths[n % len(paths)]) for n in range(128)))
    assert {answer.status_code for answer in answers} == {200}


# --- operations ---


async def test_metrics_tell_of_the_work_done(product: Product) -> None:
    text = (await product.http.get("/governance/metrics")).text
    values = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}
    assert "# TYPE mandate_outbox_age_seconds gauge" in text  # its value comes with a relay, that is with Kafka
    assert values["mandate_append_batch_commands_count"] > 10
    assert values["mandate_append_seconds_sum"] > 0
    labels = '{consumer="views",service="governance",source="governance"}'
    assert values[f"mandate_consumer_lag_events{labels}"] == 0
    assert values[f"mandate_parked_events{labels}"] == 0


async def test_alive_and_ready(product: Product) -> None:
    for service in ("governance", "projects", "reporting"):
        assert (await product.http.get(f"/{service}/healthz")).json() == {"status": "alive"}
        assert (await product.http.get(f"/{service}/readyz")).json()["status"] == "ready"
        for name, status in (("invalid", 200), ("no-right", 200), ("no-such-rule", 404), ("%00%ff", 404)):
            assert (await product.http.get(f"/{service}/problems/{name}")).status_code == status


async def _listed(product: Product, path: str, count: int) -> bool:
    answer = await product.get(path)
    return answer.status_code == 200 and len(answer.json()["items"]) >= count


async def test_logs_are_one_object_a_line(product: Product) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "mandate-governance",
        "api",
        env=environment(product, MANDATE_PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:

            async def ready() -> bool:
                try:
                    return (await http.get("/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(ready)
            headers = await product.as_(X_Correlation_ID="trace-me")
            given = await http.post("/v1/office/observers", json=observer(), headers=headers)
            assert given.status_code == 201
            assert given.headers["location"] == "/v1/office"
            await http.get("/v1/none%0a%7B%22level%22:%22forged%22%7D%0d", headers={"X-Correlation-ID": "in ject"})
            await http.get(f"/v1/{'long' * 1000}")
    finally:
        process.send_signal(signal.SIGTERM)
        out, logged = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode in {0, -signal.SIGTERM}
    assert out == b""
    lines = [json.loads(line) for line in logged.splitlines()]
    assert all({"time", "level", "service", "logger", "message"} <= line.keys() for line in lines)
    assert {line["level"] for line in lines} <= {"info"}
    requests = [line for line in lines if line["message"] == "request"]
    mine = [line for line in requests if line["correlation"] == "trace-me"]
    assert [(line["path"], line["status"], line["actor"]) for line in mine] == [
        ("/v1/office/observers", 201, person("pmo-1"))
    ]
    assert all(line["correlation"] for line in requests)
    assert any("forged" in line["path"] for line in requests)
    assert max(len(line["path"]) for line in requests) <= 512
    token = await product.token("pmo-1")
    assert token.encode() not in logged


# --- the database goes away (last: it takes the product with it for a moment) ---


async def test_without_its_database_the_service_says_so_and_recovers(product: Product) -> None:
    await asyncio.to_thread(product.postgres.stop)
    try:
        for service in ("governance", "projects", "reporting"):
            answer = await product.http.get(f"/{service}/readyz")
            refused(answer, 503, "unavailable")
            assert answer.headers["retry-after"]
            assert (await product.http.get(f"/{service}/healthz")).status_code == 200
        for path in (OFFICE, PROPOSALS, "/governance/v1/me", "/reporting/v1/portfolio"):
            answer = await product.get(path)
            refused(answer, 503, "unavailable")
            assert answer.headers["retry-after"]
        key, body = secrets.token_hex(8), observer()
        waiting = asyncio.create_task(product.post(OBSERVERS, body, Idempotency_Key=key))
        await asyncio.sleep(0.5)
    finally:
        await asyncio.to_thread(product.postgres.start)
    given = await waiting
    assert given.status_code == 201  # the appender had patience
    again = await product.post(OBSERVERS, body, Idempotency_Key=key)
    assert again.json() == given.json()
    for path in ("/governance/readyz", OFFICE, PROPOSALS, "/governance/v1/me", "/reporting/v1/portfolio"):

        async def answers(path: str = path) -> bool:
            return (await product.get(path)).status_code == 200

        await until(answers)
    receipt = await product.give(PROPOSALS, proposal())
    seen = await product.get("/reporting/v1/portfolio", Mandate_Consistency=receipt["consistency"], Prefer="wait=20")
    assert seen.status_code == 200
