"""Routes of persons, all of them special: names stand in a table beside the record, and may be erased from it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import Path, Query, Request
from starlette.responses import JSONResponse, Response

from governance.people.directory import DIRECTORY, ChangeDirectoryEntry, ErasePerson, People, PersonPage
from governance.people.mandate import MANDATE, HeldMandates, MandateHeld, MandatePage
from governance.people.table import PEOPLE, entries, find, forget_erased, keep
from mandate_events.deciding import Decision, Unknown
from mandate_events.deciding.rights import RIGHTS_TABLE
from mandate_events.document.formats import UUID_PATTERN
from mandate_web.chapters.pages import copied, plain
from mandate_web.routes.access import Authenticated, Viewer, anyone, no_right, reads, viewer
from mandate_web.routes.desk import OpenDesk, decides, expected_version
from mandate_web.routes.including import OpenIncluding
from mandate_web.routes.moment import AsOf, KnownAt, end_of, mark, positions
from mandate_web.routes.offering import ALLOWED, Thing, allowed
from mandate_web.routes.paging import Cursor, Limit, Page
from mandate_web.routes.routing import Router
from mandate_web.routes.tags import tagged
from mandate_web.routes.things import shows

router = Router(tags=["people"])

Id = Annotated[str, Path(pattern=f"^{UUID_PATTERN}$", description="Opaque id of the person")]
Ids = Annotated[
    str | None,
    Query(
        pattern=f"^{UUID_PATTERN}(,{UUID_PATTERN}){{0,99}}$",
        description="Only these persons: up to 100 ids with commas between",
        examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"],
    ),
]


# --- the directory ---


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A person as they are told."""
    known = {**row, "id": row["person"]}
    return {name: plain(known[name]) for name in PersonPage.model_fields}


@router.post("/v1/people/{id}/entries", operation_id="changeDirectoryEntry", **decides(ChangeDirectoryEntry))
async def change_entry(request: Request, id: Id, command: ChangeDirectoryEntry, desk: OpenDesk) -> Response:  # noqa: A002
    """Say who a person is. You can for yourself, and the PMO for everybody.

    On record is that the entry changed, and by whom; name and e-mail address are not.
    """
    receipt = await desk.decide(DIRECTORY, id, command, location=f"/v1/people/{id}")
    version = expected_version(receipt.headers["etag"])
    assert version is not None
    await keep(request.app.state.store.pool, id, version, command)
    return receipt


@router.post("/v1/people/{id}/erasures", operation_id="erasePerson", **decides(ErasePerson))
async def erase(request: Request, id: Id, command: Decision, desk: OpenDesk) -> Response:  # noqa: A002
    """Erase name and e-mail address of a person, for good. What they decided stays on record under their opaque id."""
    receipt = await desk.decide(DIRECTORY, id, ErasePerson(person=id, reason=command.reason))
    await forget_erased(request.app.state.store.pool)
    return receipt


@router.get("/v1/people", operation_id="listPeople", responses={200: {"model": People}}, **reads("read-framework"))
async def list_people(
    request: Request,
    _: Annotated[Viewer, viewer("read-framework")],
    including: OpenIncluding,
    ids: Ids = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Who the persons are, in the order of their ids. Who has no entry, or was erased, is left out."""
    asked = sorted(set(ids.split(","))) if ids else None
    page = Page({"list": "people", "ids": asked}, limit, cursor)
    wanted = entries() if asked is None else entries().where(PEOPLE.c.person.in_(asked))
    async with request.app.state.engine.connect() as connection:
        found = await connection.execute(page.apply(wanted, [(PEOPLE.c.person, False)]))
        items, following = page.answer(found.all(), ["person"])
    return JSONResponse(await including.complete({"items": [shown(row) for row in items], "next": following}))


@router.get("/v1/people/{id}", operation_id="getPerson", responses=shows(PersonPage), **reads("read-framework"))
async def get_person(
    request: Request,
    id: Id,  # noqa: A002
    _: Annotated[Viewer, viewer("read-framework")],
    including: OpenIncluding,
) -> Response:
    """Who a person is. One who has no entry, or was erased, is not found."""
    row = await find(request.app.state.engine, id)
    if row is None:
        raise Unknown(f"person/{id}")
    entry = await request.app.state.store.reader.fold(DIRECTORY, id)
    [offered] = await allowed(request, [Thing(id, entry)])
    body = await including.complete({**shown(row), ALLOWED: offered})
    return tagged(request, orjson.dumps(body), row["version"])


# --- mandates ---


@router.get(
    "/v1/people/{id}/mandates",
    operation_id="listMandates",
    responses={200: {"model": HeldMandates}, 403: {}},
    **anyone(),
)
async def list_mandates(
    *,
    request: Request,
    id: Id,  # noqa: A002
    person: Authenticated,
    known_at: KnownAt,
    including: OpenIncluding,
    as_of: AsOf = None,
) -> Response:
    """The mandates that a person holds, and what each lets them decide.

    The PMO and auditors see everybody's, and you your own. With `as_of`, those that were held at the end of that day,
    in the time zone of the charter.
    """
    state = request.app.state
    rights = state.domain.rights
    if id != person.id and not rights.may_read("read-mandates", await state.find_held(person.id)):
        raise no_right("read-mandates", rights)
    seen = {state.domain.service: state.store.appender.position}
    before = None if as_of is None else end_of(as_of, await state.find_zone(known_at))
    reader = state.store.reader
    held: Sequence[MandateHeld] = (await reader.fold_at(MANDATE, id, known_at, before)).state or ()
    adopted = (await reader.fold_at(RIGHTS_TABLE, state.domain.service, known_at, before)).state
    body = {"person": id, "mandates": [shown_mandate(each, adopted.table if adopted else ()) for each in held]}
    if known_at is not None:
        seen = await positions(request, known_at)
    return mark(request, JSONResponse(await including.complete(body)), seen, known_at)


def shown_mandate(mandate: MandateHeld, table: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A mandate as it is told, by the table of rights that was in force."""
    return copied(MandatePage, mandate.authority, mandate, may=may_decide(mandate.role, table))


def may_decide(role: str, table: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The commands that a table of rights lets a role give. What it may never give is not among them."""
    rows = [row for row in table if role in row["roles"] and row["command"][:1].isupper()]  # a query's name is not
    never = {row["command"] for row in rows if row["effect"] == "deny"}
    widest = {row["command"]: row["relation"] for row in sorted(rows, key=lambda row: row["relation"], reverse=True)}
    return [{"command": name, "relation": relation} for name, relation in sorted(widest.items()) if name not in never]
