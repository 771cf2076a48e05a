"""P8 and P9: a test of models whose servers are killed, frozen or ended all the time is done, and every cell once.

The daily run is short. `PARLOUR_TEST_KILLED_TESTS=20` makes it 20 tests a store, `PARLOUR_TEST_KILLED_REPEATS=3` lets
each recording be replayed three times, as in the sample benchmark.
"""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parlour.benchmarks.facts import ReplayTextAdded
from parlour.storage.database import Database
from tests.conftest import STORES, make_site
from tests.harness.clock import SetClock
from tests.harness.constants import constants
from tests.harness.site import Site, until
from tests.promises import trials
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.struck import Servers
from tests.promises.trials import Trial

TESTS = int(os.environ.get("PARLOUR_TEST_KILLED_TESTS", "1"))
SEED = int(os.environ.get("PARLOUR_TEST_KILLED_SEED", "5"))
REPEATS = int(os.environ.get("PARLOUR_TEST_KILLED_REPEATS", "1"))
LIFE_SECONDS = (0.06, 0.3)
NO_LAPSE = {  # leases of an hour: whoever waited for one would not be done
    "parlour__storage__tx__JOB_LEASE_MS": 3_600_000,
    "parlour__jobs__store__JOB_LEASE_MS": 3_600_000,
    "parlour__jobs__store__AHEAD_MS": 7_200_000,
}
PARALLEL = 6
TEST_SECONDS = 240 + 60 * REPEATS


@dataclass(kw_only=True)
class Course:
    """Automatic tests with one seed: the first undisturbed, the others while `strike` strikes. What came of them."""

    servers: Servers
    tests: int = TESTS
    site: Site = field(init=False)
    database: Database = field(init=False)
    undisturbed: Trial = field(init=False)
    cells: int = 0
    judged: int = 0
    again: int = 0
    seconds: float = 0

    def __post_init__(self) -> None:
        self.site = self.servers.nursery.site
        self.database = self.site.database()

    def url(self) -> str:
        """Where a server is."""
        return self.servers.children[0].url

    def begin(self) -> str:
        return trials.begin(self.url(), self.site, repeats=REPEATS, plan={"parallel": PARALLEL, "seed": 1})

    def is_over(self, test_id: str) -> bool:
        return trials.state_of(self.database, test_id)[0] == "completed"

    def run(self, strike: Callable[[], None]) -> None:
        """Raises if anything is lost, doubled, or otherwise than in the undisturbed test."""
        first = self.begin()
        until(lambda: self.is_over(first), TEST_SECONDS)
        self.undisturbed = trials.look(self.database, first)
        assert trials.gaps(self.undisturbed) == []
        began = time.monotonic()
        for _ in range(self.tests):
            test_id, ends_at = self.begin(), time.monotonic() + TEST_SECONDS
            while not self.is_over(test_id):
                assert time.monotonic() < ends_at, self._stands(test_id)
                assert trials.state_of(self.database, test_id)[1] is None, self._stands(test_id)
                time.sleep(self.servers.chance.uniform(*LIFE_SECONDS))
                strike()
            self._check(trials.look(self.database, test_id))
        self.seconds = time.monotonic() - began

    def _stands(self, test_id: str) -> object:
        """Where a test stands that does not go on as it should."""
        failed = [each.error for each in trials.look(self.database, test_id).replays if each.error]
        return trials.state_of(self.database, test_id), failed, trials.jobs_of_tests(self.database)

    def _check(self, struck: Trial) -> None:
        wrong = [*trials.gaps(struck), *trials.faults(struck, PARALLEL, one_each=False), *self._different(struck)]
        assert wrong == [], "\n".join(wrong)
        self.cells += len(struck.completed)
        self.judged += len(struck.grades) + len(struck.preferences)
        self.again += sum(isinstance(fact, ReplayTextAdded) and fact.reset for fact in struck.facts)

    def _different(self, struck: Trial) -> list[str]:
        pairs = {
            "words": (struck.said(), self.undisturbed.said()),
            "scores": (struck.scores(), self.undisturbed.scores()),
            "choices": (struck.choices(), self.undisturbed.choices()),
        }
        return [f"other {name} than undisturbed" for name, (one, other) in pairs.items() if one != other]

    def check_over(self, logs: str) -> None:
        """Nothing is left to do, and nothing happened that nobody foresaw."""
        assert trials.jobs_of_tests(self.database) == []
        wrong = trials.loud(logs)
        assert wrong == [], "\n".join(wrong)


@pytest.mark.promise("P8")
@pytest.mark.promise("P9")
@pytest.mark.timeout(2 * TEST_SECONDS * TESTS)
@pytest.mark.parametrize("store", STORES)
def test_a_killed_test_goes_on_and_runs_no_cell_twice_to_completion(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    clock, chance = SetClock(tmp_path / "clock"), random.Random(SEED)
    with clock.given(), Nursery(make_site(store, tmp_path, request)) as nursery:
        servers = Servers(nursery, clock, chance)
        course = Course(servers=servers)
        course.run(servers.kill_one)
        course.check_over(nursery.logs())
    assert servers.strikes >= TESTS
    figure(
        "P9",
        f"{TESTS} automatic tests of models, {course.cells} cells, {servers.strikes} SIGKILLs in {course.seconds:.0f}"
        f" s: {course.again} turns begun anew; 0 cells lost, 0 run twice to completion, {course.judged:,} grades and"
        " choices once each, all as in an undisturbed run with the same seed",
    )
    figure("P8", f"{TESTS} tests of models among {servers.strikes} SIGKILLs: all_complete once each, 0 jobs left")


@pytest.mark.promise("P9")
@pytest.mark.postgres
@pytest.mark.timeout(2 * TEST_SECONDS * TESTS)
def test_of_two_servers_of_which_one_freezes_beyond_its_lease_never_both_win(
    tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    clock, chance = SetClock(tmp_path / "clock"), random.Random(SEED)
    with clock.given(), Nursery(make_site("postgresql", tmp_path, request)) as nursery:
        servers = Servers(nursery, clock, chance)
        course = Course(servers=servers)
        course.run(servers.freeze_one)
        logs = nursery.logs()
        course.check_over(logs)
    late = logs.count('"lease_lost"')
    figure(
        "P9",
        f"{TESTS} automatic tests of models, {course.cells} cells, 2 servers, one of them frozen {servers.strikes}"
        f" times beyond its lease: {late} late outcomes refused, {course.again} turns begun anew, 0 replays, grades or"
        " choices done twice, 0 lost",
    )


@pytest.mark.promise("P8")
@pytest.mark.timeout(2 * TEST_SECONDS * TESTS)
@pytest.mark.parametrize("store", STORES)
def test_an_orderly_end_in_the_middle_of_a_test_loses_nothing_and_waits_for_no_lease(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    clock, chance = SetClock(tmp_path / "clock"), random.Random(SEED)
    with constants(**NO_LAPSE), Nursery(make_site(store, tmp_path, request)) as nursery:
        servers = Servers(nursery, clock, chance)
        course = Course(servers=servers)
        course.run(servers.end_one)
        course.check_over(nursery.logs())
    figure(
        "P8",
        f"{TESTS} tests of models among {servers.strikes} orderly ends: 0 cells lost, 0 run twice, no lease waited for",
    )
