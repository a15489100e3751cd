"""Access: who is asking, and the policy of every route in its signature.

A route is public, reads under a named right, or decides a command. A route that declares none of these fails a test.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Depends, Request

from mandate_events.deciding import Mandate
from mandate_events.deciding.rights import Rights
from mandate_web.identity.tokens import TokenRefused, TokenVerifier
from mandate_web.problems.problem import Problem, ruled
from mandate_web.routes.limits import Limits

FindHeld: TypeAlias = Callable[[str], Awaitable[Sequence[Mandate]]]
"""The mandates of a person, for reading."""

POLICY: Final = "x-mandate-policy"

SECURITY_SCHEMES: Final = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "OIDC access token (RFC 9068) of the organisation's identity provider",
    }
}
"""Described here and not declared as a dependency: FastAPI would solve it anew for each request."""

SECURED: Final[dict[str, Any]] = {"security": [{"accessToken": []}]}


def header(name: str, description: str, example: str, pattern: str = "") -> dict[str, Any]:
    """A request header's entry in OpenAPI. It is read from the request itself, which costs nothing to solve."""
    schema = {"type": "string", **({"pattern": pattern} if pattern else {}), "examples": [example]}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


WAITING: Final = [
    header(
        "Mandate-Consistency",
        "Tokens of receipts that the answer must include",
        "governance:17",
        r"^ *[a-z]+:[0-9]{1,18} *(, *[a-z]+:[0-9]{1,18} *)*$",
    ),
    header("Prefer", "How many seconds to wait for them", "wait=5"),
]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking. Tokens say only who; what they may do comes from events."""

    id: str
    issuer: str
    subject: str


async def authenticated(request: Request) -> Person:
    """The person that the access token names."""
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if not header:
        raise TokenRefused("missing")
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused("malformed", "the Authorization header is not `Bearer <token>`")
    verifier: TokenVerifier = request.app.state.verifier
    claims = await verifier.verify(token)
    person = Person(str(claims.person), claims.issuer, claims.subject)
    request.scope["mandate.actor"] = person.id
    limits: Limits = request.app.state.limits
    request.scope["mandate.quota"] = limits.take(person.id)
    return person


Authenticated: TypeAlias = Annotated[Person, Depends(authenticated)]


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who may read, and how far: everything, or the projects they hold a mandate for."""

    person: Person
    held: Sequence[Mandate]
    rights: Rights
    query: str

    def sees_all(self) -> bool:
        return self.rights.may_read(self.query, [mandate for mandate in self.held if mandate.project is None])

    def projects(self) -> list[str]:
        """The projects that a project role lets them see."""
        return sorted(
            mandate.project
            for mandate in self.held
            if mandate.project is not None and self.rights.may_read(self.query, [mandate], mandate.project)
        )

    def sees(self, project: str) -> bool:
        return self.sees_all() or project in self.projects()


def viewer(query: str) -> Any:
    """`Annotated[Viewer, viewer("read-portfolio")]`: 403 for who may not read it at all."""

    async def may_read(request: Request, person: Authenticated) -> Viewer:
        find: FindHeld = request.app.state.find_held
        rights: Rights = request.app.state.domain.rights
        held = await find(person.id)
        request.scope["mandate.held"] = held
        projects = {mandate.project for mandate in held}
        if not any(rights.may_read(query, held, project) for project in projects):
            raise no_right(query, rights)
        return Viewer(person, held, rights, query)

    return Depends(may_read)


def no_right(query: str, rights: Rights) -> Problem:
    """Nobody gave the person the right to read this."""
    return ruled("not-permitted", "no-right", {"command": query, "needed": rights.roles_for(query)})


def public() -> dict[str, Any]:
    """For a route that anybody may call: `@router.get(..., **public())`."""
    return {"openapi_extra": {POLICY: "public", "security": []}}


def anyone(*, waits: bool = False) -> dict[str, Any]:
    """For a route that needs a person but no right; it `waits` where it takes an `OpenView`."""
    return _declared("authenticated", waits)


def reads(query: str, *, waits: bool = False) -> dict[str, Any]:
    """For a route that reads under a right; it `waits` where it takes an `OpenView`."""
    return _declared(f"reads {query}", waits)


def _declared(policy: str, waits: bool) -> dict[str, Any]:
    waiting = {"parameters": WAITING} if waits else {}
    return {"openapi_extra": {POLICY: policy, **waiting, **SECURED}}
