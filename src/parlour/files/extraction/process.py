"""Starting, bounding and ending the child that reads a file."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterable

import msgspec

from parlour.files.extraction.entities import EndLine, Extracted, PageLine, ReaderLimits, Reason, arguments
from parlour.files.extraction.metadata import described
from parlour.kernel.children import end_child
from parlour.kernel.decoding import decode

PIECE_BYTES = 64 * 1024
LINE_BYTES = 64  # what JSON adds to a page, apart from characters that it must escape


class _TooMuchError(Exception):
    """The child says more than it may."""


async def extract(pieces: AsyncIterable[bytes], kind: str, charset: str | None, limits: ReaderLimits) -> Extracted:
    """The text of the file whose bytes are given. Ends within `limits`, and the child with it.

    What `pieces` raises is raised.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-X", "utf8", "-m", "parlour.files.extraction.child", kind, charset or "utf-8", *arguments(limits)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("the child has no pipes")
    feeding = asyncio.create_task(_feed(child.stdin, pieces))
    try:
        async with asyncio.timeout(limits.wall_seconds):
            said = await _answer(child.stdout, limits)
            status = await child.wait()
            await feeding
        return await asyncio.to_thread(_understood, said, status)  # a long text keeps it busy for a while
    except TimeoutError:
        return Extracted(status="failed", reason="time")
    except _TooMuchError:
        return Extracted(status="failed", reason="text")
    finally:
        feeding.cancel()
        await end_child(child)


async def _feed(stdin: asyncio.StreamWriter, pieces: AsyncIterable[bytes]) -> None:
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended early: its answer says why
            async for piece in pieces:
                stdin.write(piece)
                await stdin.drain()
    finally:
        stdin.close()


async def _answer(stdout: asyncio.StreamReader, limits: ReaderLimits) -> bytes:
    most = 2 * limits.text_bytes + LINE_BYTES * limits.pages + PIECE_BYTES
    said = bytearray()
    while piece := await stdout.read(PIECE_BYTES):
        said += piece
        if len(said) > most:
            raise _TooMuchError
    return bytes(said)


def _understood(said: bytes, status: int) -> Extracted:
    """What the child said, believed only as far as it has the right form."""
    lines = said.splitlines()
    if status != 0 or not lines:
        return Extracted(status="failed", reason=_ended_by(status))
    try:
        end = decode(lines[-1], EndLine)
        pages = tuple(decode(line, PageLine).page for line in lines[:-1])
    except msgspec.DecodeError:
        return Extracted(status="failed", reason="died")
    if end.end == "failed":
        return Extracted(status="failed", reason=end.reason or "broken")
    return described(end, pages)


def _ended_by(status: int) -> Reason:
    if status > 0:
        return "broken"  # its reader met what it did not expect
    return "time" if status == -signal.SIGXCPU else "died"
