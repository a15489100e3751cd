"""Clients that are generated from docs/api compile strictly, and know of what type each answer is.

By openapi-typescript with openapi-fetch, @hey-api/openapi-ts and openapi-python-client.
"""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from house import ROOT, SERVICES
from tests import python_clients
from tests.conftest import do_without
from tests.node_tools import MODULES, Node

NAMES: Final = [service.name for service in SERVICES]
DOCUMENTS: Final = {name: ROOT / "docs" / "api" / f"{name}.json" for name in NAMES}

OPTIONS: Final = {
    "strict": True,
    "noEmit": True,
    "module": "esnext",
    "moduleResolution": "bundler",
    "target": "es2022",
    "lib": ["es2022", "dom", "dom.iterable"],
    "types": [],
}

USE: Final = """
import createClient from "openapi-fetch";
import type { paths as Governance } from "./governance.js";
import type { paths as Projects } from "./projects.js";
import type { paths as Reporting } from "./reporting.js";
export * as governance from "./hey/governance/index.js";
export * as projects from "./hey/projects/index.js";
export * as reporting from "./hey/reporting/index.js";

const office = await createClient<Governance>().GET("/v1/office");
export const name: string | undefined = office.data?.name;
const project = await createClient<Projects>().GET("/v1/projects/{id}", { params: { path: { id: "" } } });
export const status: "active" | "held" | "closed" | "terminated" | undefined = project.data?.status;
const portfolio = await createClient<Reporting>().GET("/v1/portfolio");
export const cost: string | undefined = portfolio.data?.items[0]?.budget?.amount;
"""
"""What the types of answers are good for: another type of a member would not compile."""


@pytest.fixture(scope="module")
def clients(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them: TypeScript in the directory itself, Python in packages named after the services."""
    directory = tmp_path_factory.mktemp("clients")
    (directory / "node_modules").symlink_to(MODULES)
    try:
        python_clients.installed()
    except python_clients.ClientsUnavailable as missing:
        do_without(str(missing))

    def types(name: str) -> str:
        done = node.run(
            node.package("openapi-typescript/bin/cli.js"), DOCUMENTS[name], "--output", directory / f"{name}.ts"
        )
        return done.stderr if done.returncode else ""

    def sdk(name: str) -> str:
        program = node.package("@hey-api/openapi-ts/bin/run.js")
        done = node.run(program, "-i", DOCUMENTS[name], "-o", directory / "hey" / name, "-s", cwd=directory)
        return done.stdout + done.stderr if done.returncode else ""

    def package(name: str) -> str:
        return python_clients.generated(DOCUMENTS[name], directory / f"{name}_client")

    making: list[Callable[[], str]] = [partial(make, name) for name in NAMES for make in (sdk, types, package)]
    with ThreadPoolExecutor(2) as pool:
        assert [said for said in pool.map(lambda make: make(), making) if said] == []
    return directory


def answers() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """(service, operation, status, answer) of each that succeeds with a body."""
    for name, file in DOCUMENTS.items():
        for item in json.loads(file.read_text("utf-8"))["paths"].values():
            for operation in item.values():
                for status, answer in operation["responses"].items():
                    if status.startswith("2") and "content" in answer:
                        yield name, operation["operationId"], status, answer


def test_the_typescript_clients_compile_strictly(node: Node, clients: Path) -> None:
    (clients / "use.ts").write_text(USE, "utf-8")
    settings = {"compilerOptions": OPTIONS, "files": ["use.ts"]}
    (clients / "tsconfig.json").write_text(json.dumps(settings), "utf-8")
    done = node.run(node.package("typescript/bin/tsc"), "--project", clients, cwd=clients)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("service", NAMES)
def test_the_typescript_clients_know_each_answer(clients: Path, service: str) -> None:
    sdk = (clients / "hey" / service / "types.gen.ts").read_text("utf-8")
    found = re.findall(r"^export type \w+Responses = \{\n(.*?)^\};", sdk, re.MULTILINE | re.DOTALL)
    assert len(found) > 10
    assert [each for each in found if re.search(r"2\d\d: unknown", each)] == []
    types = (clients / f"{service}.ts").read_text("utf-8")
    assert re.findall(r'"[a-z*]+/[^"]+": (unknown|never)', types) == []


def test_the_python_clients_are_typed_strictly(clients: Path) -> None:
    assert python_clients.judged(*(clients / f"{name}_client" for name in NAMES)) == ""


def test_the_python_clients_know_each_answer(clients: Path) -> None:
    """None is read as whatever JSON it is, or as nothing at all; and no operation is left out."""
    untyped = []
    for service, operation, status, _ in answers():
        name = re.sub("(?<!^)(?=[A-Z])", "_", operation).lower()
        modules = list((clients / f"{service}_client" / "api").glob(f"*/{name}.py"))
        source = "".join(module.read_text("utf-8") for module in modules)
        made = re.search(rf"    if response.status_code == {status}:\n(.+?)\n\n", source, re.DOTALL)
        if made is None or not re.search(r"\.from_dict\(|File\(|response\.text|cast\(str,", made[1]):
            untyped.append(f"{service}: {operation} {status}")
    assert untyped == []
