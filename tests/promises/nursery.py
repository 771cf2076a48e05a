"""Servers that can be killed often: one process imports everything once, then forks a server a line.

A start costs a few hundredths of a second instead of seconds, so a test can afford dozens of kills.
`python -m tests.promises.nursery` is the process; `Nursery` is its other end, in the test.
"""

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.site import ROOT, Site

START_SECONDS = 20
KILL_SECONDS = 10


@dataclass
class Child:
    """A forked server."""

    pid: int
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self, number: int = signal.SIGKILL, seconds: float = KILL_SECONDS) -> None:
        """Signal it, and return when it is gone."""
        handle = os.pidfd_open(self.pid)
        try:
            os.kill(self.pid, number)
            gone, _, _ = select.select([handle], [], [], seconds)
            assert gone, f"the server was not gone after {seconds} s"
        finally:
            os.close(handle)

    def log_text(self) -> str:
        return self.log.read_text()


class Nursery:
    """Starts servers on a site. Close it: what still runs is killed. `also`: modules to import once for all."""

    def __init__(self, site: Site, *also: str) -> None:
        self.site = site
        self.children: list[Child] = []
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tests.promises.nursery", *also],
            cwd=ROOT,
            env={key: value for key, value in os.environ.items() if not key.startswith("PARLOUR_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children:
            try:
                child.kill()
            except ProcessLookupError:
                continue
        self._popen.communicate(timeout=KILL_SECONDS)

    def start(self, *, port: int = 0, only: str | None = None, **settings: object) -> Child:
        """A server that accepts connections, on this port if one is given."""
        log = self.site.folder / f"child-{len(self.children)}.log"
        given = {"DATA": self.site.folder / "data", "DATABASE_URL": self.site.url, "PORT": port}
        given |= {"SCRIPTED_PIECES_PER_SECOND": 0, "LIMITS__SOCKET_EVENTS_PER_SECOND_MAX": 100_000}
        given |= {name.upper(): value for name, value in settings.items()}
        order = {"log": str(log), "only": only, "settings": {f"PARLOUR_{k}": str(v) for k, v in given.items()}}
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.write(json.dumps(order).encode() + b"\n")
        pid = int(self._popen.stdout.readline())
        ready, _, _ = select.select([self._popen.stdout], [], [], START_SECONDS)
        line = self._popen.stdout.readline() if ready else b""
        assert line.startswith(b"{"), f"the server did not start: {line!r} {log.read_text()}"
        child = Child(pid, json.loads(line)["port"], log)
        self.children.append(child)
        return child

    def deployment(self, **settings: Any) -> list[str]:
        """Where sockets go: one server (twice), or on PostgreSQL two web processes beside a worker process."""
        if not self.site.url.startswith("postgresql"):
            return [self.start(**settings).url] * 2
        self.start(only="worker", **settings)
        return [self.start(only="web", **settings).url for _ in range(2)]

    def logs(self) -> str:
        """Everything that the servers logged."""
        return "".join(child.log_text() for child in self.children)


def _serve(order: Mapping[str, object]) -> None:
    """In the forked child: be a server."""
    import uvloop

    from parlour.wire.http.logs import configure_logging
    from tests.harness.program import main

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    settings = order["settings"]
    assert isinstance(settings, dict)
    os.environ.update(settings)
    with Path(str(order["log"])).open("w") as log:
        os.dup2(log.fileno(), 2)
    configure_logging("info")
    faulthandler.enable()
    try:
        uvloop.run(main(order["only"]))  # type: ignore[arg-type]
    except BaseException as error:
        print(type(error).__name__, flush=True)
        raise


def _reap(_number: int, _frame: object) -> None:
    """Say how a child ended, unless the test killed it."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[1] not in (0, signal.SIGKILL):
                sys.stderr.write(f"server {ended[0]} ended with {os.waitstatus_to_exitcode(ended[1])}\n")


def nursery() -> None:
    """Fork a server for every line of standard input; it prints its pid, then its port."""
    for name in (*sys.argv[1:], "psycopg", "uvloop", "parlour.app", "parlour.wire.http.logs", "tests.harness.program"):
        importlib.import_module(name)
    gc.freeze()  # a server's collector has not to look at what is imported here
    signal.signal(signal.SIGCHLD, _reap)
    children: list[int] = []
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            print(os.getpid(), flush=True)
            code = 1
            try:
                _serve(json.loads(line))
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    nursery()
