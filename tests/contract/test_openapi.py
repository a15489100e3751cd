"""The documents in docs/api are what the services say of themselves, and keep what was promised."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import api_documents
import breaking
import house
from tests.conftest import do_without

DOCUMENTS = api_documents.ROOT / "docs" / "api"
SERVICES = [service.name for service in house.SERVICES]


@pytest.fixture(scope="module")
def oasdiff() -> Path:
    try:
        return breaking.oasdiff()
    except breaking.OasdiffUnavailable as missing:
        do_without(str(missing))
        raise


def test_the_committed_documents_match_the_code() -> None:
    assert not api_documents.stale(DOCUMENTS, api_documents.wanted()), "run `make docs`"


@pytest.mark.usefixtures("oasdiff")
def test_nothing_that_was_promised_is_broken() -> None:
    assert list(api_documents.broken(DOCUMENTS)) == []


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
    parameters = _operation(document, "get", "/v1/proposals")["parameters"]
    next(each for each in parameters if each["name"] == "status")["schema"]["enum"].remove("proposed")


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


@pytest.mark.usefixtures("oasdiff")
def test_the_check_is_red_when_a_document_is_stale_or_breaks_the_promise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(DOCUMENTS, tmp_path / "docs" / "api")
    present, promised = (tmp_path / "docs" / "api" / name for name in ("reporting.json", "promised/reporting.json"))
    document = json.loads(promised.read_text("utf-8"))
    document["paths"]["/v1/promised"] = document["paths"]["/v1/portfolio"]
    promised.write_text(json.dumps(document), "utf-8")
    assert api_documents.main("check", tmp_path) == 1
    assert "get /v1/promised" in capsys.readouterr().out.lower()
    shutil.copy(DOCUMENTS / "promised" / "reporting.json", promised)
    present.write_text("{}", "utf-8")
    assert api_documents.main("check", tmp_path) == 1
    assert "stale: docs/api/reporting.json" in capsys.readouterr().out
    assert api_documents.main("write", tmp_path) == 0
    assert api_documents.main("check", tmp_path) == 0
