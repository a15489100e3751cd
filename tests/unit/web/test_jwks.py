"""Where keys come from: a real server on loopback, real sockets, and a clock we turn."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from mandate_web.identity.jwks import ALGORITHMS, KeySource, KeysUnavailable, KeyTimes
from mandate_web.identity.tokens import Issuer, TokenRefused, TokenVerifier

NOW = 2_000_000_000
TTL, COOLDOWN, STALE = 600, 10, 24 * 3600


def new_key(kid: str, **members: str) -> ECKey:
    return ECKey.import_key({**ECKey.generate_key("P-256").as_dict(private=True), "kid": kid, **members})


OLD, NEW = new_key("old", use="sig", alg="ES256"), new_key("new")


def key_set(*keys: Key | dict[str, Any]) -> bytes:
    return json.dumps({"keys": [key if isinstance(key, dict) else key.as_dict(private=False) for key in keys]}).encode()


class Publisher:
    """An HTTP server that answers every request with what it is told to, and counts."""

    def __init__(self) -> None:
        self.body: bytes = key_set(OLD)
        self.status = 200
        self.extra = ""
        self.delay = 0.0
        self.requests: list[bytes] = []
        self.port = 0

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/jwks"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        await asyncio.sleep(self.delay)
        head = f"HTTP/1.1 {self.status} X\r\ncontent-length: {len(self.body)}\r\n{self.extra}connection: close\r\n\r\n"
        try:
            writer.write(head.encode() + self.body)
            await writer.drain()
        except ConnectionError:
            pass  # the client did not wait
        finally:
            writer.close()


class Turned:
    """Seconds that pass when we say so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    published = Publisher()
    server = await asyncio.start_server(published.answer, "127.0.0.1", 0)
    published.port = server.sockets[0].getsockname()[1]
    yield published
    server.close()
    await server.wait_closed()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as opened:
        yield opened


@pytest.fixture
def elapsed() -> Turned:
    return Turned()


@pytest.fixture
def source(publisher: Publisher, client: httpx.AsyncClient, elapsed: Turned) -> KeySource:
    return source_of(publisher.uri, client, elapsed)


def source_of(uri: str, client: httpx.AsyncClient, elapsed: Turned, algorithm: str = "ES256") -> KeySource:
    issuer = Issuer("https://id.example.org", "mandate", algorithm, uri)
    return KeySource(issuer, fetch=client, times=KeyTimes(TTL, COOLDOWN, STALE, 0.5), elapsed=elapsed)


def token(key: ECKey, number: int = 0) -> str:
    claims = {
        "iss": "https://id.example.org",
        "sub": "somebody",
        "aud": "mandate",
        "exp": NOW + 3600,
        "iat": NOW,
        "jti": str(number),
    }
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": key.kid}, claims, key)


def verifier(publisher: Publisher, client: httpx.AsyncClient, elapsed: Turned) -> TokenVerifier:
    issuer = Issuer("https://id.example.org", "mandate", "ES256", publisher.uri)
    return TokenVerifier([issuer], "here", fetch=client, clock=lambda: NOW, elapsed=elapsed)


async def test_keys_are_fetched_once_and_kept(source: KeySource, publisher: Publisher, elapsed: Turned) -> None:
    assert await source.key("old")
    elapsed.now += TTL - 1
    assert await source.key("old")
    assert len(publisher.requests) == 1
    assert b"accept: application/jwk-set+json" in publisher.requests[0].lower()


async def test_fifty_callers_share_one_fetch(publisher: Publisher, client: httpx.AsyncClient, elapsed: Turned) -> None:
    publisher.delay = 0.05
    verify = verifier(publisher, client, elapsed).verify
    people = await asyncio.gather(*(verify(token(OLD, number)) for number in range(50)))
    assert len({claims.token_id for claims in people}) == 50
    assert len(publisher.requests) == 1


async def test_fifty_callers_with_an_unknown_key_share_one_fetch(
    publisher: Publisher, client: httpx.AsyncClient, elapsed: Turned
) -> None:
    tokens = verifier(publisher, client, elapsed)
    await tokens.verify(token(OLD))
    elapsed.now += COOLDOWN
    publisher.delay = 0.05
    answers = await asyncio.gather(*(tokens.verify(token(NEW, number)) for number in range(50)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [TokenRefused] * 50
    assert {answer.reason for answer in answers if isinstance(answer, TokenRefused)} == {"unknown-key"}
    assert len(publisher.requests) == 2


async def test_an_unknown_key_is_not_asked_for_again_within_the_cooldown(
    source: KeySource, publisher: Publisher, elapsed: Turned
) -> None:
    assert await source.key("nobody") is None
    elapsed.now += COOLDOWN - 0.1
    assert await source.key("nobody-else") is None
    assert len(publisher.requests) == 1
    elapsed.now += 0.1
    assert await source.key("nobody") is None
    assert len(publisher.requests) == 2


async def test_a_caller_that_leaves_does_not_end_the_fetch(source: KeySource, publisher: Publisher) -> None:
    publisher.delay = 0.05
    leaving, staying = asyncio.create_task(source.key("old")), asyncio.create_task(source.key("old"))
    await asyncio.sleep(0.01)
    leaving.cancel()
    assert await staying
    assert len(publisher.requests) == 1
    assert leaving.cancelled()


async def test_keys_rotate(publisher: Publisher, client: httpx.AsyncClient, elapsed: Turned) -> None:
    tokens = verifier(publisher, client, elapsed)
    await tokens.verify(token(OLD))
    publisher.body = key_set(OLD, NEW)
    elapsed.now += COOLDOWN
    await tokens.verify(token(NEW))
    publisher.body = key_set(NEW)
    elapsed.now += TTL - 1
    await tokens.verify(token(OLD, 1))
    elapsed.now += 1
    with pytest.raises(TokenRefused, match="unknown-key"):
        await tokens.verify(token(OLD, 2))
    await tokens.verify(token(NEW, 2))
    assert len(publisher.requests) == 3


async def test_an_issuer_may_withdraw_every_key(
    source: KeySource, publisher: Publisher, elapsed: Turned, caplog: pytest.LogCaptureFixture
) -> None:
    assert await source.key("old")
    publisher.body = key_set()
    elapsed.now += TTL
    assert await source.key("old") is None
    assert "publishes no key for ES256" in caplog.text


async def test_the_last_good_keys_serve_for_a_day(
    source: KeySource, publisher: Publisher, elapsed: Turned, caplog: pytest.LogCaptureFixture
) -> None:
    assert await source.key("old")
    start = elapsed.now
    publisher.status = 500
    elapsed.now = start + TTL
    assert await source.key("old")
    assert await source.key("old")
    assert len(publisher.requests) == 2
    assert [record.levelno for record in caplog.records if record.name == "mandate_web.identity.jwks"] == [
        logging.WARNING
    ]
    with pytest.raises(KeysUnavailable) as unavailable:
        await source.key("new")
    assert unavailable.value.retry_in == COOLDOWN
    elapsed.now = start + STALE - 1
    assert await source.key("old")
    elapsed.now = start + STALE
    with pytest.raises(KeysUnavailable):
        await source.key("old")
    publisher.status = 200
    elapsed.now += COOLDOWN
    assert await source.key("old")


@pytest.mark.parametrize(
    ("status", "body", "extra"),
    [
        (500, key_set(OLD), ""),
        (404, b"", ""),
        (204, b"", ""),
        (302, b"", "location: /elsewhere\r\n"),
        (200, b"", ""),
        (200, b"<html>", ""),
        (200, b"[]", ""),
        (200, b"{}", ""),
        (200, b'{"keys": {}}', ""),
        (200, b'{"keys": [], "keys": []}', ""),
        (200, b"[" * 100_000, ""),
        (200, key_set(OLD) + b" " * 300_000, ""),
        (200, b"not gzip", "content-encoding: gzip\r\n"),
    ],
)
async def test_an_answer_that_is_not_a_key_set_is_no_answer(
    source: KeySource, publisher: Publisher, status: int, body: bytes, extra: str
) -> None:
    publisher.status, publisher.body, publisher.extra = status, body, extra
    with pytest.raises(KeysUnavailable) as unavailable:
        await source.key("old")
    assert publisher.uri in str(unavailable.value)
    assert len(publisher.requests) == 1


async def test_a_slow_issuer_is_not_waited_for(source: KeySource, publisher: Publisher) -> None:
    publisher.delay = 5
    with pytest.raises(KeysUnavailable):
        await asyncio.wait_for(source.key("old"), 2)


async def test_nobody_answers(client: httpx.AsyncClient, elapsed: Turned) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    source = source_of(f"http://127.0.0.1:{port}/jwks", client, elapsed)
    with pytest.raises(KeysUnavailable):
        await source.key("old")
    elapsed.now += 4
    with pytest.raises(KeysUnavailable) as again:
        await source.key("old")
    assert again.value.retry_in == COOLDOWN - 4


async def test_a_closed_client_is_our_own_mistake_and_is_loud(publisher: Publisher, elapsed: Turned) -> None:
    async with httpx.AsyncClient() as closed:
        pass
    source = source_of(publisher.uri, closed, elapsed)
    with pytest.raises(RuntimeError):
        await source.key("old")
    with pytest.raises(KeysUnavailable):
        await source.key("old")


def public(key: Key, **members: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": "k", **members}


EC = public(OLD)


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        "key",
        {},
        {**EC, "use": "enc"},
        {**EC, "use": None},
        {**EC, "use": ["sig"]},
        {**EC, "alg": "ES384"},
        {**EC, "alg": ["ES256"]},
        {**EC, "alg": None},
        {**EC, "key_ops": ["sign"]},
        {**EC, "key_ops": []},
        {**EC, "key_ops": "verify"},
        {**EC, "key_ops": 1},
        {**EC, "kty": "RSA"},
        {**EC, "kty": "oct"},
        {**EC, "kty": []},
        {**EC, "crv": "P-384"},
        {**EC, "crv": "secp256k1"},
        {**EC, "kid": ""},
        {**EC, "kid": 1},
        {name: value for name, value in EC.items() if name != "kid"},
        {name: value for name, value in EC.items() if name != "y"},
        {**EC, "x": ""},
        {**EC, "x": 1},
        {**EC, "x": "é"},
        {**EC, "x": "\ud800"},
        {**EC, "x": EC["y"]},  # a point that is not on the curve
        {**OLD.as_dict(private=True), "kid": "k"},
        public(ECKey.generate_key("P-384")),
        {"kty": "oct", "kid": "k", "k": "AAAA"},
        {**public(OctKey.generate_key(256)), "k": "AAAA"},
        public(OKPKey.generate_key("Ed25519")),
        public(RSAKey.generate_key(2048)),
    ],
)
async def test_a_key_that_is_not_for_es256_signatures_is_passed_over(
    source: KeySource, publisher: Publisher, jwk: Any
) -> None:
    publisher.body = json.dumps({"keys": [jwk, NEW.as_dict(private=False)]}).encode()
    assert await source.key("k") is None
    assert await source.key("new")


async def test_of_two_keys_of_one_name_the_first_counts(source: KeySource, publisher: Publisher) -> None:
    publisher.body = key_set(OLD, public(NEW, kid="old"))
    found = await source.key("old")
    assert found is not None
    assert found["x"] == OLD["x"]


RSA = public(RSAKey.generate_key(2048))


def test_what_a_key_may_say_about_itself() -> None:
    assert ALGORITHMS["RS256"].key({**RSA, "use": "sig", "alg": "RS256", "key_ops": ["verify"], "x5t": "x"})
    assert ALGORITHMS["RS256"].key({**RSA, "alg": "PS256"}) is None
    assert ALGORITHMS["RS256"].key({**RSA, "n": RSA["n"][:300]}) is None
    assert ALGORITHMS["RS256"].key({**RSA, "n": "AAAA" * 100 + RSA["n"][:300]}) is None
    assert ALGORITHMS["RS256"].key({**RSA, "n": RSA["n"] * 6}) is None
    assert ALGORITHMS["RS256"].key({**RSA, "n": 1}) is None
    assert ALGORITHMS["RS256"].key({**RSA, "e": "Ag"}) is None
    edwards = public(OKPKey.generate_key("Ed25519"))
    for name in ("EdDSA", "Ed25519"):
        assert ALGORITHMS[name].key({**edwards, "alg": "EdDSA"})
        assert ALGORITHMS[name].key({**edwards, "alg": "Ed25519"})
        assert ALGORITHMS[name].key(public(OKPKey.generate_key("Ed448"))) is None
        assert ALGORITHMS[name].key(public(OKPKey.generate_key("X25519"))) is None


def test_only_asymmetric_signatures() -> None:
    assert not {name for name in ALGORITHMS if name.startswith("HS") or name == "none"}
    assert {algorithm.kty for algorithm in ALGORITHMS.values()} == {"EC", "OKP", "RSA"}
