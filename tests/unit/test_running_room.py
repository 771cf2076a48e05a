"""How many tests of one account go on by themselves at once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from parlour.benchmarks.running import starting, stopping
from parlour.benchmarks.running.starting import Starting
from parlour.kernel.refusals import Refusal
from tests.unit.running_hall import AUTOMATIC, Hall, open_hall


@pytest.fixture
def hall(store_url: str) -> Iterator[Hall]:
    with open_hall(store_url) as made:
        made.benchmark()
        made.rules = replace(made.rules, running_max=2)
        yield made


def test_an_account_has_so_many_tests_that_run_by_themselves_and_a_halted_one_makes_room(hall: Hall) -> None:
    first, _ = hall.start(plan=AUTOMATIC), hall.start(plan=AUTOMATIC)
    with pytest.raises(Refusal) as refused:
        hall.start(plan=AUTOMATIC)
    assert refused.value.code == "rate_limited"
    hall.start()  # what a client drives event by event is not counted
    other = hall.person("other", "instructional", "department")
    hall.start(other, plan=AUTOMATIC)  # nor what another account runs
    hall.do(lambda tx: stopping.stop_test(tx, hall.owner, first.test_id, hall.rules))
    hall.start(plan=AUTOMATIC)
    with pytest.raises(Refusal) as refused:
        hall.resume(first.test_id)
    assert refused.value.code == "rate_limited"
    assert hall.test(first.test_id).halted == "stopped"


def test_a_refused_test_leaves_nothing_behind(hall: Hall) -> None:
    hall.start(plan=AUTOMATIC)
    hall.start(plan=AUTOMATIC)
    count = hall.read(lambda tx: tx.one("SELECT count(*) AS n FROM tests"))
    asked = Starting(benchmark_id="benchmark", plan=AUTOMATIC)
    with pytest.raises(Refusal):
        hall.do(lambda tx: starting.start(tx, hall.owner, asked, hall.rules))
    assert hall.read(lambda tx: tx.one("SELECT count(*) AS n FROM tests")) == count
