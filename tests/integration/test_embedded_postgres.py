"""The embedded PostgreSQL keeps what it has committed, through everything that can happen to a laptop."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from mandate_local.postgres import AlreadyRunningError, EmbeddedPostgres, PostgresError, StartTimeoutError
from mandate_local.processes import command_line

CHILD = """
import sys, time
from mandate_local.postgres import EmbeddedPostgres
print(EmbeddedPostgres(sys.argv[1]).start().pid, flush=True)
time.sleep(600)
"""

ORDINARY = """
import os, sys
from mandate_local.postgres import EmbeddedPostgres
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[2]))
os.environ["HOME"] = sys.argv[1]
server = EmbeddedPostgres(sys.argv[1] + "/data").start()
server.ensure_database("ordinary")
server.kill()
server.start().stop()
"""
NOBODY = 65534


@pytest.fixture(scope="module")
def template() -> Iterator[EmbeddedPostgres]:
    """One cluster for the tests that only start and stop it: initdb is the slow part."""
    with tempfile.TemporaryDirectory(prefix="mandate-") as directory:
        server = EmbeddedPostgres(directory)
        yield server
        server.stop()


@pytest.fixture
def server(template: EmbeddedPostgres) -> EmbeddedPostgres:
    template.stop()
    return template


async def write(server: EmbeddedPostgres, value: int) -> None:
    connection = await asyncpg.connect(server.dsn())
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
    await connection.execute("INSERT INTO kept VALUES ($1)", value)
    await connection.close()


async def values(server: EmbeddedPostgres) -> set[int]:
    connection = await asyncpg.connect(server.dsn())
    rows = await connection.fetch("SELECT value FROM kept")
    await connection.close()
    return {row["value"] for row in rows}


def owner_in_a_child(directory: Path) -> tuple[subprocess.Popen[str], int]:
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(directory)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line, "the child did not start PostgreSQL"
    return child, int(line)


def mode(path: str) -> int | None:
    return Path(path).stat().st_mode & 0o777 if Path(path).exists() else None


def sleeper(user: int | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "600"], user=user)


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()


async def test_a_stop_and_start_keeps_data_and_address_and_is_quick(server: EmbeddedPostgres) -> None:
    server.start()
    address = server.dsn()
    await write(server, 1)
    server.stop()
    assert server.pid is None
    began = time.monotonic()
    server.start()
    assert time.monotonic() - began < 5
    assert server.dsn() == address
    assert 1 in await values(server)


async def test_it_starts_safe_and_deaf_to_the_network(server: EmbeddedPostgres) -> None:
    server.start()
    connection = await asyncpg.connect(server.dsn())
    shown = {
        name: await connection.fetchval(f"SHOW {name}")
        for name in (
            "fsync",
            "full_page_writes",
            "synchronous_commit",
            "listen_addresses",
            "max_connections",
            "timezone",
        )
    }
    await connection.close()
    assert shown == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
        "max_connections": "200",
        "timezone": "UTC",
    }


async def test_start_twice_is_start_once(server: EmbeddedPostgres) -> None:
    pid = server.start().pid
    assert server.start().pid == pid


async def test_what_was_committed_survives_kill_9(server: EmbeddedPostgres) -> None:
    server.start()
    await write(server, 2)
    server.kill()
    assert server.pid is None
    server.start()
    assert 2 in await values(server)


async def test_a_busy_orphaned_backend_does_not_block_the_restart(server: EmbeddedPostgres) -> None:
    """A backend that computes does not notice that its postmaster is dead, and holds the shared memory."""
    server.start()
    connection = await asyncpg.connect(server.dsn())
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    pending = asyncio.create_task(connection.execute("DO $$ BEGIN LOOP END LOOP; END $$"))
    await asyncio.sleep(0.3)
    server.kill()
    assert command_line(backend) is not None
    server.start()
    assert command_line(backend) is None
    with pytest.raises((asyncpg.PostgresConnectionError, ConnectionError, asyncpg.InterfaceError)):
        await pending
    connection.terminate()


async def test_a_stale_pid_file_with_the_pid_of_another_program(server: EmbeddedPostgres) -> None:
    """After a reboot the old number is anyone's. PostgreSQL cares only if that process has its own user."""
    server.start()
    await write(server, 3)
    pid_path = server.directory / "pg" / "postmaster.pid"
    owner = pid_path.stat().st_uid
    server.kill()
    other = sleeper(owner if os.geteuid() == 0 else None)
    try:
        for path in (pid_path, server.directory / "run" / ".s.PGSQL.5432.lock"):
            path.write_text("".join([f"{other.pid}\n", *path.read_text().splitlines(keepends=True)[1:]]))
        server.start()
        assert server.pid != other.pid
        assert 3 in await values(server)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_postmaster_that_died_and_was_not_reaped() -> None:
    """Its number is still taken, for as long as the process above it does not ask: PostgreSQL takes that for life."""
    with tempfile.TemporaryDirectory(prefix="mandate-") as directory:
        first = EmbeddedPostgres(directory).start()
        assert first.pid is not None
        postmaster = psutil.Process(first.pid)
        postmaster.kill()
        while postmaster.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        first._lock.release()  # as if its Python had died; nobody reaps until `first` is asked again
        with EmbeddedPostgres(directory) as second:
            assert second.pid is not None
        assert first.pid is None


async def test_an_orphan_of_a_killed_python_is_adopted(server: EmbeddedPostgres) -> None:
    child, postmaster = owner_in_a_child(server.directory)
    end(child)
    assert command_line(postmaster) is not None, "killing Python leaves PostgreSQL alive"
    server.start()
    assert server.pid == postmaster
    await write(server, 4)
    server.stop()
    assert command_line(postmaster) is None
    assert 4 in await values(server.start())


async def test_a_second_owner_is_refused_and_an_attached_guest_leaves_the_server_alone(
    server: EmbeddedPostgres,
) -> None:
    child, postmaster = owner_in_a_child(server.directory)
    try:
        with pytest.raises(AlreadyRunningError, match=rf"already running, pid {postmaster} \(of process {child.pid}\)"):
            server.start()
        with EmbeddedPostgres(server.directory, attach=True) as guest:
            assert guest.pid == postmaster
            await write(guest, 5)
        assert command_line(postmaster) is not None
    finally:
        end(child)


async def test_two_owners_in_one_process_are_refused_too(server: EmbeddedPostgres) -> None:
    server.start()
    with pytest.raises(AlreadyRunningError, match=f"of process {os.getpid()}"):
        EmbeddedPostgres(server.directory).start()
    assert server.pid is not None


async def test_ctrl_c_on_the_terminal_does_not_reach_the_server(server: EmbeddedPostgres) -> None:
    pid = server.start().pid
    assert pid is not None
    assert os.getsid(pid) == pid != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


async def test_a_start_that_takes_too_long_is_left_to_its_recovery(server: EmbeddedPostgres) -> None:
    impatient = EmbeddedPostgres(server.directory, start_timeout=0.0)
    with pytest.raises(StartTimeoutError, match="start again to wait"):
        impatient.start()
    patient = server.start()
    assert patient.pid is not None
    patient.stop()
    assert impatient.pid is None


async def test_a_server_that_cannot_start_says_why(server: EmbeddedPostgres) -> None:
    with pytest.raises(PostgresError, match="no_such_setting"):
        EmbeddedPostgres(server.directory, settings={"no_such_setting": "1"}).start()
    server.start()


async def test_a_database_is_made_once_whatever_its_name(server: EmbeddedPostgres) -> None:
    server.start()
    name = "Gov\"ern'ance é"
    server.ensure_database(name)
    server.ensure_database(name)
    connection = await asyncpg.connect(server.dsn(name))
    assert await connection.fetchval("SELECT current_database()") == name
    await connection.close()


async def test_a_long_or_odd_path(tmp_path: Path) -> None:
    """The socket's address has 107 bytes; and commas, spaces and colons mean something in lists and URLs."""
    directory = tmp_path / ("d" * 120) / "a b,c:d"
    with EmbeddedPostgres(directory) as server:
        await write(server, 6)
        assert await values(server) == {6}
        place = server._socket_directory or ""
        assert len(place) < 90
        assert mode(place) == 0o700
    assert mode(place) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change the user")
def test_as_root_only_the_search_bit_that_is_missing_is_added(tmp_path: Path) -> None:
    closed, opened = tmp_path / "closed", tmp_path / "closed" / "opened"
    closed.mkdir(mode=0o700)
    opened.mkdir(mode=0o755)
    with EmbeddedPostgres(opened / "pg"):
        assert closed.stat().st_mode & 0o777 == 0o701
        assert opened.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="as an ordinary user, every test here is that test")
def test_as_an_ordinary_user() -> None:
    """The same class in a process that has given root up (after its imports: this Python may lie under /root)."""
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, NOBODY, NOBODY)
        command = [sys.executable, "-c", ORDINARY, home, str(NOBODY)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if "could not run" in done.stderr:
            pytest.skip(f"NOT TESTED: the wheel is hidden from ordinary users: {done.stderr.splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
        assert Path(home, "data", "pg").stat().st_uid == NOBODY


def test_sigterm_of_the_server_by_hand_is_followed_by_a_plain_start(server: EmbeddedPostgres) -> None:
    pid = server.start().pid
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while server.pid is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.start().pid not in (None, pid)
