"""Which words of a reply are spoken, and in which language (lab protocol 10.3)."""

import re

from parlour.assistant.messages.saying import without_sources
from parlour.kernel.dataclass import dataclass
from parlour.pauses.entities import Body, QuestionKind
from parlour.speech.speakable import speakable

_ENDS = re.compile(r"[.!?。！？…](?=\s|$)|[。！？]|\n")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\u1100-\u11ff\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_FOREIGN_SHARE_MIN = 0.1
_OWN_SCRIPTS = frozenset(language for language, _ in _SCRIPTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """What is said aloud; `cut`: the reply has more words than that."""

    text: str
    cut: bool = False


def of_final(text: str, chars_max: int) -> Wording:
    """The answer without markup, addresses, and the list of sources."""
    return _bounded(speakable(without_sources(text)), chars_max)


def of_question(kind: QuestionKind, body: Body, chars_max: int) -> Wording:
    """The whole text of a question, addresses too: who says yes has heard all of what is asked.

    Also the options that a person reads beside it.
    """
    text = body.text
    if kind == "select" and body.extra_info:
        options = "\n".join(f"{option.index}. {option.title}" for option in body.options)
        text = f"{text}\n{options}"
    return _bounded(" ".join(_sentence(line) for line in text.splitlines() if line.strip()), chars_max)


def language_of_voice(text: str, otherwise: str) -> str:
    """The language to speak a text in: that of its script; `otherwise` for Latin letters, if it is written in them."""
    letters = sum(1 for character in text if character.isalpha()) or 1
    for language, script in _SCRIPTS:
        if len(script.findall(text)) / letters >= _FOREIGN_SHARE_MIN:
            return language
    own = otherwise.partition("-")[0].lower()
    return "en" if own in _OWN_SCRIPTS and _LATIN.search(text) else otherwise


def _sentence(line: str) -> str:
    """A line of a question as it is said: without the signs that make it an item, and with an end."""
    said = line.strip().removeprefix("- ").replace("`", "").replace("**", "")
    return f"{said}." if said[-1:].isalnum() or said.endswith((")", "]", '"')) else said


def _bounded(text: str, chars_max: int) -> Wording:
    """At most so many characters, whole sentences if there are any, else whole words."""
    text = text.strip()
    if len(text) <= chars_max:
        return Wording(text=text)
    head = text[:chars_max]
    ends = [found.end() for found in _ENDS.finditer(head)]
    if ends and ends[-1] >= chars_max // 2:
        head = head[: ends[-1]]
    elif " " in head:
        head = head[: head.rindex(" ")]
    return Wording(text=head.strip(), cut=True)
