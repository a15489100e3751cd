"""`/docs` and `/redoc`: the API to be read and tried in a browser, from files of our own, with nothing from elsewhere.

Swagger UI and Redoc are those that `fastapi-offline` carries in its wheel; the lock pins that by its hash.
"""

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

_STRICT: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SWAGGER: Final = f"{_STRICT}; style-src 'self'"
REDOC: Final = f"{_STRICT}; style-src 'unsafe-inline'; worker-src blob:"
"""The content security policies. Redoc makes its styles while it runs, and searches in a worker."""

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
{style}<div id="page"></div>
<script src="docs/{library}"></script>
<script src="docs/{start}"></script>
</html>
"""
"""Its links are relative: they lead beside the page, wherever a proxy or the embedded product mounts the service."""

_STARTS: Final = {
    "swagger-ui.start.js": """\
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  deepLinking: true,
  validatorUrl: null,
});
""",
    "redoc.start.js": """\
Redoc.init("openapi.json", { disableGoogleFont: true }, document.getElementById("page"));
""",
}

_LOGO: Final = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO: Final = b"data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E"
"""Redoc would fetch its logo from its maker's site, who would learn of each reader."""

_TYPES: Final = {"js": "text/javascript", "css": "text/css"}
_KEPT: Final = "public, max-age=3600"


def offer(app: FastAPI) -> None:
    """Let an application that was made without pages of FastAPI's have these."""
    title = app.title
    style = '<link rel="stylesheet" href="docs/swagger-ui.css">\n'
    swagger = _PAGE.format(title=title, style=style, library="swagger-ui-bundle.js", start="swagger-ui.start.js")
    redoc = _PAGE.format(title=title, style="", library="redoc.standalone.js", start="redoc.start.js")

    async def docs(_: Request) -> Response:
        return _page(swagger, SWAGGER)

    async def reference(_: Request) -> Response:
        return _page(redoc, REDOC)

    app.add_route("/docs", docs, include_in_schema=False)
    app.add_route("/redoc", reference, include_in_schema=False)
    app.add_route("/docs/{name}", _asset, include_in_schema=False)


def _page(text: str, policy: str) -> Response:
    return HTMLResponse(text, headers={"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"})


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    found = _assets().get(name)
    if found is None:
        raise HTTPException(404)
    headers = {"Cache-Control": _KEPT, "X-Content-Type-Options": "nosniff"}
    return Response(found, headers=headers, media_type=_TYPES[name.rpartition(".")[2]])


@cache
def _assets() -> dict[str, bytes]:
    """All that the pages load, by name. Read on first use: most processes never show them."""
    static = files("fastapi_offline") / "static"
    return {
        **{name: (static / name).read_bytes() for name in ("swagger-ui-bundle.js", "swagger-ui.css")},
        "redoc.standalone.js": (static / "redoc.standalone.js").read_bytes().replace(_LOGO, _NO_LOGO),
        **{name: script.encode() for name, script in _STARTS.items()},
    }
