"""The development identity as developers run it: over uvicorn, verified by the verifier the services use."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from mandate_local.identity import KEY_FILE, LONGEST_LIFE, PERSONAS, create_identity, signing_key
from mandate_web.identity.tokens import Issuer, TokenRefused, TokenVerifier, issuer_problems, person_id

AUDIENCE = "mandate"


@asynccontextmanager
async def serving(app: Starlette, listener: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            assert not running.done()
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await running


def on_loopback() -> tuple[socket.socket, str]:
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
async def issuer(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    listener, url = on_loopback()
    async with serving(create_identity(url, AUDIENCE, tmp_path_factory.mktemp("identity")), listener):
        yield url


@pytest.fixture(scope="module")
async def browser(issuer: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=issuer, trust_env=False) as client:
        yield client


async def discovered(client: httpx.AsyncClient) -> Issuer:
    found = (await client.get("/.well-known/openid-configuration")).raise_for_status().json()
    [algorithm] = found["id_token_signing_alg_values_supported"]
    return Issuer(found["issuer"], AUDIENCE, algorithm, found["jwks_uri"])


@pytest.mark.parametrize("name", PERSONAS)
async def test_every_persona_signs_in(browser: httpx.AsyncClient, name: str) -> None:
    answer = await browser.post("/token", data={"persona": name})
    said = answer.raise_for_status().json()
    assert answer.headers["cache-control"] == "no-store"
    assert said.keys() == {"access_token", "token_type", "expires_in", "persona", "person"}
    assert (said["token_type"], said["persona"], said["expires_in"]) == ("Bearer", name, 8 * 3600)
    claims = await TokenVerifier([await discovered(browser)], "local", fetch=browser).verify(said["access_token"])
    assert claims.subject == name
    assert claims.person == person_id("local", str(browser.base_url).rstrip("/"), name)
    assert str(claims.person) == said["person"]
    assert claims.expires_at - claims.issued_at == said["expires_in"]


async def test_personas_are_listed_with_what_they_are_for(browser: httpx.AsyncClient) -> None:
    listed = (await browser.get("/personas")).raise_for_status().json()
    assert [item["name"] for item in listed["items"]] == list(PERSONAS)
    assert all(item["role"] for item in listed["items"])
    assert len({item["person"] for item in listed["items"]}) == len(PERSONAS) == 13
    assert listed["next"] is None


async def test_json_asks_as_well_as_a_form_and_may_ask_for_less_time(browser: httpx.AsyncClient) -> None:
    answers = [
        await browser.post("/token", json={"persona": "pm-1", "expires_in": 60}),
        await browser.post("/token", data={"persona": "pm-1", "expires_in": "60"}),
    ]
    assert [answer.raise_for_status().json()["expires_in"] for answer in answers] == [60, 60]
    assert answers[0].json()["access_token"] != answers[1].json()["access_token"]


@pytest.mark.parametrize(
    "asked",
    [
        {"persona": "nobody"},
        {"persona": ""},
        {"persona": None},
        {"persona": ["pm-1"]},
        {"persona": "pm-1", "expires_in": 0},
        {"persona": "pm-1", "expires_in": -1},
        {"persona": "pm-1", "expires_in": LONGEST_LIFE + 1},
        {"persona": "pm-1", "expires_in": 1.5},
        {"persona": "pm-1", "expires_in": True},
        {"persona": "pm-1", "expires_in": None},
        {"persona": "pm-1", "expires_in": "٣"},
        [],
        None,
    ],
)
async def test_a_request_that_makes_no_sense_is_told_why(browser: httpx.AsyncClient, asked: Any) -> None:
    answer = await browser.post("/token", content=json.dumps(asked), headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert answer.json()["error_description"]


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("body", [b"", b"{", b"persona", b"\xff", b"[" * 4000, b"a=1&" * 11])
async def test_a_body_that_cannot_be_read(browser: httpx.AsyncClient, kind: str, body: bytes) -> None:
    answer = await browser.post("/token", content=body, headers={"content-type": kind})
    assert answer.status_code == 400


async def test_a_large_body_is_not_read(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/token", data={"persona": "x" * 5000})).status_code == 413


async def test_the_published_key_is_public(browser: httpx.AsyncClient) -> None:
    [key] = (await browser.get("/jwks")).raise_for_status().json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}


async def test_a_second_start_verifies_tokens_of_the_first(tmp_path: Path) -> None:
    listener, url = on_loopback()
    state = tmp_path / "deep" / "state"
    port = listener.getsockname()[1]
    async with serving(create_identity(url, AUDIENCE, state), listener), httpx.AsyncClient() as client:
        told = (await client.post(f"{url}/token", data={"persona": "pmo-1"})).raise_for_status().json()
    listener.close()
    assert (state / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in state.iterdir()] == [KEY_FILE]
    again = socket.create_server(("127.0.0.1", port))
    async with serving(create_identity(url, AUDIENCE, state), again), httpx.AsyncClient(base_url=url) as client:
        issuer = await discovered(client)
        claims = await TokenVerifier([issuer], "local", fetch=client).verify(told["access_token"])
        assert claims.subject == "pmo-1"
        elsewhere = Issuer(issuer.issuer, "other", issuer.algorithm, issuer.jwks_uri)
        with pytest.raises(TokenRefused, match="wrong-audience"):
            await TokenVerifier([elsewhere], "local", fetch=client).verify(told["access_token"])


def test_the_key_file_is_closed_to_others_again_and_of_two_starts_one_key_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = signing_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    with monkeypatch.context() as blind:  # as if the other start had written its key a moment later
        blind.setattr(Path, "exists", lambda _: False)
        assert signing_key(tmp_path) == first
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "host",
    ["evil.example.com", "127.0.0.1.evil.example.com", "user@127.0.0.1", "localhost.evil", "10.0.0.1", "[::2]", ""],
)
async def test_a_name_rebound_to_this_machine_is_refused(browser: httpx.AsyncClient, host: str) -> None:
    answer = await browser.get("/personas", headers={"host": host})
    assert answer.status_code in (400, 403)
    assert "items" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:65535", "127.1.2.3", "[::1]:80"])
async def test_this_machine_has_several_names(browser: httpx.AsyncClient, host: str) -> None:
    assert (await browser.get("/personas", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("header", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"])
async def test_a_proxied_request_is_not_from_this_machine(browser: httpx.AsyncClient, header: str) -> None:
    assert (await browser.get("/personas", headers={header: "127.0.0.1"})).status_code == 403


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("127.0.0.1", 200),
        ("127.8.9.9", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("192.0.2.7", 403),
        ("::ffff:192.0.2.7", 403),
        ("10.0.0.1", 403),
        ("127.0.0.1.example.com", 403),
        ("", 403),
    ],
)
async def test_only_clients_on_this_machine_are_served(tmp_path: Path, address: str, status: int) -> None:
    app = create_identity("http://localhost:8700", AUDIENCE, tmp_path)
    transport = httpx.ASGITransport(app, client=(address, 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8700") as client:
        assert (await client.get("/personas")).status_code == status


async def test_a_client_of_another_network_is_refused_over_the_wire(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: asks the kernel for our own address
            own = probe.getsockname()[0]
        except OSError:
            pytest.skip("NOT TESTED: this machine has no address but loopback")
    listener = socket.create_server(("0.0.0.0", 0))  # noqa: S104  # the careless set-up that must not leak
    port = listener.getsockname()[1]
    app = create_identity(f"http://127.0.0.1:{port}", AUDIENCE, tmp_path)
    async with serving(app, listener), httpx.AsyncClient(trust_env=False) as client:
        url = f"http://{own}:{port}/token"
        answer = await client.post(url, data={"persona": "pmo-1"}, headers={"host": "localhost"})
        assert answer.status_code == 403
        assert "access_token" not in answer.text


async def test_pages_of_this_machine_may_read_the_answer_and_others_may_not(browser: httpx.AsyncClient) -> None:
    for origin, allowed in (("http://localhost:5173", True), ("https://evil.example.com", False)):
        answer = await browser.post("/token", data={"persona": "pm-1"}, headers={"origin": origin})
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed


@pytest.mark.parametrize(
    ("url", "possible"),
    [
        ("http://127.0.0.1:8700", True),
        ("http://localhost:8700/identity", True),
        ("http://[::1]:8700", True),
        ("https://localhost:8700", False),
        ("http://id.example.org", False),
        ("https://id.example.org", False),
        ("http://0.0.0.0:8700", False),
        ("http://localhost:8700?x", False),
        ("localhost:8700", False),
    ],
)
def test_whatever_issuer_it_can_have_production_refuses(tmp_path: Path, url: str, possible: bool) -> None:
    if possible:
        create_identity(url, AUDIENCE, tmp_path)
        assert issuer_problems(Issuer(url, AUDIENCE, "ES256", f"{url}/jwks"), production=True)
        assert issuer_problems(Issuer(url, AUDIENCE, "ES256", f"{url}/jwks"), production=False) == []
    else:
        with pytest.raises(ValueError, match="only plain http on loopback"):
            create_identity(url, AUDIENCE, tmp_path)
        assert list(tmp_path.iterdir()) == []
