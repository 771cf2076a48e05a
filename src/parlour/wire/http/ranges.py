"""`Range` of RFC 9110: one span of bytes."""

import re

from parlour.kernel.dataclass import dataclass

_ONE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Which bytes to send; `partial`: as 206."""

    begin: int
    length: int
    partial: bool


def span_of(wanted: str | None, size: int) -> Span | None:
    """What a `Range` header asks of `size` bytes; None if it can be given nothing (416).

    What is no single range of bytes is ignored, as the RFC allows: then everything is sent.
    """
    found = _ONE.fullmatch(wanted.strip().replace(" ", "")) if wanted else None
    first, last = found.groups() if found else ("", "")
    if not first and not last:
        return Span(begin=0, length=size, partial=False)
    if not first:
        length = min(int(last), size)
        return Span(begin=size - length, length=length, partial=True) if length else None
    begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < begin:
        return Span(begin=0, length=size, partial=False)
    return Span(begin=begin, length=end - begin + 1, partial=True) if begin < size else None
