"""Every route declares its policy, in code and in its description, and the policy names what the rights know."""

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import pytest
from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

import governance.roles
from governance.main import SERVICE as GOVERNANCE
from mandate_events.deciding import Command, SystemCommand
from mandate_events.deciding.rights import SYSTEM, allow
from mandate_web.app.service import Service
from mandate_web.routes.access import POLICY, WAITING, Viewer, authenticated, public, reads, viewer
from mandate_web.routes.desk import decides
from mandate_web.routes.lists import OpenView
from mandate_web.routes.moment import _known_at
from mandate_web.settings import Settings
from projects.main import SERVICE as PROJECTS
from tests.services import SERVICES

SETTINGS = Settings(
    production=False, database="postgresql://nowhere/none", transport="local", issuer_url="http://127.0.0.1/issuer"
)

PUBLIC = {"/healthz", "/readyz", "/metrics", "/problems/{name}", "/v1/schemas", "/v1/schemas/{type}"}
"""Whoever makes another route public says so here."""

WORK = {"/v1/imports/{id}/cancellations": "ends what the person themselves began; nothing is decided"}
"""What is posted and is no decision, and why."""


def routes(service: Service, *more: APIRouter) -> Iterator[APIRoute]:
    app = service.app(SETTINGS)
    for router in more:
        app.include_router(router)
    for found in iter_route_contexts(app.routes):
        if isinstance(found.original_route, APIRoute):
            yield found.original_route


def faults(service: Service, found: Sequence[APIRoute]) -> list[str]:
    """What is wrong with the declarations of these routes."""
    rights = {row.command for row in service.domain.rights.rows}
    wrong = []
    for route in found:
        name = f"{service.name} {sorted(route.methods or ())} {route.path}"
        policy = (route.openapi_extra or {}).get(POLICY, "")
        calls = list(_calls(route.dependant))
        kind, _, what = policy.partition(" ")
        asked = set(what.split(", ")) if what else set()
        match kind:
            case "public":
                if route.path not in PUBLIC or authenticated in calls:
                    wrong.append(f"{name} is public")
            case "authenticated" | "reads" | "decides":
                if authenticated not in calls:
                    wrong.append(f"{name} asks nobody who they are")
            case _:
                wrong.append(f"{name} declares no policy")
        if not asked <= rights:
            wrong.append(f"{name}: no row of rights.py for {sorted(asked - rights)}")
        if kind == "reads" and asked != set(_queries(calls)):
            wrong.append(f"{name} declares {sorted(asked)} and reads under {sorted(_queries(calls))}")
        if (kind == "decides") != ("POST" in (route.methods or ())) and route.path not in WORK:
            wrong.append(f"{name}: what is posted is decided, and nothing else")
        parameters = (route.openapi_extra or {}).get("parameters", [])
        if ("_open_view" in {getattr(call, "__name__", "") for call in calls}) != (parameters == WAITING):
            wrong.append(f"{name}: the headers to wait by are told where they are honoured, and nowhere else")
    return wrong


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _queries(calls: Sequence[Any]) -> Iterator[str]:
    for call in calls:
        if getattr(call, "__name__", "") == "may_read":
            yield inspect.getclosurevars(call).nonlocals["query"]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_route_declares_a_policy_that_the_rights_know(service: Service) -> None:
    found = list(routes(service))
    assert len(found) > 7
    assert faults(service, found) == []


PRESENT = {
    "/healthz": "tells of this process",
    "/readyz": "tells of this process",
    "/metrics": "tells of this process",
    "/problems/{name}": "belongs to the program",
    "/v1/schemas": "belong to the program",
    "/v1/schemas/{type}": "belong to the program",
    "/v1/blobs/{sha256}": "what has this hash never changes",
    "/v1/imports": "tells of work, which is forgotten in time",
    "/v1/imports/{id}": "tells of work, which is forgotten in time",
    "/v1/imports/{id}/results": "tells of work, which is forgotten in time",
    "/v1/standard-templates": "belong to the program",
    "/v1/standard-templates/{id}": "belong to the program",
    "/v1/people": "names have no past: they can be erased",
    "/v1/people/{id}": "names have no past: they can be erased",
    "/v1/events": "goes from a position on into the future",
}
"""The reads without a past, and why."""


def without_past(found: Sequence[APIRoute]) -> list[str]:
    """Reads that cannot be asked what had been recorded by an instant, and should."""
    return [
        route.path
        for route in found
        if "GET" in (route.methods or ()) and _known_at not in _calls(route.dependant) and route.path not in PRESENT
    ]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_read_can_be_asked_of_the_past(service: Service) -> None:
    assert without_past(list(routes(service))) == []


def test_a_read_that_knows_only_the_present_is_found() -> None:
    assert without_past(list(routes(GOVERNANCE, _route(body=_reading)))) == ["/v1/added"]
    assert without_past(list(routes(GOVERNANCE, _route(body=_waiting)))) == []


def _route(*arguments: Any, method: str = "GET", body: Any = None, **options: Any) -> APIRouter:
    async def endpoint() -> None:
        """For the test."""

    router = APIRouter()
    router.add_api_route("/v1/added", body or endpoint, methods=[method], **options)
    return router


async def _reading(_: Annotated[Viewer, viewer("read-governance")]) -> None: ...
async def _waiting(_: OpenView, __: Annotated[Viewer, viewer("read-governance")]) -> None: ...


class Forgotten(Command):
    """A command without a row."""


@pytest.mark.parametrize(
    ("added", "fault"),
    [
        (_route(), "declares no policy"),
        (_route(openapi_extra={POLICY: "whatever"}), "declares no policy"),
        (_route(**public()), "is public"),
        (_route(**reads("read-governance")), "asks nobody who they are"),
        (_route(body=_reading, **reads("read-secrets")), "no row of rights.py for ['read-secrets']"),
        (_route(body=_reading, **reads("read-portfolio")), "reads under ['read-governance']"),
        (_route(body=_reading, **reads("read-governance", waits=True)), "the headers to wait by"),
        (_route(body=_waiting, **reads("read-governance")), "the headers to wait by"),
        (_route(method="POST", **decides(Forgotten)), "no row of rights.py for ['Forgotten']"),
        (_route(method="POST", **public()), "what is posted is decided"),
    ],
)
def test_a_route_that_declares_none_or_a_wrong_one_is_found(added: APIRouter, fault: str) -> None:
    assert any(fault in wrong for wrong in faults(GOVERNANCE, list(routes(GOVERNANCE, added))))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_operation_is_described_for_people(service: Service) -> None:
    description = service.app(SETTINGS).openapi()
    operations = [
        (path, method, operation) for path, item in description["paths"].items() for method, operation in item.items()
    ]
    tags = {tag["name"] for tag in description["tags"]}
    ids = [operation["operationId"] for _, _, operation in operations]
    assert sorted(ids) == sorted(set(ids))
    for path, method, operation in operations:
        name = f"{method} {path}"
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", operation["operationId"]), name
        assert operation["description"].strip().endswith("."), name
        assert operation["tags"], name
        assert set(operation["tags"]) <= tags, name
        assert method in {"get", "post"}, f"{name}: history only grows"
        assert operation[POLICY], name


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_row_of_the_rights_is_used_by_a_route_or_by_the_system(service: Service) -> None:
    declared = " ".join((route.openapi_extra or {}).get(POLICY, "") for route in routes(service))
    for row in service.domain.rights.rows:
        if SYSTEM not in row.roles and row.command not in {"read-denials", "read-mandates"}:  # asked for inside
            assert re.search(rf"\b{row.command}\b", declared), row.command


@pytest.mark.parametrize("service", [GOVERNANCE, PROJECTS], ids=lambda service: service.name)
def test_each_command_that_a_policy_gives_is_allowed_to_the_system(service: Service) -> None:
    """A policy's module imports the commands that it gives; without a row they would all be parked."""
    policies = [policy for chapter in service.chapters for each in chapter.hears.values() for policy in each.values()]
    modules = {sys.modules[policy.__module__] for policy in policies if policy}
    named = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    commands = [each for each in named if issubclass(each, SystemCommand)]
    given = {command.__name__ for command in commands if not command.__subclasses__()}  # the others are only kinds
    assert len(given) > 1
    assert given <= {row.command for row in service.domain.rights.rows if SYSTEM in row.roles}


def _roles(service: Service) -> set[str]:
    return {role for row in service.domain.rights.rows for role in row.roles} - {SYSTEM}


def _given() -> set[str]:
    return {value for name, value in vars(governance.roles).items() if name.isupper()}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_role_is_one_that_governance_gives(service: Service) -> None:
    assert _roles(service) <= _given()


def test_a_role_that_governance_does_not_give_is_found() -> None:
    assert not set(allow("read-portfolio", "shareholder").roles) <= _given()
