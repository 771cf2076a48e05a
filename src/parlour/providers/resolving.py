"""Names to addresses for aiohttp, by the rule of `addresses`; apart from it, because aiohttp is loaded late."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from parlour.providers.addresses import check_address


class CarefulResolver(AbstractResolver):
    """Names to addresses for aiohttp; a name that leads to a link-local address leads nowhere."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for each in found:
            check_address(each["host"])
        return found

    async def close(self) -> None:
        await self._resolver.close()
