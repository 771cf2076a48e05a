"""The embedded model's answers: quotes with their sources, and what tools did (lab protocol 7.5). Pure.

Nothing is said that no outcome says. Quotes are verbatim but for folded white space.
"""

import re
from collections.abc import Sequence
from functools import partial

from parlour.assistant.entities import Language
from parlour.assistant.sentences import sentence
from parlour.providers.models.scripted.assistant.chinese import in_chinese
from parlour.providers.models.scripted.assistant.script import Found, OutcomeSeen, TurnFile

QUOTES_MAX = 3
QUOTE_CHARACTERS_MAX = 500
_TOLD_CHARACTERS_MAX = 4_000
SEARCHES = (
    "file_search",
    "recent_paper_search",
    "shared_paper_search",
    "experiment_log_search",
    "instrument_search",
    "chat_history_search",
)
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7a3]+|[^\W_]+(?:[-'’][^\W_]+)*")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7a3]")
_STOP_WORDS = (
    "a about after all also am an and any are as at be been before but by can could did do does don't find for from "
    "get give had has have he her hers him his how i if in into is it its know let like many may me might more most "
    "much my no not now of off on or other our out over please say says search see shall she should show so some "
    "such tell than that the their them then there these they this those to too up us use used using was we were "
    "what what's when where which while who whom whose why will with would you your yours earlier paper papers file "
    "document documents said asked"
)
_STOP = frozenset(_STOP_WORDS.split())
_STOP_ZH = re.compile(
    r"什么|怎么样?|如何|为什么|哪些|哪个|哪里|多少|请问|请|关于|有没有|是否|一下|可以|能不能|告诉我|我们?|你们?|您|的|了|吗|呢|是|在|和|与|有"
)


def content_words(text: str) -> list[str]:
    """The words of a question that carry its meaning, in order, without repetition."""
    found: list[str] = []
    for word in _WORD.findall(text):
        kept = [part for part in _STOP_ZH.split(word) if part] if _HAN.search(word) else [word]
        found.extend(each for each in kept if each.casefold() not in _STOP)
    return list(dict.fromkeys(found))


def overlap(words: Sequence[str], text: str) -> int:
    """How many terms of a question a text has; Han words count by pairs of characters."""
    folded = text.casefold()
    terms: set[str] = set()
    for word in (each.casefold() for each in words):
        if _HAN.search(word) and len(word) > 1:
            terms.update(word[at : at + 2] for at in range(len(word) - 1))
        else:
            terms.add(word[:-1] if len(word) > 4 and word.endswith("s") else word)
    return sum(_has(folded, term) for term in terms)


def answer_of(outcomes: Sequence[OutcomeSeen], question: str, files: Sequence[TurnFile], language: Language) -> str:
    """What is to be said after these outcomes."""
    say = partial(sentence, language)
    did = [_told(each, language) for each in outcomes if not _searched(each)]
    searches = [each for each in outcomes if _searched(each)]
    parts = list(dict.fromkeys(text for text in did if text))
    quotes = _quotes([*searches, *(each for each in outcomes if not _searched(each))], question)
    if quotes:
        parts.append("\n\n".join([say("brain.found"), *(_quoted(each, language) for each in quotes)]))
    beside = [_beside(each, language) for each in searches]
    parts.extend(dict.fromkeys(text for text in beside if text))
    if searches and not quotes and not any(beside):
        parts.append(_nothing(searches, language))
    parts.extend(unreadable(files, language) if searches or not outcomes else [])
    failed = [each for each in searches if each.status not in ("done", "nothing")]
    parts.extend(say("brain.more_failed", why=_cut(each.text, language)) for each in failed[:2])
    return "\n\n".join(parts) or say("brain.cannot_search")


def unreadable(files: Sequence[TurnFile], language: Language) -> list[str]:
    """A sentence for every file whose text cannot be had."""
    keys = {"no_text": "brain.no_text", "failed": "brain.not_read", "none": "brain.inert"}
    return [
        sentence(language, keys[each.text_status], name=each.name or each.handle)
        for each in files
        if each.text_status in keys
    ]


def places(tools: Sequence[str], language: Language) -> str:
    """The names of the places that these tools search."""
    return sentence(language, "brain.comma").join(
        sentence(language, f"brain.place.{tool}") for tool in dict.fromkeys(tools) if tool in SEARCHES
    )


def _has(folded: str, term: str) -> bool:
    if _HAN.search(term):
        return term in folded
    return re.search(rf"(?<!\w){re.escape(term)}", folded) is not None


def _searched(outcome: OutcomeSeen) -> bool:
    return outcome.tool in SEARCHES


def _quotes(outcomes: Sequence[OutcomeSeen], question: str) -> list[Found]:
    """The best passages: those with more of the question's terms first, then in the order they were found."""
    words = content_words(question)
    passages = {each.n: each for outcome in outcomes for each in outcome.passages if (each.quote or "").strip()}
    ranked = sorted(passages.values(), key=lambda each: (-overlap(words, f"{each.quote} {each.title}"), each.n))
    if len(outcomes) > 1:  # a general search: what shares no term with the question does not answer it
        ranked = [each for each in ranked if overlap(words, f"{each.quote} {each.title}")]
    chosen: dict[str, Found] = {}
    for each in ranked:
        chosen.setdefault(_folded(each.quote or ""), each)
    return list(chosen.values())[:QUOTES_MAX]


def _quoted(found: Found, language: Language) -> str:
    source = [found.title] if found.title else []
    if found.page is not None:
        source.append(sentence(language, "brain.page", page=found.page))
    if found.holder:
        source.append(sentence(language, "brain.holder", holder=found.holder))
    if found.experiment and found.experiment != found.title:
        source.append(found.experiment)
    if isinstance(found.logged_at, str):
        source.append(found.logged_at)
    if found.experts:
        named = sentence(language, "brain.comma").join(found.experts)
        source.append(sentence(language, "brain.experts", experts=named))
    quote = _folded(found.quote or "")[:QUOTE_CHARACTERS_MAX]
    where = sentence(language, "brain.comma").join(source)
    return sentence(language, "brain.quote", quote=quote, source=where, n=found.n)


def _nothing(searches: Sequence[OutcomeSeen], language: Language) -> str:
    looked = places([each.tool for each in searches if each.status in ("done", "nothing")], language)
    return sentence(language, "brain.nothing", places=looked) if looked else sentence(language, "brain.nothing_at_all")


def _told(outcome: OutcomeSeen, language: Language) -> str:
    """What an outcome that is no search says to the person."""
    text = _cut(outcome.text, language)
    say = partial(sentence, language, tool=outcome.tool, why=text)
    match outcome.status:
        case "done":
            return text or say("brain.done")
        case "nothing":
            return text or say("brain.empty")
        case "refused" | "abandoned":
            return say(f"brain.{outcome.status}").strip()
        case "unknown":
            return say("brain.unknown").strip()
        case _:
            return say("brain.failed").strip()


def _beside(outcome: OutcomeSeen, language: Language) -> str:
    """What a search says beside its passages: who the experts of an instrument are."""
    lines = [line for line in outcome.text.split("\n") if line.startswith("Experts of ")]
    return _cut("\n".join(lines), language)


def _cut(text: str, language: Language) -> str:
    text = text.strip()
    text = text if len(text) <= _TOLD_CHARACTERS_MAX else f"{text[:_TOLD_CHARACTERS_MAX]} …"
    return in_chinese(text) if language == "zh" else text


def _folded(text: str) -> str:
    return " ".join(text.split())
