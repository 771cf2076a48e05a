"""P20 for sound: files that are cut, torn, overwritten or lie. Each has an answer, and none costs the server much."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator

import psutil
import pytest

from parlour.speech.decoding.entities import Decoded, DecodingLimits
from parlour.speech.decoding.process import decode
from parlour.speech.wav import WavError, read_wav, wav_bytes
from tests.harness.sound_files import broken_files, melody
from tests.promises.figures import Figure

pytest.importorskip("av")

FILES = 216
AT_ONCE = 3
GROWTH_MAX = 64 * 1024 * 1024
LIMITS = DecodingLimits(bytes_max=20 * 1024 * 1024, seconds_max=120)
REASONS = {None, "unsupported", "broken", "empty", "memory"}


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    """A file as it comes."""
    for at in range(0, len(data), 8_192):
        yield data[at : at + 8_192]


@pytest.mark.promise("P20")
@pytest.mark.lab("G3")
@pytest.mark.timeout(300)
async def test_two_hundred_broken_sound_files_have_an_answer_each(
    figure: Figure, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    own = psutil.Process()
    files = list(broken_files(FILES))
    await decode(pieces(files[0][1]), "", LIMITS)  # what is loaded once is loaded
    before, children = own.memory_info().rss, len(own.children())
    place = asyncio.Semaphore(AT_ONCE)
    most = before

    async def answered(data: bytes) -> Decoded:
        nonlocal most
        async with place:
            decoded = await decode(pieces(data), "", LIMITS)
        most = max(most, own.memory_info().rss)
        assert len(decoded.sound) <= 120 * 32_000
        assert (decoded.reason is None) == bool(decoded.sound)
        return decoded

    answers = await asyncio.gather(*(answered(data) for _, data in files))
    odd = {
        name: answer.reason for (name, _), answer in zip(files, answers, strict=True) if answer.reason not in REASONS
    }
    assert odd == {}
    assert most - before < GROWTH_MAX
    assert len(own.children()) == children
    assert caplog.records == []
    outcomes = Counter(answer.reason or "something to hear" for answer in answers)
    said = ", ".join(f"{count} {reason}" for reason, count in outcomes.most_common())
    figure("P20", f"{FILES} broken sound files of 9 kinds: {said}; 0 crashes, 0 tracebacks, 0 children left")
    assert await decode(pieces(wav_bytes(melody(400))), "", LIMITS) == Decoded(sound=melody(400), ms=400)


def test_a_wav_file_is_read_or_refused_and_never_anything_else() -> None:
    for name, data in broken_files(FILES * 5, seed=2):
        if not name.startswith("wav"):
            continue
        with contextlib.suppress(WavError):
            wav = read_wav(data, 120)
            assert len(wav.sound) <= min(120 * wav.rate * 2, 2 * len(data))
