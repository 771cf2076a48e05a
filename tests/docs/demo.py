"""The demo, as `make run` starts it, for examples to talk to."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A running demo: what its first line said, and its data folder."""

    said: Mapping[str, Any]
    data: Path
    process_id: int

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.said["url"]

    def token(self, user_id: str) -> str:
        """The token of one of its people."""
        return next(account["token"] for account in self.said["accounts"] if account["user_id"] == user_id)

    def environment(self, commands: Path = Path(sys.executable).parent) -> dict[str, str]:
        """As a reader's shell has it: `parlour` and `python` on the path, the learner's token, no settings."""
        kept = without_settings()
        path = os.pathsep.join([str(commands), kept.get("PATH", "")])
        return {**kept, "PATH": path, "URL": self.url, "TOKEN": self.token("learner"), "COLUMNS": "120"}


def without_settings() -> dict[str, str]:
    """The environment of this process, without settings of Parlour."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PARLOUR_")}


@contextmanager
def running_demo(data: Path, **settings: str) -> Generator[Demo]:
    """A demo on a free port, whose personas speak at once; it is stopped with SIGTERM. `settings` are variables."""
    log = data.with_suffix(".log")
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "parlour", "demo", "--json", "--port", "0", "--data", str(data)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**without_settings(), "PARLOUR_SCRIPTED_PIECES_PER_SECOND": "0", **settings},
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the demo did not start\n{log.read_text()}"
        yield Demo(said=json.loads(line), data=data, process_id=process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
