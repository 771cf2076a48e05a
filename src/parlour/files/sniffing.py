"""What uploaded bytes are. The bytes decide; a name only tells kinds of text apart (lab protocol 9.3)."""

import codecs
import re

from parlour.files.media_types import HEAD_BYTES, media_type_of
from parlour.files.names import suffix_of
from parlour.kernel.dataclass import dataclass

EDGE_BYTES = 64 * 1024
UNKNOWN = "application/octet-stream"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_BY_SUFFIX = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".htm": "text/html",
    ".html": "text/html",
    ".xhtml": "text/html",
    ".svg": "image/svg+xml",
    ".xml": "application/xml",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
}
_TEXT_SUFFIXES = frozenset({".txt", ".log", *_BY_SUFFIX})
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP = re.compile(
    r"\s*(?:<!--.*?-->\s*|<\?xml.*?\?>\s*)*<(!doctype\s+html|html|head|body|script|!doctype\s+svg|svg)\b", re.S
)
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A media type, and how text is written: `utf-8`, `utf-16` or `gb18030`; None for what is no text."""

    type: str
    charset: str | None = None


class Sniffer:
    """Looks at bytes as they pass. Keeps their two ends and whether they are text, nothing more."""

    def __init__(self, name: str) -> None:
        self._suffix = suffix_of(name)
        self._first = b""
        self._head = b""
        self._tail = b""
        self._texts: dict[str, codecs.IncrementalDecoder] | None = None

    def feed(self, piece: bytes) -> None:
        """The next bytes."""
        if self._texts is None:
            piece, self._first = self._first + piece, b""
            if len(piece) < len(codecs.BOM_UTF16_LE):
                self._first = piece
                return
            self._begin(piece)
        if len(self._head) < EDGE_BYTES:
            self._head += piece[: EDGE_BYTES - len(self._head)]
        self._tail = (self._tail + piece[-EDGE_BYTES:])[-EDGE_BYTES:]
        self._try(piece, final=False)

    def kind(self) -> Kind:
        """What all the bytes are; call it once, after the last."""
        if self._texts is None:
            self._head = self._tail = self._first
            self._begin(self._first)
            self._try(self._first, final=False)
        head = self._head
        known = _binary(head, self._tail)
        if known is not None:
            return Kind(type=known)
        self._try(b"", final=True)
        charset = next(iter(self._texts), None) if self._texts else None
        if charset is None:
            return Kind(type="text/plain", charset="utf-8") if not head else Kind(type=UNKNOWN)
        text = head.decode(charset, "ignore").removeprefix("\ufeff")
        markup = _MARKUP.match(text.lower())
        if markup:
            return Kind(type="image/svg+xml" if "svg" in markup[1] else "text/html", charset=charset)
        return Kind(type=_BY_SUFFIX.get(self._suffix, "text/plain"), charset=charset)

    def _begin(self, piece: bytes) -> None:
        self._texts = {charset: codecs.getincrementaldecoder(charset)() for charset in self._charsets(piece)}

    def _charsets(self, piece: bytes) -> list[str]:
        for bom, charset in _BOMS:
            if piece.startswith(bom):
                return [charset]
        return ["utf-8", "gb18030"] if self._suffix in _TEXT_SUFFIXES else ["utf-8"]

    def _try(self, piece: bytes, *, final: bool) -> None:
        """Give up the ways of writing that the bytes contradict."""
        for charset, decoder in tuple((self._texts or {}).items()):
            try:
                is_text = _CONTROLS.search(decoder.decode(piece, final)) is None
            except UnicodeDecodeError:
                is_text = False
            if not is_text and self._texts:
                del self._texts[charset]


def _binary(head: bytes, tail: bytes) -> str | None:
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return DOCX if b"word/" in head or b"word/" in tail else "application/zip"
    media = media_type_of(head[:HEAD_BYTES])
    if media == "video/webm" or (head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:4096]):
        return "video/webm" if b"V_" in head else "audio/webm"
    return None if media == "text/vtt" else media
