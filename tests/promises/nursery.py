"""Servers of one test that can be killed often, forked by the process that forks every test's servers."""

import json
import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.forks import Forked, forks
from tests.harness.site import Site

START_SECONDS = 60
KILL_SECONDS = 60


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
        self._forked: list[Forked] = []
        self._also = also
        self._given = {key: value for key, value in os.environ.items() if not key.startswith("PARLOUR_")}

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        for forked in self._forked:
            forked.send_signal(signal.SIGKILL)
            forked.wait(KILL_SECONDS)

    def start(self, *, port: int = 0, only: str | None = None, **settings: object) -> Child:
        """A server that accepts connections, on this port if one is given."""
        log = self.site.folder / f"child-{len(self.children)}.log"
        given = {"DATA": self.site.folder / "data", "DATABASE_URL": self.site.url, "PORT": port}
        given |= {"SCRIPTED_PIECES_PER_SECOND": 0, "LIMITS__SOCKET_EVENTS_PER_SECOND_MAX": 100_000}
        given |= {name.upper(): value for name, value in settings.items()}
        environment = self._given | {f"PARLOUR_{key}": str(value) for key, value in given.items()}
        forked = forks().start(only, environment, log, self._also)
        self._forked.append(forked)
        with forked.stdout as stdout:
            ready, _, _ = select.select([stdout], [], [], START_SECONDS)
            line = stdout.readline() if ready else ""
        assert line.startswith("{"), f"the server did not start: {line!r} {log.read_text()}"
        child = Child(forked.pid, json.loads(line)["port"], log)
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
