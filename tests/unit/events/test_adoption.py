"""The table of rights on record: in parts, closed by its hash, and in the form in which it was once told whole."""

import json
from datetime import UTC, datetime
from typing import Any

from mandate_events.deciding import Aggregate
from mandate_events.deciding.adoption import PART, RIGHTS_TABLE, Adopted, AdoptRights, RightsAdopted, RightsRowsAdopted
from mandate_events.deciding.batch import Batch, Fold, Submission
from mandate_events.deciding.domain import Domain
from mandate_events.document.canonical import digest, encode
from mandate_events.document.event import GENESIS

DOMAIN = Domain("shop", aggregates=(), rights=(), find_mandates=lambda _: ())
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def table(rows: int, size: int) -> list[dict[str, Any]]:
    return [{"command": f"Do{number}", "says": "x" * size} for number in range(rows)]


def adopt(fold: Fold, rows: list[dict[str, Any]], hash_: str | None = None) -> tuple[Fold, list[dict[str, Any]]]:
    command = AdoptRights(hash=hash_ or digest(encode(rows)).hex(), table=rows)
    batch = Batch(DOMAIN, {"rights-table/shop": fold}, fold.version, NOW)
    batch.decide(Submission(RIGHTS_TABLE, "shop", command, actor="system/start", route="adopt", key="k"))
    return batch.changed.get("rights-table/shop", fold), [json.loads(row.document) for row in batch.rows]


def test_a_table_is_told_in_parts_that_are_far_below_the_limit_of_a_document() -> None:
    rows = table(rows=100, size=1_000)
    fold, documents = adopt(Fold(RIGHTS_TABLE), rows)
    *parts, closing = documents
    assert len(parts) == 4
    assert all(len(json.dumps(part["data"]["rows"])) < PART + 2_000 for part in parts)
    told = [row for part in parts for row in part["data"]["rows"]]
    assert digest(encode(told)).hex() == closing["data"]["hash"] == fold.state.hash
    assert [part["data"]["first"] for part in parts] == [1, *(1 + i * len(parts[0]["data"]["rows"]) for i in (1, 2, 3))]
    assert {part["data"]["hash"] for part in parts} == {closing["data"]["hash"]}
    assert closing["data"] == {"hash": fold.state.hash, "rows": 100, "table": []}
    assert fold.state == Adopted(hash=fold.state.hash, table=rows)
    assert adopt(fold, rows) == (fold, []), "an unchanged table is not adopted again"


def test_another_table_takes_the_place_of_the_one_before() -> None:
    fold, _ = adopt(Fold(RIGHTS_TABLE), table(3, 10))
    fold, documents = adopt(fold, table(2, 10))
    assert (len(documents), fold.state.table) == (2, table(2, 10))
    fold, documents = adopt(fold, [])
    assert (len(documents), fold.state.table) == (1, [])


def test_a_row_larger_than_a_part_stands_alone() -> None:
    _, documents = adopt(Fold(RIGHTS_TABLE), [*table(1, 10), *table(1, PART + 1), *table(1, 10)])
    assert [len(document["data"].get("rows", [])) for document in documents[:-1]] == [1, 1, 1]


OLD = {
    "actingas": "system",
    "actor": "system/start",
    "authority": "system/start",
    "causationid": "k",
    "correlationid": "k",
    "data": {"hash": "a" * 64, "table": [{"command": "Approve", "roles": ["pmo"], "unless": []}]},
    "datacontenttype": "application/json",
    "id": "019cabcd-0000-7000-8000-000000000000",
    "occurredat": "2026-03-02T12:00:00.123456Z",
    "policy": "a" * 64,
    "previous": GENESIS,
    "sequence": "00000000000000000001",
    "source": "/mandate/shop",
    "specversion": "1.0",
    "streamversion": 1,
    "subject": "rights-table/shop",
    "time": "2026-03-02T12:00:00.123456Z",
    "type": "mandate.shop.rights-adopted.v1",
}


def test_a_table_that_was_told_whole_is_still_read() -> None:
    document = encode(OLD)
    fold = Fold(RIGHTS_TABLE).then(DOMAIN.catalogue, "mandate.shop.rights-adopted.v1", document)
    assert (fold.state.hash, fold.state.table) == ("a" * 64, OLD["data"]["table"])  # type: ignore[index]
    fold, documents = adopt(fold, table(1, 10))
    assert (len(documents), fold.version, fold.state.table) == (2, 3, table(1, 10))
    assert adopt(Fold(RIGHTS_TABLE).then(DOMAIN.catalogue, OLD["type"], document), [], "a" * 64)[1] == []  # type: ignore[arg-type]


def test_it_declares_what_it_records() -> None:
    aggregate: Aggregate[Adopted] = RIGHTS_TABLE
    assert aggregate.records == {AdoptRights: (RightsRowsAdopted, RightsAdopted)}
