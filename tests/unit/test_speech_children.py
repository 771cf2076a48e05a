"""What the children of speech are given: their streams, and nothing that the server knows (lab protocol 16)."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from parlour.kernel.clock import SystemClock
from parlour.providers.speech.espeak_ng import EspeakNeed, EspeakNg
from parlour.providers.speech.recognising import Recogniser, RecogniserNeed
from parlour.speech.decoding.entities import DecodingLimits
from parlour.speech.decoding.process import decode
from parlour.speech.ports import Voice
from tests.harness.sound_files import encoded, melody

SECRET = "canary7fQx-key"
ALLOWED = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "HF_HUB_OFFLINE"}
Started = list[tuple[tuple[str, ...], dict[str, Any]]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Every process that is started, while the server's own environment has a secret."""
    seen: Started = []
    really = asyncio.create_subprocess_exec

    async def start(*command: str, **how: Any) -> asyncio.subprocess.Process:
        seen.append((command, how))
        return await really(*command, **how)

    monkeypatch.setenv("PARLOUR_PROVIDERS", SECRET)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    return seen


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def test_no_child_inherits_a_secret_or_is_told_a_text(
    started: list[tuple[tuple[str, ...], dict[str, Any]]],
) -> None:
    limits = DecodingLimits(bytes_max=1_000_000, seconds_max=5)
    assert (await decode(pieces(encoded("ogg", melody(500))), "audio/ogg", limits)).reason is None
    voice = EspeakNg(EspeakNeed(program=None))
    assert [each async for each in voice.speak(f"-f /etc/passwd {SECRET}", Voice(language="en"))]
    recogniser = Recogniser(RecogniserNeed(kind="pocketsphinx"), SystemClock())
    try:
        async with recogniser.child() as child:
            inside = Path(f"/proc/{child.pid}")
            if sys.platform == "linux":
                assert SECRET.encode() not in (inside / "environ").read_bytes()
                assert {int(each.name) for each in (inside / "fd").iterdir()} == {0, 1, 2}
    finally:
        await recogniser.aclose()
    assert len(started) == 3
    for command, how in started:
        assert SECRET not in " ".join(map(str, command))
        assert not {name for name in how["env"] if name.startswith("PARLOUR_")}
        assert set(how["env"]) <= ALLOWED, how["env"]
        assert (how["cwd"], how.get("shell")) == ("/", None)
    assert os.environ["PARLOUR_PROVIDERS"] == SECRET
