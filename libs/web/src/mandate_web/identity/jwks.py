"""The issuers we trust and the keys they sign with: fetched, sifted, kept, fetched again for an unknown one.

RFC 7517 for the key set, RFC 7518, 8037 and 9864 for the algorithms. joserfc gives the mathematics; which key
may be used with which algorithm is decided here, so that a library default can never widen it.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwa import JWS_ALGORITHMS, JWSAlgModel
from joserfc.jwk import Key, import_key

from mandate_web.identity.strict import base64url, json_object

log = logging.getLogger(__name__)

LARGEST_KEY_SET = 256 * 1024  # bytes; real ones are a few KiB
RSA_BITS = range(2048, 8193)  # shorter is broken, longer is a way to keep a core busy


class KeysUnavailable(Exception):
    """We hold no keys that may still be used and could not fetch any: nothing is known about the token.

    `retry_in` is the number of seconds before another fetch is tried.
    """

    def __init__(self, uri: str, retry_in: float) -> None:
        super().__init__(f"no usable keys from {uri}")
        self.uri = uri
        self.retry_in = retry_in


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One signature algorithm and the only kind of key it is used with."""

    model: JWSAlgModel
    kty: str
    crv: str | None
    members: tuple[str, ...]  # the public members of the key: nothing else of a JWK reaches joserfc
    key_algs: frozenset[str]  # what a key's own `alg` may say

    def key(self, jwk: object) -> tuple[str, Key] | None:
        """The key id and key, if this published JWK may verify signatures of this algorithm."""
        if not isinstance(jwk, dict) or not self._fits(jwk):
            return None
        try:
            if self.kty == "RSA" and int.from_bytes(base64url(jwk["n"])).bit_length() not in RSA_BITS:
                return None
            key = import_key({"kty": self.kty, **{member: jwk[member] for member in self.members}})
            self.model.check_key(key)
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        return jwk["kid"], key

    def _fits(self, jwk: dict[str, Any]) -> bool:
        operations = jwk.get("key_ops", ["verify"])
        kid = jwk.get("kid")
        return (
            isinstance(kid, str)
            and kid != ""
            and jwk.get("kty") == self.kty
            and jwk.get("crv") == self.crv
            and jwk.get("use", "sig") == "sig"
            and jwk.get("alg", self.model.name) in tuple(self.key_algs)
            and isinstance(operations, list)
            and "verify" in operations
            and "d" not in jwk  # a published private key proves nothing about who signed
        )


def _algorithms() -> dict[str, Algorithm]:
    models = {model.name: model for model in JWS_ALGORITHMS}
    found = {}
    for name, crv in (("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521")):
        found[name] = Algorithm(models[name], "EC", crv, ("crv", "x", "y"), frozenset({name}))
    for name in ("EdDSA", "Ed25519"):  # RFC 9864 renamed it; issuers and their keys are at different dates
        found[name] = Algorithm(models[name], "OKP", "Ed25519", ("crv", "x"), frozenset({"EdDSA", "Ed25519"}))
    for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"):
        found[name] = Algorithm(models[name], "RSA", None, ("n", "e"), frozenset({name}))
    return found


ALGORITHMS = _algorithms()
"""Every algorithm an issuer may be configured with: asymmetric signatures only."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whom we trust to say who is calling. One algorithm, chosen by us and not by the token (RFC 8725)."""

    issuer: str
    audience: str
    algorithm: str
    jwks_uri: str

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise ValueError(f"algorithm {self.algorithm!r} is none of {', '.join(ALGORITHMS)}")
        if not self.issuer or not self.audience:
            raise ValueError("an issuer and an audience are required")
        if "|" in self.issuer:  # person ids are made from issuer|subject: it must split one way only
            raise ValueError("an issuer must not contain '|'")


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """How long keys are held, in seconds."""

    ttl: float = 600  # after this the set is fetched again, so a withdrawn key stops working
    cooldown: float = 10  # at most one fetch in this time, whatever tokens ask for
    stale: float = 24 * 3600  # how long the last good set serves while the issuer cannot be reached
    deadline: float = 5  # for one fetch, body included


class KeySource:
    """The current keys of one issuer."""

    def __init__(
        self,
        issuer: Issuer,
        *,
        fetch: httpx.AsyncClient,
        times: KeyTimes | None = None,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._uri = issuer.jwks_uri
        self._algorithm = ALGORITHMS[issuer.algorithm]
        self._client = fetch
        self._times = times or KeyTimes()
        self._elapsed = elapsed
        self._keys: dict[str, Key] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failed = False
        self._flight: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> Key | None:
        """The key named `kid`; None if its issuer publishes no such key; KeysUnavailable if unknown."""
        held = self._keys.get(kid)
        now = self._elapsed()
        if held is not None and now - self._fetched_at < self._times.ttl:
            return held
        if now - self._tried_at >= self._times.cooldown:
            await self._refetch()
            now = self._elapsed()
        held = self._keys.get(kid) if now - self._fetched_at < self._times.stale else None
        if held is None and self._failed:
            raise KeysUnavailable(self._uri, max(0.0, self._times.cooldown - (now - self._tried_at)))
        return held

    async def _refetch(self) -> None:
        """All who ask while a fetch is under way wait for that one; a caller that leaves does not end it."""
        if self._flight is None:
            self._flight = asyncio.create_task(self._fetch())
        await asyncio.shield(self._flight)

    async def _fetch(self) -> None:
        self._failed = True
        try:
            async with asyncio.timeout(self._times.deadline):
                keys = self._sift(await self._download())
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as error:
            log.warning("keys of %s could not be fetched: %s: %s", self._uri, type(error).__name__, error)
        else:
            self._keys, self._fetched_at, self._failed = keys, self._elapsed(), False
            if not keys:
                log.warning("%s publishes no key for %s", self._uri, self._algorithm.model.name)
        finally:
            self._tried_at = self._elapsed()
            self._flight = None

    async def _download(self) -> bytes:
        headers = {"accept": "application/jwk-set+json, application/json", "accept-encoding": "identity"}
        request = self._client.stream("GET", self._uri, headers=headers, follow_redirects=False)
        async with request as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"status {response.status_code}")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_KEY_SET:
                    raise ValueError("key set too large")
        return bytes(body)

    def _sift(self, body: bytes) -> dict[str, Key]:
        published = json_object(body).get("keys")
        if not isinstance(published, list):
            raise ValueError("not a key set")  # noqa: TRY004  # a fault of the text, as in json_object
        keys: dict[str, Key] = {}
        for jwk in published:
            if found := self._algorithm.key(jwk):
                keys.setdefault(*found)
        return keys
