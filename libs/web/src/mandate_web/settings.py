"""Settings: all from the environment, typed, refused at start with the name of what is wrong."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mandate_web.identity.jwks import Issuer
from mandate_web.identity.tokens import issuer_problems

PREFIX: Final = "MANDATE_"

_ROOT_PATH: Final = re.compile(r"(?!/(v1|problems)(/|$))(/[A-Za-z0-9._~-]+)*")
"""Where a proxy takes it off, `/v1/...` must not look as if it had been left."""


class Settings(BaseSettings):
    """Environment variables begin with `MANDATE_`: `MANDATE_DATABASE`, `MANDATE_ISSUER_URL`..."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    production: bool = Field(
        default=True,
        description="Refuse what is only fit for development: an issuer, keys or origins over plain http, an issuer on"
        " this machine or of a reserved name, the local transport",
    )
    deployment: str = Field(
        default="mandate",
        min_length=1,
        description="Name of the installation. Person ids are made from it: the same for all services, for good",
    )
    database: str = Field(description="The service's own database, as its role `<service>_append`: `postgresql://...`")
    migrate_database: str | None = Field(
        default=None, description="The same database, as a role that may create roles; `migrate` alone needs it"
    )
    transport: Literal["kafka", "local"] = Field(
        default="kafka", description="`local` reads the others' databases by itself; for development"
    )
    kafka_bootstrap_servers: str = Field(
        default="",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="The brokers, by commas; required with `kafka`",
    )
    kafka_replication: int = Field(default=1, ge=1, description="Replicas of a topic that `migrate` creates")
    local_sources: dict[str, str] = Field(
        default_factory=dict,
        description="With `local`: the databases of the others, as a JSON object by service; as `directory`"
        " governance's, as a role that may read names",
    )
    issuer_url: str = Field(description="The identity provider: `iss` of its access tokens")
    audience: str = Field(default="mandate", description="What its access tokens are for: `aud`")
    algorithm: str = Field(default="ES256", description="The one algorithm of its tokens; an asymmetric one")
    jwks_uri: str | None = Field(default=None, description="Its keys; where it is not set, `<issuer>/jwks`")
    founder: str | None = Field(
        default=None, description="Governance: `sub` of the person who founds the office, at the first start"
    )
    host: str = Field(default="127.0.0.1", description="Where `api` and `worker` listen")
    port: int = Field(default=8080, ge=0, le=65535, description="Port of `api`")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Port of a worker's `/healthz`, `/readyz` and `/metrics`; 0: nowhere"
    )
    root_path: str = Field(
        default="",
        description="Path under which a reverse proxy serves this service, such as `/mandate/governance`; it may pass"
        " it on or take it off",
    )
    rate_limit: int = Field(default=6000, ge=0, description="Requests a minute of each person and process; 0: no limit")
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Browser applications that may call: `https://pmo.example.org`, by commas"
    )
    clock_ahead: int = Field(
        default=0,
        ge=0,
        description="Seconds that the ledger's clock is set ahead, to see what time brings; for development",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much is logged")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wrong = self._issuer_problems()
        if self.transport == "kafka" and not self.kafka_bootstrap_servers:
            wrong.append("KAFKA_BOOTSTRAP_SERVERS: the transport is kafka and no broker is named")
        if self.transport == "local" and self.production:
            wrong.append("MANDATE_TRANSPORT: the local transport is for development")
        if self.clock_ahead and self.production:
            wrong.append("MANDATE_CLOCK_AHEAD: a clock that is set ahead is for development")
        databases = {"MANDATE_DATABASE": self.database, "MANDATE_MIGRATE_DATABASE": self.migrate_database}
        databases |= {f"MANDATE_LOCAL_SOURCES[{name}]": dsn for name, dsn in self.local_sources.items()}
        wrong += [
            f"{name}: a URL such as postgresql://user@host/database"
            for name, dsn in databases.items()
            if not _is_dsn(dsn)
        ]
        wrong += [
            f"MANDATE_CORS_ORIGINS: {origin} is not an origin such as https://pmo.example.org"
            for origin in self.cors_origins
            if not _is_origin(origin, self.production)
        ]
        if not _ROOT_PATH.fullmatch(self.root_path):
            wrong.append(
                f"MANDATE_ROOT_PATH: {self.root_path} is not a path such as /mandate/governance, without a slash at its"
                " end, and that does not begin like a service's own (/v1, /problems)"
            )
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _issuer_problems(self) -> list[str]:
        try:
            issuer = self.issuer()
        except ValueError as error:  # its words name the part: algorithm, issuer or audience
            return [f"MANDATE_ISSUER_URL, MANDATE_AUDIENCE, MANDATE_ALGORITHM: {error}"]
        names = {"issuer": "MANDATE_ISSUER_URL", "jwks_uri": "MANDATE_JWKS_URI"}
        problems = [found.partition(" ") for found in issuer_problems(issuer, self.production)]
        return [f"{names[part]}: {problem}" for part, _, problem in problems]

    def issuer(self) -> Issuer:
        return Issuer(
            issuer=self.issuer_url,
            audience=self.audience,
            algorithm=self.algorithm,
            jwks_uri=self.jwks_uri or f"{self.issuer_url.rstrip('/')}/jwks",
        )


def _is_dsn(dsn: str | None) -> bool:
    try:
        return dsn is None or (urlsplit(dsn).scheme == "postgresql" and urlsplit(dsn).port != 0)
    except ValueError:
        return False


def _is_origin(origin: str, production: bool) -> bool:
    """Scheme, host and port, and nothing else (RFC 6454); in production by https only."""
    schemes = {"https"} if production else {"https", "http"}
    try:
        parts = urlsplit(origin)
        bare = f"{parts.scheme}://{parts.netloc}" == origin and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
    return bare and bool(parts.hostname) and "*" not in origin and parts.scheme in schemes


def variable(field: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{field.upper()}"


OTHERS: Final = frozenset(
    f"{PREFIX}{name}"
    for name in ("URL", "TOKEN", "DATA", "CACHE", "VERSION", "REQUIRE_ALL", "FAULT_ROUNDS", "FAULT_SEED")
)
"""Of the command line, the embedded product, compose and the tests: no settings of a service, and no misspelt ones."""

_OF_A_POD: Final = re.compile(r"\w+_SERVICE_(HOST|PORT(_\w+)?)|\w+_PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?")
"""Kubernetes tells each pod the addresses of the services in its namespace: `MANDATE_PROJECTS_SERVICE_HOST`..."""


def misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    """What begins like a setting and is none, in words: a typo must not leave a default in force."""
    known = {variable(field) for field in Settings.model_fields}
    for name, value in sorted(environment.items()):
        written = name.upper()
        if not written.startswith(PREFIX) or written in known | OTHERS:
            continue
        if _OF_A_POD.fullmatch(written) or value.startswith(("tcp://", "udp://")):
            continue
        near = difflib.get_close_matches(written, known, 1, cutoff=0.75)
        yield f"{name}: there is no such setting{f'; did you mean {near[0]}?' if near else ''}"
