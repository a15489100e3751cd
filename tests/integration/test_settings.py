"""Settings: what is wrong is refused at the start, by its name."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from governance.main import SERVICE as GOVERNANCE
from mandate_local.product import ISSUER
from mandate_web.app.serving import perform
from mandate_web.settings import misspelt
from tests.integration.over_http import (
    Product,
    environment,
)

BAD_SETTINGS: dict[str, tuple[dict[str, str], str]] = {
    "no database": ({"MANDATE_DATABASE": ""}, "MANDATE_DATABASE"),
    "another database": ({"MANDATE_DATABASE": "mysql://x/y"}, "MANDATE_DATABASE"),
    "no URL": ({"MANDATE_DATABASE": "postgresql://[x/y"}, "MANDATE_DATABASE"),
    "a migrating role": ({"MANDATE_MIGRATE_DATABASE": "sqlite://"}, "MANDATE_MIGRATE_DATABASE"),
    "a source": ({"MANDATE_LOCAL_SOURCES": '{"projects":"x"}'}, "MANDATE_LOCAL_SOURCES[projects]"),
    "no JSON": ({"MANDATE_LOCAL_SOURCES": "x"}, "MANDATE_LOCAL_SOURCES"),
    "any origin": ({"MANDATE_CORS_ORIGINS": "*"}, "MANDATE_CORS_ORIGINS"),
    "a path in an origin": ({"MANDATE_CORS_ORIGINS": "https://pmo.example.org/"}, "MANDATE_CORS_ORIGINS"),
    "a negative limit": ({"MANDATE_RATE_LIMIT": "-1"}, "MANDATE_RATE_LIMIT"),
    "no issuer": ({"MANDATE_ISSUER_URL": ""}, "MANDATE_ISSUER_URL"),
    "an issuer without a scheme": ({"MANDATE_ISSUER_URL": "idp.example.com"}, "MANDATE_ISSUER_URL"),
    "a key set that is a file": ({"MANDATE_JWKS_URI": "file:///etc/passwd"}, "MANDATE_JWKS_URI"),
    "a symmetric algorithm": ({"MANDATE_ALGORITHM": "HS256"}, "MANDATE_ALGORITHM"),
    "no audience": ({"MANDATE_AUDIENCE": ""}, "MANDATE_AUDIENCE"),
    "no deployment": ({"MANDATE_DEPLOYMENT": ""}, "MANDATE_DEPLOYMENT"),
    "a misspelt name": ({"MANDATE_DATABSE": "postgresql://x/y"}, "MANDATE_DATABSE"),
    "a name of the past": ({"MANDATE_SOMETHING_ELSE": "1"}, "MANDATE_SOMETHING_ELSE"),
    "the port of an orchestrator": ({"MANDATE_PORT": "tcp://10.0.0.1:80"}, "MANDATE_PORT"),
    "a port": ({"MANDATE_PORT": "70000"}, "MANDATE_PORT"),
    "a port in words": ({"MANDATE_PORT": "http"}, "MANDATE_PORT"),
    "a root path with a slash at its end": ({"MANDATE_ROOT_PATH": "/mandate/"}, "MANDATE_ROOT_PATH"),
    "a root path like a service's own": ({"MANDATE_ROOT_PATH": "/v1"}, "MANDATE_ROOT_PATH"),
    "a level": ({"MANDATE_LOG_LEVEL": "loud"}, "MANDATE_LOG_LEVEL"),
    "a transport": ({"MANDATE_TRANSPORT": "pigeon"}, "MANDATE_TRANSPORT"),
    "no broker": ({"MANDATE_TRANSPORT": "kafka"}, "KAFKA_BOOTSTRAP_SERVERS"),
    "no replica": ({"MANDATE_KAFKA_REPLICATION": "0"}, "MANDATE_KAFKA_REPLICATION"),
    "production over http": (
        {"MANDATE_PRODUCTION": "true", "MANDATE_ISSUER_URL": "http://idp.example.com"},
        "MANDATE_ISSUER_URL",
    ),
    "production on this machine": (
        {"MANDATE_PRODUCTION": "true", "MANDATE_ISSUER_URL": "https://localhost/idp"},
        "MANDATE_ISSUER_URL",
    ),
    "production with an invented name": (
        {"MANDATE_PRODUCTION": "true", "MANDATE_ISSUER_URL": "https://idp.invalid"},
        "MANDATE_ISSUER_URL",
    ),
    "production with the development identity": (
        {"MANDATE_PRODUCTION": "true", "MANDATE_ISSUER_URL": ISSUER},
        "MANDATE_ISSUER_URL",
    ),
    "production with keys over http": (
        {
            "MANDATE_PRODUCTION": "true",
            "MANDATE_ISSUER_URL": "https://idp.example.com",
            "MANDATE_JWKS_URI": "http://idp.example.com/jwks",
        },
        "MANDATE_JWKS_URI",
    ),
    "production without a broker": ({"MANDATE_PRODUCTION": "true"}, "MANDATE_TRANSPORT"),
}


@pytest.fixture
def good_settings(product: Product, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    variables = environment(product)
    for name in list(os.environ):
        monkeypatch.delenv(name) if name not in variables else None
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize(("wrong", "named"), BAD_SETTINGS.values(), ids=BAD_SETTINGS.keys())
async def test_wrong_settings_are_named_at_start(
    good_settings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: dict[str, str], named: str
) -> None:
    for name, value in wrong.items():
        good_settings.setenv(name, value)
    with pytest.raises(SystemExit) as exit_:
        perform(GOVERNANCE, ["api"])
    assert exit_.value.code == 2
    told = capsys.readouterr().err
    assert any(named in line.partition(": ")[0] or f" {named}:" in line for line in told.splitlines()), told
    assert "Traceback" not in told
    assert "postgresql://governance_append" not in told


def test_a_misspelt_name_is_told_the_right_one() -> None:
    (told,) = misspelt({"MANDATE_METRIC_PORT": "9090", "MANDATE_METRICS_PORT": "9090", "METRIC_PORT": "9090"})
    assert told == "MANDATE_METRIC_PORT: there is no such setting; did you mean MANDATE_METRICS_PORT?"


def test_what_an_orchestrator_and_our_other_programs_set_is_no_misspelt_setting() -> None:
    pod = {
        "MANDATE_PROJECTS_SERVICE_HOST": "10.0.0.1",
        "MANDATE_PROJECTS_SERVICE_PORT": "80",
        "MANDATE_PROJECTS_SERVICE_PORT_HTTP": "80",
        "MANDATE_PROJECTS_PORT": "tcp://10.0.0.1:80",
        "MANDATE_PROJECTS_PORT_80_TCP": "tcp://10.0.0.1:80",
        "MANDATE_PROJECTS_PORT_80_TCP_ADDR": "10.0.0.1",
        "MANDATE_PROJECTS_PORT_80_TCP_PROTO": "tcp",
    }
    ours = {"MANDATE_URL": "http://127.0.0.1:8080", "MANDATE_TOKEN": "eyJ", "MANDATE_REQUIRE_ALL": "1"}
    assert list(misspelt(pod | ours | {"mandate_log_level": "debug"})) == []


async def test_a_service_with_wrong_settings_does_not_start(product: Product) -> None:
    variables = environment(product, MANDATE_PRODUCTION="true", MANDATE_ISSUER_URL="http://idp.example.com")
    command = [str(Path(sys.executable).parent / "mandate-governance"), "api"]
    done = await asyncio.to_thread(
        lambda: subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
    )
    assert done.returncode == 2
    assert "MANDATE_ISSUER_URL: 'http://idp.example.com' must be https in production" in done.stderr.splitlines()
    assert "MANDATE_TRANSPORT: the local transport is for development" in done.stderr.splitlines()
    assert "Traceback" not in done.stderr
