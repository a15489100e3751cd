"""Structured logs: one JSON object a line, each with the correlation id of the request or event it belongs to."""

import json
import logging
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

import orjson

correlation: ContextVar[str | None] = ContextVar("correlation", default=None)

NOISY: Final = ("aiokafka",)
QUIET_SECONDS: Final = 30.0


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "message", "correlation", ...}`."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (id_ := correlation.get()) is not None:
            line["correlation"] = id_
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # a lone surrogate or a number beyond 64 bits: a log line is never lost over its content
            return json.dumps(line, default=str)


class OnceInAWhile(logging.Filter):
    """A client without its broker repeats itself many times a second; each message passes once in a while."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now - self._last.get(str(record.msg), -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._last[str(record.msg)] = now
        return True


def configure(service: str, level: str = "info") -> None:
    """Log to standard error. Called once by the composition root."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    logging.getLogger("uvicorn.access").disabled = True
    for name in NOISY:
        noisy = logging.getLogger(name)
        noisy.setLevel(logging.WARNING)
        handler.addFilter(_only(name, OnceInAWhile()))


def _only(name: str, inner: logging.Filter) -> logging.Filter:
    class Only(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            return not record.name.startswith(name) or bool(inner.filter(record))

    return Only()
