"""The page on PostgreSQL, done as it says: two web processes and a worker, and a practice through both of them."""

import json
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.conftest import new_database
from tests.docs.demo import without_settings
from tests.docs.pages import ROOT, blocks, commands
from tests.docs.test_examples import ENDED
from tests.harness.site import Site

pytestmark = pytest.mark.postgres

PAGE = ROOT / "docs" / "how-to" / "scale-to-postgresql.md"


def environment(url: str) -> dict[str, str]:
    return {**without_settings(), "PARLOUR_DATABASE_URL": url, "PARLOUR_SCRIPTED_PIECES_PER_SECOND": "0"}


@contextmanager
def serving(command: str, folder: Path, url: str) -> Generator[IO[str]]:
    """A process of the page on a free port: what it says."""
    words = shlex.split(command)
    assert words[0] == "parlour"
    words[words.index("--port") + 1] = "0"
    if "--host" in words:
        words[words.index("--host") + 1] = "127.0.0.1"
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def address(said: IO[str]) -> str:
    """Where a process listens, as soon as it does."""
    line = said.readline()
    assert "http://" in line, line
    return next(word for word in line.split() if word.startswith("http://"))


def fetch(url: str, token: str, **body: object) -> dict[str, object]:
    """POST with a body, GET without."""
    data = json.dumps(body).encode() if body else None
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Prefer": "wait=20"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:  # noqa: S310
        return json.load(answer)


def test_two_web_processes_and_a_worker(postgresql: str, tmp_path: Path) -> None:
    url = new_database(postgresql, empty=True)
    three = next(block for block in blocks(PAGE) if "--only worker" in block.text)
    starts = [command.text for command in commands(three)]
    assert len(starts) == 3
    token = Site(tmp_path, url).seed().tokens["learner"]
    with ExitStack() as running:
        started = [running.enter_context(serving(start, tmp_path, url)) for start in starts]
        first, second, worker = (address(said) for said in started)
        assert fetch(f"{worker}/readyz", token)["status"] == "ready"
        ended = subprocess.run(
            [sys.executable, str(ROOT / "examples" / "client.py"), first, token],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        assert ENDED.fullmatch(ended.stdout.strip().rsplit("\n", 1)[1])
        chat = continued(second, token)
        operation = f"{first}/socket/v5/client/attempt/message"
        said = fetch(operation, token, **chat, message="Hello Jun, thank you for staying. How are you?")
        assert said["assistant_content"]


def continued(url: str, token: str) -> dict[str, object]:
    """The chat that the first process opened, as another one reads it."""
    listed = fetch(f"{url}/api/v1/attempts", token)["items"]
    assert isinstance(listed, list)
    attempt_id = listed[0]["id"]
    return {
        "attempt_id": attempt_id,
        "chat_id": fetch(f"{url}/api/v1/attempts/{attempt_id}", token)["current_chat_id"],
    }
