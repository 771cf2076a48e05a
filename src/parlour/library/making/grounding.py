"""Which words of a source a value rests on: a quote holds letter by letter, white space aside, or it is dropped."""

import re
from collections.abc import Mapping, Sequence

from parlour.drafts.values import Source, Span
from parlour.library.making.reading_answers import Quote

EXCERPT_MAX = 24_000
ALL_SOURCES_MAX = 60_000
_SPACE = re.compile(r"\s+")


def shown(sources: Sequence[Source]) -> list[Mapping[str, object]]:
    """The sources as a model reads them, numbered from 1, within bounds."""
    left = ALL_SOURCES_MAX
    found: list[Mapping[str, object]] = []
    for number, source in enumerate(sources, 1):
        text = source.text[: min(EXCERPT_MAX, left)]
        left -= len(text)
        found.append({"number": number, "kind": source.kind, "name": source.name, "text": text})
    return found


def spans_of(quotes: Sequence[Quote], sources: Sequence[Source]) -> tuple[tuple[Span, ...], bool]:
    """The spans that the quotes have in their sources, and whether a quote had none."""
    found: list[Span] = []
    missing = False
    for quote in quotes:
        source = sources[quote.source - 1] if 0 < quote.source <= len(sources) else None
        span = span_of(quote.quote, source) if source else None
        if span is None:
            missing = True
        elif span not in found:
            found.append(span)
    return tuple(found), missing


def span_of(quote: str, source: Source) -> Span | None:
    """Where a quote stands in a source; None if it does not."""
    words = [re.escape(word) for word in _SPACE.split(quote.strip()) if word]
    match = re.search(r"\s+".join(words), source.text) if words else None
    if match is None:
        return None
    return Span(source_id=source.id, start=match.start(), end=match.end(), quote=match[0])
