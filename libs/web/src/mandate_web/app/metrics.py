"""What operations watch of HTTP: how many requests of each route, how they ended, how long they took."""

from typing import Final

from prometheus_client import Histogram
from starlette.routing import Route
from starlette.types import Scope

REQUESTS: Final = Histogram(
    "mandate_http_request_seconds",
    "Duration of a request, to the last byte of its answer",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)

NO_ROUTE: Final = "none"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


def observe(scope: Scope, method: str, status: int, seconds: float) -> None:
    """Count a request under the pattern of its route: never under its path, of which there are as many as things."""
    route = scope.get("route")
    pattern = route.path if isinstance(route, Route) else NO_ROUTE
    REQUESTS.labels(method if method in METHODS else "other", pattern, status).observe(seconds)
