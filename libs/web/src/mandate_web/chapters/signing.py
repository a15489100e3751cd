"""Endpoints for FastAPI, which reads what a route takes from its signature."""

import inspect
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel


def signed(endpoint: Callable[..., Any], **takes: Any) -> Callable[..., Any]:
    """The endpoint, with what it takes: annotations as FastAPI understands them, all by name."""
    endpoint.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what `inspect` and FastAPI look at
        [_parameter(name, kind) for name, kind in takes.items()]
    )
    return endpoint


def _parameter(name: str, kind: Any) -> inspect.Parameter:
    default = inspect.Parameter.empty
    if isinstance(kind, tuple):
        kind, default = kind
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)


def named(page: type[BaseModel]) -> str:
    """What a page is of: `Waiver` of `WaiverPage`."""
    return thing(page.__name__)


def thing(name: str) -> str:
    """The same of its name. Clients know the thing, and not that we call what tells it a page."""
    return name.removesuffix("Page")


def spoken(kind: Any) -> str:
    """What a class or a function says of itself."""
    return inspect.cleandoc(kind.__doc__ or "")
