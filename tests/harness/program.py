"""A server as a test starts it: settings from the environment, the port as a line of JSON."""

import asyncio
import json
import os
import sys
from pathlib import Path

import uvloop

from parlour import app
from parlour.app import Only, Parlour
from parlour.serving import serve
from parlour.settings import load_settings
from parlour.wire.http.logs import configure_logging
from tests.harness.clock import VARIABLE, FileClock
from tests.harness.constants import set_constants


async def main(only: Only | None) -> None:
    if VARIABLE in os.environ:
        app.SystemClock = lambda: FileClock(Path(os.environ[VARIABLE]))  # type: ignore[assignment,misc]
    set_constants()
    parlour = Parlour(load_settings(), only=only)
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(parlour, listening=listening))
    await asyncio.wait([listening, serving], return_when=asyncio.FIRST_COMPLETED)
    if listening.done():
        sys.stdout.write(json.dumps({"port": listening.result()}) + "\n")
        sys.stdout.flush()
    await serving


if __name__ == "__main__":
    configure_logging("info")
    uvloop.run(main(sys.argv[1] if len(sys.argv) > 1 else None))  # type: ignore[arg-type]
