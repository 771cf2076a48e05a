"""The unmodified socket.io-client from Node (Glow 5.4): every transport, a cut, a restart, a revoked token."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from parlour.kernel.ids import digest_of
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire import benches
from tests.wire.house import House

JS = Path(__file__).parents[1] / "clients" / "js"
pytestmark = pytest.mark.node


async def run(node: str, script: str, **given: object) -> Any:
    """What a script prints."""
    process = await asyncio.create_subprocess_exec(
        node, str(JS / script), json.dumps(given), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await asyncio.wait_for(process.communicate(), 70)
    assert process.returncode == 0, errors.decode()
    return json.loads(out)


TRANSPORTS = (["websocket"], ["polling"], ["polling", "websocket"])


@pytest.mark.case(1, 11, 38, 41, 56)
async def test_the_stock_client_talks_is_cut_recovers_and_is_graded_on_each_transport(slow: House, node: str) -> None:
    given = {
        "url": slow.url,
        "token": f"Bearer {slow.site.tokens['learner']}",
        "practice_id": slow.site.practices["practice-single"],
    }
    runs = await asyncio.gather(*(run(node, "talk.mjs", **given, transports=each) for each in TRANSPORTS))
    for transports, found in zip(TRANSPORTS, runs, strict=True):
        check(found, transports)


def check(found: Any, transports: list[str]) -> None:
    """Everything came once and in order, with one recovery."""
    events, chat = found["events"], found["chat_id"]
    assert [each["recovered"] for each in found["connects"]] == [False, True]
    assert found["connects"][0]["id"] != found["connects"][1]["id"]
    assert found["transport"] == transports[-1]
    assert found["first"] == transports[0] or transports[0] == "polling"
    assert found["gone"]["ok"] is False
    assert [e["payload"]["code"] for e in events if e["name"] == "attempt_error"] == [found["gone"]["error"]["code"]]
    places = [
        place["seq"]
        for event in events
        for place in (event["payload"]["_meta"], *event["payload"]["_meta"].get("also", ()))
        if place.get("room") == f"chat:{chat}"
    ]
    assert places == list(range(1, len(places) + 1))
    for reply in found["replies"]:
        mine = [e for e in events if e["payload"].get("message_id") == reply["assistant_message_id"]]
        names = [event["name"] for event in mine]
        assert (names[0], names[-1]) == ("attempt_assistant_start", "attempt_assistant_complete")
        text = "".join(e["payload"]["content"] for e in mine if e["name"] == "attempt_progress")
        assert text == mine[-1]["payload"]["content"] != ""


class Waiting:
    """A running `wait.mjs` and the lines it prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []

    async def until(self, key: str, value: object, seconds: float = 60) -> dict[str, Any]:
        """Read until a line has this member."""
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            while True:
                self.lines.append(json.loads(await self.process.stdout.readline()))
                if self.lines[-1].get(key, self) == value:
                    return self.lines[-1]


async def waiting(node: str, url: str, token: str) -> Waiting:
    """Start `wait.mjs`."""
    given = json.dumps({"url": url, "token": token})
    return Waiting(
        await asyncio.create_subprocess_exec(node, str(JS / "wait.mjs"), given, stdout=asyncio.subprocess.PIPE)
    )


@pytest.mark.case(38, 39)
@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_the_stock_client_comes_back_by_itself_after_a_restart(own: Site, node: str, how: str) -> None:
    process = own.start()
    client = await waiting(node, process.url, own.tokens["learner"])
    try:
        await client.until("connected", False)
        await client.until("name", "connection_confirmed")
        if how == "stop":
            await asyncio.to_thread(process.stop)
        else:
            process.kill()
        await client.until("disconnected", "transport close")
        again = own.start(port=process.port)
        await client.until("connected", True)
        async with Client(again.url, own.tokens["learner"]) as other:
            await other.start_practice(own.practices["practice-single"])
        assert (await client.until("name", "attempt_chat_started"))["seq"] == 2
    finally:
        client.process.kill()
        await client.process.wait()


@pytest.mark.case(8)
async def test_the_stock_client_stays_away_when_its_token_is_revoked(house: House, node: str) -> None:
    token = house.site.token("goer", "revoked")
    client = await waiting(node, house.url, token)
    try:
        await client.until("name", "connection_confirmed")
        house.site.write(lambda tx: accounts.revoke_session(tx, digest_of(token)))
        await client.until("disconnected", "io server disconnect")
    finally:
        client.process.kill()
        await client.process.wait()


@pytest.mark.case(41, 93, 98)
async def test_the_stock_client_drives_a_test_of_models_event_by_event(slow: House, node: str) -> None:
    benches.install(slow.site)
    given = {"url": slow.url, "token": slow.site.tokens["instructor"], "benchmark_id": benches.bench("plain")}
    found = await run(node, "bench.mjs", **given)
    events = found["events"]
    assert found["connects"] == [False, True]
    assert len(found["runs"]) == 4
    for each in found["runs"]:
        mine = [event for event in events if event["payload"].get("run_id") == each["run_id"]]
        ids = [event["payload"]["_meta"]["id"] for event in mine if "seq" in event["payload"]["_meta"]]
        assert len(ids) == len(set(ids))
        pieces = [event["payload"] for event in mine if event["payload"].get("type") == "run_delta"]
        complete = next(event["payload"] for event in mine if event["name"] == "test_run_complete")
        for output in complete["outputs"]:
            assert "".join(p["message"] for p in pieces if p["turn"] == output["turn"]) == output["content"]


@pytest.mark.case(38, 93, 102)
@pytest.mark.timeout(120)
async def test_the_stock_client_loses_nothing_of_a_replay_whose_server_is_killed(own: Site, node: str) -> None:
    benches.install(own)
    process = own.start()
    given = {"url": process.url, "token": own.tokens["instructor"], "benchmark_id": benches.bench("slowly")}
    driven = asyncio.create_task(run(node, "bench.mjs", kill=process.popen.pid, **given))
    await asyncio.to_thread(process.popen.wait, 60)
    own.lapse_leases()
    own.start(port=process.port)
    found = await driven
    assert found["connects"] == [False, True, True], "recovered after the cut, and after the kill"
    events = [event["payload"] for event in found["events"] if "seq" in event["payload"]["_meta"]]
    ids = [payload["_meta"]["id"] for payload in events]
    assert len(ids) == len(set(ids))
    places = [p["_meta"]["seq"] for p in events if p["_meta"]["room"].startswith("invocation:")]
    assert places == list(range(1, len(places) + 1)), "nothing is missing, repeated or out of order"
    assert len(found["runs"]) == 2
    for each in found["runs"]:
        mine = [payload for payload in events if payload.get("run_id") == each["run_id"]]
        (complete,) = (payload for payload in mine if "outputs" in payload)
        said: dict[int, str] = {}
        for piece in (payload for payload in mine if payload.get("type") == "run_delta"):
            said[piece["turn"]] = ("" if piece.get("reset") else said.get(piece["turn"], "")) + piece["message"]
        assert said == {output["turn"]: output["content"] for output in complete["outputs"]}
