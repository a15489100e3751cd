"""What every OpenAPI document says of itself, derived in one place from the routes and their policies.

FastAPI describes paths, parameters and bodies. Added here: who may call, every status with its problem document, the
headers of answers, and one example for each body that has none of its own.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from mandate_events.deciding.rights import Rights
from mandate_web.app.answers import (
    DECIDING,
    DOCUMENTS,
    EVERYWHERE,
    HEADERS,
    IDENTIFIED,
    IF_NONE_MATCH,
    PROBLEM,
    PROBLEM_HEADERS,
    PROBLEM_SCHEMA,
)
from mandate_web.app.components import drop_titles, drop_unused, name_schemas
from mandate_web.app.examples import example_of
from mandate_web.app.openapi_3_2 import URL, patch_of, patched
from mandate_web.problems.problem import KINDS, TYPES
from mandate_web.problems.wording import Wording
from mandate_web.routes.access import POLICY, SECURITY_SCHEMES
from mandate_web.routes.including import included
from mandate_web.routes.streamed import lift


def describing(app: FastAPI, rights: Rights, examples: Path, root: str = "") -> None:
    """Let the application's own document be complete. `root`: the path under which it is reached."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            real = orjson.loads(examples.read_bytes())
            describe(made(), rights, app.state.wording, real, root or "/")
        return made()

    async def newer(_: Request) -> JSONResponse:
        document = app.openapi()
        return JSONResponse(patched(document, patch_of(document)))

    app.add_route(URL, newer, include_in_schema=False)
    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def describe(
    document: dict[str, Any],
    rights: Rights,
    wording: Wording,
    examples: Mapping[str, Mapping[str, Any]],
    root: str = "/",
) -> dict[str, Any]:
    """Complete the document that FastAPI made of a service that is reached at `root`. `examples` are real ones: by
    operation, its request and answers."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    drop_titles(schemas)
    schemas["Problem"] = PROBLEM_SCHEMA  # shared by all documents and never changed
    components["securitySchemes"] = SECURITY_SCHEMES
    components["headers"] = dict(HEADERS)
    components["responses"] = {kind.slug: _problem(kind.slug, wording) for kind in KINDS.values()}
    document["servers"] = [{"url": root, "description": "Wherever the service is reached"}]
    for path, method, operation in _operations(document):
        operation["summary"] = operation["description"].partition(".")[0].partition("\n")[0]
        if "304" in operation["responses"]:
            operation["parameters"] = [*operation.get("parameters", []), IF_NONE_MATCH]
        for parameter in operation.get("parameters", []):
            _plain(parameter)
        responses = operation["responses"]
        responses.pop("422", None)
        for slug in _problems(path, method, operation):
            status = str(KINDS[slug].status)
            if not {"$ref", "content"} & responses.get(status, {}).keys():
                responses[status] = {"$ref": f"#/components/responses/{slug}"}
        _permission(operation, rights, wording)
        for status, response in responses.items():
            if status.startswith("2"):
                _headers(response, operation)
        _include(operation, schemas)
        for body in (operation.get("requestBody", {}), *responses.values()):
            for content in body.get("content", {}).values():
                lift(content, schemas)
        _examples(operation, schemas, examples.get(operation["operationId"], {}))
    drop_unused(document)
    name_schemas(document)
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _problem(slug: str, wording: Wording) -> dict[str, Any]:
    kind = KINDS[slug]
    example = {
        "type": f"{TYPES}{slug}",
        "title": wording.title(slug, "en"),
        "status": kind.status,
        "detail": wording.title(slug, "en"),
        "instance": "/v1/office",
    }
    response: dict[str, Any] = {
        "description": f"{wording.title(slug, 'en')} ({DOCUMENTS}/{slug}.md)",
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    names = (*PROBLEM_HEADERS.get(slug, ()), "X-Correlation-ID")
    response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return response


def _problems(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    """The kinds of problems that a route can answer with."""
    kind = operation[POLICY].partition(" ")[0]
    yield from EVERYWHERE
    if kind != "public":
        yield from IDENTIFIED
    if kind == "reads" or "403" in operation["responses"]:
        yield "not-permitted"
    if kind == "decides":
        yield from DECIDING
    if "{" in path or "304" in operation["responses"]:
        yield "not-found"
    if method == "post":
        yield from ("malformed-request", "body-too-large", "unsupported-media-type")


def _permission(operation: dict[str, Any], rights: Rights, wording: Wording) -> None:
    """403 tells the rules of the table of rights: who may, and who may never."""
    kind, _, names = operation[POLICY].partition(" ")
    if kind not in {"reads", "decides"}:
        return
    rows = [row for name in names.split(", ") for row in rights.rows_for(name)]
    rules = dict.fromkeys(["no-right", *(rule for row in rows for rule in row.rules)])
    facts = {"command": names, "needed": rights.roles_for(names), "role": "pmo"}
    examples = {
        rule: {
            "summary": wording.detail(rule, facts, "en"),
            "value": {
                "type": f"{TYPES}{rule}",
                "title": wording.title("not-permitted", "en"),
                "status": 403,
                "detail": wording.detail(rule, facts, "en"),
                "instance": "/v1/office",
                "rule": rule,
            },
        }
        for rule in rules
    }
    operation["responses"]["403"] = {
        "description": f"{wording.title('not-permitted', 'en')} ({DOCUMENTS}/not-permitted.md)",
        "headers": {"X-Correlation-ID": {"$ref": "#/components/headers/X-Correlation-ID"}},
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    }


def _headers(response: dict[str, Any], operation: dict[str, Any]) -> None:
    kind = operation[POLICY].partition(" ")[0]
    names = ["X-Correlation-ID"]
    if kind != "public":
        names += ["RateLimit", "RateLimit-Policy"]
    if kind == "decides" and "201" in operation["responses"]:
        names += ["ETag", "Location", "Idempotency-Key"]
    elif "304" in operation["responses"]:
        names.append("ETag")
    asked = {parameter["name"] for parameter in operation.get("parameters", [])}
    if {"Mandate-Consistency", "known_at"} & asked:
        names.append("Mandate-Position")
    if "known_at" in asked:
        names += ["Memento-Datetime", "Link"]
    declared = response.setdefault("headers", {})
    for name in names:
        declared.setdefault(name, {"$ref": f"#/components/headers/{name}"})


def _include(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """What `?include=` adds to an answer, as optional members of it."""
    models = included(operation)
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= {**schema.pop("$defs", {}), model.__name__: schema}
    if models:
        content = operation["responses"]["200"]["content"]["application/json"]
        added = [{"$ref": f"#/components/schemas/{model.__name__}"} for model in models]
        content["schema"] = {"allOf": [content["schema"], *added]}


def _plain(parameter: dict[str, Any]) -> None:
    """A parameter is there or not; it is never null, whatever stands for its absence in Python."""
    schema = parameter.get("schema", {})
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema.update(kinds[0])
    schema.pop("title", None)


def _examples(operation: dict[str, Any], schemas: dict[str, Any], real: Mapping[str, Any]) -> None:
    """Bodies as they were sent and answered; where they were not, an example made of those that are declared."""
    bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for name, body in bodies.items():
        for media_type, content in body.get("content", {}).items():
            if re.fullmatch(r"application/(.+\+)?json", media_type) and not {"example", "examples"} & content.keys():
                content["example"] = real[name] if name in real else example_of(content.get("schema", {}), schemas)


COMMON_TAGS = (
    {"name": "rights", "description": "Who may decide what, and who you are"},
    {"name": "live", "description": "Events as they are recorded"},
    {"name": "documents", "description": "Larger content, by its SHA-256"},
    {"name": "operations", "description": "Health, readiness, metrics"},
)
