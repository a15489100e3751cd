"""A real browser, headless: the machine's own Chromium, or Debian's, unpacked on first use and installed nowhere.

It is driven by the DevTools protocol over two pipes: JSON, each message ended by a zero byte.
"""

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

from image.tools import Missing
from tests.debian import Program, program

NAMES: Final = ("chromium", "chromium-headless-shell", "google-chrome", "chromium-browser")
PACKAGE: Final = "chromium-headless-shell"
OPTIONS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)  # fmt: skip
"""As root there is no sandbox; and a page of ours that asks for something elsewhere must not get it."""


class BrowserUnavailable(RuntimeError):
    """There is no Chromium here, and none can be fetched."""


def installed() -> Program:
    """Chromium. Raises `BrowserUnavailable`."""
    try:
        return program(*NAMES, package=PACKAGE, at=f"usr/lib/chromium/{PACKAGE}")
    except Missing as missing:
        raise BrowserUnavailable(str(missing)) from missing


class Browser:
    """A running Chromium, without any state of a person."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._last = 0
        self._unread = b""
        self.pages: dict[str, Page] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            profile = stack.enter_context(tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True))
            command = [str(self._program.path), *OPTIONS, f"--user-data-dir={profile}"]
            self._process = subprocess.Popen(
                ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null', "sh", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._program.environment,
            )
            stack.callback(self._end)
            self._to_close = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._to_close.close()

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()

    @contextmanager
    def page(self) -> Iterator["Page"]:
        """A new page, in a context of its own: no cache and no storage of another."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        for domain in ("Page", "Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        try:
            yield page
        finally:
            del self.pages[session]
            self.call("Target.disposeBrowserContext", browserContextId=context)

    def call(self, method: str, session: str | None = None, wait: float = 30, **parameters: Any) -> dict[str, Any]:
        """A command of the protocol, and its result. Events that come meanwhile go to their pages."""
        assert self._process.stdin is not None
        self._last += 1
        to = {} if session is None else {"sessionId": session}
        message = {"id": self._last, "method": method, "params": parameters, **to}
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        self._process.stdin.flush()
        deadline = time.monotonic() + wait
        while True:
            said = self._next(deadline)
            if said.get("id") == self._last:
                assert "error" not in said, f"{method}: {said['error']}"
                result: dict[str, Any] = said["result"]
                return result
            if (page := self.pages.get(said.get("sessionId", ""))) is not None:
                page.heard(said)

    def _next(self, deadline: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while b"\0" not in self._unread:
            ready, _, _ = select.select([pipe], [], [], max(0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            got = os.read(pipe, 1 << 20)
            assert got, "the browser has ended"
            self._unread += got
        message, _, self._unread = self._unread.partition(b"\0")
        said: dict[str, Any] = json.loads(message)
        return said


@dataclass
class Page:
    """One page: what it shows, what it asked for, and what it complained of."""

    browser: Browser
    session: str
    requested: list[str] = field(default_factory=list)
    """The address of each request."""
    complaints: list[str] = field(default_factory=list)
    """Errors of scripts, of the network, and of the content security policy."""

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """The value of JavaScript in the page; a promise is awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, expression: str, wait: float = 20) -> Any:
        """The first value of an expression that is true; what the page shows, where there is none in time."""
        deadline = time.monotonic() + wait
        while not (value := self.evaluate(expression)):
            shown = f"{self.complaints}\n{self.evaluate('document.body?.innerText')}"
            assert time.monotonic() < deadline, f"never {expression}; {shown}"
            time.sleep(0.05)
        return value

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.call(method, self.session, **parameters)

    def heard(self, event: dict[str, Any]) -> None:
        about = event["params"]
        match event["method"]:
            case "Network.requestWillBeSent":
                self.requested.append(about["request"]["url"])
            case "Runtime.exceptionThrown":
                details = about["exceptionDetails"]
                self.complaints.append(details.get("exception", {}).get("description") or details["text"])
            case "Log.entryAdded" if about["entry"]["level"] == "error":
                self.complaints.append(f"{about['entry']['text']} {about['entry'].get('url', '')}".strip())
            case "Runtime.consoleAPICalled" if about["type"] == "error":
                self.complaints.append(" ".join(str(each.get("value")) for each in about["args"]))
