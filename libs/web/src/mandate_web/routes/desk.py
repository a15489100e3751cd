"""The desk: where an HTTP request becomes a command, and its outcome a receipt."""

import hashlib
import re
from typing import Annotated, Any, Final, TypeAlias

import orjson
from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from mandate_events.deciding import Aggregate, Command
from mandate_events.deciding.batch import Submission
from mandate_events.document.identifiers import derived, uuid7
from mandate_events.ledger.store import Store
from mandate_events.values.told import Consistency, Key
from mandate_web.address import Address
from mandate_web.identity.strict import json_value
from mandate_web.problems.problem import Problem, invalid
from mandate_web.routes.access import POLICY, SECURED, Authenticated, Person, header

KEY: Final = re.compile(r"[!-~]{1,255}")
JSON_TYPE: Final = re.compile(r"application/[a-z0-9.-]+\+json")
ETAG: Final = re.compile(r'"([0-9]{1,9})(-[0-9a-f]{1,64})?"')
"""The version, as a receipt tells it, or with the digest of an answer, as a read does: the versions are compared."""


class Receipt(BaseModel):
    """The command is decided and durable."""

    model_config = ConfigDict(frozen=True)

    id: Key = Field(description="Id of the thing decided on")
    version: int = Field(description="Version of its stream: send it as `If-Match`, in quotes")
    position: int | None = Field(description="Position of the last event in the ledger; null where nothing changed")
    consistency: Consistency = Field(
        description="Send it as `Mandate-Consistency` with a read that must see this", examples=["governance:17"]
    )


HEADERS: Final = [
    header(
        "Idempotency-Key",
        "Same key and body: same answer, and nothing done twice",
        "3f1c0e5a-import-17",
        "^[!-~]{1,255}$",
    ),
    header("If-Match", "The version you decided on", '"7"', r'^ *(\*|"[0-9]{1,9}(-[0-9a-f]{1,64})?(-gzip)?") *$'),
]


def decides(command: type[Command]) -> dict[str, Any]:
    """For a route that gives a command: `@router.post(..., **decides(CharterOffice))`; it answers with a receipt."""
    return {
        "status_code": 201,
        "responses": {201: {"model": Receipt, "description": "Decided and durable"}},
        "openapi_extra": {
            POLICY: f"decides {command.__name__}",
            "parameters": HEADERS,
            **SECURED,
        },
    }


class Desk:
    """Takes the commands of one request."""

    def __init__(self, request: Request, person: Person, key: str, expected: int | None, fingerprint: bytes) -> None:
        self._request = request
        self._person = person
        self._key = key
        self._expected = expected
        self._fingerprint = fingerprint
        self._store: Store = request.app.state.store
        self._address = Address.of(request.scope)

    @property
    def _route(self) -> str:
        """What is asked, as this service names it: the same wherever a proxy or the embedded product mounts it."""
        return f"POST {self._address.route}"

    async def open(
        self, aggregate: Aggregate[Any], command: Command, *, location: str, project: str | None = None
    ) -> Response:
        """Give a command that begins a thing, of a project or of none. `location` names its id as `{id}`.

        The id follows from who asks and from the key: asked again, it is the same thing.
        """
        id_ = derived(aggregate.name, self._person.id, self._route, self._key)
        return await self.decide(aggregate, id_, command, location=location.format(id=id_), project=project)

    async def decide(
        self,
        aggregate: Aggregate[Any],
        id_: str,
        command: Command,
        *,
        location: str | None = None,
        project: str | None = None,
    ) -> Response:
        """Give the command and answer with the receipt. `location` is where the thing can be read."""
        outcome = await self._store.submit(
            Submission(
                aggregate,
                id_,
                command,
                actor=self._person.id,
                route=self._route,
                key=self._key,
                fingerprint=self._fingerprint,
                expected=self._expected,
                project=project,
                correlation=self._request.scope.get("mandate.correlation"),
            )
        )
        service = self._store.domain.service
        position = outcome.position
        known = self._store.appender.position if position is None else position
        body = {
            "id": id_,
            "version": outcome.version,
            "position": position,
            "consistency": f"{service}:{known}",
        }
        headers = {"ETag": f'"{outcome.version}"', "Idempotency-Key": self._key}
        if location:
            headers["Location"] = f"{self._address.root}{location}"
        if outcome.replayed:
            headers["Idempotency-Replayed"] = "true"
        return Response(orjson.dumps(body), 201, headers, "application/json")


async def _open_desk(request: Request, person: Authenticated) -> Desk:
    key = request.headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise invalid("?idempotency-key", "key-form")
    body = await request.body()
    _check(request.headers.get("content-type", ""), body)
    expected = expected_version(request.headers.get("if-match"))
    return Desk(request, person, key or uuid7(), expected, hashlib.sha256(body).digest())


OpenDesk: TypeAlias = Annotated[Desk, Depends(_open_desk)]


def _check(content_type: str, body: bytes) -> None:
    """FastAPI has read the body as Python reads JSON, which takes more than there is. Here only JSON is accepted."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" and not JSON_TYPE.fullmatch(media_type):
        raise Problem("unsupported-media-type", "send-json")
    try:
        json_value(body)
    except ValueError as error:
        raise Problem("malformed-request", "not-json", {"why": str(error)}) from error


def expected_version(if_match: str | None) -> int | None:
    """The version in `If-Match`; a strong tag that begins with it, or `*` for any."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = ETAG.fullmatch(if_match.strip())
    if match is None:
        raise invalid("?if-match", "if-match-form")
    return int(match[1])
