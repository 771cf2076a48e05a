"""P9: two workers on one PostgreSQL; one is frozen beyond its lease, thaws and must not win any more."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import new_database
from tests.harness.site import ROOT, until
from tests.promises.figures import Figure
from tests.promises.workers_program import COUNT, Count, open_database

SHORT_JOBS = 1500
LONG_JOBS = 60
FREEZES = 4
FROZEN_SECONDS = 1.0


@pytest.mark.promise("P9")
@pytest.mark.postgres
def test_of_two_workers_never_both_win(postgresql: str, tmp_path: Path, figure: Figure) -> None:
    url = new_database(postgresql)
    database = open_database(url)
    database.migrate()
    database.write_here(
        lambda tx: tx.run("CREATE TABLE effects (id TEXT PRIMARY KEY, number INTEGER, worker TEXT, claims INTEGER)")
    )
    chance = random.Random(9)
    jobs = [Count(number=number, seconds=chance.uniform(0, 0.02)) for number in range(SHORT_JOBS)]
    jobs += [Count(number=SHORT_JOBS + number, seconds=chance.uniform(0.3, 0.6)) for number in range(LONG_JOBS)]
    chance.shuffle(jobs)
    database.write_here(lambda tx: [tx.enqueue(COUNT, job) for job in jobs])
    command = [sys.executable, "-m", "tests.promises.workers_program", url]
    outputs = [tmp_path / name for name in ("one", "other")]
    workers: list[subprocess.Popen[bytes]] = []
    try:
        for output in outputs:
            with output.open("w") as said:
                workers.append(subprocess.Popen([*command, output.name], cwd=ROOT, stdout=said))
        until(lambda: all(output.read_text() for output in outputs), 60)
        for _ in range(FREEZES):
            workers[0].send_signal(signal.SIGSTOP)
            time.sleep(FROZEN_SECONDS)
            workers[0].send_signal(signal.SIGCONT)
            time.sleep(0.2)
        until(lambda: not database.read_here(lambda tx: tx.all("SELECT id FROM jobs WHERE state <> 'stuck'")), 60)
        time.sleep(FROZEN_SECONDS)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    rows = database.read_here(lambda tx: tx.all("SELECT number, worker, claims FROM effects"))
    stuck = database.read_here(lambda tx: tx.all("SELECT id FROM jobs WHERE state = 'stuck'"))
    effects = Counter(row["number"] for row in rows)
    doubled = [number for number, count in effects.items() if count > 1]
    by_worker = Counter(row["worker"] for row in rows)
    late = sum(output.read_text().split().count("lost") for output in outputs)
    assert doubled == []
    assert len(effects) + len(stuck) == len(jobs)
    assert late > 0
    assert len(by_worker) == 2
    figure(
        "P9",
        f"{len(jobs):,} jobs, 2 worker processes ({by_worker['one']} + {by_worker['other']}), one frozen {FREEZES}"
        f" times beyond its lease: {sum(row['claims'] > 1 for row in rows)} jobs taken over, {late} late outcomes"
        f" refused, {len(doubled)} done twice, {len(jobs) - len(effects) - len(stuck)} lost",
    )
