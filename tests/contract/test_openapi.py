"""The documents in docs/api are what the services say of themselves, and keep what was promised."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import api_documents
import breaking
import generated
import house
from mandate_web.app.openapi_3_2 import patch_of, patched
from mandate_web.app.service import Service
from mandate_web.imports.bulk_body import NDJSON
from mandate_web.live.events import EVENT_STREAM
from mandate_web.routes.streamed import component, items
from releases import STABLE, release
from tests.conftest import do_without

SERVICES = [service.name for service in house.SERVICES]


@pytest.fixture(scope="module")
def oasdiff() -> Path:
    try:
        return breaking.oasdiff()
    except breaking.OasdiffUnavailable as missing:
        do_without(str(missing))
        raise


def test_the_committed_documents_match_the_code() -> None:
    assert generated.check(house.ROOT, [generated.API]) == []


@pytest.mark.parametrize("service", house.SERVICES, ids=lambda service: service.name)
async def test_openapi_3_2_is_served_and_says_what_an_item_of_a_stream_is(service: Service) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api_documents.app(service)), base_url="http://service"
    ) as client:
        newer, older = [(await client.get(path)).json() for path in ("/openapi-3.2.json", "/openapi.json")]
    assert (newer.pop("openapi"), older["openapi"][:4]) == ("3.2.0", "3.1.")
    streams = [
        content for each in contents(newer) for media, content in each.items() if media in {EVENT_STREAM, NDJSON}
    ]
    assert streams
    assert all("itemSchema" in each and "schema" not in each for each in streams)
    event = newer["paths"]["/v1/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]["itemSchema"]
    assert {"id", "event", "data", "retry"} == event["properties"].keys()
    assert newer["components"]["schemas"] == older["components"]["schemas"]


def contents(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What each body may consist of, by media type."""
    for item in document["paths"].values():
        for operation in item.values():
            for body in (operation.get("requestBody", {}), *operation["responses"].values()):
                yield body.get("content", {})


def test_what_one_item_is_like_comes_from_the_media_type() -> None:
    """In 3.1 it is the content of a text."""
    content = {**items(NDJSON, component("Line"), "Lines"), "application/json": {"schema": {}}}
    document = {"openapi": "3.1.0", "paths": {"/v1/lines": {"get": {"responses": {"200": {"content": content}}}}}}
    newer = patched(document, patch_of(document))
    found = newer["paths"]["/v1/lines"]["get"]["responses"]["200"]["content"]
    assert found == {
        "application/x-ndjson": {"itemSchema": {"$ref": "#/components/schemas/Line"}},
        "application/json": {"schema": {}},
    }


def _operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][method]
    return found


def _lose_path(document: dict[str, Any]) -> None:
    del document["paths"]["/v1/proposals/{id}"]


def _lose_parameter(document: dict[str, Any]) -> None:
    parameters = _operation(document, "get", "/v1/proposals")["parameters"]
    parameters.remove(next(each for each in parameters if each["name"] == "status"))


def _lose_member_of_a_body(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["ProposeProject"]["properties"]["gate_path"]


def _lose_choice(document: dict[str, Any]) -> None:
    parameters = _operation(document, "get", "/v1/inbox/{kind}/{id}")["parameters"]
    next(each for each in parameters if each["name"] == "kind")["schema"]["enum"].remove("waiver")


def _ask_for_more(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["ProposeProject"]["required"].append("gate_path")


def _lose_required_member(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Receipt"]
    schema["required"].remove("version")
    del schema["properties"]["version"]


def _lose_optional_member(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["Problem"]["properties"]["rule"]


def _lose_header(document: dict[str, Any]) -> None:
    del _operation(document, "post", "/v1/proposals")["responses"]["201"]["headers"]["ETag"]


def _lose_status(document: dict[str, Any]) -> None:
    del _operation(document, "get", "/v1/proposals/{id}")["responses"]["200"]


def _change_type(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Receipt"]["properties"]["version"] = {"type": "string"}


BREAKING = [
    _lose_path, _lose_parameter, _lose_member_of_a_body, _lose_choice, _ask_for_more,
    _lose_required_member, _lose_optional_member, _lose_header, _lose_status, _change_type,
]  # fmt: skip


@pytest.mark.usefixtures("oasdiff")
@pytest.mark.parametrize("change", BREAKING, ids=lambda change: change.__name__)
def test_what_breaks_a_client_is_found(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    assert _breaks(tmp_path, change)


def _add_member(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Receipt"]
    schema["properties"]["recorded_at"] = {"type": "string"}


def _add_parameter(document: dict[str, Any]) -> None:
    more = {"name": "title", "in": "query", "required": False, "schema": {"type": "string"}}
    _operation(document, "get", "/v1/proposals")["parameters"].append(more)


def _say_more(document: dict[str, Any]) -> None:
    _operation(document, "get", "/v1/proposals")["description"] = "All of it, in other words."


@pytest.mark.usefixtures("oasdiff")
@pytest.mark.parametrize("change", [_add_member, _add_parameter, _say_more], ids=lambda change: change.__name__)
def test_what_only_adds_breaks_nobody(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    assert _breaks(tmp_path, change) == []


def _breaks(directory: Path, change: Callable[[dict[str, Any]], None]) -> list[str]:
    before, after = directory / "before.json", directory / "after.json"
    document = api_documents.document(house.SERVICES[0])
    before.write_text(json.dumps(document))
    changed = json.loads(json.dumps(document))
    change(changed)
    after.write_text(json.dumps(changed))
    return list(breaking.breaks(before, after))


# --- the promise ---


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with the documents of this one, in the first release that promises anything."""
    (tmp_path / "docs" / "api").mkdir(parents=True)
    for document in api_documents.committed(house.ROOT):
        shutil.copy(document, tmp_path / "docs" / "api")
    become(tmp_path, "1.0.0")
    return tmp_path


def become(tree: Path, version: str) -> None:
    (tree / "pyproject.toml").write_text(f'[project]\nname = "mandate"\nversion = "{version}"\n')


def test_before_the_first_release_nothing_is_promised(tree: Path) -> None:
    become(tree, "0.9.0")
    assert api_documents.promise(tree) == ["before 1.0.0 there is no promise to keep"]
    assert not (tree / api_documents.PROMISED).exists()
    assert api_documents.unkept(tree) == []
    assert not (house.ROOT / api_documents.PROMISED).exists() or release(house.ROOT) >= STABLE


def test_from_then_on_the_check_asks_for_a_promise(tree: Path) -> None:
    (missing,) = api_documents.unkept(tree)
    assert "nothing is promised in docs/api/promised" in missing


@pytest.mark.usefixtures("oasdiff")
def test_what_was_promised_may_grow_and_not_break(tree: Path) -> None:
    assert api_documents.promise(tree) == []
    assert {path.name for path in (tree / api_documents.PROMISED).iterdir()} == {f"{name}.json" for name in SERVICES}
    assert api_documents.unkept(tree) == []
    present = tree / "docs" / "api" / "reporting.json"
    document = json.loads(present.read_text("utf-8"))
    document["paths"]["/v1/portfolio-of-tomorrow"] = document["paths"]["/v1/portfolio"]
    present.write_text(json.dumps(document), "utf-8")
    assert api_documents.unkept(tree) == []
    assert api_documents.promise(tree) == [], "more may be promised"
    del document["paths"]["/v1/portfolio-of-tomorrow"]
    present.write_text(json.dumps(document), "utf-8")
    assert "get /v1/portfolio-of-tomorrow" in "\n".join(api_documents.unkept(tree)).lower()
    assert "get /v1/portfolio-of-tomorrow" in "\n".join(api_documents.promise(tree)).lower(), "nor may it be taken back"
    present.unlink()
    assert "reporting: the whole service is gone" in api_documents.unkept(tree)


def test_a_document_that_is_stale_is_named_and_written(tree: Path) -> None:
    present = tree / "docs" / "api" / "reporting.json"
    present.write_text("{}", "utf-8")
    assert generated.check(tree, [generated.API]) == ["stale: docs/api/reporting.json (run `make docs`)"]
    assert generated.write(tree, [generated.API]) == []
    assert generated.check(tree, [generated.API]) == []
