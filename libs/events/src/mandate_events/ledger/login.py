"""The password of the role that a service works as.

Migrations make a service's roles without passwords, so that no secret is ever in a migration. `migrate` then lets in
the address that the service will use (`MANDATE_DATABASE`), where it is not let in yet. What reaches the server, and so
perhaps its log, is a SCRAM verifier (RFC 5803): the password cannot be had from it.
"""

import hashlib
import hmac
import secrets
from base64 import b64encode
from typing import Final
from urllib.parse import unquote, urlsplit

import asyncpg

from mandate_events.ledger.migrating import MIGRATION_LOCK
from mandate_events.ledger.schema import role

ITERATIONS: Final = 4096  # PostgreSQL's own `scram_iterations`


async def let_in(service: str, address: str, through: str) -> bool:
    """Give the service's `append` role the password in `address`, as the one who connects by `through`.

    An address that is let in already is left alone, and so is one without a password or of another role: how these log
    in is not ours to arrange. Returns whether there was anything to do. Raises what asyncpg raises if `address` is not
    let in after that, and ValueError for a password that is not ASCII (clients disagree about how to prepare others).
    """
    parts, name = urlsplit(address), role(service, "append")
    if not parts.password or parts.username != name or await _opens(address):
        return False
    verifier = scram_verifier(unquote(parts.password), secrets.token_bytes(16))
    connection = await asyncpg.connect(through)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", MIGRATION_LOCK)  # several may migrate at once
            await connection.execute(f"alter role {name} password '{verifier}'")
    finally:
        await connection.close()
    await (await asyncpg.connect(address)).close()
    return True


async def _opens(address: str) -> bool:
    try:
        connection = await asyncpg.connect(address)
    except asyncpg.InvalidAuthorizationSpecificationError:
        return False
    await connection.close()
    return True


def scram_verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """What PostgreSQL keeps of a password for SCRAM-SHA-256."""
    if not password.isascii():
        raise ValueError("a password of a database role must be ASCII")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key, server_key = (hmac.digest(salted, word, "sha256") for word in (b"Client Key", b"Server Key"))
    kept = (b64encode(part).decode() for part in (salt, hashlib.sha256(client_key).digest(), server_key))
    return "SCRAM-SHA-256${}:{}${}:{}".format(iterations, *kept)
