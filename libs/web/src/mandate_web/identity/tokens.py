"""Who is calling: OIDC access tokens (RFC 9068), verified so that there is one way to be right.

A token is believed only if every part of it is canonical, it is signed with the one algorithm its issuer is
configured with, by a key that issuer publishes, for this audience, now. Only `iss` is read before the
signature is checked, and only to know whose keys to ask.
"""

import hashlib
import ipaddress
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx

from mandate_web.identity.jwks import ALGORITHMS, Issuer, KeySource, KeysUnavailable, KeyTimes
from mandate_web.identity.strict import base64url, json_object

__all__ = [
    "Claims",
    "Issuer",
    "KeysUnavailable",
    "Reason",
    "TokenRefused",
    "TokenVerifier",
    "issuer_problems",
    "person_id",
]

Reason = Literal[
    "missing",
    "malformed",
    "forbidden-header",
    "wrong-type",
    "wrong-algorithm",
    "unknown-key",
    "bad-signature",
    "wrong-issuer",
    "wrong-audience",
    "missing-claim",
    "bad-claim",
    "expired",
    "not-yet-valid",
    "too-long-lived",
]

LARGEST_TOKEN = 8 * 1024
FORBIDDEN_HEADERS = frozenset({"crit", "jwk", "jku", "x5u", "x5c", "b64", "enc", "zip"})
TYPES = frozenset({"at+jwt", "application/at+jwt"})
LATEST_INSTANT = 253_402_300_799  # the last second of the year 9999

_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # controls, lone surrogates
_OTHER_NUMERIC_HOST = re.compile(r"(?:.*\.)?(?:\d+|0[xX][0-9a-fA-F]*)")  # 127.1, 2130706433, 0x7f.1
_UNSAFE_DOMAINS = ("localhost", "invalid", "local", "test")


class TokenRefused(Exception):
    """The token proves nothing. `detail` says more to whoever reads the log, and never quotes the token."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. Instants are seconds since 1970, UTC."""

    person: UUID
    issuer: str
    subject: str
    token_id: str
    expires_at: int
    issued_at: int


def person_id(deployment: str, issuer: str, subject: str) -> UUID:
    """The person's identity in every service of one deployment; it says nothing about them elsewhere."""
    return uuid5(uuid5(NAMESPACE_URL, f"mandate:{deployment}"), f"{issuer}|{subject}")


class TokenVerifier:
    """Verifies tokens of the configured issuers, and for a minute remembers those it has verified."""

    def __init__(
        self,
        issuers: Sequence[Issuer],
        deployment: str,
        *,
        fetch: httpx.AsyncClient,
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
        skew: float = 30,
        longest_life: float = 24 * 3600,
        remember_for: float = 60,
        remember_most: int = 4096,
        key_times: KeyTimes | None = None,
    ) -> None:
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        if len(self._issuers) != len(issuers):
            raise ValueError("an issuer is configured twice")
        self._keys = {
            issuer.issuer: KeySource(issuer, fetch=fetch, times=key_times, elapsed=elapsed) for issuer in issuers
        }
        self._deployment = deployment
        self._clock = clock
        self._elapsed = elapsed
        self._skew = skew
        self._longest_life = longest_life
        self._remember_for = remember_for
        self._remember_most = remember_most
        self._remembered: OrderedDict[bytes, tuple[float, Claims]] = OrderedDict()

    async def verify(self, token: str) -> Claims:
        """The claims of a valid token; TokenRefused otherwise; KeysUnavailable when that cannot be known."""
        if not token:
            raise TokenRefused("missing")
        if len(token) > LARGEST_TOKEN or not token.isascii():
            raise TokenRefused("malformed", "too long or not ASCII")
        digest = hashlib.sha256(token.encode("ascii")).digest()
        if found := self._remembered.get(digest):
            until, claims = found
            if self._elapsed() < until:
                self._refuse_expired(claims.expires_at)
                self._remembered.move_to_end(digest)
                return claims
            del self._remembered[digest]
        claims = await self._verify(token)
        self._remembered[digest] = (self._elapsed() + self._remember_for, claims)
        if len(self._remembered) > self._remember_most:
            self._remembered.popitem(last=False)
        return claims

    async def _verify(self, token: str) -> Claims:
        if token.count(".") != 2:
            raise TokenRefused("malformed", "not three segments")
        protected, body, mac = token.split(".")
        try:
            header, payload = json_object(base64url(protected)), json_object(base64url(body))
            signature = base64url(mac)
        except ValueError as error:
            raise TokenRefused("malformed", str(error)) from error
        kid = _key_id(header)
        issuer = self._issuers.get(_text(payload, "iss"))
        if issuer is None:
            raise TokenRefused("wrong-issuer")
        if header.get("alg") != issuer.algorithm:
            raise TokenRefused("wrong-algorithm", f"{issuer.issuer} signs with {issuer.algorithm}")
        key = await self._keys[issuer.issuer].key(kid)
        if key is None:
            raise TokenRefused("unknown-key")
        signed = f"{protected}.{body}".encode("ascii")
        if not ALGORITHMS[issuer.algorithm].model.verify(signed, signature, key):
            raise TokenRefused("bad-signature")
        return self._claims(payload, issuer)

    def _claims(self, payload: dict[str, Any], issuer: Issuer) -> Claims:
        subject, token_id = _text(payload, "sub"), _text(payload, "jti")
        issued_at, expires_at = _instant(payload, "iat"), _instant(payload, "exp")
        not_before = _instant(payload, "nbf") if "nbf" in payload else issued_at
        if issuer.audience not in _audiences(payload):
            raise TokenRefused("wrong-audience")
        if expires_at <= issued_at:
            raise TokenRefused("bad-claim", "exp is not after iat")
        if expires_at - issued_at > self._longest_life:
            raise TokenRefused("too-long-lived")
        if max(not_before, issued_at) > self._clock() + self._skew:
            raise TokenRefused("not-yet-valid")
        self._refuse_expired(expires_at)
        person = person_id(self._deployment, issuer.issuer, subject)
        return Claims(person, issuer.issuer, subject, token_id, expires_at, issued_at)

    def _refuse_expired(self, expires_at: int) -> None:
        if self._clock() >= expires_at + self._skew:
            raise TokenRefused("expired")


def _key_id(header: dict[str, Any]) -> str:
    if found := FORBIDDEN_HEADERS & header.keys():
        raise TokenRefused("forbidden-header", ", ".join(sorted(found)))
    kind, kid = header.get("typ"), header.get("kid")
    if not isinstance(kind, str) or kind.lower() not in TYPES:
        raise TokenRefused("wrong-type")
    if not isinstance(kid, str) or not kid:
        raise TokenRefused("unknown-key", "the token names no key")
    return kid


def _claim(payload: dict[str, Any], name: str) -> Any:
    if name not in payload:
        raise TokenRefused("missing-claim", name)
    return payload[name]


def _text(payload: dict[str, Any], name: str) -> str:
    value = _claim(payload, name)
    if not isinstance(value, str) or not 0 < len(value) <= 255 or _UNWRITABLE.search(value):
        raise TokenRefused("bad-claim", name)
    return value


def _instant(payload: dict[str, Any], name: str) -> int:
    value = _claim(payload, name)
    if type(value) is not int or not 0 <= value <= LATEST_INSTANT:  # type(): a bool is an int too
        raise TokenRefused("bad-claim", name)
    return value


def _audiences(payload: dict[str, Any]) -> list[str]:
    value = _claim(payload, "aud")
    audiences = value if isinstance(value, list) else [value]
    if not audiences or not all(isinstance(audience, str) for audience in audiences):
        raise TokenRefused("bad-claim", "aud")
    return audiences


def issuer_problems(issuer: Issuer, production: bool) -> list[str]:
    """What is wrong with this configuration, in words for whoever deploys; empty when nothing is.

    Production wants https and hosts that are somebody's. The development identity can only have an issuer of
    plain http on loopback, so it never passes.
    """
    return [
        f"{name} {url!r} {problem}"
        for name, url in (("issuer", issuer.issuer), ("jwks_uri", issuer.jwks_uri))
        for problem in _url_problems(url, production)
    ]


def _url_problems(url: str, production: bool) -> list[str]:
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ["is not a URL"]
    if parts.scheme not in ("http", "https") or not host:
        return ["is not an http or https URL"]
    problems = []
    if parts.username is not None or parts.fragment:
        problems.append("must have no user name and no fragment")
    if production and parts.scheme != "https":
        problems.append("must be https in production")
    if production and _is_nobodys(host):
        problems.append("must not be loopback, a reserved name or the development identity in production")
    return problems


def _is_nobodys(host: str) -> bool:
    """Whether the host is this machine, this link or a name that is reserved, in any way of writing it."""
    try:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(host)
    except ValueError:
        return host.rpartition(".")[2] in _UNSAFE_DOMAINS or _OTHER_NUMERIC_HOST.fullmatch(host) is not None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast
