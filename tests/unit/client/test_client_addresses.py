"""One address for all services, or one for each."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from mandate_client.addresses import DEFAULT_URL, Addresses
from mandate_client.main import app
from mandate_client.problems import UsageProblem
from tests.unit.client.test_client_api import Reply, Service, nobody

ME = "/governance/v1/me"


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Service]]:
    """Governance and the development identity, each on a port of its own."""
    for name in ("MANDATE_URL", "MANDATE_TOKEN", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    found = {name: Service() for name in ("governance", "identity")}
    found["governance"].routes["GET /v1/me"] = [Reply(200, {"person": "somebody"})]
    found["identity"].routes["POST /token"] = [Reply(200, {"access_token": "a.b.c"})]
    yield found
    for service in found.values():
        service.close()


@pytest.mark.parametrize("how", ["repeated", "by commas", "in the environment"])
def test_each_service_is_asked_at_its_own_address(services: dict[str, Service], how: str) -> None:
    given = [f"{name}={service.url}" for name, service in services.items()]
    options, environment = {
        "repeated": ([word for each in given for word in ("--url", each)], {}),
        "by commas": (["--url", ", ".join(given)], {}),
        "in the environment": ([], {"MANDATE_URL": ",".join(given)}),
    }[how]
    result = CliRunner().invoke(app, ["whoami", "--as", "pmo-1", *options], env=environment)
    assert (result.exit_code, "somebody" in result.stdout) == (0, True), result.stderr
    assert [each.path for each in services["governance"].asked] == ["/v1/me"], "without its name, as it is served there"


def test_the_rest_is_at_the_common_address(services: dict[str, Service]) -> None:
    services["governance"].routes[f"GET /pmo{ME}"] = [Reply(200, {"person": "somebody"})]
    common, identity = f"{services['governance'].url}/pmo/", f"identity={services['identity'].url}"
    result = CliRunner().invoke(app, ["whoami", "--as", "pmo-1", "--url", identity, "--url", common])
    assert result.exit_code == 0, result.stderr


def test_a_service_that_is_not_there_is_told_at_once_though_another_has_answered(services: dict[str, Service]) -> None:
    urls = f"identity={services['identity'].url},governance={nobody()}"
    result = CliRunner().invoke(app, ["whoami", "--as", "pmo-1", "--url", urls])
    assert result.exit_code == 2
    assert "cannot reach Mandate at" in result.stderr


def test_addresses() -> None:
    assert Addresses.read([]).of(ME) == f"{DEFAULT_URL}{ME}"
    assert Addresses.read(["https://pmo.example.org/mandate/"]).of(ME) == f"https://pmo.example.org/mandate{ME}"
    one = Addresses.read(["governance=https://g.example.org/below"])
    assert one.of(ME) == "https://g.example.org/below/v1/me"
    with pytest.raises(UsageProblem, match="where is reporting"):
        one.of("/reporting/v1/portfolio")
    for wrong in ("governence=https://g.example.org", "governance=", "=https://g.example.org", "governance=ftp://x"):
        with pytest.raises(UsageProblem, match="--url"):
            Addresses.read([wrong])
