"""P29: SIGTERM under load: nothing acknowledged is lost, the server ends with 0 and in time."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import STORES, make_site
from tests.harness.site import ROOT, Process, Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.test_killed_messages import connections, holes, lost, seated, stored
from tests.promises.test_work_ends import unfinished
from tests.promises.waiting import cancelled, eventually

TALK_SECONDS = 0.8
STOP_SECONDS_MAX = 50


def serve(site: Site) -> Process:
    """`parlour serve`, as an operator starts it."""
    given = {"SCRIPTED_PIECES_PER_SECOND": "0", "LIMITS__SOCKET_EVENTS_PER_SECOND_MAX": "100000"}
    given |= {"DATA": str(site.folder / "data"), "DATABASE_URL": site.url}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PARLOUR_")}
    environment |= {f"PARLOUR_{key}": value for key, value in given.items()}
    log = site.folder / f"serve-{len(site.processes)}.log"
    command = [sys.executable, "-m", "parlour", "serve", "--port", "0"]
    with log.open("w") as errors:
        popen = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert popen.stdout is not None
    listens = re.search(r":(\d+)", popen.stdout.readline())
    assert listens, log.read_text()
    process = Process(popen, int(listens[1]), log)
    site.processes.append(process)
    return process


def is_connected(client: Client) -> bool:
    io: Any = client.io
    return io.connected


@pytest.mark.promise("P29")
@pytest.mark.parametrize("store", STORES)
async def test_sigterm_under_load_loses_nothing_and_everybody_is_told(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    database = site.database()
    process = serve(site)
    senders = await seated(process.url, site)
    async with connections(process.url, site) as clients:
        talks = [asyncio.create_task(sender.talk(clients[sender.connection])) for sender in senders]
        await asyncio.sleep(TALK_SECONDS)
        began = time.monotonic()
        code = await asyncio.to_thread(process.stop)
        seconds = time.monotonic() - began
        await eventually(lambda: not any(is_connected(client) for client in clients))
        await cancelled(talks)
    assert code == 0
    assert seconds < STOP_SECONDS_MAX
    assert lost(database, senders) == 0
    pending = [sender.pending["message"] for sender in senders if sender.pending]
    process = serve(site)
    async with connections(process.url, site) as clients:
        talks = [asyncio.create_task(sender.talk(clients[sender.connection])) for sender in senders]
        await asyncio.sleep(TALK_SECONDS)
        await cancelled(talks)
        await eventually(lambda: not unfinished(database), every=0.05)
    assert await asyncio.to_thread(process.stop) == 0
    found = Counter(stored(database).values())
    assert lost(database, senders) == 0
    assert [text for text, count in found.items() if count > 1] == []
    assert holes(database) == 0
    site.close()
    assert not any("Traceback" in each.log_text() or '"error"' in each.log_text() for each in site.processes)
    acknowledged = sum(len(sender.acknowledged) for sender in senders)
    figure(
        "P29",
        f"SIGTERM under load: exit 0 after {seconds:.1f} s, {acknowledged} acknowledged messages, 0 lost;"
        f" {len(pending)} without an answer were sent again after the restart: 0 doubled; no error in the log",
    )
