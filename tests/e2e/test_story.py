"""The whole story, from the founding to a closed project, over the local transport and over real Kafka."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import needed
from tests.e2e.consoles import OF_KAFKA, Shell, console
from tests.e2e.running import EVIDENCE, Product, found_office

ROWS = """\
\ufeffID,FFC,Delivery Program,Tender Closed,Owner Group,BNI,BCA,PBC,EPT,Approval body,Owner Team,Stage1,Stage2,Stage3
S-001,2359288.6199999999,Works,,Water,5/02/2016 5:00:00 PM,2016-05-25,30/03/2016,2 Gate Major Infrastructure,MD,North,,,
S-002,1066164.85,Framework,,Water,24/06/2016,2017-02-28 08:00:00,,3 Gate Major Infrastructure,MD,North,,,
S-003,not money,Framework,,Water,24/06/2016,2017-02-28 08:00:00,,3 Gate Major Infrastructure,MD,North,,,
S-004,95000,Framework,,Water,,2017-02-28,,4 Gate Major Infrastructure,MD,South,,,
"""


@pytest.fixture(scope="module", params=["local", "kafka"])
def product(request: pytest.FixtureRequest) -> Iterator[Product]:
    kafka = request.getfixturevalue("kafka").bootstrap if request.param == "kafka" else None
    with (
        tempfile.TemporaryDirectory(prefix="mandate-story-") as directory,
        Product(Path(directory) / "data", kafka=kafka) as running,
    ):
        found_office(running)
        yield running


def history(product: Product, persona: str = "auditor-1", **filters: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in {"limit": "500", **filters}.items())
    answer = product.get(persona, f"/reporting/v1/history?{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_the_whole_story(product: Product, tmp_path: Path) -> None:
    # intake: the rows that can be taken go in, the one that cannot is reported with line, column and reason
    file = tmp_path / "proposals.csv"
    file.write_text(ROWS, encoding="utf-8")
    imported = product.mandate("import", "proposals", str(file), persona="pmo-2")
    assert imported.returncode == 3, imported.stderr
    assert "FFC" in imported.stderr
    again = product.mandate("import", "proposals", str(file), persona="pmo-2")
    assert again.returncode == 3, again.stderr
    assert len(product.get("pmo-1", "/governance/v1/proposals").json()["items"]) == 3

    # authorisation: not by who proposed, then by another
    refused = product.mandate("authorise", "--all", "--standard", "capital-delivery@1", persona="pmo-2")
    assert refused.returncode == 1
    done = product.mandate(
        "authorise", "--all", "--standard", "capital-delivery@1", "--reason", "Affordable", persona="pmo-1"
    )
    assert done.returncode == 0, done.stderr
    for post, persona in (("manager", "pm-1"), ("officer", "officer-1"), ("sponsor", "sponsor-1")):
        appointed = product.mandate(
            "appoint", post, "--person", persona, "--all", "--reason", "Staffed", persona="pmo-1"
        )
        assert appointed.returncode == 0, appointed.stderr

    items = product.until(lambda: _initiated(product, 3))
    project = next(item for item in items if item["reference"] == "S-001")
    assert project["phase"] == "phase-1"
    assert project["budget"] == {"amount": "2359288.62", "currency": "AUD"}
    assert project["manager"] == product.person("pm-1")

    # a PMO member who tries to run a project is refused, on record
    path = f"/projects/v1/projects/{project['id']}"
    product.until(lambda: product.get("pm-1", path).status_code == 200)
    ask = {"gate": "gate-1", "evidence": EVIDENCE, "reason": "The phase is done"}
    denied = product.post("pmo-1", f"{path}/gate-reviews", ask)
    assert denied.status_code == 403
    assert denied.json()["rule"] == "pmo-does-not-manage-projects"
    product.until(lambda: history(product, type="command-denied", project=project["id"]))

    # what the project asks of the PMO besides: one inbox, and each answered by the project
    for kind, asked, outcome in (("waiver", WAIVER, "granted"), ("charter", CHARTER, "approved")):
        id_ = product.give("pm-1", f"{path}/{kind}s", asked)["id"]
        assert _in_inbox(product, id_, "open")["kind"] == kind
        decision = {"outcome": outcome, "reason": "Weighed"}
        product.give("pmo-2", f"/governance/v1/{kind}s/{id_}/decisions", decision)
        assert _in_inbox(product, id_, "answered")["answer"] == "applied"

    # two gates: asked for by the PM, decided by the PMO, applied and answered
    for gate, expected in (("gate-1", "active"), ("gate-2", "closed")):
        receipt = product.give("pm-1", f"{path}/gate-reviews", ask | {"gate": gate})
        review = product.until(lambda: _open_review(product, project["id"]))
        own = product.post(
            "pm-1", f"/governance/v1/gate-reviews/{review}/decisions", {"outcome": "go", "reason": "Mine"}
        )
        assert own.status_code == 403
        product.give("pmo-1", f"/governance/v1/gate-reviews/{review}/decisions", {"outcome": "go", "reason": "Sound"})
        _answered(product, review)
        assert product.get("pm-1", path).json()["status"] == expected
        _one_story(product, receipt)

    listed = product.until(lambda: [i for i in _portfolio(product) if i["status"] == "closed"])
    assert [item["reference"] for item in listed] == ["S-001"]


@pytest.mark.parametrize("product", ["kafka"], indirect=True)
def test_what_the_guide_for_auditors_says_of_kafka(product: Product, tmp_path: Path) -> None:
    """Kafka holds the bytes that the export holds, as a tool that is not ours reads them."""
    kcat = needed("kcat", package="kcat", at="usr/bin/kcat")
    assert product.kafka is not None
    places = {"127.0.0.1:9092": product.kafka}
    places |= {name: str(tmp_path / name) for name in ("topic.ndjson", "ledger.ndjson")}
    with Shell(kcat.directory, MANDATE_URL=product.url) as shell:
        for command, expected in console("docs/audit.md", OF_KAFKA, places):
            shell.expect(command, expected)
    assert (tmp_path / "topic.ndjson").read_bytes().count(b"\n") > 1


WAIVER = {"control": "independent-cost-review", "until": "2099-12-31", "reason": "The reviewer is away"}
CHARTER = {
    "purpose": "The harbour district no longer floods",
    "objectives": ["A station that pumps 3 cubic metres a second"],
    "success_criteria": ["No street is flooded by a ten-year storm"],
    "evidence": EVIDENCE,
    "reason": "Agreed with the sponsor",
}


def _in_inbox(product: Product, id_: str, status: str) -> dict[str, Any]:
    """The request, once it reached the inbox and has that status there."""

    def found() -> list[dict[str, Any]]:
        items = product.get("pmo-1", f"/governance/v1/inbox?status={status}&limit=500").json()["items"]
        return [item for item in items if item["id"] == id_]

    item: dict[str, Any] = product.until(found)[0]
    return item


def _one_story(product: Product, receipt: dict[str, Any]) -> None:
    """One correlation tells it all: the request, its review, the decision, what came of it, and the answer."""
    asked = product.until(lambda: _at(product, receipt["consistency"]))[0]
    told = product.until(lambda: _complete(product, asked["correlation"]))
    for item in told:
        assert item["actor"]
        assert item["role"]
        assert item["authority"]
        assert item["policy"]
    causes = {item["name"]: item["causation"] for item in told}
    assert len(set(causes.values())) >= 4, causes


STORY = {
    "gate-review-requested": "projects",
    "gate-review-opened": "governance",
    "gate-decided": "governance",
    "gate-decision-applied": "projects",
    "decision-answered": "governance",
}


def _complete(product: Product, correlation: str) -> list[dict[str, Any]]:
    found = history(product, correlation=correlation)
    return found if STORY.items() <= {item["name"]: item["source"] for item in found}.items() else []


def _at(product: Product, token: str) -> list[dict[str, Any]]:
    source, _, position = token.partition(":")
    return [i for i in history(product) if i["source"] == source and i["position"] == int(position)]


def _initiated(product: Product, count: int) -> list[dict[str, Any]]:
    items = _portfolio(product)
    ready = all(item["status"] == "active" and item["manager"] and item["sponsor"] for item in items)
    return items if len(items) == count and ready else []


def _portfolio(product: Product) -> list[dict[str, Any]]:
    answer = product.get("pmo-1", "/reporting/v1/portfolio?limit=500")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _open_review(product: Product, project: str) -> str | None:
    items = product.get("pmo-1", f"/governance/v1/gate-reviews?status=open&project={project}").json()["items"]
    return items[0]["id"] if items else None


def _answered(product: Product, review: str) -> None:
    product.until(lambda: _status(product, review) == "answered")


def _status(product: Product, review: str) -> str:
    status: str = product.get("pmo-1", f"/governance/v1/gate-reviews/{review}").json()["status"]
    return status


def test_the_history_is_the_documents_themselves(product: Product) -> None:
    stream = product.get("auditor-1", "/reporting/v1/history", Accept="application/x-ndjson")
    assert stream.headers["content-type"].startswith("application/x-ndjson")
    documents = [json.loads(line) for line in stream.text.splitlines()]
    for source in ("governance", "projects"):
        numbers = [int(d["sequence"]) for d in documents if d["source"] == f"/mandate/{source}"]
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_second_start_finds_all_data_again(product: Product) -> None:
    before = _portfolio(product)
    assert product.stop() == 0
    product.start(wait=20)
    product.until(lambda: _portfolio(product) == before)
