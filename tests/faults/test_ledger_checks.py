"""The checks themselves: a sound set of ledgers passes, and each way of being unsound is noticed."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mandate_events.document.canonical import encode
from tests.faults.ledger_checks import (
    FOLLOWED,
    GENESIS,
    Answered,
    Archived,
    Ledger,
    Row,
    check_archive,
    check_consumers,
    check_ledger,
    check_origins,
)

BEGIN = datetime(2026, 1, 1, 9, 30, 0, 1, UTC)


def sha256(document: bytes) -> bytes:
    return hashlib.sha256(document).digest()


def row(service: str, number: int, stream: str, version: int, head: str, *, data: Mapping[str, Any]) -> Row:
    at, type_ = BEGIN + timedelta(seconds=number), f"mandate.{service}.tested.v1"
    content = {
        "specversion": "1.0",
        "id": f"{service}-{number}",
        "source": f"/mandate/{service}",
        "type": type_,
        "subject": stream,
        "time": at.isoformat(),
        "sequence": f"{number:020d}",
        "streamversion": version,
        "previous": head,
        "actor": "someone",
        "data": data,
    }
    document = encode(content)
    return Row(number, stream, version, type_, at, document, sha256(b"\0" + document))


def rows(service: str, data: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Events of two streams in turn."""
    made: list[Row] = []
    for number, each in enumerate(data, start=1):
        before = made[-2] if number > 2 else None
        head = sha256(before.document).hex() if before else GENESIS
        made.append(row(service, number, f"thing/{number % 2}", (number + 1) // 2, head, data=each))
    return made


def system() -> dict[str, Ledger]:
    """Governance decided four times, projects recognised two of these; everyone has heard everything."""
    governance = rows("governance", [{}] * 4)
    origins = [
        {"origin": {"source": "governance", "sequence": n, "hash": sha256(governance[n - 1].document).hex()}}
        for n in (2, 4)
    ]
    written = {"governance": governance, "projects": rows("projects", origins), "reporting": rows("reporting", [{}])}
    digests = {service: {each.position: sha256(each.document) for each in made} for service, made in written.items()}
    return {
        service: Ledger(
            service,
            made,
            [Answered("someone", "route", f"key-{each.position}", each.position) for each in made],
            {sha256(b"text"): b"text"},
            {(consumer, source): len(written[source]) for consumer, source in FOLLOWED[service]},
            {source: digests[source] for _, source in FOLLOWED[service]},
            [],
        )
        for service, made in written.items()
    }


def archive_of(ledgers: Mapping[str, Ledger]) -> list[Archived]:
    documents = [
        (service, each.position, each.type, each.document) for service in ledgers for each in ledgers[service].rows
    ]
    return [Archived(entry, *each) for entry, each in enumerate(documents, start=1)]


def check_all(ledgers: Mapping[str, Ledger]) -> None:
    for ledger in ledgers.values():
        check_ledger(ledger)
        check_consumers(ledger, ledgers)
    check_origins(ledgers)


def test_a_sound_system_passes() -> None:
    ledgers = system()
    check_all(ledgers)
    check_archive(archive_of(ledgers), ledgers)


def with_row(ledger: Ledger, index: int, **changes: Any) -> Ledger:
    made = list(ledger.rows)
    made[index] = replace(made[index], **changes)
    return replace(ledger, rows=made)


def rewritten(ledger: Ledger, index: int, **attributes: Any) -> Ledger:
    """The row's document with other attributes, and its leaf right again."""
    document = encode({**ledger.rows[index].content, **attributes})
    return with_row(ledger, index, document=document, leaf=sha256(b"\0" + document))


def spaced(ledger: Ledger) -> Ledger:
    document = ledger.rows[-1].document.replace(b'":', b'": ', 1)
    return with_row(ledger, -1, document=document, leaf=sha256(b"\0" + document))


UNSOUND: Mapping[str, tuple[str, Callable[[Ledger], Ledger], str]] = {
    "a gap": ("governance", lambda a: replace(a, rows=[*a.rows[:1], *a.rows[2:]]), "stands where 2 must"),
    "a duplicate": ("governance", lambda a: replace(a, rows=[*a.rows, a.rows[-1]]), "stands where 5 must"),
    "a version twice": ("governance", lambda a: with_row(a, 2, version=1), "version 1 of thing/1 follows 1"),
    "a torn chain": ("governance", lambda a: rewritten(a, 3, previous=GENESIS), "the document says"),
    "another sequence": ("governance", lambda a: rewritten(a, 3, sequence=f"{9:020d}"), "the document says"),
    "another stream": ("governance", lambda a: rewritten(a, 3, subject="thing/9"), "the document says"),
    "a changed document": ("governance", lambda a: rewritten(a, 0, reason="better"), "the document says"),
    "the same id twice": ("governance", lambda a: rewritten(a, 3, id="governance-1"), "has the id"),
    "bytes that are not canonical": ("governance", spaced, "not canonical"),
    "another time": ("governance", lambda a: with_row(a, 3, recorded_at=BEGIN), "time"),
    "time that runs back": (
        "governance",
        lambda a: with_row(rewritten(a, 3, time=BEGIN.isoformat()), 3, recorded_at=BEGIN),
        "ahead of it",
    ),
    "a wrong leaf": ("governance", lambda a: with_row(a, 3, leaf=b"?" * 32), "wrong leaf"),
    "a key to nowhere": (
        "governance",
        lambda a: replace(a, commands=[*a.commands, Answered("someone", "route", "key", 5)]),
        "points to an event of None",
    ),
    "a key to another's event": (
        "governance",
        lambda a: replace(a, commands=[Answered("another", "route", "key", 4)]),
        "points to an event of someone",
    ),
    "two keys to one event": (
        "governance",
        lambda a: replace(a, commands=[*a.commands, Answered("someone", "route", "key", 4)]),
        "point to one event",
    ),
    "a wrong blob": ("governance", lambda a: replace(a, blobs={sha256(b"text"): b"other"}), "blobs that are not"),
    "something parked": ("projects", lambda a: replace(a, parked=[("policies", "governance", 3, "why")]), "parked"),
    "a cursor behind": (
        "reporting",
        lambda a: replace(a, cursors={**a.cursors, ("views", "governance"): 3}),
        "views of governance at 3, which ends at 4",
    ),
    "no cursor": ("projects", lambda a: replace(a, cursors={}), "policies of governance at 0"),
    "something else received": (
        "reporting",
        lambda a: replace(a, received={**a.received, "projects": {1: b"", 2: b""}}),
        "received other documents than projects sent",
    ),
    "an origin that is not there": (
        "projects",
        lambda a: rewritten(a, 1, data={"origin": {"source": "governance", "sequence": 5, "hash": ""}}),
        "which is not there",
    ),
    "an origin that is another": (
        "projects",
        lambda a: rewritten(a, 1, data={"origin": {"source": "governance", "sequence": 3, "hash": ""}}),
        "rests on another",
    ),
}


@pytest.mark.parametrize("fault", UNSOUND)
def test_what_is_unsound_is_noticed(fault: str) -> None:
    service, spoil, message = UNSOUND[fault]
    ledgers = system()
    ledgers[service] = spoil(ledgers[service])
    check = check_origins if "origin" in fault else check_all
    with pytest.raises(AssertionError, match=re.escape(message)):
        check(ledgers)


def test_the_same_origin_twice_on_one_stream() -> None:
    ledgers = system()
    data = ledgers["projects"].rows[0].content["data"]
    again = row("projects", 3, "thing/1", 2, GENESIS, data=data)
    ledgers["projects"] = replace(ledgers["projects"], rows=[*ledgers["projects"].rows, again])
    with pytest.raises(AssertionError, match="recognised twice"):
        check_origins(ledgers)


@pytest.mark.parametrize("fault", ["a document lacks", "a document differs", "an entry lacks", "out of order"])
def test_an_archive_that_is_not_the_ledgers(fault: str) -> None:
    ledgers = system()
    archive = archive_of(ledgers)
    match fault:
        case "a document lacks":
            archive.pop()
        case "a document differs":
            archive[2] = replace(archive[2], document=b"{}")
        case "an entry lacks":
            archive[-1] = replace(archive[-1], entry=archive[-1].entry + 1)
        case _:
            first, second = archive[:2]
            archive[:2] = [replace(second, entry=1), replace(first, entry=2)]
    with pytest.raises(AssertionError, match="archive"):
        check_archive(archive, ledgers)
