"""Libraries that are not there for a moment: what others load in vain stays out of memory."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import cast


@contextmanager
def absent(*names: str) -> Generator[None, None, None]:
    """Let imports of these modules fail meanwhile, unless they are loaded; afterwards they can be had as usual.

    For libraries that do without one that they cannot import.
    """
    unloaded = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(unloaded, cast("ModuleType", None)))
    try:
        yield
    finally:
        for name in unloaded:
            del sys.modules[name]
