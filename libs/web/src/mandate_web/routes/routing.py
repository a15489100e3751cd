"""Routes that take no parameter they do not know: a misspelt filter must not show everything."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.responses import Response

from mandate_web.problems.problem import Finding, Problem


class StrictRoute(APIRoute):
    """A route that refuses query parameters that it does not declare, or that are given twice."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # a coroutine is one
        handle = super().get_route_handler()
        known = sorted(set(_declared(self.dependant)))

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                given = Counter(name for name, _ in request.query_params.multi_items())
                findings = [
                    Finding(f"?{name}", "unknown-parameter", {"known": known}) for name in given if name not in known
                ] + [Finding(f"?{name}", "repeated-parameter") for name, count in given.items() if count > 1]
                if findings:
                    raise Problem("invalid", findings=findings)
            return await handle(request)

        return strict


def _declared(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        yield parameter.alias
    for inner in dependant.dependencies:
        yield from _declared(inner)


class Router(APIRouter):
    """A router of such routes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=StrictRoute, **options)
