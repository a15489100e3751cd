"""Which build of a service this is: for people, and for who watches many of them."""

import platform
from importlib.metadata import version

from mandate_events.metrics import BUILD


def version_of(service: str) -> str:
    """The version of the package that is installed."""
    return version(f"mandate-{service}")


def tell_build(service: str) -> None:
    """Show it among the metrics of this process."""
    BUILD.labels(service, version_of(service), platform.python_version()).set(1)
