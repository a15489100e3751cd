"""Backup and restore as operations do them: PostgreSQL's own programs."""

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from mandate_local.cluster import BIN, environment
from mandate_local.postgres import EmbeddedPostgres


def run(program: str, *arguments: str, text: str | None = None) -> str:
    """One of PostgreSQL's programs, which must succeed; returns what it printed."""
    done = subprocess.run(
        [str(BIN / program), *arguments],
        input=text,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{program}: {done.stderr}"
    return done.stdout


def dump(postgres: EmbeddedPostgres, database: str, file: Path) -> Path:
    run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={postgres.dsn(database)}")
    return file


def restore(postgres: EmbeddedPostgres, file: Path, database: str | None = None) -> str:
    """Into a new database; returns its name. The roles must exist on the server."""
    name = database or f"restored_{uuid.uuid4().hex[:8]}"
    run("psql", "-XqAt", postgres.dsn(), "-c", f"create database {name}")
    run("pg_restore", "--exit-on-error", f"--dbname={postgres.dsn(name)}", str(file))
    return name


def copy_roles(one: EmbeddedPostgres, other: EmbeddedPostgres) -> None:
    """To a new server. What it has already (the superuser) is no fault."""
    roles = run("pg_dumpall", "--roles-only", f"--dbname={one.dsn()}")
    wanted = "\n".join(line for line in roles.splitlines() if not line.endswith("ROLE postgres;"))
    run("psql", "-Xq", "-v", "ON_ERROR_STOP=1", other.dsn(), text=wanted)


def copy_blobs(postgres: EmbeddedPostgres, one: str, other: str) -> None:
    """What the other database lacks of the documents that one of the same ledger has."""
    rows = ["--data-only", "--table=ledger.blobs", "--rows-per-insert=100", "--on-conflict-do-nothing"]
    blobs = run("pg_dump", *rows, f"--dbname={postgres.dsn(one)}")
    run("psql", "-Xq", "-v", "ON_ERROR_STOP=1", f"--dbname={postgres.dsn(other)}", text=blobs)


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    text: str


def recover(database: str, broker: str, **environment: str) -> Said:
    """`mandate-governance recover`, as an operator gives it."""
    with begin(database, broker, **environment) as process:
        out, _ = process.communicate(timeout=120)
    return Said(process.returncode, out)


def begin(database: str, broker: str, **environment: str) -> "subprocess.Popen[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MANDATE_")}
    settings = {
        "MANDATE_PRODUCTION": "false",
        "MANDATE_DATABASE": database,
        "MANDATE_ISSUER_URL": "http://127.0.0.1/identity",
        "KAFKA_BOOTSTRAP_SERVERS": broker,
        **environment,
    }
    program = str(Path(sys.executable).with_name("mandate-governance"))
    return subprocess.Popen(
        [program, "recover"], env=inherited | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
