"""Starting, bounding and ending the child that decodes a file."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path

import msgspec

from parlour.kernel.children import end_child
from parlour.kernel.decoding import decode as decode_json
from parlour.speech.decoding.entities import Decoded, DecodingLimits, EndLine, Reason, arguments
from parlour.speech.pcm import bytes_of, duration_ms
from parlour.speech.ports import SAMPLE_BYTES

_PIECE_BYTES = 64 * 1024
_LINE_BYTES = 256


class _TooBigError(Exception):
    """The file has more bytes than may be read."""


async def decode(source: Path | AsyncIterable[bytes], kind: str, limits: DecodingLimits) -> Decoded:
    """The sound of a file whose bytes are given; `kind` is its media type, for files whose bytes do not show it.

    A bad file has a reason and raises nothing; what `source` raises is raised. Ends within `limits`, and the child
    with it, also when cancelled.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-X", "utf8", "-m", "parlour.speech.decoding.child", kind or "unknown", *arguments(limits)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"OPENBLAS_NUM_THREADS": "1"},
        cwd="/",
        start_new_session=True,
    )
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("the child has no pipes")
    pieces = _pieces(source) if isinstance(source, Path) else source
    feeding = asyncio.create_task(_feed(child.stdin, pieces, limits.bytes_max))
    try:
        async with asyncio.timeout(limits.wall_seconds):
            said = await _answer(child.stdout, limits)
            await feeding
            status = await child.wait()
        return _understood(said, status)
    except TimeoutError:
        return Decoded(reason="time")
    except _TooBigError:
        return Decoded(reason="too_big")
    finally:
        feeding.cancel()
        await end_child(child)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
    finally:
        await asyncio.to_thread(file.close)


async def _feed(stdin: asyncio.StreamWriter, pieces: AsyncIterable[bytes], most: int) -> None:
    fed = 0
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended early: its answer says why
            async for piece in pieces:
                fed += len(piece)
                if fed > most:
                    raise _TooBigError
                stdin.write(piece)
                await stdin.drain()
    finally:
        stdin.close()


async def _answer(stdout: asyncio.StreamReader, limits: DecodingLimits) -> bytes:
    most = _LINE_BYTES + bytes_of(int(limits.seconds_max * 1000))
    said = bytearray()
    while (piece := await stdout.read(_PIECE_BYTES)) and len(said) <= most:
        said += piece
    return bytes(said)


def _understood(said: bytes, status: int) -> Decoded:
    """What the child said, believed only as far as it has the right form."""
    line, _, sound = said.partition(b"\n")
    if status != 0 or not line:
        return Decoded(reason=_ended_by(status))
    try:
        end = decode_json(line, EndLine)
    except msgspec.DecodeError:
        return Decoded(reason="died")
    if end.reason is not None:
        return Decoded(reason=end.reason)
    if len(sound) != end.size or end.size % SAMPLE_BYTES or not sound:
        return Decoded(reason="died")
    return Decoded(sound=sound, ms=duration_ms(sound), cut=end.cut)


def _ended_by(status: int) -> Reason:
    if status > 0:
        return "broken"  # its decoder met what it did not expect
    return "time" if status == -signal.SIGXCPU else "died"
