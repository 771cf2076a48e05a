"""`parlour test`, as somebody uses it who compares models: offline, killed in between, beside a server, in CI."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.unit.test_cli import CLEAN, parlour
from tests.unit.test_cli_server import demo

SECONDS_MAX = 90


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A data folder in which the sample benchmark was run, with its reports, and what was said."""
    folder = tmp_path_factory.mktemp("tested")
    files = ("--junit", folder / "junit.xml", "--markdown", folder / "summary.md")
    return folder, parlour("test", "run", "--sample", "--data", folder / "data", *files)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for several runs."""
    return tmp_path_factory.mktemp("shared") / "data"


def test_one_command_runs_the_sample_and_says_which_candidate_is_better(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, said = ran
    assert said.returncode == 0, said.stderr
    words = [line.split(". p = ")[0] for line in said.stdout.splitlines() if line.split(":")[0].isupper()]
    assert words[0].startswith("WORSE: Curt is worse than Steady by ")
    assert "95% interval" in words[0]
    assert words[1].startswith("NO EVIDENCE: There is no evidence that Steady, with noise differs from Steady")
    assert words[2].startswith("BETTER: Steady, with noise is better than Curt by ")
    assert "points of 100 on will probably be seen" in said.stderr, "the estimate comes first"
    suites = ET.parse(folder / "junit.xml").getroot()  # noqa: S314 (ours)
    assert (suites.get("tests"), suites.get("errors"), suites.get("skipped")) == ("126", "0", "0")
    assert int(suites.get("failures") or 0) >= 42
    assert "- **worse**: Curt is worse than Steady" in (folder / "summary.md").read_text()


def test_what_was_run_is_listed_shown_and_told_again(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    data = ran[0] / "data"
    (head,) = [json.loads(line) for line in parlour("test", "list", "--json", "--data", data).stdout.splitlines()]
    assert (head["state"], head["completed"], head["cells"]) == ("completed", 126, 126)
    shown = parlour("test", "show", head["test_id"], "--data", data)
    assert "Steady: 42 of 42" in shown.stdout
    told = parlour("test", "results", head["test_id"], "--format", "json", "--data", data)
    whole = json.loads(told.stdout)
    assert (whole["format"], len(whole["cells"])) == ("parlour.test-results", 126)
    again = parlour("test", "resume", head["test_id"], "--data", data, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["results"]["comparisons"] == whole["results"]["comparisons"]


def test_a_mark_of_a_person_is_kept(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    data = ran[0] / "data"
    (head,) = [json.loads(line) for line in parlour("test", "list", "--json", "--data", data).stdout.splitlines()]
    told = parlour("test", "results", head["test_id"], "--format", "json", "--data", data)
    cell = json.loads(told.stdout)["cells"][0]
    wrong = parlour(
        *("test", "mark", head["test_id"], cell["replay_id"], "--level", "Charm=1", "--by", "instructor"),
        *("--data", data),
    )
    assert wrong.returncode == 1
    criteria = wrong.stderr.split("there are: ")[1].strip(" .\n").split(", ")
    levels = [word for name in criteria for word in ("--level", f"{name}=0")]
    tried = parlour(
        *("test", "mark", head["test_id"], cell["replay_id"], *levels, "--by", "instructor", "--data", data)
    )
    assert tried.returncode == 0 or "has levels of" in tried.stderr, tried.stderr


def replays(data: Path) -> dict[str, int]:
    """How many completed replays every cell has."""
    with closing(sqlite3.connect(data / "parlour.sqlite3", timeout=5)) as database:
        try:
            rows = database.execute("SELECT cell, count(*) FROM replays WHERE state = 'completed' GROUP BY cell")
            return dict(rows.fetchall())
        except sqlite3.OperationalError:
            return {}


def the_test(data: Path) -> Any:
    (head,) = [json.loads(line) for line in parlour("test", "list", "--json", "--data", data).stdout.splitlines()]
    return head


def begun(data: Path, *words: str) -> subprocess.Popen[str]:
    """A run of the sample that has completed some cells and not all of them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "parlour", "test", "run", "--sample", "--data", str(data), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=CLEAN,
    )
    ends = time.monotonic() + SECONDS_MAX
    while not (data / "parlour.sqlite3").exists() or len(replays(data)) < 5:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends
        time.sleep(0.02)
    return process


def test_a_killed_run_goes_on_with_no_cell_completed_twice(tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = begun(data, "--repeats", "4", "--no-prefer")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    before = replays(data)
    assert 5 <= len(before) < 168
    head = the_test(data)
    assert head["state"] == "running"
    resumed = parlour("test", "run", "--resume", head["test_id"], "--data", data)
    assert resumed.returncode == 0, resumed.stderr
    after = replays(data)
    assert len(after) == 168
    assert set(after.values()) == {1}
    assert before.items() <= after.items()


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = begun(data, "--repeats", "4", "--no-prefer")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=SECONDS_MAX)
    head = the_test(data)
    assert process.returncode == 1, errors
    assert f"parlour test resume {head['test_id']}" in errors
    assert head["halted"] == "stopped"
    resumed = parlour("test", "resume", head["test_id"], "--data", data)
    assert resumed.returncode == 0, resumed.stderr
    assert set(replays(data).values()) == {1}
    assert len(replays(data)) == 168


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (("--fail-under", "50"), 3, "Curt has less than 50.0 points of 100."),
        (("--fail-if-worse", "--baseline", "Steady"), 3, "Curt is worse."),
        (("--fail-if-worse", "--baseline", "Curt"), 0, ""),
        (
            ("--candidate", "steady", "--candidate", "scripted-echo", "--judge", "scripted", "--fail-if-worse"),
            3,
            "scripted-echo is worse.",
        ),
        (("--max-tokens", "1"), 1, "The test is not finished (tokens)."),
        (("--candidate", "nobody:model"), 2, "A candidate has no usable model."),
        (("--baseline", "Nobody"), 2, "there is no candidate of this title"),
        (("--max-cost", "5"), 2, "a cost needs its currency"),
        (("--confidence", "2"), 2, "confidence"),
    ],
)
def test_the_exit_status_says_how_it_ended(shared: Path, options: tuple[str, ...], status: int, said: str) -> None:
    ended = parlour("test", "run", "--sample", "--repeats", "1", "--no-prefer", "--data", shared, *options)
    assert ended.returncode == status, ended.stderr
    assert said in ended.stderr


def test_an_estimate_starts_nothing(shared: Path) -> None:
    before = parlour("test", "list", "--json", "--data", shared).stdout
    said = parlour("test", "run", "--sample", "--estimate", "--repeats", "2", "--data", shared)
    assert said.returncode == 0, said.stderr
    assert said.stderr.startswith("84 cases with ")
    assert parlour("test", "list", "--json", "--data", shared).stdout == before


def test_beside_a_server_the_server_does_the_work(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with demo(data):
        ended = parlour("test", "run", "Front desk, with tools", "--data", data, "--json")
        assert ended.returncode == 0, ended.stderr
        whole = json.loads(ended.stdout)
    assert whole["results"]["final"]
    assert whole["results"]["progress"]["pending"] == 0
