"""Serves the built-in page: `/` and `/assets/...`, with strict headers."""

import asyncio
import hashlib
from pathlib import Path

from fastapi import APIRouter, Request, Response

from parlour.kernel.dataclass import dataclass

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "media-src 'self' blob:",  # a recording that was fetched with the token
        "frame-src blob:",  # a PDF that was fetched with the token, in the browser's own reader
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """One file of the page, as it leaves the server."""

    body: bytes
    media_type: str
    etag: str


class Assets:
    """Every servable file of a folder that is there now, by its path in it; no other path can be asked for.

    A file is read when it is first asked for, and kept.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        found = (file for file in sorted(folder.rglob("*")) if file.suffix in MEDIA_TYPES and file.is_file())
        self.files = {file.relative_to(folder).as_posix(): file for file in found}
        self._read: dict[str, Asset] = {}

    async def get(self, path: str) -> Asset | None:
        """The file of that path, or None."""
        if path in self.files and path not in self._read:
            self._read[path] = await asyncio.to_thread(read_asset, self.files[path])
        return self._read.get(path)


def read_asset(file: Path) -> Asset:
    """A file of the page."""
    body = file.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Asset(body=body, media_type=MEDIA_TYPES[file.suffix], etag=etag)


def routes() -> APIRouter:
    """The routes of the page. Files are read once; browsers keep them and ask again by ETag."""
    assets = Assets()
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=["GET", "HEAD"])
    async def page(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return answer(await assets.get("index.html"), request)

    @router.api_route("/assets/{path:path}", methods=["GET", "HEAD"])
    async def asset(path: str, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        return answer(await assets.get(path), request)

    return router


def answer(asset: Asset | None, request: Request) -> Response:
    """200 with the file, 304 when the browser has it, 404 when there is none; the headers are on all three."""
    if asset is None:
        return Response("Not found.", status_code=404, media_type="text/plain", headers=HEADERS)
    headers = {**HEADERS, "ETag": asset.etag}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if asset.etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    body = b"" if request.method == "HEAD" else asset.body
    length = {"Content-Length": str(len(asset.body))}
    return Response(body, media_type=asset.media_type, headers={**headers, **length})
