"""What judges the images judges: a health check that tells ready from not, and checks that refuse what is wrong."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Final

import pytest

from image import check, tools
from image.healthy import ready
from mandate_local.processes import free_port
from tests.conftest import do_without

STATUS: Final = {"/readyz": 200, "/starting": 503}


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(STATUS[self.path])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_only_a_process_that_answers_200_is_healthy(port: int) -> None:
    assert ready(port)
    assert not ready(free_port())


def test_a_dockerfile_with_a_fault_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "Dockerfile"
    wrong.write_text(check.DOCKERFILE.read_text().replace("WORKDIR /build", "WORKDIR build"))
    with pytest.raises(tools.Missing, match="DL3000"):
        check.dockerfile(wrong)


@pytest.mark.timeout(600)  # the gate may have to build Compose first
@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("cap_drop:", "drop_caps:", "drop_caps"),
        ("${MANDATE_FOUNDER:?the subject of who founds the office}", "${MANDATE_FOUNDER}", "MANDATE_FOUNDER"),
        ("postgres: {condition", "postgresql: {condition", "undefined service"),
    ],
)
def test_a_compose_file_with_a_fault_is_refused(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    try:
        tools.compose()
    except tools.Missing as reason:
        do_without(str(reason))
    text = check.COMPOSE_FILE.read_text()
    assert right in text
    (tmp_path / "docker-compose.yml").write_text(text.replace(right, wrong))
    with pytest.raises(tools.Missing, match=said):
        check.compose_file(tmp_path / "docker-compose.yml")
