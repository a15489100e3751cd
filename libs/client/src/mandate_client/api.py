"""The HTTP API as this client uses it: one connection pool, one retry rule, problems as exceptions."""

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Self

import httpx

from mandate_client.addresses import DEFAULT_URL, Addresses, origin
from mandate_client.problems import ApiProblem, BrokenOff, Unreachable, UsageProblem, problem_from
from mandate_client.retrying import RETRIED, Attempts, retry_after

Json = dict[str, Any]
NDJSON = "application/x-ndjson"
PATIENCE = 60.0
PAGE: Final = 200
"""Items that are asked for at once, at most."""

WITH_PEOPLE = {"include": "people"}
"""Asks an answer to say who the persons are whom it tells of."""
_NOT_WORTH_RETRYING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json
    replayed: bool
    """The service gave the stored answer to an earlier request with the same key: nothing happened anew."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """A long answer: its headers, and its bytes as they come."""

    response: httpx.Response

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers

    def blocks(self) -> Iterator[bytes]:
        return self.response.iter_bytes()


class Api:
    """All services, wherever each of them is. Safe to share between threads.

    `persona` is an identity of the development installation, whose token is fetched when first needed and again
    when it has run out. Methods raise ApiProblem (the service refused), Unreachable or UsageProblem.
    """

    def __init__(
        self,
        url: str | Addresses = DEFAULT_URL,
        token: str | None = None,
        persona: str | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._at = Addresses.read([url]) if isinstance(url, str) else url
        self.stop = threading.Event()
        self._persona = persona
        self._token = None if persona else _checked_token(token)
        self._patience = patience
        self._signing_in = threading.Lock()
        self._answered: set[str] = set()
        self._http = httpx.Client(timeout=httpx.Timeout(30.0, connect=5.0), limits=httpx.Limits(max_connections=64))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Json:
        return self._authorised("GET", path, params=params).body

    @contextmanager
    def stream(self, path: str, params: Mapping[str, str | int], accept: str) -> Iterator[Streamed]:
        """A long answer while it arrives. Refusals raise as everywhere; BrokenOff where it ends too early."""
        address = self._at.of(path)
        where = f"GET {address}"
        token = self._signed_in(stale=None)
        self.get(path, {**params, "limit": 1})  # signs in anew, waits and is refused as any other request
        headers = _with_token({"Accept": accept}, self._signed_in(stale=None) or token)
        try:
            with self._http.stream("GET", address, params=dict(params), headers=headers) as response:
                if not response.is_success:
                    response.read()
                    _answer(response, where)
                yield Streamed(response)
        except httpx.TransportError as error:
            raise BrokenOff(f"{where} broke off: {str(error) or type(error).__name__}") from None

    def post(self, path: str, body: Json, key: str | None = None) -> Answer:
        """One decision. `key` is the Idempotency-Key: all tries carry the same, so that it happens once."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        try:
            return self._authorised("POST", path, headers=headers, json=body)
        except ApiProblem as problem:
            if not (problem.status == 403 and problem.replayed):
                raise
        # A refusal is stored under its key as well. The rights may have changed since: ask anew, not again.
        return self._authorised("POST", path, headers={"Idempotency-Key": str(uuid.uuid4())}, json=body)

    def post_lines(self, path: str, lines: bytes, key: str) -> Answer:
        """Many decisions, as NDJSON. The answer is a job, or `items`: what each line came to."""
        headers = {"Idempotency-Key": key, "Content-Type": NDJSON}
        return self._authorised("POST", path, headers=headers, content=lines)

    def pages(
        self, path: str, params: Mapping[str, str | int], people: dict[str, Json] | None = None
    ) -> Iterator[Json]:
        """Every item of a list, over all its pages. `people` comes to hold whom they tell of, by id."""
        asked: dict[str, str | int] = {**params, **({} if people is None else WITH_PEOPLE)}
        while True:
            page = self.get(path, asked)
            if people is not None:
                people.update(page.get("people") or {})
            items = page.get("items")
            if not isinstance(items, list):
                raise ApiProblem(200, "unexpected answer", "a list without items", where=f"GET {self._at.of(path)}")
            yield from (item for item in items if isinstance(item, dict))
            cursor = page.get("next")
            if not cursor or cursor == asked.get("cursor"):
                return
            asked["cursor"] = str(cursor)

    def first(
        self, number: int, path: str, params: Mapping[str, str | int], people: dict[str, Json] | None = None
    ) -> Iterator[Json]:
        """The first items of a list, so many at most. No page is larger than what is asked for."""
        return islice(self.pages(path, {**params, "limit": min(number, PAGE)}, people), number)

    def token_of(self, persona: str) -> str:
        """An access token from the development installation's identity service."""
        path = "/identity/token"
        body = self._send("POST", path, json={"persona": persona}).body
        token = body.get("access_token")
        if not isinstance(token, str) or not token:
            raise ApiProblem(200, "unexpected answer", "no access_token", where=f"POST {self._at.of(path)}")
        return token

    def personas(self) -> list[Json]:
        body = self._send("GET", "/identity/personas").body
        items = body.get("items")
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

    def _authorised(self, method: str, path: str, headers: Mapping[str, str] | None = None, **rest: Any) -> Answer:
        token = self._signed_in(stale=None)
        try:
            return self._send(method, path, headers=_with_token(headers, token), **rest)
        except ApiProblem as problem:
            if problem.status != 401 or self._persona is None:
                raise
        token = self._signed_in(stale=token)
        return self._send(method, path, headers=_with_token(headers, token), **rest)

    def _signed_in(self, stale: str | None) -> str | None:
        if self._persona is None:
            return self._token
        with self._signing_in:
            if self._token is None or self._token == stale:
                self._token = self.token_of(self._persona)
            return self._token

    def _send(self, method: str, path: str, **request: Any) -> Answer:
        address = self._at.of(path)
        where, server = f"{method} {address}", origin(address)
        attempts = Attempts(self._patience, self.stop)
        while True:
            try:
                response = self._http.request(method, address, **request)
            except _NOT_WORTH_RETRYING as error:
                raise UsageProblem(f"cannot send {where}: {error}") from None
            except httpx.TransportError as error:
                # Refused before it ever answered: a wrong address, or nothing started. Say so now.
                refused = isinstance(error, httpx.ConnectError) and server not in self._answered
                if refused or not attempts.again():
                    raise Unreachable(_unreachable(server, error, attempts.made)) from None
                continue
            self._answered.add(server)
            if response.status_code in RETRIED and attempts.again(retry_after(response.headers.get("Retry-After"))):
                continue
            return _answer(response, where)


def _with_token(headers: Mapping[str, str] | None, token: str | None) -> dict[str, str]:
    return {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}


def _answer(response: httpx.Response, where: str) -> Answer:
    replayed = response.headers.get("Idempotency-Replayed", "").lower() == "true"
    try:
        if response.headers.get("Content-Type", "").partition(";")[0] == NDJSON:
            body = {"items": [json.loads(line) for line in response.content.splitlines()]}
        else:
            body = response.json()
    except ValueError:
        body = None
    if not response.is_success:
        raise problem_from(response.status_code, response.reason_phrase, body, where, replayed=replayed)
    if not isinstance(body, dict):
        raise ApiProblem(response.status_code, "unexpected answer", "not a JSON object: is this Mandate?", where=where)
    return Answer(response.status_code, body, replayed)


def _unreachable(url: str, error: httpx.TransportError, retries: int) -> str:
    tried = f" after {retries} tries" if retries > 1 else ""
    said = str(error) or type(error).__name__
    return f"cannot reach Mandate at {url}{tried}: {said}. Is it running? Another address: --url or MANDATE_URL."


def _checked_token(token: str | None) -> str | None:
    token = (token or "").strip()
    if not all("!" <= character <= "~" for character in token):
        raise UsageProblem("the token holds characters no token has: copy it again, or use --as PERSONA")
    return token or None
