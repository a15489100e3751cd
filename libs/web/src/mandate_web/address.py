"""Where a request came to: the path under which the service is reached, and the part of the path that is its own.

A reverse proxy may serve a service below a path (`MANDATE_ROOT_PATH`), as the embedded product mounts three of them. It
may take that path off before it passes a request on, or leave it: both mean the same here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Address:
    """The path of a request, or of an answer that another request will get."""

    root: str
    """Where the service is reached: `/mandate/governance`, or nothing."""

    home: str
    """Where the program is reached that serves it; the embedded product has its pages of problems there."""

    route: str
    """What is asked, as the service names it: the same wherever it is reached."""

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> Self:
        """Of a request, by its ASGI scope."""
        root, path = scope.get("root_path", ""), scope["path"]
        below = path == root or path.startswith(f"{root}/")
        return cls(root, scope.get("app_root_path", root), path[len(root) :] if below else path)

    @property
    def path(self) -> str:
        """The path as a client asks for it."""
        return f"{self.root}{self.route}"

    @property
    def reference(self) -> str:
        """The path as a URI reference."""
        return quote(self.path, safe="/:@!$&'()*+,;=~")
