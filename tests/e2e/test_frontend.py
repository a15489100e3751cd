"""The guide for frontends is true, its example goes through a gate, and so does its page in a browser."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Browser, Page
from tests.e2e.consoles import Shell, agrees, console, sections
from tests.e2e.running import EVIDENCE, Product
from tests.frontend_example import DOCS, SOURCE, generated
from tests.node_tools import Node

PAGE = "docs/frontend.md"


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with (
        tempfile.TemporaryDirectory(prefix="mandate-frontend-") as directory,
        Product(Path(directory) / "data", demo=True) as running,
    ):
        running.until(lambda: "Ctrl-C" in running.log.read_text(), 60)
        yield running


def test_what_the_guide_for_frontends_says(product: Product) -> None:
    with Shell() as shell:
        for section in sections(PAGE):
            for command, expected in console(PAGE, section, {"8080": str(product.port)}):
                shell.expect(command, expected)


def test_the_snippets_of_the_guide_are_of_the_programs_that_run() -> None:
    """tests/e2e/test_live_restart.py runs this one through an outage."""
    snippets = re.findall(r"```ts\n(.*?)```", (DOCS / "frontend.md").read_text("utf-8"), re.DOTALL)
    program = (SOURCE / "src" / "watch.ts").read_text("utf-8")
    assert snippets
    assert all(snippet in program for snippet in snippets)


GATE = """\
pmo-1 is signed in: pmo
pmo-2 is signed in: pmo
pm-1 is signed in: project_manager, project_manager, project_manager
proposed as /governance/v1/proposals/c84a9c39-b88f-5f8f-afc0-ff63313cc366
sent again: replayed true, same receipt true
403 You may not do this: who proposed the project does not authorise it (/problems/authoriser-is-proposer)
403 Vous n'y êtes pas autorisé: qui a proposé le projet ne l'autorise pas (/problems/authoriser-is-proposer)
authorised, and its manager appointed
the page knows the manager: true
  seen: mandate.projects.project-initiated.v1
gate review requested: version 4 of the project
  seen: mandate.governance.gate-review-opened.v1
in the inbox: gate-1 of capital-delivery@1, open
403 You may not do this: DecideGate needs the role pmo, sponsor (/problems/no-right)
412 The thing has changed since you read it: gate-review/7488c6be-8571-5150-ac8c-ec49ea54ca64 is at version 1, not 7 (/problems/stale-version)
decided: go
  seen: mandate.projects.gate-decision-applied.v1
Rain water basin: active, phase delivery, next gate gate-2, budget 1250000.00 AUD
  mandate.governance.gate-decided.v1: The evidence supports it
  mandate.projects.gate-review-requested.v1: The business case is complete
  mandate.governance.manager-appointed.v1: Ran the last basin
  mandate.governance.project-authorised.v1: Board of 3 March
  mandate.governance.project-proposed.v1: no reason given
"""  # noqa: E501 - as it is printed


def test_the_example_goes_through_a_gate(node: Node, product: Product, tmp_path: Path) -> None:
    example = generated(node, tmp_path / "frontend")
    done = subprocess.run(
        [node.program, example / "src" / "gate.ts", "F-001"],
        env={**os.environ, "MANDATE_URL": product.url}, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert agrees(GATE, done.stdout), done.stdout


# --- the page ---

API = ("/identity/", "/governance/", "/projects/", "/reporting/")


@pytest.fixture(scope="module")
def page_url(node: Node, product: Product) -> Iterator[str]:
    """Where the page is served from, as `npm run page` does it. Names reach reporting a moment after the demo."""
    product.until(lambda: "Emily Roebling" in product.get("pmo-1", "/reporting/v1/portfolio?include=people").text)
    serving = subprocess.Popen(
        [node.program, "--disable-warning=ExperimentalWarning", SOURCE / "src" / "serve.ts", "0"],
        env={**os.environ, "MANDATE_URL": product.url}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        yield serving.stdout.readline().strip()
    finally:
        serving.kill()
        serving.communicate()


def ask_for_gate(product: Product, reference: str) -> None:
    """The project of a reference, whose manager `pm-2` has asked for its first gate; all services know of it."""
    rows = product.get("pmo-1", "/reporting/v1/portfolio?sort=reference").json()["items"]
    project = next(row["id"] for row in rows if row["reference"] == reference)
    body = {"gate": "gate-1", "reason": "The business case is complete", "evidence": EVIDENCE}
    asked = product.give("pm-2", f"/projects/v1/projects/{project}/gate-reviews", body)["consistency"]
    opened = f"/governance/v1/projects/{project}/gate-reviews?status=open"
    product.until(lambda: product.get("pmo-1", opened).json()["items"])
    position = product.get("pmo-1", opened).headers["Mandate-Position"]
    seen = {"Mandate-Consistency": f"{asked}, {position}", "Prefer": "wait=10"}
    assert product.get("pmo-1", "/reporting/v1/portfolio?limit=1", **seen).status_code == 200


def sign_in(page: Page, url: str, persona: str) -> None:
    page.open(url)
    page.until("document.querySelectorAll('option').length > 0")
    page.evaluate(f"document.querySelector('select').value = '{persona}'")
    page.evaluate("document.querySelector('form').requestSubmit()")
    page.until("document.querySelector('#live').textContent === 'Live'")


def row(page: Page, reference: str) -> list[str]:
    """What the portfolio shows of a project."""
    rows = page.evaluate("[...document.querySelectorAll('tr')].map(it => [...it.cells].map(it => it.innerText))")
    return next([cell.replace("\xa0", " ") for cell in cells] for cells in rows if cells[0] == reference)


def open_project(page: Page, title: str) -> None:
    page.until(f"(it => it && (it.click(), true))([...document.links].find(it => it.textContent === '{title}'))")
    page.until("document.querySelector('.review')?.innerText.includes('The business case is complete')")


def decide(page: Page, reason: str) -> None:
    page.evaluate(f"document.querySelector('textarea').value = '{reason}'")
    page.evaluate("document.querySelector('form').requestSubmit()")


def facts(page: Page) -> dict[str, str]:
    """What the page of a project says it is."""
    told: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('main dl')[0].children].map(it => it.innerText.split('\\n')))"
    )
    return told


def test_the_page_decides_a_gate_with_eight_requests(chromium: Browser, product: Product, page_url: str) -> None:
    ask_for_gate(product, "D-003")
    with chromium.page() as page:
        sign_in(page, page_url, "pmo-1")
        assert row(page, "D-003") == [
            "D-003", "Depot roof", "Active", "Business case", "Gate 1 review open", "Emily Roebling", "AUD 310,000.00",
        ]  # fmt: skip
        open_project(page, "Depot roof")
        before = facts(page)
        assert (before["Status"], before["Phase"], before["Next gate"]) == ("Active", "Business case", "Gate 1")
        assert before["Manager"] == "Emily Roebling"
        page.until("!!document.querySelector('form')")
        decide(page, "The evidence supports it")
        page.until("document.querySelector('.done')?.innerText === 'Decided: Go. The project has applied it.'")
        after = facts(page)
        assert (after["Status"], after["Phase"], after["Next gate"]) == ("Active", "Delivery", "Gate 2")

        assert [url for url in page.requested if not url.startswith((page_url, "data:"))] == []
        asked = ["/" + url.removeprefix(page_url) for url in page.requested if url.startswith(page_url)]
        to_the_api = [path for path in asked if path.startswith(API)]
        begun = to_the_api.index("/identity/token")  # before it, whom one may sign in as
        assert len(to_the_api[begun:]) <= 8, to_the_api

        page.evaluate("document.querySelector('main a').click()")
        page.until("document.querySelector('h1').innerText === 'Portfolio'")
        product.until(lambda: row(page, "D-003")[3:5] == ["Delivery", "Gate 2"])
        exact = "import('/example/words.ts').then(it => it.money({amount: '12345678901234567.89', currency: 'AUD'}))"
        assert page.evaluate(exact).endswith("12,345,678,901,234,567.89")
        assert page.complaints == []


def test_the_page_offers_what_is_allowed_and_says_what_is_wrong_in_the_language_of_the_person(
    chromium: Browser, product: Product, page_url: str
) -> None:
    """A project manager sees no form, and sees live what somebody else decides."""
    with chromium.page() as manager, chromium.page() as pmo:
        sign_in(manager, page_url, "pm-2")
        assert row(manager, "D-005")[4] == "Gate 1"
        ask_for_gate(product, "D-005")
        product.until(lambda: row(manager, "D-005")[4] == "Gate 1 review open")
        open_project(manager, "Trunk main renewal")
        manager.until("document.querySelector('.review').innerText.includes('The decision is not yours.')")
        assert manager.evaluate("document.querySelector('.review h2').innerText") == "Gate review: Need confirmed"
        assert manager.evaluate("document.querySelectorAll('form').length") == 0

        pmo.call("Emulation.setUserAgentOverride", userAgent="Chromium", acceptLanguage="fr")
        sign_in(pmo, page_url, "pmo-1")
        open_project(pmo, "Trunk main renewal")
        pmo.until("!!document.querySelector('textarea')")
        decide(pmo, "x" * 501)
        reason = "document.querySelector('textarea')"
        beside = f"document.getElementById({reason}.getAttribute('aria-describedby'))"
        assert pmo.until(f"{beside}.innerText") == "au plus 500 caractères"
        assert pmo.evaluate(f"{beside}.querySelector('[lang]').lang") == "fr"
        assert pmo.evaluate(f"document.activeElement === {reason} && {reason}.ariaInvalid") == "true"
        decide(pmo, "The evidence supports it")

        manager.until("document.querySelector('.done')?.innerText.startsWith('Decided: Go, by Henry Gantt.')")
        assert facts(manager)["Phase"] == "Business case"  # the second of four; the first was the concept
        assert manager.complaints == []


def test_the_page_says_who_may_see_nothing(chromium: Browser, page_url: str) -> None:
    with chromium.page() as page:
        page.open(page_url)
        page.until("document.querySelectorAll('option').length > 0")
        page.evaluate("document.querySelector('select').value = 'stranger'")
        page.evaluate("document.querySelector('form').requestSubmit()")
        said = page.until("document.querySelector('#notice').innerText")
        assert said.startswith("You may not do this: ")
        assert page.evaluate("document.querySelector('main').innerText") == ""
