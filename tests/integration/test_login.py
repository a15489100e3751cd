"""`migrate` lets the service in: a real PostgreSQL that asks every role but its own for a password."""

import re
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from mandate_events.ledger.login import let_in, scram_verifier
from mandate_local.postgres import EmbeddedPostgres

RULES = "local all postgres trust\nlocal all all scram-sha-256\n"
APPEND = "governance_append"


@pytest.fixture(scope="module")
def asking() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="mandate-") as directory:
        rules = Path(directory, "rules.conf")
        rules.write_text(RULES)
        Path(directory).chmod(0o755)  # PostgreSQL runs as another user when we are root
        with EmbeddedPostgres(Path(directory, "server"), settings={"hba_file": str(rules)}) as server:
            yield server


@pytest.fixture
async def new_role(asking: EmbeddedPostgres) -> None:
    """The role as a migration makes it: it may log in, and has no password."""
    connection = await asyncpg.connect(asking.dsn())
    await connection.execute(f"drop role if exists {APPEND}; create role {APPEND} login")
    await connection.close()


def address(server: EmbeddedPostgres, password: str, user: str = APPEND) -> str:
    return server.dsn(user=user).replace("@", f":{quote(password, safe='')}@", 1)


@pytest.mark.usefixtures("new_role")
async def test_a_role_without_a_password_is_let_in_and_a_changed_one_again(asking: EmbeddedPostgres) -> None:
    for password in ("a first one", "an?other@with:marks/'%"):
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await asyncpg.connect(address(asking, password))
        assert await let_in("governance", address(asking, password), asking.dsn())
        await (await asyncpg.connect(address(asking, password))).close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(address(asking, "a first one"))


@pytest.mark.usefixtures("new_role")
async def test_an_address_that_is_let_in_is_left_alone(asking: EmbeddedPostgres) -> None:
    assert await let_in("governance", address(asking, "mine"), asking.dsn())
    before = await stored(asking)
    assert not await let_in("governance", address(asking, "mine"), asking.dsn())
    assert not await let_in("governance", asking.dsn(user=APPEND), asking.dsn())  # without a password
    assert await stored(asking) == before


@pytest.mark.usefixtures("new_role")
async def test_no_other_role_is_ever_given_a_password(asking: EmbeddedPostgres) -> None:
    assert not await let_in("projects", address(asking, "mine"), asking.dsn())
    assert not await let_in("governance", address(asking, "mine", user="postgres"), asking.dsn())
    assert await stored(asking) is None
    assert await stored(asking, "postgres") is None


@pytest.mark.usefixtures("new_role")
async def test_the_server_never_sees_the_password(asking: EmbeddedPostgres) -> None:
    await let_in("governance", address(asking, "not to be seen"), asking.dsn())
    kept = await stored(asking)
    assert kept is not None
    assert re.fullmatch(r"SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}", kept)
    with pytest.raises(ValueError, match="ASCII"):
        await let_in("governance", address(asking, "pässword"), asking.dsn())


async def test_the_verifier_is_what_postgresql_makes_itself(asking: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(asking.dsn())
    await connection.execute("create role somebody password 'correct horse'")
    made = await connection.fetchval("select rolpassword from pg_authid where rolname = 'somebody'")
    await connection.close()
    salt = b64decode(made.split("$")[1].partition(":")[2])
    assert scram_verifier("correct horse", salt) == made


async def stored(server: EmbeddedPostgres, name: str = APPEND) -> str | None:
    connection = await asyncpg.connect(server.dsn())
    try:
        kept: str | None = await connection.fetchval("select rolpassword from pg_authid where rolname = $1", name)
        return kept
    finally:
        await connection.close()
