"""The record in a file of one's own: every document as its service recorded it, one a line, and nothing missing.

An export knows what it will be before it begins: `Mandate-Count` documents, the last of them `Mandate-Last`. Both are
kept beside the file until it is whole, so that an export that broke off goes on to the same end.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from mandate_client.api import Api
from mandate_client.problems import ClientError, UsageProblem

PATH: Final = "/reporting/v1/history"


class Incomplete(ClientError):
    """The file is not the whole."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is being exported, and up to where; `last` is None where there is nothing."""

    filters: dict[str, str]
    count: int
    last: str | None
    positions: dict[str, int]
    """How many documents of each ledger lie before the end."""

    @property
    def is_everything(self) -> bool:
        """The whole ledgers, from the first document of each."""
        return self.count == sum(self.positions.values())


def export(
    api: Api, file: Path, filters: Mapping[str, str], *, resume: bool, progress: Callable[[int, int], None]
) -> Plan:
    """Write all that match into a file; returns what it holds. `progress` is told (documents so far, of how many).

    Raises `BrokenOff` where the connection ended too early, `Incomplete` where a document is missing, `UsageProblem`
    where the file holds something else.
    """
    beside = file.with_name(f"{file.name}.part")
    plan = _kept(file, beside, dict(filters), resume=resume)
    done, after = _whole_lines(file) if plan else (0, None)
    if plan is None or after != plan.last:
        params = dict(filters)
        params |= {"last": plan.last} if plan and plan.last else {}
        params |= {"after": after} if after else {}
        with api.stream(PATH, params, accept="application/x-ndjson") as answer:
            if plan is None:
                plan = _plan(dict(filters), answer.headers)
                beside.write_text(json.dumps(asdict(plan)), "utf-8")
            with file.open("ab") as out:
                for block in answer.blocks():
                    out.write(block)
                    done += block.count(b"\n")
                    progress(done, plan.count)
    _check(file, plan)
    beside.unlink(missing_ok=True)
    return plan


def _kept(file: Path, beside: Path, filters: dict[str, str], *, resume: bool) -> Plan | None:
    """What was begun; None where nothing was."""
    if not beside.exists():
        if file.exists():
            raise UsageProblem(f"{file} is there already, and is no export that broke off: choose another name")
        return None
    if not resume:
        raise UsageProblem(f"the export into {file} broke off: --resume goes on with it")
    plan = Plan(**json.loads(beside.read_text("utf-8")))
    if plan.filters != filters:
        raise UsageProblem(f"the export into {file} was begun with other filters: {plan.filters or 'none'}")
    return plan


def _whole_lines(file: Path) -> tuple[int, str | None]:
    """How many lines are whole, and the document that the last one is; what is behind them is cut off."""
    if not file.exists():
        return 0, None
    count, end, last = 0, 0, b""
    with file.open("r+b") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            count, end, last = count + 1, end + len(line), line
        lines.truncate(end)
    return count, _reference(last) if last else None


def _plan(filters: dict[str, str], headers: Mapping[str, str]) -> Plan:
    try:
        count, positions = int(headers["Mandate-Count"]), headers["Mandate-Position"]
    except (KeyError, ValueError):
        raise UsageProblem("the answer does not say how long it is: is this Mandate?") from None
    parts = [part.strip().partition(":") for part in positions.split(",")]
    return Plan(filters, count, headers.get("Mandate-Last"), {name: int(at) for name, _, at in parts})


def _check(file: Path, plan: Plan) -> None:
    """As many lines as there are documents, the last of them the end, and each ledger's numbers rise.

    Where these are all documents of all ledgers, none of their numbers can be missing then.
    """
    count = 0
    seen = dict.fromkeys(plan.positions, 0)
    last = None
    with file.open("rb") as lines:
        for line in lines:
            last = _reference(line)
            source, number = _parted(last)
            if not seen.get(source, 0) < number <= plan.positions.get(source, 0):
                raise Incomplete(f"{file}, line {count + 1}: {last} does not belong here; export it anew")
            seen[source] = number
            count += 1
    if last != plan.last:
        raise Incomplete(f"{file} ends with {last or 'nothing'}, not with {plan.last}: go on with --resume")
    if count != plan.count:
        raise Incomplete(f"{file} holds {count} documents, but there are {plan.count}; export it anew")


def _parted(reference: str) -> tuple[str, int]:
    source, _, number = reference.partition(":")
    return source, int(number)


def _reference(line: bytes) -> str:
    """`governance:17`: how the history names the document in a line."""
    try:
        document: dict[str, Any] = json.loads(line)
        return f"{str(document['source']).rpartition('/')[2]}:{int(document['sequence'])}"
    except (ValueError, KeyError, TypeError):
        raise UsageProblem("a line of the file is no document of the record: it is not an export") from None
