"""P5 for tests of models: a TestDetail and the events after it are a fresh TestDetail, whatever is done meanwhile."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.replay_pictures import Json, Picture
from tests.wire import benches
from tests.wire.benches import bench
from tests.wire.house import fence, furnish

SEQUENCES = 24
AT_ONCE = 4
RUNS_MAX = 9
PEOPLE = ("instructor", "root", "teaching")
BENCHES = ("mixed", "plain", "twice", "ungraded", "rushing", "auto", "failing", "single", "panel")
_BUSY = (
    "SELECT 1 AS found WHERE EXISTS (SELECT 1 FROM replays WHERE test_id = :id AND (state IN ('queued', 'running')"
    " OR (state = 'completed' AND end_wanted IS NOT NULL)))"
    " OR EXISTS (SELECT 1 FROM test_grades WHERE test_id = :id AND state = 'pending')"
)


@dataclass
class Walk:
    """One person doing one thing after another in one test, and another connection that watches."""

    seed: int
    urls: list[str]
    site: Site
    counts: Counter[str]
    dice: random.Random = field(init=False)
    test_id: str = ""
    invocations: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    async def run(self) -> int:
        """Act, begin to watch somewhere in between, and compare at the end: how many events were applied."""
        actor_token = self.site.tokens["instructor"]
        token = self.site.tokens[self.dice.choice(PEOPLE)]
        headers = {"authorization": f"Bearer {token}"}
        async with (
            Client(self.urls[0], actor_token) as self.actor,
            Client(self.urls[1], token) as watcher,
            httpx.AsyncClient(base_url=self.urls[1], headers=headers, timeout=60) as self.http,
        ):
            await self._start()
            actions = self.dice.randint(8, 16)
            begin = self.dice.randrange(actions)
            for _ in range(begin):
                await self._act()
            picture = await self._watch(watcher)
            for _ in range(actions - begin):
                await self._act()
            await self._settled()
            fresh = await self._detail()
            await self._caught_up(watcher, picture, fresh)
            for name, (payload, *_) in watcher.heard:
                picture.hear(name, payload)
        assert picture.shown() == Picture.of(fresh).shown(), f"seed {self.seed}"
        assert picture.summary() == fresh["status_summary"], f"seed {self.seed}"
        return picture.applied

    async def _start(self) -> None:
        infinite = self.dice.random() < 0.2
        started = await self.actor.ok(
            "test_start", {"benchmark_id": bench(self.dice.choice(BENCHES)), "infinite_mode": infinite}
        )
        self.test_id = started["test_id"]
        detail = (await self.http.get(f"/api/v1/tests/{self.test_id}")).json()
        self.invocations = [each["invocation_id"] for each in detail["invocations"]]
        self.recordings = list(dict.fromkeys(each["original_run_id"] for each in detail["runs"]))

    async def _watch(self, watcher: Client) -> Picture:
        """A snapshot, perhaps in the middle of a replay, and every invocation joined from there."""
        detail = await self._detail()
        for each in detail["invocations"]:
            at = {"since": each["room"]["seq"], "epoch": each["room"]["epoch"]}
            ack = await watcher.ok("test_join", {"invocation_id": each["invocation_id"], **at})
            assert "resync" not in ack
        return Picture.of(detail)

    async def _caught_up(self, watcher: Client, picture: Picture, fresh: Json) -> None:
        heads = {f"invocation:{each['invocation_id']}": each["room"]["seq"] for each in fresh["invocations"]}

        def there() -> bool:
            reached = dict(picture.rooms)
            for _, (payload, *_) in watcher.heard:
                meta = payload.get("_meta", {})
                for place in (meta, *meta.get("also", ())):
                    if "seq" in place:
                        reached[place["room"]] = max(reached.get(place["room"], 0), place["seq"])
            return all(reached[room] >= head for room, head in heads.items())

        async with asyncio.timeout(60):
            while not there():  # noqa: ASYNC110 (every event may be the one)
                await asyncio.sleep(0.02)
        await fence(watcher)

    async def _detail(self) -> Json:
        answer = await self.http.get(f"/api/v1/tests/{self.test_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def _settled(self) -> None:
        """Wait until nothing is replayed, graded or about to be, and nothing was told for a while."""
        before: list[int] = []
        async with asyncio.timeout(60):
            while True:
                detail = await self._detail()
                heads = [each["room"]["seq"] for each in detail["invocations"]]
                goes_on = detail["test"]["auto_advance"] and detail["test"]["halted"] is None
                over = detail["status"] == "completed" or not goes_on
                if over and heads == before and not self.site.write(lambda tx: tx.one(_BUSY, id=self.test_id)):
                    return
                before = heads
                await asyncio.sleep(0.25)

    # --- what is done ---

    async def _act(self) -> None:
        acts: dict[str, float] = {"run": 6, "begin": 2, "end": 4, "stop": 1, "next": 3, "wait": 3}
        (name,) = self.dice.choices(tuple(acts), tuple(acts.values()))
        act: Any = getattr(self, f"_do_{name}")
        if await act():
            self.counts[name] += 1

    async def _call(self, event: str, **payload: object) -> Any:
        ack = await self.actor.call(event, payload)
        assert ack["ok"] or ack["error"]["status"] in (404, 409), ack
        return ack

    def _ids(self) -> dict[str, object]:
        return {
            "test_id": self.test_id,
            "test_invocation_id": self.dice.choice(self.invocations),
            "run_id": self.dice.choice(self.recordings),
        }

    async def _do_begin(self) -> bool:
        return (await self._call("test_run", **self._ids()))["ok"]

    async def _do_run(self) -> bool:
        ack = await self._call("test_run", **self._ids())
        if ack["ok"]:
            await asyncio.sleep(self.dice.random() * 0.15)
        return ack["ok"]

    async def _do_end(self) -> bool:
        """Often of a replay that runs still: then it is kept."""
        return (await self._call("test_end", **self._ids(), grade=self.dice.random() < 0.7))["ok"]

    async def _do_stop(self) -> bool:
        return (await self._call("test_stop", invocation_id=self.dice.choice(self.invocations)))["success"]

    async def _do_next(self) -> bool:
        return (await self._call("test_next", test_id=self.test_id, start=True)).get("started", False)

    async def _do_wait(self) -> bool:
        await asyncio.sleep(self.dice.random() * 0.4)
        return True


@pytest.mark.promise("P5")
@pytest.mark.case(102, 116)
@pytest.mark.timeout(240)
@pytest.mark.parametrize("store", STORES)
async def test_a_test_and_events_are_a_fresh_test(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = furnish(make_site(store, tmp_path, request))
    benches.install(site)
    counts: Counter[str] = Counter()
    slots = asyncio.Semaphore(AT_ONCE)
    with Nursery(site) as nursery:
        urls = nursery.deployment(LIMITS__TEST_RUNS_MAX=RUNS_MAX)

        async def walk(seed: int) -> int:
            async with slots:
                return await Walk(seed, urls, site, counts).run()

        applied = await asyncio.gather(*(walk(seed) for seed in range(SEQUENCES)))
    assert {"run", "end", "stop", "next"} <= set(counts)
    assert sum(counts.values()) > 3 * SEQUENCES
    kinds = ", ".join(f"{number} {name}" for name, number in counts.most_common() if name != "wait")
    figure(
        "P5",
        f"{SEQUENCES} random sequences of operations on tests of models ({kinds}), watched from a moment in their "
        f"middle: {sum(applied):,} events applied to the snapshots, 0 differences",
    )
