"""Numbers in the descriptions of levels: "1-3 open questions" and "3-5 open questions" both hold for three. Pure."""

import re

_CLOSED = re.compile(
    r"(?<![\d.,])(\d{1,3})\s*(?:-|\u2013|\u2014|to|bis|through|~|\u81f3|\u5230)\s*(\d{1,3})(?![\d.,:]\d)\s*(%|[^\W\d_]*)",
    re.IGNORECASE,
)
_SENTENCES = frozenset(("seconds", "minutes", "sekunden", "minuten"))


def overlap(one: str, other: str) -> str | None:
    """The numbers for which both descriptions hold, if each has exactly one closed range, of the same thing."""
    first, second = _CLOSED.findall(one), _CLOSED.findall(other)
    if len(first) != 1 or len(second) != 1:
        return None
    (low, high, thing), (others_low, others_high, others_thing) = first[0], second[0]
    if thing.casefold() in _SENTENCES or (thing and others_thing and thing.casefold() != others_thing.casefold()):
        return None
    begin, end = max(int(low), int(others_low)), min(int(high), int(others_high))
    if begin > end:
        return None
    shown = str(begin) if begin == end else f"{begin} to {end}"
    return f"{shown} {thing}".strip()
