"""What the offline author is asked for, and how it chooses: seeded, so that the same request gets the same answer."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T")
LABEL = "(Drafted offline from a template.)"
SENTENCE_MAX = 300
SENTENCES_MAX = 400

_WORD = re.compile(r"[^\W\d_]{4,}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SPEAKER = re.compile(r"^[ \t]{0,8}([^\n:]{1,60}):[ \t\n]{1,8}(.+)$", re.MULTILINE)
_TOPIC = re.compile(
    r"\b(?:about|regarding|concerning|because of|dealing with|on the (?:topic|subject) of|who (?:struggles|fights) with"
    r"|struggling with|over|after|on(?! (?:her|his|their|its)\b)|über|wegen|zum thema"
    r"|(?:made|lost|failed|missed|broke|forgot|wants|needs|refuses|disputes)(?! to\b))\s+(?P<topic>[^.,;!?\n]{3,80})",
    re.IGNORECASE,
)
_FEAR = re.compile(r"\b(?:afraid|scared|frightened|fear) of\s+(?P<topic>[^.,;!?\n]{3,80})", re.IGNORECASE)
_WHOSE = re.compile(
    r"\bwhose (?P<thing>[\w' -]{3,40}?) (?P<rest>(?:is|was|are|were|has|have)\b[^.,;!?\n]{2,60})", re.IGNORECASE
)
_POSSESSIVE = re.compile(r"^(?:her|his|their|its)\b", re.IGNORECASE)
_ORDER = re.compile(
    r"^(?:please\s+)?(?:(?:write|make|draft|create|generate|grade|judge|assess)\s+(?:me\s+)?)?"
    r"(?:(?:a|an|the|one|this)\s+)?(?:(?:scenario|rubric|simulation|document|evaluation|cohort)\b\s*)?"
    r"(?:(?:of|for|about|on|that|which|where|in which)\s+|:\s*)?",
    re.IGNORECASE,
)
_STRONG = ("about", "regarding", "concerning", "because of", "dealing with", "on the", "who ", "struggling", "über")
WISH_MAX = 90
ASKED_MAX = 8_000
_MATTER = re.compile(r"(?:The matter is|has come about) ([^.\n]{3,120})\.")
_CUT = re.compile(
    r"\s+(?:who|which|that|but|because|so that|when|for (?:my|our|the|a|an|first|second|new)"
    r"|and (?:who|has|is|was|does|did|cannot|will|wants|needs|fears|feels|hides|blames|refuses|denies|hopes|believes)"
    r"|and an? (?:[a-z]+ )?(?:student|pupil|customer|client|patient|parent|colleague|employee|guest)"
    r"|and [a-z]+s (?:to|that|it|about|not?|nothing|nobody|for)"
    r"|on (?:her|his|their)|with (?:a|an|the|three|four|five)|in (?:three|four|five|english|german|office hours)"
    r"|der|die|das|und)\b.*$",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"\b(?:called|named|namens|whose name is|name is)\s+[\"'“”]?([A-ZÄÖÜ][\w'’-]+(?:\s+[A-ZÄÖÜ][\w'’-]+){0,2})"
)
_COMMON = frozenset(
    (
        "about", "with", "that", "this", "from", "have", "they", "them", "their", "there", "what", "when", "where",
        "which", "would", "could", "should", "your", "persona", "scenario", "rubric", "teacher", "student", "please",
        "make", "write", "draft", "generate", "create", "three", "four", "five", "criteria", "level", "levels",
        "objectives", "examples", "learner", "conversation", "someone", "somebody",
    )
)  # fmt: skip


class Material(msgspec.Struct, frozen=True):
    """A source of the draft, by its number in the request."""

    number: int
    kind: str = "document"
    name: str = ""
    text: str = ""


class Ask(msgspec.Struct, frozen=True):
    """A request of `library.making.prompts`."""

    artifact: str
    type: str
    number: int = 0
    of: int = 1
    about: dict[str, object] = {}
    instructions: list[str] = []
    draft: dict[str, list[dict[str, object]]] = {}
    sources: list[Material] = []
    choices: list[dict[str, object]] = []
    seed: str = ""
    subject: str = ""

    @property
    def asked(self) -> str:
        """The instructions as one text, one space where there are several, no longer than rules can read at once."""
        lines = (" ".join(line.split()) for text in self.instructions for line in text[:ASKED_MAX].splitlines())
        return "\n".join(line for line in lines if line)[:ASKED_MAX]


def pick(ask: Ask, choices: Sequence[T], salt: str = "") -> T:
    """One of them; another run, type or number may get another."""
    return choices[_number(f"{ask.seed}/{ask.type}/{ask.number}/{salt}") % len(choices)]


def settled(ask: Ask, choices: Sequence[T], salt: str) -> T:
    """One of them, the same for everything that is made for one draft."""
    return choices[_number(f"{ask.subject}/{salt}") % len(choices)]


def in_turn(ask: Ask, choices: Sequence[T], salt: str) -> T:
    """One after another for the values of a type, begun at a place that the run decides."""
    return choices[(_number(f"{ask.seed}/{salt}") + ask.number) % len(choices)]


def _number(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")


def text_of(row: Mapping[str, object], name: str) -> str:
    """A text member; "" if it is not there."""
    found = row.get(name)
    return found.strip() if isinstance(found, str) else ""


def first(ask: Ask, type_name: str, name: str) -> str:
    """A text of the first value of a type in the draft."""
    return next((text_of(row, name) for row in ask.draft.get(type_name, ()) if text_of(row, name)), "")


def written(ask: Ask) -> str:
    """Every text of the draft, a line each."""
    rows = (row for held in ask.draft.values() for row in held)
    return "\n".join(each for row in rows for each in row.values() if isinstance(each, str))


def labelled(text: str) -> str:
    """A text that says where it comes from."""
    return f"{text.strip()} {LABEL}"


def called(ask: Ask) -> str:
    """The name that the instructions give somebody; "" for none."""
    found = _CALLED.search(ask.asked)
    return found[1] if found else ""


def topic(ask: Ask) -> str:
    """What it is about, in the words of the instructions, else of the draft or the first source; "" if nobody said."""
    found = _feared(ask.asked) or _topic_in(ask.asked)
    if found:
        return found
    told = _MATTER.search(written(ask))
    if told:
        return told[1]
    for type_name, name in (("problem_statements", "problem_statement"), ("descriptions", "description")):
        found = _topic_in(first(ask, type_name, name), strong=True)
        if found:
            return found
    return ask.sources[0].name.rpartition(".")[0] or ask.sources[0].name if ask.sources else ""


def _feared(text: str) -> str:
    fear, whose = _FEAR.search(text), _WHOSE.search(text)
    if fear is not None:
        return f"the fear of {_CUT.sub('', fear['topic']).strip()}"
    return f"the {whose['thing']} that {whose['rest'].strip()}" if whose is not None else ""


def wish(ask: Ask) -> str:
    """The first sentence of the instructions without the order in it; "" if it is too long to stand in a sentence."""
    sentence = re.split(r"[.!?\n]", ask.asked.strip(), maxsplit=1)[0]
    words = " ".join(_ORDER.sub("", sentence, count=1).split()).strip(" \"'“”")
    return words if 8 <= len(words) <= WISH_MAX else ""


def _topic_in(text: str, *, strong: bool = False) -> str:
    matches = list(_TOPIC.finditer(text))
    ranked = sorted(matches, key=lambda match: not match[0].casefold().startswith(_STRONG))
    for match in ranked:
        if strong and not match[0].casefold().startswith(_STRONG):
            continue
        words = _POSSESSIVE.sub("the", _CUT.sub("", match["topic"]).strip(" \"'“”()"))
        if len(words) >= 3 and not re.match(r"(?:it|them|this|that|me|us|one|english|german)\b", words, re.IGNORECASE):
            return words
    return ""


def key_words(text: str) -> frozenset[str]:
    """The words of a text that may say what it is about."""
    return frozenset(_WORD.findall(text.casefold())) - _COMMON


class Line(msgspec.Struct, frozen=True):
    """A sentence of a source, as it stands there."""

    source: int
    text: str
    speaker: str = ""


def sentences(ask: Ask) -> list[Line]:
    """The sentences of the sources, those first that share words with what is asked for."""
    wanted = key_words(f"{ask.asked}\n{written(ask)}")
    found = [
        Line(source=source.number, text=each.strip(" -*•\t#"))
        for source in ask.sources
        if not spoken(source)
        for each in _SENTENCE.split(source.text)
    ]
    usable = [each for each in found if 25 <= len(each.text) <= SENTENCE_MAX and " " in each.text][:SENTENCES_MAX]
    return sorted(usable, key=lambda each: -len(wanted & key_words(each.text)))


def said_by_learners(ask: Ask) -> list[Line]:
    """What learners said in the conversations among the sources."""
    found = [
        Line(source=source.number, text=said.strip()[:SENTENCE_MAX], speaker=speaker.strip())
        for source in ask.sources
        for speaker, said in spoken(source)
    ]
    return [each for each in found if each.speaker.casefold() == "learner"]


def spoken(source: Material) -> list[tuple[str, str]]:
    """Who said what, if a source is a conversation."""
    lines = _SPEAKER.findall(source.text)
    return lines if source.kind == "chat" or len(lines) >= 4 else []


def quote(line: Line) -> dict[str, object]:
    """A quote as a request wants it."""
    return {"source": line.source, "quote": line.text}


def capital(text: str) -> str:
    """A text with a large first letter."""
    return text[:1].upper() + text[1:]
