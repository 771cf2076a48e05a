"""What a file is, by its first bytes. The name that somebody gave it counts for nothing."""

from collections.abc import Mapping

from parlour.files.entities import MediaKind

HEAD_BYTES = 64

ALLOWED: Mapping[MediaKind, frozenset[str]] = {
    "image": frozenset({"image/png", "image/jpeg", "image/webp"}),
    "video": frozenset({"video/webm", "video/mp4"}),
    "audio": frozenset({"audio/ogg", "audio/mpeg", "audio/wav", "audio/mp4"}),
    "captions": frozenset({"text/vtt"}),
}


def media_type_of(head: bytes) -> str | None:
    """The media type that the first `HEAD_BYTES` bytes of a file show; None if it is none that is known."""
    for start, media_type in _STARTS:
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] == b"M4A" else "video/mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head else None
    if head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return "audio/mpeg"
    return "text/vtt" if _is_captions(head) else None


def _is_captions(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf")
    return text.startswith(b"WEBVTT") and text[6:7] in (b"", b" ", b"\t", b"\n", b"\r")


_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
