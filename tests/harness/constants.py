"""A server's constants that a test sets, where the true figure would only make it wait."""

import importlib
import json
import os
from collections.abc import Generator
from contextlib import contextmanager

VARIABLE = "TEST_CONSTANTS"


@contextmanager
def constants(**values: float) -> Generator[None]:
    """Servers that are started meanwhile have these; `parlour__app__PUMP_POLL_SECONDS` is one of `parlour.app`."""
    before = os.environ.get(VARIABLE, "{}")
    os.environ[VARIABLE] = json.dumps(json.loads(before) | values)
    try:
        yield
    finally:
        os.environ[VARIABLE] = before


def set_constants() -> None:
    """In the server: take over what was set."""
    for name, value in json.loads(os.environ.get(VARIABLE, "{}")).items():
        module, _, constant = name.rpartition("__")
        place = importlib.import_module(module.replace("__", "."))
        assert hasattr(place, constant), name
        setattr(place, constant, value)
