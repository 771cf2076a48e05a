"""The laboratory's tools on standard input and output, for one account."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from parlour.kernel.ids import AccountId
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.mcp.offering import OfferNeed, server_of

T = TypeVar("T")


class OpenedStore:
    """A database that a command opened, perhaps beside a running server: transactions in threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, action: Callable[[Tx], T]) -> T:
        """See `Store.read`."""
        return await asyncio.to_thread(self._database.read_here, action)

    async def write(self, action: Callable[[Tx], T]) -> T:
        """See `Store.write`."""
        return await asyncio.to_thread(self._database.write_here, action)


async def serve(need: OfferNeed, account_id: AccountId) -> None:
    """Serve until standard input ends."""
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 (costs seconds; only this command needs it)

    server = server_of(need, lambda _: account_id)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())
