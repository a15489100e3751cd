"""`/docs` and `/redoc` in a real browser: they show the API, and ask for nothing from anywhere else."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

import api_documents
from governance.main import SERVICE as GOVERNANCE
from mandate_local.processes import free_port
from mandate_web.app import browsing
from mandate_web.settings import Settings
from tests.browser import Browser

OPERATIONS = sum(len(methods) for methods in api_documents.document(GOVERNANCE)["paths"].values())


@pytest.fixture(scope="module")
def mounted() -> Iterator[str]:
    """Governance beneath a prefix, as a proxy or the embedded product has it. The pages need no database."""
    port = free_port()
    nowhere = "postgresql://127.0.0.1/nothing"
    settings = Settings(production=False, database=nowhere, transport="local", issuer_url="http://127.0.0.1")
    app = Starlette(routes=[Mount("/pmo/governance", GOVERNANCE.app(settings))])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    serving = threading.Thread(target=server.run)
    serving.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}/pmo/governance"
    finally:
        server.should_exit = True
        serving.join()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("docs", "document.querySelectorAll('.opblock').length"),
        ("redoc", "new Set([...document.querySelectorAll('[id*=\"/operation/\"]')].map(each => each.id)).size"),
    ],
)
def test_every_operation_is_shown_without_the_internet(chromium: Browser, mounted: str, path: str, shown: str) -> None:
    with chromium.page() as page:
        page.open(f"{mounted}/{path}")
        assert page.until(shown) == OPERATIONS
        elsewhere = [url for url in page.requested if not url.startswith((mounted, "data:", "blob:"))]
        assert (elsewhere, page.complaints) == ([], [])


def test_an_operation_can_be_tried_from_the_page(chromium: Browser, mounted: str) -> None:
    """The request goes beneath the prefix: the path that the service has behind a proxy."""
    measures = "#operations-operations-getMetrics"
    with chromium.page() as page:
        page.open(f"{mounted}/docs")
        for button in ("opblock-summary-control", "try-out__btn", "execute"):
            page.until(f"(it => it && (it.click(), true))(document.querySelector('{measures} .{button}'))")
        page.until(f"document.querySelector('{measures} .live-responses-table')?.innerText.includes('python_info')")
        assert f"{mounted}/metrics" in page.requested


def test_a_policy_lets_in_nothing_else(mounted: str) -> None:
    for path, policy in (("docs", browsing.SWAGGER), ("redoc", browsing.REDOC)):
        answer = httpx.get(f"{mounted}/{path}")
        assert answer.headers["content-security-policy"] == policy
        assert "default-src 'none'; script-src 'self'; " in policy
    script = httpx.get(f"{mounted}/docs/swagger-ui-bundle.js")
    assert (script.headers["content-type"], script.headers["content-encoding"]) == (
        "text/javascript; charset=utf-8",
        "gzip",
    )
    assert httpx.get(f"{mounted}/docs/..%2Fcore.py").status_code == 404
    assert httpx.get(f"{mounted}/docs/nothing.js").headers["content-type"] == "application/problem+json"
