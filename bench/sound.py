"""What sound costs before and after the engines: another rate, judging whether somebody speaks, decoding files.

CPU of one process, best of several rounds. Stock is what a program without Parlour would take: PyAV's resampler,
webrtcvad by itself, PyAV in the same process (which a hostile file may crash; Parlour's is a child).
"""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable

import numpy as np

from bench.clock import cpu_seconds, now
from bench.report import PARLOUR, STOCK, Column, Outcome, Reach, Row, Shape
from bench.systems import Plan
from parlour.providers.speech.activity import EnergyActivity, WebRtcActivity
from parlour.speech.activity import GateRules, SpeechGate
from parlour.speech.decoding.entities import DecodingLimits
from parlour.speech.decoding.process import decode
from parlour.speech.pcm import Resampler, bytes_of
from parlour.speech.ports import HEARD_RATE, VoiceActivity
from parlour.speech.wav import wav_bytes

WIRE_RATE = 24_000
FRAMES = (256, 960, 4_800)
WINDOW_BYTES = 640
ROUNDS = 5
FILE_SECONDS = 10
FRAME_US = 30  # half of what a whole frame may cost

RATE_COLUMNS = tuple(Column(key=str(size), label=f"{size} bytes, µs") for size in FRAMES)
JUDGING_COLUMNS = (Column(key="window", label="20 ms, µs"),)
FILE_COLUMNS = (Column(key="wav", label="WAV, ms", digits=0), Column(key="ogg", label="Ogg, ms", digits=0))


async def run(plan: Plan) -> Outcome:
    """Every table; `--quick` takes fewer frames."""
    count = 500 if plan.quick else 5_000
    ours = {str(size): _resampling(size, count) for size in FRAMES}
    stock = {str(size): _stock_resampling(size, count) for size in FRAMES}
    judged = _judging(WebRtcActivity, count)
    files = {"wav": wav_bytes(_sound(FILE_SECONDS)), "ogg": _ogg(_sound(FILE_SECONDS))}
    rates = [Row(system=f"{STOCK} PyAV", figures=stock), Row(system=PARLOUR, figures=ours)]
    judging = [
        Row(system=f"{STOCK} webrtcvad", figures={"window": _stock_judging(count)}),
        Row(system=f"{PARLOUR} webrtc", figures={"window": judged}),
        Row(system=f"{PARLOUR} energy", figures={"window": _judging(EnergyActivity, count)}),
    ]
    decoding = [
        Row(system=f"{STOCK} PyAV", figures={name: _stock_decoding(data) for name, data in files.items()}),
        Row(system=PARLOUR, figures={name: await _decoding(data) for name, data in files.items()}),
    ]
    frame = ours["256"] + judged * FRAMES[0] / (2 * WIRE_RATE) / 0.02
    return Outcome(
        shapes=[
            Shape(bench="sound", title="a frame from 24 kHz to 16 kHz, CPU", columns=RATE_COLUMNS, rows=rates),
            Shape(bench="sound", title="does somebody speak?, CPU", columns=JUDGING_COLUMNS, rows=judging),
            Shape(bench="sound", title=f"a file of {FILE_SECONDS} s, time", columns=FILE_COLUMNS, rows=decoding),
        ],
        reaches=[Reach(text="a 256-byte frame resampled and judged, µs", got=frame, wanted=FRAME_US, sense="at most")],
    )


def _sound(seconds: int) -> bytes:
    return np.random.default_rng(1).integers(-8_000, 8_000, seconds * HEARD_RATE).astype("<i2").tobytes()


def _best_us(work: Callable[[], None], count: int) -> float:
    """The least CPU time of a round, in microseconds for each of its `count` parts."""
    spent: list[float] = []
    for _ in range(ROUNDS):
        before = cpu_seconds(os.getpid())
        work()
        spent.append(cpu_seconds(os.getpid()) - before)
    return min(spent) / count * 1e6


def _resampling(size: int, count: int) -> float:
    stream, frame = Resampler(WIRE_RATE, HEARD_RATE), _sound(1)[:size]

    def work() -> None:
        for _ in range(count):
            stream.feed(frame)

    return _best_us(work, count)


def _stock_resampling(size: int, count: int) -> float:
    import av

    stream = av.AudioResampler(format="s16", layout="mono", rate=HEARD_RATE)
    sound = _sound(1)[:size]

    def work() -> None:
        for _ in range(count):
            frame = av.AudioFrame.from_ndarray(np.frombuffer(sound, "<i2").reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate = WIRE_RATE
            for made in stream.resample(frame):
                bytes(made.planes[0])

    return _best_us(work, count)


def _judging(make: Callable[[], VoiceActivity], count: int) -> float:
    gate, windows = SpeechGate(make(), GateRules()), _windows()

    def work() -> None:
        for place in range(count):
            gate.feed(windows[place % len(windows)])

    return _best_us(work, count)


def _stock_judging(count: int) -> float:
    import webrtcvad

    detector, windows = webrtcvad.Vad(2), _windows()

    def work() -> None:
        for place in range(count):
            detector.is_speech(windows[place % len(windows)], HEARD_RATE)

    return _best_us(work, count)


def _windows() -> list[bytes]:
    sound = _sound(2)[: bytes_of(1_000)] + bytes(bytes_of(1_000))
    return [sound[at : at + WINDOW_BYTES] for at in range(0, len(sound), WINDOW_BYTES)]


def _ogg(sound: bytes) -> bytes:
    from tests.harness.sound_files import encoded

    return encoded("ogg", sound)


def _stock_decoding(data: bytes) -> float:
    import av

    spent: list[float] = []
    for _ in range(ROUNDS):
        before = now()
        mixer = av.AudioResampler(format="s16", layout="mono", rate=HEARD_RATE)
        with av.open(io.BytesIO(data), "r") as file:
            for frame in file.decode(file.streams.audio[0]):
                for mixed in mixer.resample(frame):
                    bytes(mixed.planes[0])
        spent.append(now() - before)
    return min(spent) * 1000


async def _decoding(data: bytes) -> float:
    async def pieces() -> AsyncIterator[bytes]:
        yield data

    spent: list[float] = []
    for _ in range(ROUNDS):
        before = now()
        decoded = await decode(pieces(), "", DecodingLimits(bytes_max=20 * 1024 * 1024, seconds_max=120))
        spent.append(now() - before)
        if decoded.reason is not None:
            raise RuntimeError(f"a good file is {decoded.reason}")
        await asyncio.sleep(0)
    return min(spent) * 1000
