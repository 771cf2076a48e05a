"""Which addresses may be connected to: not link-local ones, where clouds keep their secrets (lab protocol 16.7)."""

import asyncio
import ipaddress
import socket


class AddressRefusedError(OSError):
    """The host has an address that nobody here connects to."""


def check_address(address: str) -> None:
    """Raise `AddressRefusedError` for a link-local address, also one that is dressed as IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return
    inner = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    if (inner or found).is_link_local:
        raise AddressRefusedError("the address is link-local")


async def check_host(host: str) -> None:
    """Raise `AddressRefusedError` if a host's name or number is link-local, `OSError` if it has no address."""
    check_address(host.strip("[]"))
    for *_, where in await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM):
        check_address(str(where[0]))
