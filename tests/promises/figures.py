"""The figures of promise tests: kept in build/promises.json, test by test, as the tests run.

A promise test is marked `@pytest.mark.promise("P1")` and says `figure("P1", "... 0 lost")` when it has
shown what it promises. A test that is run again first forgets what it said before, so a promise that
does not hold any more has no figure. `python -m tests.promises.report` makes docs/promises.md of it.
"""

import datetime
import fcntl
import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "build" / "promises.json"

Figure = Callable[[str, str], None]


class Said(TypedDict):
    """One figure: `test` is its pytest id, `store` is empty where there is none, `day` is ISO."""

    promise: str
    test: str
    store: str
    figure: str
    day: str


def known() -> list[Said]:
    """What the tests have said so far."""
    return json.loads(FILE.read_text()) if FILE.exists() else []


@contextmanager
def _alone() -> Generator[None]:
    """Tests run in several processes: one at a time changes the file."""
    FILE.parent.mkdir(exist_ok=True)
    with FILE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(said: list[Said]) -> None:
    new = FILE.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(sorted(said, key=lambda each: (each["promise"], each["test"])), indent=1) + "\n")
    new.replace(FILE)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Say what a promise test found: `figure(promise, words)`."""
    test: str = request.node.nodeid
    marked = {mark.args[0] for mark in request.node.iter_markers("promise")}
    with _alone():
        _keep([each for each in known() if each["test"] != test])
    store = next((name for name in ("sqlite", "postgresql") if name in test.partition("[")[2]), "")
    if not store and request.node.get_closest_marker("postgres"):
        store = "postgresql"

    def say(promise: str, words: str) -> None:
        assert promise in marked, f"the test is not marked as one of {promise}"
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        print(f"{promise}: {words}")
        with _alone():
            _keep([*known(), Said(promise=promise, test=test, store=store, figure=words, day=day)])

    return say
