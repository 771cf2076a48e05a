"""The program that reads one file: `python -I -m parlour.files.extraction.child TYPE CHARSET LIMITS...`

It is given the bytes on its standard input and answers with lines of JSON. Before it looks at them it
gives up the network, new files, new processes and all but a bounded amount of time and memory.
"""

import codecs
import ctypes
import resource
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from parlour.files.extraction.entities import EndLine, PageLine, ReaderLimits, limits_of
from parlour.files.extraction.readers import CHARSETS, Facts, UnreadableError, read_docx, read_pdf, read_text

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_DIE_WITH_PARENT, _NO_NEW_PRIVILEGES = 1, 38


def main() -> None:
    """Read what stands on standard input."""
    kind, charset, *numbers = sys.argv[1:]
    limits = limits_of(numbers)
    give_up(limits)
    try:
        data = sys.stdin.buffer.read()
        end = _read(kind, charset, data, limits)
    except UnreadableError as error:
        end = EndLine(end="failed", reason=error.reason)
    except MemoryError:
        end = EndLine(end="failed", reason="memory")
    except RecursionError:
        end = EndLine(end="failed", reason="broken")
    _say(end)


def give_up(limits: ReaderLimits) -> None:
    """Drop every right that reading needs no more. What the system does not offer is left out."""
    for charset in CHARSETS:
        codecs.lookup(charset)
    datetime.strptime("2000", "%Y").astimezone(UTC)  # is loaded on first use, which then needs a file
    libc = ctypes.CDLL(None)
    if libc.unshare(_NEW_USER | _NEW_NETWORK) != 0:
        libc.unshare(_NEW_NETWORK)
    libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # its three streams, nothing else


def _read(kind: str, charset: str, data: bytes, limits: ReaderLimits) -> EndLine:
    pages, facts = _opened(kind, charset, data, limits)
    written = letters = 0
    for page in pages:
        written += len(page.encode())
        if written > limits.text_bytes:
            raise UnreadableError("text")
        letters += any(each.isalnum() for each in page)
        _say(PageLine(page=page))
    return EndLine(end="ok" if letters else "no_text", title=facts.title, author=facts.author, year=facts.year)


def _opened(kind: str, charset: str, data: bytes, limits: ReaderLimits) -> tuple[Iterator[str], Facts]:
    if kind == "application/pdf":
        return read_pdf(data, limits)
    return read_text(data, charset) if kind.startswith("text/") else read_docx(data, limits)


def _say(line: PageLine | EndLine) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")


if __name__ == "__main__":
    main()
