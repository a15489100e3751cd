"""The health check of an image: exit code 0 if the process of this container answers.

An `api` answers at MANDATE_PORT, when it is ready; a `worker` serves nothing but its metrics, at MANDATE_METRICS_PORT.
In a container runs one of them, so whichever answers is the one. Plain sockets: this runs every few seconds, and
Python's HTTP client takes longer to import than the answer to arrive.
"""

import os
import socket
import sys
from typing import Final

SIGNS: Final = (("MANDATE_PORT", "/readyz"), ("MANDATE_METRICS_PORT", "/metrics"))


def answers(port: int, path: str) -> bool:
    """Whether this machine's `port` answers 200 at `path`."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            return connection.recv(64).split()[1:2] == [b"200"]
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not any(answers(int(os.environ[port]), path) for port, path in SIGNS))
