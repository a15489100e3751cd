"""What can go wrong between a person and the services, as values that say so in one paragraph."""

import re
from dataclasses import dataclass, field
from typing import Any

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    """Text from elsewhere as one line, with nothing in it that a terminal would obey."""
    return " ".join(_UNSEEN.sub("?", text).split())


class ClientError(Exception):
    """Ends the command: `exit_code` 1 for a refusal or a fault, 2 for wrong usage or a service not there."""

    exit_code = 1


class UsageProblem(ClientError):
    exit_code = 2


class Unreachable(ClientError):
    exit_code = 2


class BrokenOff(ClientError):
    """A long answer ended too early. What had come is right, and may be gone on with."""

    exit_code = 3


@dataclass(frozen=True)
class Pointed:
    """One entry of a problem's `errors`: where in the body (a JSON pointer), and what about it."""

    pointer: str
    detail: str


@dataclass
class ApiProblem(ClientError):
    """A problem document (RFC 9457), or what a service answered instead of one."""

    status: int
    title: str
    detail: str = ""
    type: str = "about:blank"
    rule: str = ""
    errors: list[Pointed] = field(default_factory=list)
    replayed: bool = False
    where: str = ""

    @property
    def already(self) -> bool:
        """Refused only because it is done: `.../already-proposed`, `.../already-authorised` and the like."""
        return self.status == 409 and self.type.rpartition("/")[2].startswith("already-")

    @property
    def reason(self) -> str:
        """Title, detail and findings, without the address: what one row of a table has room for."""
        said = [self.title if not self.detail else f"{self.title}: {self.detail}"]
        said += [f"{each.pointer or '/'}: {each.detail}" for each in self.errors]
        return one_line("; ".join(said))

    def __str__(self) -> str:
        parts = [f"{self.status} {self.reason}".rstrip(".") + "."]
        if self.rule:
            parts.append(f"Rule: {one_line(self.rule)}.")
        if self.status == 401:
            parts.append("Say who you are: --as PERSONA, --token, or MANDATE_TOKEN.")
        if self.where:
            parts.append(f"({self.where})")
        if self.type != "about:blank":
            parts.append(f"See {one_line(self.type)}")
        return " ".join(parts)


def problem_from(status: int, title: str, body: Any, where: str, *, replayed: bool = False) -> ApiProblem:
    """The problem in an answer's JSON body; a body of any other shape gives what the status alone says."""
    if not isinstance(body, dict):
        return ApiProblem(status, title or "unexpected answer", where=where, replayed=replayed)
    errors = body.get("errors")
    return ApiProblem(
        status=status,
        title=str(body.get("title") or title or "refused"),
        detail=str(body.get("detail") or body.get("error_description") or ""),  # the latter: RFC 6749
        type=str(body.get("type") or "about:blank"),
        rule=str(body.get("rule") or ""),
        errors=[
            Pointed(str(each.get("pointer", "")), str(each.get("detail", "")))
            for each in (errors if isinstance(errors, list) else [])
            if isinstance(each, dict)
        ],
        replayed=replayed,
        where=where,
    )
