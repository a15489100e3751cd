"""Where the services are: all under one address, or each at its own."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import httpx

from mandate_client.problems import UsageProblem

DEFAULT_URL: Final = "http://127.0.0.1:8080"
SERVICES: Final = ("governance", "projects", "reporting", "identity")
"""The first part of every path that is asked for; `identity` is that of a development installation."""

_NAMED: Final = re.compile(r"([\w-]*)=(.*)")


@dataclass(frozen=True, slots=True)
class Addresses:
    """A service has its own address, or is found at the common one, under its name."""

    common: str | None
    own: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Iterable[str]) -> Self:
        """As --url has them: `https://pmo.example.org`, `governance=https://governance.example.org`, also by commas.

        Raises UsageProblem for what is no address, or names no service.
        """
        common: str | None = None
        own: dict[str, str] = {}
        for each in (part.strip() for value in given for part in value.split(",") if part.strip()):
            named = _NAMED.fullmatch(each)
            if named is None:
                common = _checked(each)
            elif named[1] in SERVICES:
                own[named[1]] = _checked(named[2])
            else:
                raise UsageProblem(f"--url {each!r}: there is no service {named[1]!r}; there is {', '.join(SERVICES)}")
        return cls(common if common or own else DEFAULT_URL, own)

    def of(self, path: str) -> str:
        """The address of `/governance/v1/...`."""
        service, _, rest = path.removeprefix("/").partition("/")
        if service in self.own:
            return f"{self.own[service]}/{rest}"
        if self.common is None:
            raise UsageProblem(f"where is {service}? Add --url {service}=https://..., or to MANDATE_URL, by a comma")
        return f"{self.common}{path}"


def origin(address: str) -> str:
    """Scheme, host and port: which server is asked."""
    url = httpx.URL(address)
    return f"{url.scheme}://{url.netloc.decode()}"


def _checked(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageProblem(f"--url {url!r} is not an address: {error}") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise UsageProblem(f"--url {url!r} is not an address: expected like {DEFAULT_URL}")
    return url.rstrip("/")
