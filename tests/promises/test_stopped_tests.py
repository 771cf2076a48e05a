"""P10: a replay that is stopped, by whomever and through whichever server, ends, also under load.

The figure tells how long the slowest took.
"""

import asyncio
import os
import random
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import httpx
import pytest

from parlour.benchmarks.facts import ReplayTextAdded
from parlour.storage.database import Database
from tests.conftest import STORES, make_site
from tests.harness.socket import Client
from tests.promises import trials
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.waiting import eventually
from tests.wire import benches, replays

ROUNDS = int(os.environ.get("PARLOUR_TEST_STOP_ROUNDS", "8"))
RUNS_SECONDS = (0.0, 0.5)
LOAD_REPEATS = 2000
LOAD_PARALLEL = 4
MODELS = {"slowly": "two", "hanging": "one"}


def is_left(database: Database, run_id: str) -> bool:
    """Whether nobody has the job of a replay any more, and with it a request to its model."""
    sql = "SELECT id FROM jobs WHERE kind = 'benchmarks.replay' AND body LIKE :body"
    return not database.read_here(lambda tx: tx.all(sql, body=f"%{run_id}%"))


@pytest.mark.promise("P10")
@pytest.mark.timeout(120 + 10 * ROUNDS)
@pytest.mark.parametrize("store", STORES)
async def test_a_stop_ends_a_slow_and_a_hanging_model_under_load(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    benches.install(site)
    database, chance, token, took = site.database(), random.Random(4), site.tokens["instructor"], [0.0]
    with Nursery(site) as nursery:
        urls = [nursery.start().url for _ in range(2)] if store == "postgresql" else nursery.deployment()
        headers = {"Authorization": f"Bearer {token}"}
        async with AsyncExitStack() as stack:
            speaker, stopper = [await stack.enter_async_context(Client(url, token)) for url in urls]
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=urls[1], headers=headers, timeout=60))
            asked = {"benchmark_id": benches.bench("plain"), "repeats": LOAD_REPEATS}
            load = await asyncio.to_thread(trials.begin, urls[1], site, **asked, plan={"parallel": LOAD_PARALLEL})
            tests: list[str] = []
            for bench, recording in MODELS.items():
                started = await replays.start(speaker, bench)
                tests.append(started["test_id"])
                for _ in range(ROUNDS):
                    begun = await speaker.ok("test_run", replays.ids_of(started, recording))
                    await speaker.wait_for("test_run_start", run_id=begun["run_id"])
                    await asyncio.sleep(chance.uniform(*RUNS_SECONDS))
                    asked = time.monotonic()
                    ack = await stopper.ok("test_stop", {"invocation_id": started["invocation_id"]})
                    assert ack["success"] is True
                    await speaker.wait_for(
                        "test_stopped", invocation_id=started["invocation_id"], run_id=begun["run_id"]
                    )
                    await eventually(partial(is_left, database, begun["run_id"]))
                    took.append(time.monotonic() - asked)
            meanwhile = len(trials.look(database, load).completed)
            asked = time.monotonic()
            assert (await http.post(f"/api/v1/tests/{load}/stop")).status_code == 200
            await eventually(lambda: "benchmarks.replay" not in {kind for kind, _ in trials.jobs_of_tests(database)})
            took.append(time.monotonic() - asked)
            await eventually(lambda: not trials.jobs_of_tests(database), 60)
        logs = nursery.logs()
    for test_id, slots in [*((each, 2) for each in tests), (load, LOAD_PARALLEL)]:
        trial = trials.look(database, test_id)
        assert trials.faults(trial, slots, one_each=test_id != load) == []
    pieces = sum(isinstance(fact, ReplayTextAdded) for fact in trials.look(database, tests[0]).facts)
    assert trials.loud(logs) == []
    assert pieces > 0
    assert meanwhile > 0
    figure(
        "P10",
        f"{len(took) - 1} stops of replays, of a slow model, of one that hangs, and of a whole test, while {meanwhile}"
        f" other replays were done: the slowest was over, its request cancelled and its job gone, in"
        f" {max(took) * 1000:.0f} ms; 0 pieces of text afterwards",
    )
