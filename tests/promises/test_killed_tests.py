"""P8 and P9: a test of models whose servers are killed again and again is done in the end, and every cell once.

The daily run is short. `PARLOUR_TEST_KILLED_TESTS=20` makes it 20 tests a store, `PARLOUR_TEST_KILLED_REPEATS=3` lets
each recording be replayed three times, as in the sample benchmark.
"""

import os
import random
import time
from pathlib import Path

import pytest

from parlour.benchmarks.entities import Plan
from parlour.benchmarks.running.starting import Overrides
from parlour.kernel.ids import named_id
from tests.conftest import STORES, make_site
from tests.harness.clock import SetClock
from tests.harness.site import until
from tests.promises import trials
from tests.promises.figures import Figure
from tests.promises.nursery import Child, Nursery
from tests.promises.trials import Trial

TESTS = int(os.environ.get("PARLOUR_TEST_KILLED_TESTS", "1"))
REPEATS = int(os.environ.get("PARLOUR_TEST_KILLED_REPEATS", "1"))
BENCHMARK = named_id("teaching-practice", "benchmark", "supportive-conversation-check")
LIFE_SECONDS = (0.05, 0.5)
LEASE_MS = 16_000
PARALLEL = 6
TEST_SECONDS = 90 + 60 * REPEATS


def plan(seed: int) -> Plan:
    return Plan(automatic=True, parallel=PARALLEL, seed=seed)


class Servers:
    """One server on SQLite, two on PostgreSQL, of which one at a time is killed and started again."""

    def __init__(self, nursery: Nursery, clock: SetClock, chance: random.Random) -> None:
        self._nursery = nursery
        self._clock = clock
        self._chance = chance
        self._shared = nursery.site.url.startswith("postgresql")
        self.children: list[Child] = [nursery.start() for _ in range(2 if self._shared else 1)]
        self.kills = 0

    def kill_one(self) -> None:
        """SIGKILL, and another one in its place. The leases of the dead one lapse at once."""
        at = self._chance.randrange(len(self.children))
        killed = self.children[at]
        killed.kill()
        self.kills += 1
        if self._shared:
            self._clock.go_to(self._clock.now_ms() + LEASE_MS)
        self.children[at] = self._nursery.start(port=killed.port)


def alike(killed: Trial, undisturbed: Trial) -> list[str]:
    """Where two runs with the same seed differ."""
    pairs = {
        "words": (killed.said(), undisturbed.said()),
        "scores": (killed.scores(), undisturbed.scores()),
        "choices": (killed.choices(), undisturbed.choices()),
    }
    return [name for name, (one, other) in pairs.items() if one != other]


@pytest.mark.promise("P8")
@pytest.mark.promise("P9")
@pytest.mark.timeout(2 * TEST_SECONDS * TESTS)
@pytest.mark.parametrize("store", STORES)
def test_a_killed_test_goes_on_and_runs_no_cell_twice_to_completion(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    database, clock, chance = site.database(), SetClock(tmp_path / "clock"), random.Random(5)
    began, cells, doubled, again, overrides = time.monotonic(), 0, 0, 0, Overrides(repeats=REPEATS)
    with clock.given(), Nursery(site) as nursery:
        servers = Servers(nursery, clock, chance)
        quiet = trials.begin(site, BENCHMARK, plan(1), overrides)
        until(lambda: trials.state_of(database, quiet)[0] == "completed", TEST_SECONDS)
        undisturbed = trials.look(database, quiet)
        assert trials.gaps(undisturbed) == []
        for _ in range(TESTS):
            test_id = trials.begin(site, BENCHMARK, plan(1), overrides)
            ends_at = time.monotonic() + TEST_SECONDS
            while trials.state_of(database, test_id)[0] != "completed":
                assert time.monotonic() < ends_at, trials.state_of(database, test_id)
                time.sleep(chance.uniform(*LIFE_SECONDS))
                servers.kill_one()
            killed = trials.look(database, test_id)
            assert trials.gaps(killed) == []
            found = trials.faults(killed, PARALLEL, one_each=False)
            assert found == [], "\n".join(found)
            assert alike(killed, undisturbed) == []
            cells += len(killed.replays)
            doubled += len(killed.completed) - len({killed.cell(each) for each in killed.completed})
            again += sum(getattr(fact, "reset", False) for fact in killed.facts)
        logs = nursery.logs()
    assert trials.jobs_of_tests(database) == []
    assert trials.loud(logs) == []
    assert servers.kills >= TESTS
    judged = (len(killed.grades) + len(killed.preferences)) * TESTS
    figure(
        "P9",
        f"{TESTS} automatic tests of {cells // TESTS} cells, {servers.kills} SIGKILLs in"
        f" {time.monotonic() - began:.0f} s: {again} turns begun anew, 0 cells lost, {doubled} run twice to completion,"
        f" {judged:,} grades and choices once each, words and scores as in an undisturbed run",
    )
    figure("P8", f"a test of models survives {servers.kills} SIGKILLs and says all_complete once; 0 jobs left")
