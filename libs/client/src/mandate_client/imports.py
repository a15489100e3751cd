"""An import as the service does it: answered at once, or a job that is followed to its end."""

import uuid
from collections.abc import Sequence

from mandate_client.api import Api, Json
from mandate_client.problems import ApiProblem, ClientError, UsageProblem
from mandate_client.terminal import Advance

PROPOSALS = "/governance/v1/proposals/imports"
IMPORTS = "/governance/v1/imports"
FIRST, LONGEST = 0.1, 1.0
"""Seconds between two looks at a job."""


class Interrupted(Exception):
    """We were told to stop, and the import, whose id this is, goes on."""


def send(api: Api, lines: Sequence[str], advance: Advance) -> list[Json]:
    """What each line came to. All tries carry one key, so that each line is proposed once."""
    if not lines:
        return []
    body = "".join(f"{line}\n" for line in lines).encode()
    answer = api.post_lines(PROPOSALS, body, str(uuid.uuid4()))
    if answer.status == 202:
        return follow(api, str(answer.body.get("id")), len(lines), advance)
    advance(len(lines))
    return _as_many(answer.body.get("items"), len(lines))


def follow(api: Api, job: str, count: int, advance: Advance) -> list[Json]:
    """What each line came to, when all are done. Raises `Interrupted` with Ctrl-C: the import goes on."""
    try:
        ended = _ended(api, job, count, advance)
    except KeyboardInterrupt:
        raise Interrupted(job) from None
    if ended["state"] == "cancelled":
        raise ClientError(f"the import {job} was cancelled after {ended['done']} of {count} rows")
    return _as_many(api.get(f"{IMPORTS}/{job}/results").get("items"), count)


def _ended(api: Api, job: str, count: int, advance: Advance) -> Json:
    shown, pause = 0, FIRST
    while True:
        seen = api.get(f"{IMPORTS}/{job}")
        if seen.get("total") != count:
            raise UsageProblem(f"the import {job} has {seen.get('total')} rows, and the file {count}: another file?")
        advance(int(seen["done"]) - shown)
        shown = int(seen["done"])
        if seen.get("ended_at"):
            return seen
        api.stop.wait(pause)
        pause = min(pause * 1.5, LONGEST)


def _as_many(items: object, count: int) -> list[Json]:
    if not isinstance(items, list) or len(items) != count:
        raise ApiProblem(200, "unexpected answer", "not one result for each line", where=PROPOSALS)
    return items
