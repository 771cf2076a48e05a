"""P12 for tests of models: who loses the run right on a benchmark hears and reads nothing of its tests any more."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.catalog import actions as catalog
from parlour.catalog.publishing_benchmarks import put_benchmark
from parlour.kernel.ids import digest_of
from parlour.storage.tx import Tx
from tests.access.world import BENCHMARK, NO_CA, RECORDING, add_account, department_of, populate, session_of
from tests.conftest import STORES, make_site
from tests.harness.site import Process, Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.waiting import eventually
from tests.wire.http_client import EVENTS, POLL, Stream
from tests.wire.raw import Raw

HOWS = ("named", "department", "role", "disabled", "revoked")
GONE = ("disabled", "revoked")


def withdraw(site: Site, how: str) -> Callable[[Tx], object]:
    """What takes the run right of the watcher of that name away."""
    watcher = site.ids[how]

    def unname(tx: Tx) -> None:
        benchmark = catalog.benchmark(tx, BENCHMARK)
        assert benchmark is not None
        left = tuple(each for each in benchmark.profile_ids if each != watcher)
        assert left != benchmark.profile_ids
        put_benchmark(tx, replace(benchmark, profile_ids=left))

    def move(tx: Tx) -> None:
        elsewhere = next(each for each in accounts.list_departments(tx) if each.name == "Elsewhere")
        accounts.set_account_departments(tx, watcher, [elsewhere.department_id])

    match how:
        case "named":
            return unname
        case "department":
            return move
        case "role":
            return lambda tx: accounts.set_role(tx, watcher, "member")
        case "disabled":
            return lambda tx: accounts.deactivate(tx, watcher)
        case _:
            return lambda tx: accounts.revoke_session(tx, digest_of(site.tokens[how]))


@pytest.fixture(params=STORES)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A site with somebody who may run the benchmark for every way to lose that."""
    made = make_site(request.param, tmp_path, request)
    populate(made)

    here = department_of(made)

    def hire(tx: Tx) -> None:
        for how in HOWS:
            role = "member" if how == "named" else "instructional"
            add_account(tx, made, NewAccount(user_id=how, name=how, role=role), here)
        benchmark = catalog.benchmark(tx, BENCHMARK)
        assert benchmark is not None
        put_benchmark(tx, replace(benchmark, profile_ids=(*benchmark.profile_ids, made.ids["named"])))

    made.write(hire)
    yield made
    made.close()


@dataclass
class Watcher:
    """Who is in an invocation's room with a socket, a stream and a poll."""

    name: str
    raw: Raw
    http: httpx.AsyncClient
    pid: str
    offset: str
    stream: Stream
    polled: tuple[str, str]  # sid, offset


async def watching(site: Site, process: Process, name: str, invocation: str) -> Watcher:
    """Enter the room in every way."""
    headers = {"authorization": f"Bearer {site.tokens[name]}"}
    http = httpx.AsyncClient(base_url=process.url, headers=headers, timeout=60, verify=NO_CA)
    raw = await Raw(process.url).__aenter__()
    pid = (await raw.open(site.tokens[name])).data["pid"]
    await raw.ok("test_join", {"invocation_id": invocation, "since": 0})
    heard = await raw.event("test_run_complete")
    sids = [(await session_of(http))["sid"] for _ in range(2)]
    for sid in sids:
        joined = await http.post("/socket/v5/client/test/join", params={"sid": sid}, json={"invocation_id": invocation})
        assert joined.status_code == 200, joined.text
    stream = Stream(await http.send(http.build_request("GET", EVENTS, params={"sid": sids[0]}), stream=True))
    polled = (await http.get(POLL, params={"sid": sids[1], "wait": "0"})).json()["next"]
    assert heard.offset is not None
    return Watcher(name, raw, http, pid, heard.offset, stream, (sids[1], polled))


async def reads(watcher: Watcher, test: str, replay: str) -> list[httpx.Response]:
    """Everything that may be read of the test and its benchmark."""
    get, (sid, after) = watcher.http.get, watcher.polled
    tests = f"/api/v1/tests/{test}"
    paths = (tests, f"{tests}/results", f"{tests}/cells", f"{tests}/cells/{replay}", f"{tests}/export?format=markdown",
             f"{tests}/diff?a=recorded&b={replay}", "/api/v1/tests", "/api/v1/benchmarks",
             f"/api/v1/benchmarks/{BENCHMARK}", f"/api/v1/recordings/{RECORDING}")  # fmt: skip
    return [
        *[await get(path) for path in paths],
        await get(POLL, params={"sid": sid, "after": after, "wait": "0"}),
        await watcher.http.post("/api/v5/artifacts/test/get", json={"test_id": test}),
        await watcher.http.post("/api/v5/artifacts/benchmark/get", json={}),
        await watcher.http.post(f"/api/v1/benchmarks/{BENCHMARK}/estimate", json={}),
        await watcher.http.delete(f"/api/v1/recordings/{RECORDING}"),
    ]


@pytest.mark.promise("P12")
@pytest.mark.case(99)
async def test_nothing_of_a_test_comes_after_the_run_right_is_withdrawn(site: Site, figure: Figure) -> None:
    process = site.start()
    async with Client(process.url, site.tokens["owner"]) as owner:
        started = await owner.ok("test_start", {"benchmark_id": BENCHMARK})
        test, invocation = started["test_id"], started["invocation_id"]
        run = {"test_id": test, "test_invocation_id": invocation, "run_id": RECORDING}
        first = await owner.ok("test_run", run)
        await owner.wait_for("test_run_complete", run_id=first["run_id"])
        watchers = [await watching(site, process, how, invocation) for how in HOWS]
        for watcher in watchers:
            site.write(withdraw(site, watcher.name))
        news = await owner.ok("test_end", run | {"run_id": first["run_id"]})
        await owner.wait_for("test_graded", grade_id=news["grade_id"])
        await eventually(lambda: all(w.raw.closed.is_set() and w.stream.ended for w in watchers if w.name in GONE))
        await asyncio.sleep(0.5)
        for watcher in watchers:
            await check(site, process, watcher, (test, invocation, first["run_id"], news["grade_id"]))
    figure(
        "P12",
        f"tests of models: {len(HOWS)} ways to lose the run right ({', '.join(HOWS)}), each with a socket, an event "
        "stream and a poll in an invocation's room: 0 events, outputs or grades afterwards, 0 rooms recovered",
    )


async def check(site: Site, process: Process, watcher: Watcher, ids: tuple[str, str, str, str]) -> None:
    """Nothing of what came later is with the watcher, nor can be had."""
    test, invocation, replay, news = ids
    came = json.dumps([packet.data for packet in watcher.raw.packets]) + watcher.stream.body.decode()
    assert news not in came, watcher.name
    gone = watcher.name in GONE
    if gone:
        assert watcher.raw.closed.is_set()
        assert watcher.stream.ended
    for answer in await reads(watcher, test, replay):
        assert news not in answer.text, (watcher.name, answer.url)
        assert "What have you tried" not in answer.text, (watcher.name, answer.url)
        assert answer.status_code in ((401, 403) if gone else (200, 404)), (watcher.name, answer.url, answer.text)
        if answer.status_code == 200:
            assert test not in answer.text, (watcher.name, answer.url)
            assert BENCHMARK not in answer.text, (watcher.name, answer.url)
    async with Raw(process.url) as again:
        answer = await again.connect({"token": site.tokens[watcher.name], "pid": watcher.pid, "offset": watcher.offset})
        if gone:
            assert answer.type == "4"
        else:
            await again.event("connection_confirmed")
            await again.call("test_leave", {"invocation_id": invocation})
            assert not [event for event in again.logged if invocation in json.dumps(event.payload)]
            refused = await again.call("test_join", {"invocation_id": invocation, "since": 0})
            assert refused["error"]["code"] == "not_found"
    watcher.raw.cut()
    await watcher.stream.aclose()
    await watcher.http.aclose()


async def test_an_owner_who_lost_the_run_right_reads_his_test_and_runs_it_no_more(site: Site) -> None:
    process = site.start()
    async with Client(process.url, site.tokens["named"]) as client:
        started = await client.ok("test_start", {"benchmark_id": BENCHMARK})
        site.write(withdraw(site, "named"))
        ids = {"test_id": started["test_id"]}
        refused = await client.refused("test_next", ids | {"start": True})
        assert refused["code"] == "forbidden"
        headers = {"authorization": f"Bearer {site.tokens['named']}"}
        tests = f"/api/v1/tests/{started['test_id']}"
        async with httpx.AsyncClient(base_url=process.url, headers=headers, verify=NO_CA, timeout=60) as http:
            read = [await http.get(f"{tests}{path}") for path in ("", "/results", "/cells")]
            assert {each.status_code for each in read} == {200}
            changed = [
                await http.post(f"{tests}/stop"),
                await http.post(f"{tests}/resume", json={}),
                await http.patch(tests, json={"archived": True}),
            ]
            assert [each.status_code for each in changed] == [403, 403, 403]
            hidden = await http.post("/api/v1/tests", json={"benchmark_id": BENCHMARK})
            assert hidden.status_code == 404
