"""Answers in JSON, encoded in the thread that reads or writes: a long one does not hold up the loop."""

from collections.abc import Callable

import msgspec
from fastapi.responses import Response

from parlour.storage.database import Database
from parlour.storage.tx import Tx


async def read_answer(database: Database, read: Callable[[Tx], object]) -> Response:
    """What `read` returns, as a snapshot shows it."""
    return _answer(await database.read(lambda tx: msgspec.json.encode(read(tx))))


async def write_answer(database: Database, act: Callable[[Tx], object]) -> Response:
    """What `act` returns, once it is durable."""
    return _answer(await database.write(lambda tx: msgspec.json.encode(act(tx))))


def _answer(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})
