"""Requests that nobody would think of, made from the documents in docs/api by schemathesis, sent by several people.

Each request goes to the running product as a member of the PMO, a project manager, a stranger and nobody. Whatever
comes back must be documented; and what the published table of rights denies to a person must not have been done.
"""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from mandate_web.routes.access import POLICY
from tests.e2e.running import Product

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
AnyCase: TypeAlias = Case[Any]

SERVICES: Final = ("governance", "projects", "reporting")
PERSONAS: Final = ("", "stranger", "pm-1", "pmo-1")
"""Nobody first, and who may do most last: what they do might change what the others may."""

ENDLESS: Final = "followEvents"
"""Its answer never ends; tests/integration/test_live.py looks at it."""

ANSWERS: Final = (
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
)


REJECTED: Final = ["400", "401", "403", "404", "409", "412", "413", "414", "415", "422", "503"]
"""What a request may be answered that contradicts the document: who asks, and what about, is looked at before."""

BEHIND: Final = "/problems/projection-behind"
"""The only way in which a service that runs may fail to answer: what was asked for is not there yet."""


@contextmanager
def running() -> Iterator[Product]:
    """The product with its demo portfolio. There is no rate limit: we ask more than any person would."""
    with tempfile.TemporaryDirectory(prefix="mandate-fuzz-") as directory, pytest.MonkeyPatch.context() as environment:
        environment.setenv("MANDATE_RATE_LIMIT", "0")
        with Product(Path(directory) / "data", demo=True) as product:
            product.until(lambda: "Ctrl-C" in product.log.read_text(), 60)
            yield product


@dataclass(frozen=True, slots=True)
class Right:
    """A row of the published table."""

    roles: frozenset[str]
    allows: bool
    own_project: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, and the mandates that the service says they hold: role and project."""

    persona: str
    headers: dict[str, str]
    held: tuple[tuple[str, str | None], ...]


class Api:
    """One service of a running product, and what it publishes of who may do what."""

    def __init__(self, product: Product, service: str, document: dict[str, Any] | None = None) -> None:
        self.url = f"{product.url}/{service}"
        self.session = requests.Session()
        self.schema = schemathesis.openapi.from_dict(document or self.document(product, service))
        self.schema.config.update(base_url=self.url)
        self.schema.config.generation.update(with_security_parameters=False)
        self.schema.config.checks.negative_data_rejection.expected_statuses = REJECTED
        self.rights: dict[str, list[Right]] = {}
        for row in product.get("pmo-1", f"/{service}/v1/decision-rights").json()["rights"]:
            right = Right(frozenset(row["roles"]), row["effect"] == "allow", row["relation"] == "own-project")
            self.rights.setdefault(row["command"], []).append(right)
        self.people = [self._person(product, service, persona) for persona in PERSONAS]
        self.things = things(product)

    @staticmethod
    def document(product: Product, service: str) -> dict[str, Any]:
        """What the running service says of itself."""
        found: dict[str, Any] = product.http.get(f"/{service}/openapi.json").json()
        return found

    @staticmethod
    def _person(product: Product, service: str, persona: str) -> Person:
        if not persona:
            return Person("", {}, ())
        held = product.get(persona, f"/{service}/v1/me").json()["mandates"]
        return Person(persona, product.headers(persona), tuple((each["role"], each["project"]) for each in held))

    def operations(self) -> Iterator[Operation]:
        for found in self.schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            if operation.definition.raw["operationId"] != ENDLESS:
                yield operation

    def permits(self, person: Person, policy: str, project: str | None) -> bool:
        """Whether the table lets the person do it at all; a deny row wins. The state of the thing may still refuse."""
        kind, _, names = policy.partition(" ")
        if kind == "public":
            return True
        if not person.persona:
            return False
        return kind == "authenticated" or any(self._allows(person, name, project) for name in names.split(", "))

    def _allows(self, person: Person, command: str, project: str | None) -> bool:
        matching = [
            right
            for right in self.rights.get(command, [])
            for role, of in person.held
            if role in right.roles and (not right.own_project or (of is not None and project in {None, of}))
        ]
        return bool(matching) and all(right.allows for right in matching)


def things(product: Product) -> dict[str, list[str]]:
    """Ids of what there is, by the word before them in a path: not every request must be about nothing."""

    def listed(path: str) -> list[str]:
        return [item["id"] for item in product.get("pmo-1", path).json()["items"]]

    projects = listed("/governance/v1/proposals")
    return {
        "gate-reviews": listed("/governance/v1/gate-reviews"),
        "members": [product.person("pmo-2")],
        "problems": ["refused", "no-right"],
        "projects": projects,
        "schemas": ["mandate.governance.envelope.json", "mandate.projects.rights-adopted.v1"],
        "proposals": projects,
        "standards": ["capital-delivery"],
    }


def findings(api: Api, operation: Operation, examples: int, number: int, answered: Counter[int]) -> list[str]:
    """What is wrong with the answers to `examples` valid and as many invalid requests, each kind of fault once."""
    found: dict[str, str] = {}
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        explore = _exploring(api, operation, mode, found, answered)
        bounded = settings(
            max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        with suppress(Unsatisfiable):  # nothing can be wrong where nothing is asked for
            seed(number)(bounded(explore))()
    return [f"{operation.label}: {fault}: {message}" for fault, message in found.items()]


def _exploring(
    api: Api, operation: Operation, mode: GenerationMode, found: dict[str, str], answered: Counter[int]
) -> Callable[[], None]:
    in_path = re.search(r"/([^/]+)/\{(\w+)\}", operation.path)
    word, name = in_path.groups() if in_path else ("", "")
    real = st.sampled_from(api.things[word]) if api.things.get(word) else st.none()

    @given(operation.as_strategy(generation_mode=mode), st.none() | real, st.booleans())
    def explore(case: AnyCase, thing: str | None, plain: bool) -> None:
        assume("" not in case.headers.values())  # an empty header is none: what is wrong with it does not arrive
        if thing and mode.is_positive:
            case.path_parameters[name] = thing
        if plain and mode.is_positive:
            case.query.pop("known_at", None)
            case.headers.pop("If-Match", None)
        if "Mandate-Consistency" in case.headers:
            case.headers["Prefer"] = "wait=0"
        for person in api.people:
            answer = case.call(session=api.session, headers=person.headers)
            answered[answer.status_code] += 1
            for fault, message in _wrong(api, case, person, answer):
                found.setdefault(fault, f"{message}\nas {person.persona or 'nobody'}: {case.as_curl_command()}")

    return explore


def _wrong(api: Api, case: AnyCase, person: Person, answer: Response) -> Iterator[tuple[str, str]]:
    try:
        case.validate_response(answer, checks=list(ANSWERS))
    except FailureGroup as group:
        yield from ((f"{failure.title} {answer.status_code}", failure.message) for failure in group.exceptions)
    except Failure as failure:
        yield f"{failure.title} {answer.status_code}", failure.message
    if answer.status_code >= 500 and answer.json()["type"] != BEHIND:
        yield f"failed with {answer.status_code}", answer.text
    project = case.path_parameters.get("id") if "/projects/{id}" in case.operation.path else None
    policy = case.operation.definition.raw[POLICY]
    if _done(answer) and not api.permits(person, policy, project):
        yield f"done without a right by {person.persona or 'nobody'}", f"{policy} was answered {answer.status_code}"


def _done(answer: Response) -> bool:
    """Whether something was read or decided. Each line of an import is answered by itself, and a 202 is only kept."""
    if answer.status_code >= 300 or answer.status_code == 202:
        return False
    if answer.request.method == "POST" and answer.headers["content-type"] == ["application/x-ndjson"]:
        return any(json.loads(line)["status"] < 300 for line in answer.text.splitlines())
    return True
