"""All configured tool servers, each kept connected by a task of its own (lab protocol 8.3)."""

import asyncio
import importlib
import logging
from collections.abc import Mapping, Sequence

from parlour.assistant.entities import JsonValue
from parlour.assistant.tools.remote import Answers, RemoteResult, RemoteTool
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.providers.mcp.connection import OPEN_SECONDS_MAX, Connection, connected
from parlour.settings.lab import McpServer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long is waited before a dead server is begun again; it doubles up to the longest wait."""

    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    steady_seconds: float = 60.0
    """A connection that held so long begins with the first wait again."""
    starting_seconds_max: float = 10.0
    """How long a call waits for a server that is just being started."""


class McpServers:
    """The configured servers (`assistant.tools.mcp.Servers`). `start` returns at once, whatever they do."""

    def __init__(self, configured: Mapping[str, McpServer], patience: Patience | None = None) -> None:
        self._supervised = {
            name: _Supervised(name, server, patience or Patience()) for name, server in configured.items()
        }

    def start(self) -> None:
        """Begin to connect, in the background."""
        for each in self._supervised.values():
            each.start()

    async def stop(self) -> None:
        """End all connections and the programs that were started."""
        await asyncio.gather(*(each.stop() for each in self._supervised.values()))

    def offered(self) -> Sequence[RemoteTool]:
        """See `Servers.offered`."""
        return [tool for each in self._supervised.values() for tool in each.tools]

    def is_listed(self, server: str) -> bool:
        """See `Servers.is_listed`."""
        supervised = self._supervised.get(server)
        return supervised is not None and supervised.is_listed

    async def call(self, server: str, tool: str, arguments: Mapping[str, JsonValue], answers: Answers) -> RemoteResult:
        """See `Servers.call`."""
        supervised = self._supervised.get(server)
        if supervised is None:
            raise ProviderFault(f"There is no external server {server}.", retryable=False)
        return await supervised.call(tool, arguments, answers)


class _Supervised:
    """One server, connected again and again."""

    def __init__(self, name: str, server: McpServer, patience: Patience) -> None:
        self.tools: tuple[RemoteTool, ...] = ()
        self.is_listed = False
        self._name = name
        self._server = server
        self._patience = patience
        self._connection: Connection | None = None
        self._tried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._supervise(), name=f"mcp-{self._name}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def call(self, tool: str, arguments: Mapping[str, JsonValue], answers: Answers) -> RemoteResult:
        try:
            async with asyncio.timeout(self._patience.starting_seconds_max):
                await self._tried.wait()
        except TimeoutError:
            raise self._absent() from None
        connection = self._connection
        if connection is None:
            raise self._absent()
        if all(each.name != tool for each in self.tools):
            raise ProviderFault(f"The external server {self._name} has no tool {tool}.", retryable=False)
        try:
            return await connection.call(tool, arguments, answers)
        except TimeoutError:
            raise ProviderFault(f"The external server {self._name} is busy with other calls.", retryable=True) from None

    def _absent(self) -> ProviderFault:
        return ProviderFault(f"The external server {self._name} is not connected; nothing was done.", retryable=False)

    async def _supervise(self) -> None:
        await asyncio.to_thread(importlib.import_module, "mcp")  # takes seconds: nobody else shall wait for it
        for name in ("mcp", "httpx2"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # they would log what servers write
        delay = self._patience.first_seconds
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        while True:
            began = loop.time()
            try:
                await self._stay_connected()
                logger.warning("an external server ended", extra={"server": self._name})
            except Exception as error:  # noqa: BLE001 (a server may fail in any way: it is begun again)
                logger.warning("an external server failed", extra={"server": self._name, "fault": type(error).__name__})
            self._tried.set()
            if task is not None and task.cancelling():  # a cancellation was answered with the fault that came with it
                return
            if loop.time() - began >= self._patience.steady_seconds:
                delay = self._patience.first_seconds
            await asyncio.sleep(delay)
            delay = min(2 * delay, self._patience.longest_seconds)

    async def _stay_connected(self) -> None:
        """Returns when the connection has ended."""
        async with connected(self._name, self._server) as connection:
            try:
                while not connection.ended.is_set():
                    connection.changed.clear()
                    async with asyncio.timeout(OPEN_SECONDS_MAX):
                        self.tools = await connection.list_tools()
                    self.is_listed = True
                    self._connection = connection
                    self._tried.set()
                    await _first(connection.ended, connection.changed)
            finally:
                self._connection = None


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
