"""Sending stored bytes: whole, a part, or the word that they are known. The same on every wire."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Literal
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from parlour.files.ports import BlobStore
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.wire.http.ranges import Span, span_of

PIECE_BYTES = 256 * 1024
NAME_CHARS_MAX = 150


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """Bytes to send: of which blob, how many, as what. `headers` are those of every answer."""

    digest: str
    size: int
    media_type: str
    headers: Mapping[str, str]


async def download_response(blobs: BlobStore, download: Download, request: Request) -> Response | None:
    """The answer to a request with or without `If-None-Match` and `Range`; None if it asks for no byte there is (416).

    Raises `unavailable` if the bytes are not where they should be.
    """
    etag = f'"{download.digest}"'
    headers = {**download.headers, "etag": etag}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range") if request.headers.get("if-range", etag) == etag else None
    span = span_of(wanted, download.size)
    if span is None:
        return None
    if not await asyncio.to_thread(blobs.has, download.digest):
        raise Refusal("unavailable", "The storage service is not available.")
    headers["content-length"] = str(span.length)
    if span.partial:
        headers["content-range"] = f"bytes {span.begin}-{span.begin + span.length - 1}/{download.size}"
    status = 206 if span.partial else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=download.media_type)
    return StreamingResponse(
        _pieces(blobs, download, span), status_code=status, headers=headers, media_type=download.media_type
    )


async def _pieces(blobs: BlobStore, download: Download, span: Span) -> AsyncGenerator[bytes]:
    """The bytes of a span. Nothing is held open between pieces, however slowly they are taken."""
    at, end = span.begin, span.begin + span.length
    while at < end:
        piece = await asyncio.to_thread(blobs.read, download.digest, at, min(PIECE_BYTES, end - at))
        if not piece:
            raise OSError("a blob is shorter than it was")
        at += len(piece)
        yield piece


def disposition(kind: Literal["inline", "attachment"], name: str) -> str:
    """`Content-Disposition` with a file name as RFC 6266 has it, without what could lead elsewhere."""
    safe = "".join(each if each.isprintable() and each not in '/\\:"' else "_" for each in name)
    safe = safe.strip(" .")[-NAME_CHARS_MAX:] or "file"
    plain = "".join(each if each.isascii() else "_" for each in safe)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
