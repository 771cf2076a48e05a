"""Sound files in all their containers, decoded by a child (lab protocol 10.2; case G3)."""

import asyncio
import io
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from parlour.settings.lab import LabLimits
from parlour.speech.decoding import child
from parlour.speech.decoding.containers import container_of, decodable
from parlour.speech.decoding.entities import Decoded, DecodingLimits, decoding_limits
from parlour.speech.decoding.process import decode
from parlour.speech.pcm import bytes_of, level, silence
from parlour.speech.ports import HEARD_RATE
from parlour.speech.wav import wav_bytes
from tests.harness.sound_files import CONTAINERS, encoded, melody
from tests.promises.waiting import eventually

LIMITS = decoding_limits(LabLimits())


async def pieces(data: bytes, step: int = 4_096) -> AsyncIterator[bytes]:
    """A file as it comes over a network."""
    for at in range(0, len(data), step):
        yield data[at : at + step]


def loudest(sound: bytes) -> float:
    """The strongest frequency of a sound, in Hz."""
    samples = np.frombuffer(sound, "<i2").astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * HEARD_RATE / samples.size)


@pytest.mark.lab("G3")
@pytest.mark.parametrize("container", CONTAINERS)
async def test_every_container_is_heard_whatever_it_is_called(container: str) -> None:
    pytest.importorskip("av")
    data = encoded(container, melody(2_000, hertz=700))
    for kind in ("", "text/plain"):
        decoded = await decode(pieces(data), kind, LIMITS)
        assert decoded.reason is None
        assert decoded.ms == pytest.approx(2_000, abs=120)  # encoders add a little at both ends
        assert len(decoded.sound) % 2 == 0
        assert loudest(decoded.sound) == pytest.approx(700, abs=5)
        assert not decoded.cut


async def test_a_file_on_disk_and_one_that_comes_in_pieces_are_heard_alike(tmp_path: Path) -> None:
    data = wav_bytes(melody(500))
    (tmp_path / "a").write_bytes(data)
    assert await decode(tmp_path / "a", "audio/wav", LIMITS) == await decode(pieces(data, 7), "audio/wav", LIMITS)


async def test_only_the_first_seconds_are_kept_and_the_answer_says_so() -> None:
    pytest.importorskip("av")
    limits = DecodingLimits(bytes_max=10**7, seconds_max=1.5)
    for data in (wav_bytes(melody(4_000)), encoded("ogg", melody(4_000)), encoded("mp3", melody(4_000))):
        decoded = await decode(pieces(data), "", limits)
        assert (decoded.reason, decoded.ms, decoded.cut) == (None, 1_500, True)


async def test_a_wav_file_needs_no_decoder_and_others_say_that_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av")
    ogg, law = encoded("ogg", melody(300)), encoded("wav-alaw", melody(300))
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setitem(sys.modules, "av.error", None)
    assert child.decoded_of(wav_bytes(melody(300)), "", LIMITS).sound == melody(300)
    assert child.decoded_of(ogg, "", LIMITS) == Decoded(reason="unsupported")
    assert child.decoded_of(law, "", LIMITS) == Decoded(reason="unsupported")
    monkeypatch.undo()
    assert decodable() == ("WAV", "Ogg", "WebM", "MP3")


async def test_silence_is_sound_and_no_sound_at_all_is_empty() -> None:
    decoded = await decode(pieces(wav_bytes(silence(700))), "", LIMITS)
    assert (decoded.ms, level(decoded.sound)) == (700, 0)
    assert await decode(pieces(wav_bytes(b"")), "", LIMITS) == Decoded(reason="empty")
    assert await decode(pieces(b""), "audio/wav", LIMITS) == Decoded(reason="broken")
    assert await decode(pieces(b""), "", LIMITS) == Decoded(reason="unsupported")
    assert await decode(pieces(b"%PDF-1.4" + bytes(999)), "application/pdf", LIMITS) == Decoded(reason="unsupported")


async def test_a_file_with_too_many_bytes_is_refused_before_it_is_read_to_the_end() -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield wav_bytes(bytes(65_492)) if asked == 1 else bytes(65_536)

    decoded = await decode(endless(), "audio/wav", DecodingLimits(bytes_max=10**6, seconds_max=60))
    assert decoded == Decoded(reason="too_big")
    assert asked < 20


async def test_a_decoder_that_takes_too_long_is_ended_with_its_child() -> None:
    hours = wav_bytes(bytes(bytes_of(1_000)))
    never = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield hours[:100]
        await never.wait()

    before = {each.pid for each in psutil.Process().children()}
    limits = DecodingLimits(bytes_max=10**6, seconds_max=60, wall_seconds=2)
    assert await decode(stuck(), "audio/wav", limits) == Decoded(reason="time")
    cancelled = asyncio.create_task(decode(stuck(), "audio/wav", LIMITS))
    await eventually(lambda: {each.pid for each in psutil.Process().children()} != before)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert {each.pid for each in psutil.Process().children()} == before


async def test_what_the_source_raises_is_raised() -> None:
    async def lost() -> AsyncIterator[bytes]:
        yield wav_bytes(melody(100))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        await decode(lost(), "audio/wav", LIMITS)


async def test_too_little_memory_is_a_reason_and_no_crash() -> None:
    many = encoded("wav-float", melody(60_000))
    limits = DecodingLimits(bytes_max=10**8, seconds_max=120, memory_bytes=64 * 1024 * 1024)
    assert (await decode(pieces(many, 65_536), "", limits)).reason in ("memory", "died")


async def test_a_long_sound_in_a_small_file_costs_no_more_than_what_is_kept() -> None:
    pytest.importorskip("av")
    packed = encoded("flac", silence(10 * 60 * 1000))
    decoded = await decode(pieces(packed, 65_536), "", DecodingLimits(bytes_max=10**8, seconds_max=10))
    assert (decoded.reason, decoded.ms, decoded.cut) == (None, 10_000, True)


def test_a_child_that_gave_up_its_rights_opens_no_file_and_reaches_no_network() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux offers all of it")
    tries = """
import os, socket, sys
from parlour.speech.confined import confine
confine(cpu_seconds=5, memory_bytes=2**29)
def fails(act):
    try:
        act()
    except (OSError, MemoryError):
        return True
    return False
sys.stdout.write(repr([
    fails(lambda: open("/etc/passwd")),
    fails(lambda: open("/tmp/parlour-confined", "w")),
    fails(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
    fails(lambda: os.pipe()),
    fails(lambda: bytearray(2**30)),
]))
"""
    said = subprocess.run([sys.executable, "-c", tries], capture_output=True, check=True, text=True).stdout
    assert said == "[True, True, True, True, True]"


def test_bytes_decide_what_a_file_is_and_its_type_only_when_they_do_not() -> None:
    assert container_of(b"OggS" + bytes(60), "audio/wav") == "ogg"
    assert container_of(b"\xff\xfb\x90\x00" + bytes(60), "") == "mp3"
    assert container_of(bytes(64), "audio/webm;codecs=opus") == "matroska"
    assert container_of(io.BytesIO(b"hello").read(), "text/plain") is None
