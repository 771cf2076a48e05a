"""Which kind of sound file begins with which bytes. The bytes decide; what they do not show, its type does."""

from importlib.util import find_spec
from typing import Literal

from parlour.speech.wav import is_wav

Container = Literal["wav", "ogg", "matroska", "mp3", "flac", "mp4"]  # names of FFmpeg's readers

HEAD_BYTES = 64
_OF_TYPE: dict[str, Container] = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "application/ogg": "ogg",
    "audio/webm": "matroska",
    "video/webm": "matroska",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mp4": "mp4",
    "video/mp4": "mp4",
    "audio/flac": "flac",
}


def container_of(head: bytes, kind: str) -> Container | None:
    """What a file that begins like this is; `kind` is its media type, as far as somebody knows it."""
    if is_wav(head):
        return "wav"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if head.startswith(b"fLaC"):
        return "flac"
    if head[4:8] == b"ftyp":
        return "mp4"
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2, 0xE4, 0xE6)):
        return "mp3"
    return _OF_TYPE.get(kind.partition(";")[0].strip().lower())


def decodable() -> tuple[str, ...]:
    """The kinds of recordings that are accepted and can be heard here, as people call them."""
    return ("WAV", "Ogg", "WebM", "MP3") if find_spec("av") is not None else ("WAV",)
