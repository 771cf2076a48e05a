"""Spools and recordings: on disk while somebody speaks, and after the process has died."""

import asyncio
import hashlib
import io
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest

from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.speech import recording
from parlour.speech.ports import HEARD_RATE
from parlour.speech.recording import Spools, SpoolsNeed
from parlour.storage.blobs.folder import FolderBlobs
from tests.harness.forks import ROOT

GUARD_SECONDS = 60
SECOND = b"\x01\x02" * HEARD_RATE
PIECE = SECOND[: len(SECOND) // 50]


def new_id() -> str:
    return TimeOrderedIds(SystemClock()).new()


def spools(folder: Path, *, keeps: bool = True, seconds_max: float = 60) -> Spools:
    need = SpoolsNeed(
        folder=folder / "spool", blobs=FolderBlobs(folder / "files"), seconds_max=seconds_max, keeps=keeps
    )
    return Spools(need)


async def until_written(path: Path, size: int) -> None:
    for _ in range(GUARD_SECONDS * 50):
        if size_of(path) >= size:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the sound did not get to the disk")


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def test_sound_is_on_disk_while_it_is_being_said(tmp_path: Path) -> None:
    name, all_of_them = new_id(), spools(tmp_path)
    spool = all_of_them.begin(name)
    assert not (tmp_path / "spool").exists()
    for _ in range(50):
        spool.add(PIECE)
    await until_written(tmp_path / "spool" / f"{name}.pcm", len(SECOND))
    assert await all_of_them.read(name) == SECOND
    spool.add(PIECE)
    await until_written(tmp_path / "spool" / f"{name}.pcm", len(SECOND) + len(PIECE))
    await spool.close()
    assert (spool.ms, spool.full, spool.broken) == (1020, False, False)
    assert (tmp_path / "spool" / f"{name}.pcm").stat().st_mode & 0o777 == 0o600


async def test_a_recording_is_a_wav_file_among_the_blobs_under_its_digest(tmp_path: Path) -> None:
    name, all_of_them = new_id(), spools(tmp_path)
    spool = all_of_them.begin(name)
    spool.add(SECOND)
    await spool.close()
    kept = await all_of_them.keep(name)
    assert kept is not None
    file = FolderBlobs(tmp_path / "files").read(kept.digest, 0, kept.size + 1)
    assert (len(file), kept.ms, hashlib.sha256(file).hexdigest()) == (kept.size, 1000, kept.digest)
    with wave.open(io.BytesIO(file)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, HEARD_RATE)
        assert wav.readframes(HEARD_RATE + 1) == SECOND
    assert await all_of_them.read(name) == SECOND
    await all_of_them.remove(name)
    await all_of_them.remove(name)
    assert await all_of_them.read(name) == b""
    assert await all_of_them.keep(name) is None


async def test_where_nothing_is_kept_a_spool_becomes_no_recording(tmp_path: Path) -> None:
    name, all_of_them = new_id(), spools(tmp_path, keeps=False)
    spool = all_of_them.begin(name)
    spool.add(SECOND)
    await spool.close()
    assert await all_of_them.keep(name) is None
    assert await all_of_them.read(name) == SECOND
    await spool.discard()
    assert list((tmp_path / "spool").iterdir()) == []
    assert not (tmp_path / "files").exists()


async def test_what_is_beyond_the_bound_and_what_comes_after_the_end_is_left_out(tmp_path: Path) -> None:
    name, all_of_them = new_id(), spools(tmp_path, seconds_max=1)
    spool = all_of_them.begin(name)
    spool.add(SECOND[:-2])
    assert not spool.full
    spool.add(PIECE)
    assert spool.full
    spool.add(PIECE)
    await spool.close()
    spool.add(PIECE)
    await spool.close()
    assert await all_of_them.read(name) == SECOND[:-2] + PIECE[:2]


async def test_a_disk_that_fails_ends_the_spool_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("no folder")
    spool = spools(tmp_path).begin(new_id())
    spool.add(SECOND)
    await spool.close()
    spool.add(SECOND)
    await spool.discard()
    assert spool.broken


async def test_where_no_recording_can_be_stored_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("no folder")
    name, all_of_them = new_id(), spools(tmp_path)
    spool = all_of_them.begin(name)
    spool.add(SECOND)
    await spool.close()
    assert await all_of_them.keep(name) is None
    assert await all_of_them.read(name) == SECOND


async def test_nothing_is_lost_when_a_spool_ends_in_the_middle_of_a_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "FLUSH_SECONDS", 0.0)
    all_of_them = spools(tmp_path)
    for pieces in range(1, 40):
        name = new_id()
        spool = all_of_them.begin(name)
        for number in range(pieces):
            spool.add(number.to_bytes(2, "little") * 100)
            await asyncio.sleep(0)
        await spool.close()
        assert await all_of_them.read(name) == b"".join(n.to_bytes(2, "little") * 100 for n in range(pieces))


async def test_an_odd_byte_that_a_kill_left_is_no_sample(tmp_path: Path) -> None:
    name = new_id()
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / f"{name}.pcm").write_bytes(b"\x01\x02\x03")
    assert await spools(tmp_path).read(name) == b"\x01\x02"


async def test_only_old_spools_that_nobody_needs_are_orphans(tmp_path: Path) -> None:
    all_of_them, old, needed, young = spools(tmp_path), new_id(), new_id(), new_id()
    for name in (old, needed, young):
        spool = all_of_them.begin(name)
        spool.add(PIECE)
        await spool.close()
    for name in (old, needed):
        os.utime(tmp_path / "spool" / f"{name}.pcm", (1_000, 1_000))
    (tmp_path / "spool" / "notes.pcm").write_text("not ours")

    async def which(names: Sequence[str]) -> set[str]:
        return set(names) & {needed}

    assert await all_of_them.forget_orphans(2_000_000, which) == 1
    assert {path.stem for path in (tmp_path / "spool").iterdir()} == {needed, young, "notes"}


def test_a_spool_has_an_id_for_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="named by an id"):
        spools(tmp_path).begin("../escape")


_SPEAKER = """
import asyncio, sys
from pathlib import Path
from parlour.speech.recording import Spools, SpoolsNeed
from parlour.storage.blobs.folder import FolderBlobs

async def speak(folder, name):
    need = SpoolsNeed(folder=folder / "spool", blobs=FolderBlobs(folder / "files"), seconds_max=60, keeps=True)
    spool = Spools(need).begin(name)
    spool.add(b"\\x01\\x02" * 16000)
    while True:
        await asyncio.sleep(1)

asyncio.run(speak(Path(sys.argv[1]), sys.argv[2]))
"""


def begin_speaking(folder: Path, name: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen([sys.executable, "-c", _SPEAKER, str(folder), name], env=environment)


async def test_what_was_said_is_there_after_sigkill(tmp_path: Path) -> None:
    name = new_id()
    process = begin_speaking(tmp_path, name)
    try:
        await until_written(tmp_path / "spool" / f"{name}.pcm", len(SECOND))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(GUARD_SECONDS)
    all_of_them = spools(tmp_path)
    assert await all_of_them.read(name) == SECOND
    kept = await all_of_them.keep(name)
    assert kept is not None
    assert kept.ms == 1000
