"""From passages and `[n]` marks to references and the list of sources (lab protocol 4.3)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from parlour.assistant.entities import Language, Reference
from parlour.assistant.loop.journal import Journal
from parlour.assistant.sentences import sentence
from parlour.assistant.tools.ports import Passage
from parlour.kernel.dataclass import dataclass

REFERENCES_MAX = 10
QUOTE_CHARACTERS_MAX = 500
AROUND_CHARACTERS = 12
_MARK = re.compile(r"\[(\d{1,4}(?:\s*[,，、]\s*\d{1,4})*)\]")
_OWN_LIST = re.compile(
    r"\n+[ \t*#_]*(?:Sources|References|来源|参考文献)[ \t*_]*[:：]?[ \t*_]*(?:\n+[ \t]*[-*•\[\d].*)+\s*\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cited:
    """An answer with its list of sources, and what it rests on."""

    text: str
    references: tuple[Reference, ...]


def passages(journal: Journal) -> dict[int, Passage]:
    """Every passage of a turn by its number: they are counted from 1 in the order they were found."""
    found = [passage for _, outcome in journal.outcomes() for passage in outcome.passages]
    return dict(enumerate(found, 1))


def cited(text: str, journal: Journal, language: Language) -> Cited:
    """The answer with the sources it names, and those that tools want named in any case."""
    text = _OWN_LIST.sub("", text).rstrip()
    known = passages(journal)
    texts = [_folded(passage.text) for passage in known.values()]
    marks = [mark for mark in _MARK.finditer(text) if not _is_quoted(text, mark, texts)]
    numbers = [int(number) for mark in marks for number in re.findall(r"\d+", mark[1])]
    named = {number: known[number] for number in numbers if number in known}
    always = [reference for _, outcome in journal.outcomes() for reference in outcome.references]
    return with_sources(text, named, always, language)


def with_sources(text: str, named: Mapping[int, Passage], always: Sequence[Reference], language: Language) -> Cited:
    """A text with its list of sources: numbered passages first, then the rest; each source once."""
    kept: dict[Reference, list[int]] = {}
    for number, passage in named.items():
        kept.setdefault(checked(passage), []).append(number)
    shown = {_place(reference) for reference in kept}
    for reference in always:
        plain = replace(reference, quote=None) if _place(reference) not in shown else None
        if plain is not None:
            kept.setdefault(plain, [])
            shown.add(_place(reference))
    references = tuple(kept)[:REFERENCES_MAX]
    if not references:
        return Cited(text=text, references=())
    lines = [f"- {_numbers(kept[reference])}{_line(reference, language)}" for reference in references]
    return Cited(text="\n".join([text, "", sentence(language, "endings.sources"), *lines]), references=references)


def checked(passage: Passage) -> Reference:
    """The passage's reference; a quote that its text does not hold is dropped."""
    quote = passage.reference.quote
    if quote is None:
        return passage.reference
    held = len(quote) <= QUOTE_CHARACTERS_MAX and quote.strip() and _folded(quote) in _folded(passage.text)
    return passage.reference if held else replace(passage.reference, quote=None)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _is_quoted(text: str, mark: re.Match[str], texts: Sequence[str]) -> bool:
    """Whether a mark belongs to words that were quoted: papers have lists of references of their own."""
    own = _folded(mark[0])
    before = _folded(text[max(0, mark.start() - 4 * AROUND_CHARACTERS) : mark.end()])[-len(own) - AROUND_CHARACTERS :]
    after = _folded(text[mark.start() :][: 2 * AROUND_CHARACTERS])[: len(own) + AROUND_CHARACTERS]
    around = [each for each in (before, after) if len(each) == len(own) + AROUND_CHARACTERS]
    return any(each in passage for each in around for passage in texts)


def _place(reference: Reference) -> tuple[object, ...]:
    """What makes two references the same for a reader, whatever they quote."""
    return (reference.ref_type, reference.file, reference.title, reference.page, reference.chunk_id, reference.url)


def _numbers(numbers: Sequence[int]) -> str:
    return "".join(f"[{number}]" for number in sorted(numbers)) + (" " if numbers else "")


def _line(reference: Reference, language: Language) -> str:
    """Title, page, holder, experts, experiment and time: what a person needs to find it."""

    def say(key: str, **values: object) -> str:
        return sentence(language, f"endings.{key}", **values)

    title = " ".join(reference.title.split()) or "?"
    page = say("page", page=reference.page) if reference.page is not None else ""
    about: list[str] = []
    if reference.possessor:
        about.append(say("held_by", name=reference.possessor))
    if reference.experts:
        about.append(say("experts", names=", ".join(reference.experts)))
    if reference.experiment and reference.experiment != reference.title:
        about.append(say("experiment", name=" ".join(reference.experiment.split())))
    if reference.author and reference.ref_type != "message":
        about.append(say("author", name=reference.author))
    if reference.logged_at is not None:
        about.append(f"{datetime.fromtimestamp(reference.logged_at / 1000, UTC):%Y-%m-%d %H:%M} UTC")
    if reference.url:
        about.append(reference.url)
    told = f" ({'; '.join(about)})" if about else ""
    return f"{title}{page}{told}"
