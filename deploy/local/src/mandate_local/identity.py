"""The development identity: signs in anyone who asks, as one of a few invented people.

It must never be in a production image. It lives in `mandate-local`, which no image installs; it answers this
machine only; and its issuer is plain http on loopback, which production settings refuse
(`mandate_web.identity.tokens.issuer_problems`). Everything else about it is real: an ES256 key, a published key set and
RFC 9068 tokens, so a service verifies them exactly as it verifies those of a company's identity provider.
"""

import json
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, import_key
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mandate_web.identity.tokens import person_id

PERSONAS: Mapping[str, str] = MappingProxyType(
    {
        "founder": "Sets the deployment up and gives the first mandates",
        "pmo-1": "PMO: portfolios, standards and mandates",
        "pmo-2": "PMO, the second pair of eyes for pmo-1",
        "pm-1": "Project manager",
        "pm-2": "Project manager of another project",
        "pm-3": "Project manager, for handovers",
        "officer-1": "PM officer: assures, challenges and escalates",
        "officer-2": "PM officer, the second pair of eyes for officer-1",
        "sponsor-1": "Sponsor: owns the purpose, accepts what is delivered",
        "auditor-1": "Auditor: reads everything, changes nothing",
        "observer-1": "Observer: reads what is shared",
        "team-1": "Team member: reports work and progress",
        "stranger": "Known to the identity provider, without any mandate",
    }
)
"""Everyone there is: the subject of the token, and what the person is for. None of them exists."""

LONGEST_LIFE = 8 * 3600  # seconds: a working day
KEY_FILE = "development-identity-key.json"

_LOOPBACK = r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?"
_LOOPBACK_HOST = re.compile(_LOOPBACK, re.IGNORECASE | re.ASCII)
_LOOPBACK_CLIENT = re.compile(r"127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3}", re.IGNORECASE | re.ASCII)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class BadRequest(Exception):
    """The request for a token makes no sense, in words for whoever wrote it."""


def create_identity(
    issuer: str,
    audience: str,
    state_dir: Path,
    *,
    deployment: str = "local",
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """An identity provider at `issuer`, which must be plain http on loopback, for tokens meant for `audience`.

    `deployment` only serves to tell each persona's person id, and must be what the services are configured with.
    """
    parts = urlsplit(issuer)
    if parts.scheme != "http" or not _LOOPBACK_HOST.fullmatch(parts.netloc) or parts.query or parts.fragment:
        raise ValueError(f"the development identity cannot be {issuer!r}: only plain http on loopback")
    base = issuer.rstrip("/")
    key = signing_key(state_dir)
    people = {name: str(person_id(deployment, issuer, name)) for name in PERSONAS}

    async def configuration(_: Request) -> JSONResponse:
        return JSONResponse(
            {
                "issuer": issuer,
                "jwks_uri": f"{base}/jwks",
                "token_endpoint": f"{base}/token",
                "id_token_signing_alg_values_supported": ["ES256"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
            }
        )

    async def jwks(_: Request) -> JSONResponse:
        return JSONResponse({"keys": [key.as_dict(private=False)]})

    async def personas(_: Request) -> JSONResponse:
        items = [{"name": name, "role": role, "person": people[name]} for name, role in PERSONAS.items()]
        return JSONResponse({"items": items, "next": None})

    async def token(request: Request) -> JSONResponse:
        persona, life = _asked(request.headers.get("content-type", ""), await request.body())
        now = int(clock())
        claims = {
            "iss": issuer,
            "sub": persona,
            "aud": audience,
            "exp": now + life,
            "iat": now,
            "jti": secrets.token_urlsafe(16),
            "client_id": "development",
        }
        header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
        answer = {
            "access_token": jwt.encode(header, claims, key, algorithms=["ES256"]),
            "token_type": "Bearer",
            "expires_in": life,
            "persona": persona,
            "person": people[persona],
        }
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", configuration),
            Route("/jwks", jwks),
            Route("/personas", personas),
            Route("/token", token, methods=["POST"]),
        ],
        middleware=[
            Middleware(LoopbackOnly),
            Middleware(CORSMiddleware, allow_origin_regex=f"https?://{_LOOPBACK}", allow_methods=["GET", "POST"]),
        ],
        exception_handlers={BadRequest: _bad_request},
        max_body_size=4096,
    )


class LoopbackOnly:
    """Serves this machine under its own name: no other client, no proxy, no name rebound to 127.0.0.1."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_local(scope):
            refusal = JSONResponse({"error": "access_denied", "error_description": "loopback only"}, status_code=403)
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_local(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    client = scope.get("client")
    return (
        client is not None
        and _LOOPBACK_CLIENT.fullmatch(client[0]) is not None
        and len(hosts) == 1
        and _LOOPBACK_HOST.fullmatch(hosts[0]) is not None
        and not any(name in headers for name in _FORWARDED)
    )


def signing_key(state_dir: Path) -> ECKey:
    """The key of this state directory, made on first use and readable by its owner only."""
    path = state_dir / KEY_FILE
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _keep(ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True), path)
    path.chmod(0o600)
    return import_key(json.loads(path.read_text("ascii")), "EC")


def _keep(key: ECKey, path: Path) -> None:
    """Write the key whole or not at all; of two starts at once, the first to finish wins."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(key.as_dict(private=True), file)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _asked(content_type: str, body: bytes) -> tuple[str, int]:
    """The persona and the token's life in seconds that a form or a JSON object asks for."""
    asked: Any
    try:
        if content_type.partition(";")[0].strip().lower() == "application/json":
            asked = json.loads(body.decode("utf-8"))
        else:
            asked = dict(parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=10))
    except (ValueError, RecursionError) as error:
        raise BadRequest("send persona=NAME as a form, or as a JSON object") from error
    persona = asked.get("persona") if isinstance(asked, dict) else None
    if not isinstance(persona, str) or persona not in PERSONAS:
        raise BadRequest(f"persona must be one of {', '.join(PERSONAS)}")
    life = str(asked.get("expires_in", LONGEST_LIFE))
    if not re.fullmatch(r"[1-9][0-9]{0,4}", life) or int(life) > LONGEST_LIFE:
        raise BadRequest(f"expires_in must be whole seconds, from 1 to {LONGEST_LIFE}")
    return persona, int(life)


async def _bad_request(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": "invalid_request", "error_description": str(error)}, status_code=400)
