"""P8, P9 and P10: tests of models that several clients start, end, stop and resume at once through two servers.

The daily run is short; `PARLOUR_TEST_STORM_SECONDS=120` makes it longer.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlour.benchmarks.entities import Replay
from parlour.benchmarks.facts import ReplayStopped
from tests.conftest import STORES, make_site
from tests.harness.clock import SetClock
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises import trials
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.struck import Servers
from tests.promises.trials import Trial
from tests.promises.waiting import eventually
from tests.wire import benches
from tests.wire.http_client import OPERATIONS

SECONDS = float(os.environ.get("PARLOUR_TEST_STORM_SECONDS", "6"))
SEED = int(os.environ.get("PARLOUR_TEST_STORM_SEED", "13"))
CLIENTS = 6
SLOTS = 2
PARALLEL = 3
AUTOMATIC_REPEATS = 20
LIFE_SECONDS = (0.1, 0.8)
LATER_SECONDS = 60
CALM_SECONDS = 60 + SECONDS
FORESEEN = {"run_done", "invocation_completed", "run_not_completed", "not_found"}
DRIVEN = {"plain": 3, "slowly": 1, "auto": 3, "twice": 2, "failing": 1, "single": 2}
INFINITE = frozenset({"single"})


@dataclass(kw_only=True)
class Known:
    """A test that the storm is about."""

    test_id: str
    bench: str
    automatic: bool
    invocation_ids: list[str] = field(default_factory=list[str])
    recording_ids: list[str] = field(default_factory=list[str])
    run_ids: list[str] = field(default_factory=list[str])

    @property
    def slots(self) -> int:
        return PARALLEL if self.automatic else SLOTS


@dataclass(kw_only=True)
class Storm:
    """What the clients know of the tests, and what they were answered."""

    site: Site
    chance: random.Random
    kills: bool
    tests: list[Known] = field(default_factory=list[Known])
    said: Counter[str] = field(default_factory=Counter[str])
    unforeseen: list[str] = field(default_factory=list[str])
    kept: set[str] = field(default_factory=set[str])

    def learn(self, test_id: str, bench: str, *, automatic: bool) -> None:
        """A test was begun."""
        trial = trials.look(self.site.database(), test_id)
        known = Known(test_id=test_id, bench=bench, automatic=automatic)
        known.invocation_ids = [each.id for each in trial.invocations]
        known.recording_ids = [each.id for each in trial.test.snapshot.recordings]
        self.tests.append(known)

    def answered(self, what: str, answer: Any, status: int = 0) -> bool:
        """Count an answer; whether it was a yes."""
        problem = answer.get("error", answer) if isinstance(answer, dict) else {}
        code = "ok" if status in (200, 201) or answer.get("ok") is True else str(problem.get("code"))
        self.said[f"{what} {code}"] += 1
        if code != "ok" and code not in FORESEEN:
            self.unforeseen.append(f"{what}: {status} {answer}")
        return code == "ok"


class Person:
    """One of those who do something at random, with a socket and over HTTP."""

    def __init__(self, storm: Storm, url: str, http: httpx.AsyncClient, client: Client | None) -> None:
        self._storm = storm
        self._url = url
        self._http = http
        self._client = client

    async def act(self) -> None:
        """One command at random about a test at random."""
        chance, storm = self._storm.chance, self._storm
        known = chance.choice(storm.tests)
        acts = (self._run, self._run, self._next, self._next, self._end, self._end, self._end, self._stop, self._halt)
        await chance.choice((*acts, self._resume, self._resume))(known)

    async def start(self, bench: str, *, infinite: bool = False) -> None:
        """Begin a test that clients drive."""
        ack = await self.call("test_start", {"benchmark_id": benches.bench(bench), "infinite_mode": infinite})
        await asyncio.to_thread(lambda: self._storm.learn(ack["test_id"], bench, automatic=False))

    async def start_automatic(self, bench: str, repeats: int) -> None:
        """Begin a test that the server drives."""
        asked = {"benchmark_id": benches.bench(bench), "repeats": repeats, "prefer": True}
        begin, site = trials.begin, self._storm.site
        test_id = await asyncio.to_thread(begin, self._url, site, **asked, plan={"parallel": PARALLEL})
        await asyncio.to_thread(lambda: self._storm.learn(test_id, bench, automatic=True))

    async def call(self, event: str, payload: Mapping[str, object]) -> Any:
        """A command by the socket or over HTTP; its acknowledgement if it was a yes."""
        if self._client is None or self._storm.chance.random() < 0.5:
            return await self._post(event, OPERATIONS + event.replace("_", "/"), payload)
        ack = await self._client.call(event, payload)
        return ack if self._storm.answered(event, ack) else None

    async def _post(self, what: str, path: str, payload: Mapping[str, object]) -> Any:
        """A command over HTTP; None if it was a no, or the server has died meanwhile."""
        try:
            answer = await self._http.post(path, json=dict(payload))
        except httpx.TransportError:
            self._storm.said["unanswered"] += 1
            await asyncio.sleep(0.05)
            return None
        ack = answer.json()
        return ack if self._storm.answered(what, ack, answer.status_code) else None

    async def _run(self, known: Known) -> None:
        chance = self._storm.chance
        ids = {"test_id": known.test_id, "test_invocation_id": chance.choice(known.invocation_ids)}
        ack = await self.call("test_run", ids | {"run_id": chance.choice(known.recording_ids)})
        if ack:
            known.run_ids.append(ack["run_id"])

    async def _next(self, known: Known) -> None:
        ack = await self.call("test_next", {"test_id": known.test_id, "start": self._storm.chance.random() < 0.8})
        if ack and ack.get("replay_run_id"):
            known.run_ids.append(ack["replay_run_id"])

    async def _end(self, known: Known) -> None:
        chance = self._storm.chance
        run_ids = known.run_ids[-6:] or known.recording_ids
        invocation_id = chance.choice(known.invocation_ids)
        ids = {"test_id": known.test_id, "test_invocation_id": invocation_id, "run_id": chance.choice(run_ids)}
        ack = await self.call("test_end", ids | {"grade": chance.random() < 0.7})
        if ack and ack["pending"]:
            self._storm.kept.add(ack["run_id"])

    async def _stop(self, known: Known) -> None:
        await self.call("test_stop", {"invocation_id": self._storm.chance.choice(known.invocation_ids)})

    async def _halt(self, known: Known) -> None:
        if known.automatic or self._storm.chance.random() < 0.3:
            await self._post("stop", f"/api/v1/tests/{known.test_id}/stop", {})

    async def _resume(self, known: Known) -> None:
        await self._post("resume", f"/api/v1/tests/{known.test_id}/resume", {})

    async def finish(self, known: Known) -> None:
        """Bring a test to its end as a client does who waits for nothing: resume, start what is left, end all."""
        if known.automatic or known.bench == "auto":
            await self._resume(known)
        started = not known.automatic
        while started:
            ack = await self.call("test_next", {"test_id": known.test_id, "start": True})
            started = ack.get("started", False)

    async def end_all(self, known: Known, trial: Trial) -> None:
        """End every completed replay that nobody has ended."""
        for replay in trial.completed:
            if replay.ended is None:
                ids = {"test_id": known.test_id, "test_invocation_id": replay.invocation_id, "run_id": replay.id}
                await self.call("test_end", ids)


async def calm(site: Site) -> None:
    """Nothing of the tests is left to do. What was given up stays on record."""
    database = site.database()

    def left() -> list[tuple[str, str]]:
        return [job for job in trials.jobs_of_tests(database) if job[1] != "stuck"]

    try:
        await eventually(lambda: not left(), CALM_SECONDS, every=0.1)
    except TimeoutError:
        raise AssertionError(left()) from None


def unkept(storm: Storm, looked: list[Trial]) -> list[Replay]:
    """Replays whose kept end was not applied though they are complete."""
    return [each for trial in looked for each in trial.completed if each.id in storm.kept and each.ended is None]


def check(storm: Storm) -> list[Trial]:
    """What must hold of every test whenever nothing is under way. Only what ended server after server is given up."""
    database = storm.site.database()
    looked: list[Trial] = []
    for known in storm.tests:
        trial = trials.look(database, known.test_id)
        wrong = trials.faults(trial, known.slots, one_each=not known.automatic)
        wrong += [f"{each.id} is {each.state}" for each in trial.replays if each.state in ("queued", "running")]
        wrong += [f"grade {each.id} is pending" for each in trial.grades if each.state == "pending"]
        if not storm.kills:
            wrong += [f"grade {each.id}: {each.reason}" for each in trial.grades if each.state == "failed"]
        assert wrong == [], "\n".join([known.bench, *wrong[:20]])
        looked.append(trial)
    assert unkept(storm, looked) == []
    assert storm.unforeseen == [], "\n".join(storm.unforeseen[:10])
    if not storm.kills:
        assert trials.jobs_of_tests(database) == []
    return looked


async def people(stack: AsyncExitStack, storm: Storm, urls: list[str], *, sockets: bool) -> list[Person]:
    """Clients on the servers in turn, each with HTTP, and a socket if servers live long enough for that."""
    token = storm.site.tokens["instructor"]
    found: list[Person] = []
    for number in range(CLIENTS):
        url = urls[number % len(urls)]
        client = await stack.enter_async_context(Client(url, token)) if sockets else None
        headers = {"Authorization": f"Bearer {token}"}
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=headers, timeout=60))
        found.append(Person(storm, url, http, client))
    return found


async def rage(storm: Storm, persons: list[Person], servers: Servers) -> None:
    """Everybody does something at random, and now and then a server is struck. It lasts until an end was kept, too."""
    ends_at = time.monotonic() + SECONDS
    latest = ends_at + LATER_SECONDS

    def goes_on() -> bool:
        return time.monotonic() < (ends_at if storm.kept or storm.kills else latest)

    async def act(person: Person) -> None:
        while goes_on():
            await person.act()

    async def struck() -> None:
        while storm.kills and goes_on():
            await asyncio.sleep(storm.chance.uniform(*LIFE_SECONDS))
            await asyncio.to_thread(servers.kill_one)

    await asyncio.gather(struck(), *(act(person) for person in persons))
    for known in storm.tests:
        for invocation_id in known.invocation_ids if known.bench in INFINITE else ():
            await persons[0].call("test_stop", {"invocation_id": invocation_id})


async def begin_all(persons: list[Person]) -> None:
    """The tests that the storm will be about."""
    for bench, count in DRIVEN.items():
        for person in persons[:count]:
            await person.start(bench, infinite=bench in INFINITE)
    for person in persons[:3]:
        await person.start_automatic("plain", AUTOMATIC_REPEATS)


async def until_over(storm: Storm, persons: list[Person]) -> list[Trial]:
    """Finish every test that has an end; what they are then."""
    database = storm.site.database()
    finite = [each for each in storm.tests if each.bench not in INFINITE and each.bench != "failing"]
    for _ in range(40):
        for person, known in zip(persons * len(finite), finite, strict=False):
            if trials.state_of(database, known.test_id)[0] != "completed":
                await person.finish(known)
        await calm(storm.site)
        for known in finite:
            if not known.automatic:
                await persons[0].end_all(known, trials.look(database, known.test_id))
        await calm(storm.site)
        if all(trials.state_of(database, known.test_id)[0] == "completed" for known in finite):
            return check(storm)
    raise AssertionError([(known, trials.state_of(database, known.test_id)) for known in finite])


@pytest.mark.promise("P8")
@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
@pytest.mark.timeout(4 * SECONDS + LATER_SECONDS + 240)
@pytest.mark.parametrize("kills", [False, True], ids=["", "kills"])
@pytest.mark.parametrize("store", STORES)
async def test_storms_of_commands_leave_every_test_whole(
    store: str, kills: bool, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site, clock = make_site(store, tmp_path, request), SetClock(tmp_path / "clock")
    benches.install(site)
    storm = Storm(site=site, chance=random.Random(SEED), kills=kills)
    with clock.given(), Nursery(site) as nursery:
        servers = Servers(nursery, clock, storm.chance)
        async with AsyncExitStack() as stack:
            urls = [child.url for child in servers.children]
            persons = await people(stack, storm, urls, sockets=not kills)
            await begin_all(persons)
            await rage(storm, persons, servers)
            await calm(site)
            check(storm)
            looked = await until_over(storm, persons)
        logs = nursery.logs()
    wrong = trials.loud(logs)
    assert wrong == [], "\n".join(wrong[:10])
    tell(storm, looked, figure, f"{servers.strikes} SIGKILLs, {logs.count('batch_conflict')} deadlocks given way to")


def tell(storm: Storm, looked: list[Trial], figure: Figure, met: str) -> None:
    """What the storm was like, and what it did not do."""
    replays = [each for trial in looked for each in trial.replays]
    stopped = sum(isinstance(fact, ReplayStopped) for trial in looked for fact in trial.facts)
    assert stopped > 0
    assert storm.kept or storm.kills
    print(storm.said)
    figure(
        "P9",
        f"{sum(storm.said.values()):,} commands of {CLIENTS} clients at random about {len(storm.tests)} tests,"
        f" {len(replays):,} replays, {stopped} stopped, {len(storm.kept)} ends kept and applied, {met}: never more"
        " replays at once than slots, no cell twice, no error",
    )
    figure("P10", f"{stopped} replays stopped at random moments: 0 pieces of text and 0 completions afterwards")
    figure("P8", f"{len(looked)} tests after a storm of commands: nothing left to do, 0 replays that nobody works on")
