"""What tests of test operations do again and again."""

from typing import Any

from tests.harness.socket import Client
from tests.wire import benches
from tests.wire.benches import bench

Ack = dict[str, Any]


async def start(client: Client, name: str, **more: object) -> Ack:
    """Begin a test of a benchmark: the acknowledgement."""
    return await client.ok("test_start", {"benchmark_id": bench(name), **more})


def ids_of(started: Ack, recording: str, invocation_id: str | None = None) -> dict[str, object]:
    """The payload of `test_run` for a recorded run."""
    return {
        "test_id": started["test_id"],
        "test_invocation_id": invocation_id or started["invocation_id"],
        "run_id": benches.recording(recording),
    }


async def replay(client: Client, started: Ack, recording: str, invocation_id: str | None = None) -> Ack:
    """Replay a recorded run to its end: the acknowledgement of `test_run`."""
    ack = await client.ok("test_run", ids_of(started, recording, invocation_id))
    await client.wait_for("test_run_complete", run_id=ack["run_id"])
    return ack


async def end(client: Client, begun: Ack, **more: object) -> Ack:
    """End a replay: the acknowledgement of `test_end`."""
    return await client.ok("test_end", ending(begun, **more))


def ending(begun: Ack, **more: object) -> dict[str, object]:
    """The payload of `test_end` for a replay."""
    ids = {"test_id": begun["test_id"], "test_invocation_id": begun["invocation_id"], "run_id": begun["run_id"]}
    return ids | more


def deltas(client: Client, run_id: str) -> dict[int, str]:
    """The text of every turn of a replay, joined from its deltas."""
    found: dict[int, str] = {}
    for told in client.payloads("test_progress", type="run_delta", run_id=run_id):
        before = "" if told.get("reset") else found.get(told["turn"], "")
        found[told["turn"]] = before + told["message"]
    return found


def outputs(complete: Ack) -> dict[int, str]:
    """The text of every turn, as `test_run_complete` tells it."""
    return {each["turn"]: each["content"] for each in complete["outputs"]}


def of_test(client: Client, started: Ack) -> list[tuple[str, Any]]:
    """Every event of the test family that was heard."""
    return [(name, args[0]) for name, args in client.heard if name.startswith("test_")]
