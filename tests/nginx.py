"""A real nginx in front of services: the machine's own, or Debian's package unpacked into the cache."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mandate_local.processes import port_is_free
from tests.debian import Program
from tests.e2e.topology import until


@contextmanager
def in_front(nginx: Program, directory: Path, servers: Sequence[tuple[int, str]]) -> Iterator[None]:
    """Serve on loopback: ports, and what stands in the `server` block of each."""
    directory.mkdir()
    places = (f"{kind}_temp_path {directory / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    blocks = (f"server {{ listen 127.0.0.1:{port};\n{content}\n}}" for port, content in servers)
    configuration = directory / "nginx.conf"
    configuration.write_text(
        f"daemon off; master_process off; pid {directory / 'pid'};\nevents {{}}\nhttp {{\naccess_log off;\n"
        + "\n".join((*places, *blocks, "}\n"))
    )
    log = directory / "log"
    command: list[str | Path] = [nginx.path, "-p", directory, "-e", log, "-c", configuration]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=nginx.environment) as process:
        try:
            until(lambda: process.poll() is not None or not port_is_free(servers[-1][0]), 10)
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.terminate()
