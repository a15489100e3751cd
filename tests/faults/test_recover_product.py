"""Backups restored into a new server, as operations do it: the product over a real Kafka, PostgreSQL's own programs."""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from mandate_local.broker import KafkaBroker
from mandate_local.postgres import EmbeddedPostgres
from tests.e2e.running import EVIDENCE, Product, found_office
from tests.faults import ledger_checks
from tests.faults.restoring import copy_roles, dump, recover, restore

pytestmark = [pytest.mark.usefixtures("require_broker"), pytest.mark.timeout(400)]

SERVICES = ("governance", "projects", "reporting")
ROWS = """\
ID,FFC,Delivery Program,Tender Closed,Owner Group,BNI,BCA,PBC,EPT,Approval body,Owner Team,Stage1,Stage2,Stage3
S-001,2359288.62,Works,,Water,5/02/2016 5:00:00 PM,2016-05-25,30/03/2016,2 Gate Major Infrastructure,MD,North,,,
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    """Not under pytest's own directory, which it closes to PostgreSQL's account."""
    with tempfile.TemporaryDirectory(prefix="mandate-recover-") as path:
        yield Path(path).resolve()


@pytest.fixture
def broker(directory: Path) -> Iterator[KafkaBroker]:
    with KafkaBroker(directory / "kafka") as running:
        yield running


def start_a_project(product: Product, file: Path) -> str:
    """A founded office with one project that has its people; returns the project's id."""
    found_office(product)
    file.write_text(ROWS, encoding="utf-8")
    steps = [
        (("import", "proposals", str(file)), "pmo-2"),
        (("authorise", "--all", "--standard", "capital-delivery@1", "--reason", "Affordable"), "pmo-1"),
        (("appoint", "manager", "--person", "pm-1", "--all", "--reason", "Staffed"), "pmo-1"),
    ]
    for arguments, persona in steps:
        done = product.mandate(*arguments, persona=persona)
        assert done.returncode == 0, done.stderr
    (project,) = product.until(
        lambda: [
            item
            for item in product.get("pmo-1", "/reporting/v1/portfolio?limit=500").json().get("items", ())
            if item["status"] == "active" and item["manager"]
        ]
    )
    id_: str = project["id"]
    product.until(lambda: product.get("pm-1", f"/projects/v1/projects/{id_}").status_code == 200)
    return id_


def pass_a_gate(product: Product, project: str, gate: str, key: str) -> None:
    """Asked for in projects, decided in governance under a key, applied and answered."""
    ask = {"gate": gate, "evidence": EVIDENCE, "reason": "The phase is done"}
    product.give("pm-1", f"/projects/v1/projects/{project}/gate-reviews", ask)
    query = f"/governance/v1/gate-reviews?status=open&project={project}"
    (review,) = product.until(lambda: product.get("pmo-1", query).json()["items"])
    path = f"/governance/v1/gate-reviews/{review['id']}"
    decision = {"outcome": "go", "reason": "Sound"}
    assert product.post("pmo-1", f"{path}/decisions", decision, {"Idempotency-Key": key}).status_code == 201
    product.until(lambda: product.get("pmo-1", path).json()["status"] == "answered")


def check(data: Path) -> dict[str, ledger_checks.Ledger]:
    """Everything that must be true of the three ledgers, while the product runs on them."""
    with EmbeddedPostgres(data / "postgres", attach=True) as server:
        return asyncio.run(ledger_checks.check_everything(server.dsn))


def dumped(data: Path, directory: Path) -> dict[str, Path]:
    with EmbeddedPostgres(data / "postgres", attach=True) as server:
        return {name: dump(server, name, directory / f"{name}-{uuid.uuid4().hex[:8]}.dump") for name in SERVICES}


def restored(old: Path, new: Path, files: Mapping[str, Path]) -> None:
    """A new server with the roles of the old one and these databases; people sign in as before."""
    shutil.copytree(old / "identity", new / "identity")
    with EmbeddedPostgres(old / "postgres") as one, EmbeddedPostgres(new / "postgres") as other:
        copy_roles(one, other)
        for name, file in files.items():
            restore(other, file, name)


def test_a_service_restored_to_an_earlier_point_into_a_new_server(directory: Path, broker: KafkaBroker) -> None:
    old, new = directory / "old", directory / "new"
    key = uuid.uuid4().hex
    with Product(old, kafka=broker.bootstrap) as product:
        project = start_a_project(product, directory / "proposals.csv")
        check(old)
        earlier = dumped(old, directory)
        pass_a_gate(product, project, "gate-1", key)
        before = check(old)
        latest = dumped(old, directory)
    restored(old, new, latest | {"governance": earlier["governance"]})

    with Product(new, kafka=broker.bootstrap) as product:
        with EmbeddedPostgres(new / "postgres", attach=True) as server:
            database = server.dsn("governance", "governance_append")
        body = {"person": product.person("observer-1"), "reason": "A second pair of eyes"}
        refused = product.post("pmo-1", "/governance/v1/office/auditors", body)
        _check_refusal(refused, len(before["governance"].rows))
        assert product.get("pmo-1", "/governance/v1/proposals").status_code == 200, "reading goes on"
        assert product.http.get("/governance/readyz").status_code == 200

        said = recover(database, broker.bootstrap)
        assert said.code == 0, said.text
        assert "It takes commands." in said.text
        product.until(lambda: _accepts(product, body))
        _check_recovered(product, project, key)
        after = check(new)
    for name in SERVICES:
        assert [row.document for row in after[name].rows][: len(before[name].rows)] == [
            row.document for row in before[name].rows
        ]
    given = [event for event in after["governance"].named("mandate-given") if event["data"]["role"] == "auditor"]
    assert len(given) == 2
    assert int(given[-1]["sequence"]) > len(before["governance"].rows)


def _check_refusal(refused: httpx.Response, end: int) -> None:
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "30"
    problem = refused.json()
    assert problem["type"] == "/problems/ledger-behind"
    assert f"the topic ends with governance:{end}, which is not in the ledger" in problem["detail"]


def _accepts(product: Product, body: Mapping[str, str]) -> bool:
    return product.post("pmo-1", "/governance/v1/office/auditors", body).status_code == 201


def _check_recovered(product: Product, project: str, key: str) -> None:
    """Nothing was done twice: not by who sends a decision again, nor by the policy that hears the request again."""
    query = f"/governance/v1/gate-reviews?project={project}"
    (review,) = product.until(lambda: product.get("pmo-1", query).json()["items"])
    product.until(lambda: product.get("pmo-1", query).json()["items"][0]["status"] == "answered")
    path = f"/governance/v1/gate-reviews/{review['id']}/decisions"
    again = product.post("pmo-1", path, {"outcome": "go", "reason": "Sound"}, {"Idempotency-Key": key})
    assert again.status_code == 201, again.text
    assert again.headers["Idempotency-Replayed"] == "true"
    pass_a_gate(product, project, "gate-2", uuid.uuid4().hex)


def test_an_up_to_date_dump_in_a_new_server_loses_nothing_and_blinds_nobody(
    directory: Path, broker: KafkaBroker
) -> None:
    """No transaction numbers anywhere: what is recorded there is seen at once by relay, consumers, views and feeds."""
    old, new = directory / "old", directory / "new"
    with Product(old, kafka=broker.bootstrap) as product:
        project = start_a_project(product, directory / "proposals.csv")
        pass_a_gate(product, project, "gate-1", uuid.uuid4().hex)
        before = check(old)
        files = dumped(old, directory)
    restored(old, new, files)
    with Product(new, kafka=broker.bootstrap) as product:
        pass_a_gate(product, project, "gate-2", uuid.uuid4().hex)
        after = check(new)
        history = "/reporting/v1/history?type=gate-decided"
        seen = product.until(lambda: product.get("auditor-1", history).json()["items"])
    for name in SERVICES:
        documents = [row.document for row in after[name].rows]
        assert documents[: len(before[name].rows)] == [row.document for row in before[name].rows]
        assert len(documents) > len(before[name].rows) or name == "reporting"
    assert len(seen) == 2
