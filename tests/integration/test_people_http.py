"""People over HTTP: the mandates they held at any instant, and a directory from which they can be erased for good."""

import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from governance.main import GOVERNANCE
from governance.people import table as directory
from governance.people.directory import DIRECTORY, ChangeDirectoryEntry, ErasePerson
from governance.people.mandate import MANDATE
from mandate_events.deciding.batch import Submission
from mandate_events.document.canonical import digest, leaf_hash
from mandate_events.document.event import GENESIS, read_any
from mandate_events.document.identifiers import uuid7
from mandate_events.ledger.store import Store
from tests.integration.over_http import OFFICE, Product, observer, person, refused, until

PEOPLE = "/governance/v1/people"
REASON = {"reason": "To test"}
NAME, EMAIL = "Grace Murray Hopper-Östberg", "grace.hopper@example.org"
ENTRY = {"name": NAME, "email": EMAIL}


@pytest_asyncio.fixture
async def store(product: Product) -> AsyncIterator[Store]:
    """The ledger beside the product, as another process has it open."""
    async with Store(GOVERNANCE, product.postgres.dsn("governance", user="governance_append")) as opened:
        yield opened


async def last(product: Product) -> datetime:
    """When the last event was recorded, by the ledger's clock."""
    [[at]] = await product.query("select max(recorded_at) from ledger.events")
    found: datetime = at
    return found


async def mandates(product: Product, who: str, persona: str = "pmo-1", **asked: Any) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = await product.get(f"{PEOPLE}/{who}/mandates?{query}", persona)
    assert answer.status_code == 200, answer.text
    assert answer.json()["person"] == who
    found: list[dict[str, Any]] = answer.json()["mandates"]
    return found


# --- mandates ---


async def test_a_mandate_is_held_from_the_appointment_to_the_removal(product: Product, store: Store) -> None:
    member = str(uuid.uuid4())
    instants = [await last(product)]
    await product.give(f"{OFFICE}/members", {"person": member, **REASON})
    instants.append(await last(product))
    await product.give(f"{OFFICE}/members/{member}/removals", REASON)
    instants.append(await last(product))
    held = []
    for at in instants:
        known_at = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        answer = await product.get(f"{PEOPLE}/{member}/mandates?known_at={known_at}")
        assert answer.headers["memento-datetime"]
        held.append(answer.json()["mandates"])
    before, between, after = held
    assert (before, after) == ([], [])
    [mandate] = between
    assert (mandate["role"], mandate["project"], mandate["authority"]) == ("pmo", None, f"mandate/{member}@1")
    assert instants[0] < datetime.fromisoformat(mandate["since"]) <= instants[1]
    assert await mandates(product, member) == []
    # days are long: the fold is asked for the very moments
    for at, roles in zip(instants, ([], ["pmo"], []), strict=True):
        fold = await store.reader.fold_at(MANDATE, member, None, at + timedelta(microseconds=1))
        assert [each.role for each in fold.state or ()] == roles


async def test_who_held_a_mandate_at_the_end_of_a_day(product: Product) -> None:
    today = (await last(product)).date()
    yesterday = today - timedelta(days=1)
    assert await mandates(product, person("pmo-2"), as_of=yesterday) == []
    [mandate] = await mandates(product, person("pmo-2"), as_of=today)
    assert mandate["role"] == "pmo"
    refused(await product.get(f"{PEOPLE}/{person('pmo-2')}/mandates?as_of=tomorrow"), 422, "invalid")


async def test_a_mandate_tells_what_it_lets_one_decide(product: Product) -> None:
    [mandate] = await mandates(product, person("pmo-2"))
    assert {"command": "DecideGate", "relation": "any"} in mandate["may"]
    commands = [each["command"] for each in mandate["may"]]
    assert commands == sorted(set(commands))
    rights = {row.command: row for row in GOVERNANCE.rights.rows}
    assert all("pmo" in GOVERNANCE.rights.roles_for(command) for command in commands)
    assert not [command for command in commands if command.startswith("read-")]
    assert {"AcceptAppointment", "NameFounder"} & set(commands) == set()
    assert rights["AcceptAppointment"].relation == "own-project"


async def test_mandates_are_read_by_the_pmo_auditors_and_the_person(product: Product) -> None:
    await product.give(f"{OFFICE}/auditors", observer("auditor-1"))
    await product.give(f"{OFFICE}/observers", observer("observer-1"))
    assert await mandates(product, person("pmo-2"), "auditor-1")
    for persona in ("observer-1", "founder", "stranger"):
        problem = refused(await product.get(f"{PEOPLE}/{person('pmo-2')}/mandates", persona), 403, "no-right")
        assert problem["facts"]["needed"] == ["auditor", "pmo"]
    [mine] = await mandates(product, person("observer-1"), "observer-1")
    assert (mine["role"], mine["may"]) == ("observer", [{"command": "ChangeDirectoryEntry", "relation": "any"}])
    assert await mandates(product, person("stranger"), "stranger") == []
    refused(await product.http.get(f"{PEOPLE}/{person('pmo-2')}/mandates"), 401, "not-authenticated")


# --- the directory ---


async def enter(product: Product, who: str, persona: str = "pmo-1", **entry: str) -> dict[str, Any]:
    return await product.give(f"{PEOPLE}/{who}/entries", {**ENTRY, **entry}, persona)


async def test_an_entry_is_changed_by_the_pmo_and_by_oneself(product: Product) -> None:
    me = person("pmo-2")
    await enter(product, me, "pmo-1", name="Wrongly Spelt")
    receipt = await enter(product, me, "pmo-2")
    answer = await product.get(f"{PEOPLE}/{me}", "founder")
    assert answer.headers["etag"].startswith(f'"{receipt["version"]}-')
    found = answer.json()
    assert (found["id"], found["name"], found["email"], found["changed_by"]) == (me, NAME, EMAIL, me)
    assert datetime.fromisoformat(found["changed_at"]) == await last(product)
    event = await product.event(receipt["position"])
    assert (event["type"], event["data"]) == ("mandate.governance.directory-entry-changed.v1", {"person": me})
    assert event["actor"] == me
    refused(await product.post(f"{PEOPLE}/{me}/entries", ENTRY, "founder"), 403, "entry-of-another")
    refused(await product.post(f"{PEOPLE}/{me}/entries", ENTRY, "stranger"), 403, "no-right")
    refused(await product.get(f"{PEOPLE}/{me}", "stranger"), 403, "no-right")
    refused(await product.get(PEOPLE, "stranger"), 403, "no-right")
    stale = await product.post(f"{PEOPLE}/{me}/entries", ENTRY, "pmo-2", If_Match='"1"')
    refused(stale, 412, "stale-version")
    known = {"If-None-Match": answer.headers["etag"]}
    assert (await product.get(f"{PEOPLE}/{me}", "founder", **known)).status_code == 304
    assert (await product.get(f"{PEOPLE}/{me}", "pmo-1", **known)).status_code == 200, "they may do something else"
    refused(await product.get(f"{PEOPLE}/{uuid.uuid4()}"), 404, "not-found")
    for wrong in ({"name": NAME}, {**ENTRY, "email": "none"}, {**ENTRY, "name": "\x07"}):
        refused(await product.post(f"{PEOPLE}/{me}/entries", wrong), 422, "invalid")


async def test_people_are_told_by_their_ids_and_in_pages(product: Product) -> None:
    people = sorted(str(uuid.uuid4()) for _ in range(5))
    for number, who in enumerate(people):
        await enter(product, who, name=f"Person {number}")
    ids = ",".join([*people[:3], str(uuid.uuid4())])
    told = (await product.get(f"{PEOPLE}?ids={ids}", "founder")).json()
    assert [(each["id"], each["name"]) for each in told["items"]] == [
        (who, f"Person {n}") for n, who in enumerate(people[:3])
    ]
    assert told["next"] is None
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await product.get(f"{PEOPLE}?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json()
        found, cursor = found + [each["id"] for each in page["items"]], page["next"]
    assert found == sorted(found)
    assert set(people) <= set(found)
    hundred = ",".join(str(uuid.uuid4()) for _ in range(100))
    assert (await product.get(f"{PEOPLE}?ids={hundred}")).json()["items"] == []
    for wrong in (f"{hundred},{people[0]}", "nobody", ""):
        refused(await product.get(f"{PEOPLE}?ids={wrong}"), 422, "invalid")


async def test_the_same_key_changes_an_entry_once_and_an_older_one_replaces_no_newer(product: Product) -> None:
    who = str(uuid.uuid4())
    body = {**ENTRY, "name": "First"}
    first = await product.give(f"{PEOPLE}/{who}/entries", body, Idempotency_Key="entered-once")
    await enter(product, who, name="Second")
    again = await product.give(f"{PEOPLE}/{who}/entries", body, Idempotency_Key="entered-once")
    assert again["version"] == first["version"]
    assert (await product.get(f"{PEOPLE}/{who}")).json()["name"] == "Second"


async def test_a_process_that_died_before_it_wrote_the_row_is_made_good_by_the_same_request(
    product: Product, store: Store
) -> None:
    who = str(uuid.uuid4())
    key = {"Idempotency_Key": "died-in-between"}
    await product.give(f"{PEOPLE}/{who}/entries", ENTRY, **key)
    await product.query("delete from directory.people where person = $1", who)
    await product.give(f"{PEOPLE}/{who}/entries", ENTRY, **key)
    assert (await product.get(f"{PEOPLE}/{who}")).json()["name"] == NAME


# --- erasing ---


async def documents(product: Product) -> list[bytes]:
    return [row[0] for row in await product.query("select document from ledger.events order by position")]


async def check_chain(product: Product) -> None:
    """Each document names the hash of the one before it on its stream, and is its own leaf."""
    heads: dict[str, str] = {}
    for document, leaf in await product.query("select document, leaf from ledger.events order by position"):
        record = read_any(document)
        assert record.previous == heads.get(record.subject, GENESIS)
        assert leaf == leaf_hash(document)
        heads[record.subject] = digest(document).hex()


async def holding(product: Product, *texts: str) -> list[str]:
    """The tables of any schema in which one of the texts can be read, however it is kept."""
    tables = await product.query(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables"
        " where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'"
    )
    found = []
    for [table] in tables:
        rows = await product.query(f"select to_jsonb(t)::text from {table} as t")  # noqa: S608 - names of the catalogue
        for text in texts:
            spellings = [text.encode().hex(), text.encode("ascii", "backslashreplace").hex(), text]
            if any(spelling in row[0] for [*row] in rows for spelling in spellings):
                found.append(table)
    return sorted(set(found))


async def test_who_is_erased_is_nowhere_and_the_record_is_what_it_was(product: Product) -> None:
    who = str(uuid.uuid4())
    name, email = "Katherine Coleman Johnson", "katherine.johnson@example.org"
    await enter(product, who, name=name, email=email)
    await product.give(f"{OFFICE}/members", {"person": who, **REASON})
    await product.give(f"{OFFICE}/members/{who}/removals", REASON)
    await enter(product, who, name=name, email=email)
    assert await holding(product, name, email) == ["directory.people"]
    before = await documents(product)

    refused(await product.post(f"{PEOPLE}/{person('pmo-1')}/erasures", REASON), 404, "not-found")
    refused(await product.post(f"{PEOPLE}/{who}/erasures", REASON, "founder"), 403, "no-right")
    refused(await product.post(f"{PEOPLE}/{who}/erasures", {}), 422, "invalid")
    receipt = await product.give(f"{PEOPLE}/{who}/erasures", REASON)

    after = await documents(product)
    assert after[: len(before)] == before, "every document is byte for byte what it was"
    assert (await product.event(receipt["position"]))["data"] == {"person": who}
    await check_chain(product)
    assert await holding(product, name, email) == []
    refused(await product.get(f"{PEOPLE}/{who}"), 404, "not-found")
    assert (await product.get(f"{PEOPLE}?ids={who}")).json()["items"] == []
    refused(await product.post(f"{PEOPLE}/{who}/entries", ENTRY), 409, "person-erased")
    refused(await product.post(f"{PEOPLE}/{who}/erasures", REASON), 409, "person-erased")
    assert await mandates(product, who, known_at="2020-01-01T00:00:00Z") == [], "what they decided is told by their id"
    history = await product.get(
        "/reporting/v1/history?type=person-erased&limit=1",
        Mandate_Consistency=receipt["consistency"],
        Prefer="wait=20",
    )
    assert history.json()["items"][0]["actor"] == person("pmo-1")


async def test_nobody_erases_themselves(product: Product) -> None:
    await enter(product, person("pmo-1"))
    refused(await product.post(f"{PEOPLE}/{person('pmo-1')}/erasures", REASON), 403, "self-erasure")


async def keys(product: Product, who: str) -> int:
    rows = await product.query("select 1 from ledger.commands where route = $1", f"POST /v1/people/{who}/entries")
    return len(rows)


async def test_what_a_process_that_died_left_behind_is_not_shown_and_is_removed(product: Product, store: Store) -> None:
    """The event is written and the row is not deleted: at whichever instruction it dies, there is no more than that."""
    who, other = str(uuid.uuid4()), str(uuid.uuid4())
    await product.give(f"{PEOPLE}/{who}/entries", ENTRY, Idempotency_Key="left-behind")
    await enter(product, other)
    erase = ErasePerson(person=who, reason="They asked for it")
    await store.submit(Submission(DIRECTORY, who, erase, actor=person("pmo-1"), route="test", key=uuid7()))
    assert (await product.query("select name from directory.people where person = $1", who))[0][0] == NAME

    refused(await product.get(f"{PEOPLE}/{who}"), 404, "not-found")
    told = (await product.get(f"{PEOPLE}?ids={who},{other}")).json()["items"]
    assert [each["id"] for each in told] == [other]

    assert await keys(product, who) == 1, "a hash of the name"
    await directory.forget_erased(store.pool)
    assert await product.query("select 1 from directory.people where person = $1", who) == []
    assert await keys(product, who) == 0
    assert (await product.get(f"{PEOPLE}/{other}")).status_code == 200
    assert await keys(product, other) == 1
    again = await product.post(f"{PEOPLE}/{who}/entries", ENTRY, Idempotency_Key="left-behind")
    refused(again, 409, "person-erased")


async def test_an_entry_that_comes_late_does_not_bring_an_erased_person_back(product: Product, store: Store) -> None:
    who = str(uuid.uuid4())
    receipt = await enter(product, who)
    await product.give(f"{PEOPLE}/{who}/erasures", REASON)
    late = ChangeDirectoryEntry(name=NAME, email=EMAIL)
    await directory.keep(store.pool, who, receipt["version"], late)
    assert await product.query("select 1 from directory.people where person = $1", who) == []


async def test_the_leader_removes_what_is_left(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again, also when the database was away for a moment."""
    rounds: list[str] = []

    async def forget(_: object) -> None:
        rounds.append("forget")
        if len(rounds) == 1:
            raise asyncpg.ConnectionDoesNotExistError
        if len(rounds) == 3:
            raise asyncpg.UndefinedTableError

    monkeypatch.setattr(directory, "forget_erased", forget)
    monkeypatch.setattr(directory, "EVERY", 0.0)
    with pytest.raises(asyncpg.UndefinedTableError):
        await directory.keep_forgetting(None)  # the one above needs none
    assert len(rounds) == 3


# --- names in other answers ---


async def test_an_answer_names_the_persons_it_tells_of_where_that_is_asked_for(product: Product) -> None:
    known, erased, unknown = person("pmo-1"), str(uuid.uuid4()), str(uuid.uuid4())
    before = await last(product)
    for each in (erased, unknown):
        await product.give(f"{OFFICE}/observers", {"person": each, **REASON})
    await enter(product, known)
    await enter(product, erased, name="Not To Be Kept")
    bare, named = await product.get(OFFICE), await product.get(f"{OFFICE}?include=people")
    people = named.json().pop("people")
    assert (people[known], people[erased], people[unknown]) == (
        {"status": "known", "name": NAME},
        {"status": "known", "name": "Not To Be Kept"},
        {"status": "unknown", "name": None},
    )
    told = bare.json()
    assert {name: value for name, value in named.json().items() if name != "people"} == told
    assert set(people) == {*told["members"], *told["auditors"], *told["observers"]}
    await product.give(f"{PEOPLE}/{erased}/erasures", REASON)
    after = await product.get(f"{OFFICE}?include=people", **{"If-None-Match": named.headers["etag"]})
    assert after.status_code == 200, "the office is as it was, and the names are others"
    assert after.json()["people"][erased] == {"status": "erased", "name": None}
    assert len({answer.headers["etag"] for answer in (bare, named, after)}) == 3
    same = await product.get(f"{OFFICE}?include=people", **{"If-None-Match": after.headers["etag"]})
    assert same.status_code == 304
    past = await product.get(f"{OFFICE}?include=people&known_at={before.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}")
    assert past.json()["people"][known]["name"] == NAME, "names have no past"
    assert erased not in past.json()["people"]
    refused(await product.get(f"{OFFICE}?include=people,addresses"), 422, "invalid")


async def test_a_page_of_a_list_names_its_persons(product: Product) -> None:
    me, who = person("pmo-1"), str(uuid.uuid4())
    await enter(product, me)
    await enter(product, who)
    resource = {"person": who, "skills": ["analysis"], **REASON}
    receipt = await product.give("/governance/v1/resources", resource)
    seen = {"Mandate-Consistency": receipt["consistency"]}
    answer = await product.get("/governance/v1/resources?include=people", **seen)
    assert answer.json()["people"] == {who: {"status": "known", "name": NAME}}
    assert "people" not in (await product.get("/governance/v1/resources", **seen)).json()
    listed = (await product.get(f"{PEOPLE}?ids={who}&include=people")).json()
    assert listed["people"] == {each: {"status": "known", "name": NAME} for each in (me, who)}


async def test_the_other_services_name_persons_too_and_forget_who_is_erased(product: Product) -> None:
    me, who = person("pmo-1"), str(uuid.uuid4())
    await enter(product, me)
    await enter(product, who, name="Not To Be Kept")
    await product.give(f"{OFFICE}/observers", {"person": who, **REASON})

    async def told(path: str, *expected: Mapping[str, str | None]) -> bool:
        answer = await product.get(path)
        assert answer.status_code == 200, answer.text
        return all(each in answer.json()["people"].values() for each in expected)

    history = "/reporting/v1/history?include=people&limit=500"
    story = (await product.get("/reporting/v1/history?type=office-member-appointed&limit=1")).json()["items"][0]
    named = {"status": "known", "name": NAME}
    await until(lambda: told(history, named))
    await until(lambda: told(f"/reporting/v1/story?include=people&correlation={story['correlation']}"))
    async with asyncpg.create_pool(product.postgres.dsn("projects"), min_size=1) as projects:
        names = "select person, name from directory.names where person = any($1)"

        async def kept(expected: dict[str, str | None]) -> bool:
            return dict(await projects.fetch(names, [me, who])) == expected

        await until(lambda: kept({me: NAME, who: "Not To Be Kept"}))
        await product.give(f"{PEOPLE}/{who}/erasures", REASON, "pmo-2")
        await until(lambda: kept({me: NAME, who: None}))


async def test_only_the_service_itself_reads_the_directory(product: Product) -> None:
    for role in ("read", "auditor"):
        connection = await asyncpg.connect(product.postgres.dsn("governance", user=f"governance_{role}"))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("select * from directory.people")
        finally:
            await connection.close()
