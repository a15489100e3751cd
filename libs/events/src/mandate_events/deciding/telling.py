"""Where a declaration is written, for the messages that say what to add to it."""

import sys
from typing import Any


def file_of(thing: Any) -> str:
    """The file of a class or function; its module's name where that has none."""
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return getattr(sys.modules.get(module), "__file__", None) or module
