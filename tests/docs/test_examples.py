"""The clients of the README, run as a reader runs them: streamed answer, score, a quote with its evidence."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.demo import Demo
from tests.docs.pages import ROOT

LINES_MAX = 20
SAID = "I am glad that you came. What have you tried so far?"
ENDED = re.compile(r'(\d+) of (\d+) points, partly for: "?(.+?)"?')


def run(words: list[str | Path], demo: Demo, folder: Path) -> str:
    ended = subprocess.run(
        [*map(str, words), demo.url, demo.token("learner")],
        cwd=folder,
        env=demo.environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def check_told(output: str) -> None:
    """The answer, then the score and words that the learner really said."""
    answer, last = output.strip().rsplit("\n", 1)
    assert len(answer.split()) > 3
    found = ENDED.fullmatch(last)
    assert found, last
    assert 0 < int(found[1]) <= int(found[2]) == 25
    assert found[3] in SAID


def test_the_python_client_runs(demo: Demo, folder: Path) -> None:
    check_told(run([sys.executable, "examples/client.py"], demo, folder))


@pytest.mark.node
def test_the_javascript_client_runs(demo: Demo, folder: Path) -> None:
    """Copied beside an installed `socket.io-client`, as a user has it."""
    shutil.copy(ROOT / "examples" / "client.mjs", folder / "client.mjs")
    check_told(run(["node", "client.mjs"], demo, folder))


@pytest.mark.parametrize("client", ["client.mjs", "client.py"])
def test_a_client_is_twenty_lines_of_code(client: str) -> None:
    lines = (ROOT / "examples" / client).read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith(("//", "#"))]) <= LINES_MAX
