"""External tool servers: connected, bounded, given up (lab protocol 8.3, E9). Real programs, real stdio."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from parlour.kernel.refusals import ProviderFault
from parlour.providers.mcp.servers import McpServers, Patience
from parlour.settings.lab import McpServer

FAKE = Path(__file__).parents[1] / "fakes" / "mcp_server.py"
QUICK = Patience(first_seconds=0.1, longest_seconds=0.4, starting_seconds_max=8.0)


@asynccontextmanager
async def _running(**servers: McpServer) -> AsyncGenerator[McpServers, None]:
    running = McpServers(servers, QUICK)
    running.start()
    try:
        yield running
    finally:
        await running.stop()


def _fake(mode: str, *more: str, seconds: float = 5.0, **members: object) -> McpServer:
    command = (sys.executable, str(FAKE), mode, *more)
    return McpServer.model_validate({"command": command, "timeout_seconds": seconds, **members})


def _stage(folder: Path) -> McpServer:
    command = (sys.executable, "-m", "parlour", "mcp", "stage", "--file", str(folder / "stage.json"), "--limit", "5")
    return McpServer(command=command, timeout_seconds=20)


async def _until(what: Callable[[], object], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 (what is waited for is another task's attribute)
            await asyncio.sleep(0.02)


@pytest.mark.lab("E9")
async def test_a_dead_server_fails_clearly_and_blocks_nothing(tmp_path: Path) -> None:
    async with _running(dead=_fake("dead", str(tmp_path / "starts")), good=_fake("good")) as servers:
        assert (await servers.call("good", "do", {}, ())).text == "done"
        with pytest.raises(ProviderFault, match="dead is not connected; nothing was done"):
            await servers.call("dead", "do", {}, ())
        await _until(lambda: (tmp_path / "starts").read_text().count("started") >= 3)
        assert [tool.server for tool in servers.offered()] == ["good"]


async def test_stopping_ends_a_server_whose_fault_hides_that_it_is_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    connecting = asyncio.Event()

    @asynccontextmanager
    async def never(*_: object) -> AsyncGenerator[None]:
        connecting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError from None  # as a group of tasks does of which one has failed
        yield

    monkeypatch.setattr("parlour.providers.mcp.servers.connected", never)
    servers = McpServers({"hiding": _fake("good")}, Patience(first_seconds=600))
    servers.start()
    await connecting.wait()
    async with asyncio.timeout(60):
        await servers.stop()


@pytest.mark.lab("E9")
async def test_starting_returns_at_once_also_when_a_server_says_nothing() -> None:
    servers = McpServers({"silent": _fake("silent")}, Patience(starting_seconds_max=0.2))
    servers.start()
    with pytest.raises(ProviderFault, match="not connected"):
        await servers.call("silent", "do", {}, ())
    await servers.stop()


@pytest.mark.lab("E9")
async def test_a_slow_server_is_given_up_and_begun_again(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    async with _running(slow=_fake("slow", str(starts), seconds=0.5)) as servers:
        await _until(servers.offered)
        result = await servers.call("slow", "do", {}, ())
        assert result.state == "unknown"
        assert "within 0.5 seconds" in result.text
        await _until(lambda: starts.read_text().count("started") == 2)


@pytest.mark.lab("E9")
@pytest.mark.parametrize("mode", ["dies", "endless"])
async def test_a_server_that_breaks_off_leaves_the_call_unknown(mode: str) -> None:
    async with _running(bad=_fake(mode)) as servers:
        await _until(servers.offered)
        result = await servers.call("bad", "do", {}, ())
        assert result.state == "unknown"
        assert "not known whether" in result.text
        assert servers.offered(), "the tools of a dead server stay offered, and their calls fail"


@pytest.mark.lab("E9")
async def test_nonsense_is_no_result() -> None:
    async with _running(bad=_fake("garbage"), noisy=_fake("noisy")) as servers:
        assert (await servers.call("bad", "do", {}, ())).state in ("unknown", "failed")
        assert (await servers.call("noisy", "do", {}, ())).text == "done"


@pytest.mark.lab("E9")
async def test_what_a_server_lists_is_bounded_and_checked() -> None:
    async with _running(lying=_fake("lying")) as servers:
        await _until(servers.offered)
        tools = {tool.name: tool for tool in servers.offered()}
        assert set(tools) == {"wipe", "slow_pattern"}
        assert "pattern" not in json.dumps(tools["slow_pattern"].parameters)


@pytest.mark.lab("E2", "E9")
async def test_a_huge_output_is_cut() -> None:
    async with _running(huge=_fake("huge")) as servers:
        result = await servers.call("huge", "do", {}, ())
        assert len(result.text.encode()) <= 64 * 1024
        assert result.text.endswith("[cut here: the output was too long]")


async def test_a_program_gets_only_the_listed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOUR_SECRET", "not for programs")
    listed = {"STAGE_PORT": SecretStr("A")}
    async with _running(env=_fake("environment", environment=listed)) as servers:
        seen = json.loads((await servers.call("env", "do", {}, ())).text)
        assert {"PATH", "STAGE_PORT"} <= set(seen)
        assert set(seen) <= {"PATH", "STAGE_PORT", "LC_CTYPE"}  # the last is Python's own


async def test_a_changed_list_of_tools_is_read_again() -> None:
    async with _running(changing=_fake("changing")) as servers:
        await _until(servers.offered)
        assert [tool.name for tool in servers.offered()] == ["do1"]
        await servers.call("changing", "do1", {}, ())
        await _until(lambda: [tool.name for tool in servers.offered()] == ["do2"])


async def test_stopping_ends_the_programs(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    servers = McpServers({"good": _fake("good", str(starts))}, QUICK)
    servers.start()
    await _until(servers.offered)
    async with asyncio.timeout(60):
        await servers.stop()


async def test_the_stage_moves_asks_refuses_and_remembers(tmp_path: Path) -> None:
    async with _running(stage=_stage(tmp_path)) as servers:
        await _until(servers.offered)
        assert {tool.name for tool in servers.offered()} == {"status", "move", "home"}
        assert (await servers.call("stage", "move", {"axis": "x", "mm": 1.5}, ())).state == "done"
        beyond = await servers.call("stage", "move", {"axis": "x", "mm": 4}, ())
        assert (beyond.state, "limits" in beyond.text) == ("failed", True)
        asked = await servers.call("stage", "move", {"mm": 0.5}, ())
        assert asked.needs
        assert asked.needs.message == "Which axis should move?"
        answered = await servers.call("stage", "move", {"mm": 0.5}, ({"axis": "y"},))
        assert answered.needs is None
        assert "y = 0.500 mm" in answered.text
    async with _running(stage=_stage(tmp_path)) as servers:
        await _until(servers.offered)
        status = await servers.call("stage", "status", {}, ())
        assert "x = 1.500 mm, y = 0.500 mm, z = 0.000 mm" in status.text
        assert "2 moves so far" in status.text
