"""The health check of an image: exit code 0 if the process of this container answers.

When it is ready, an `api` answers at MANDATE_PORT and a `worker` at MANDATE_METRICS_PORT. In a container runs one of
them, so whichever answers is the one. Plain sockets: this runs every few seconds, and
Python's HTTP client takes longer to import than the answer to arrive.
"""

import os
import socket
import sys
from typing import Final

PORTS: Final = ("MANDATE_PORT", "MANDATE_METRICS_PORT")


def ready(port: int) -> bool:
    """Whether what listens on this machine's `port` says that it is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
            connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(64).split()[1:2] == [b"200"]
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not any(ready(int(os.environ[port])) for port in PORTS))
