"""What of a text is said aloud: no markup, no addresses, no list of sources (lab protocol 10.3)."""

import html
import re
from collections.abc import Callable

from parlour.kernel.dataclass import dataclass

_Change = Callable[[re.Match[str]], "str | int"]  # what stands instead; a number: that group of the match stays


_HEADING = re.compile(r"[#*_ \t]*(?:Sources|References|Quellen|来源|参考文献)[*_ \t]*[:：]?[*_ \t]*", re.IGNORECASE)
_ITEM = re.compile(r"[-*•\[\d]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """What is said of a text, and where each spoken character stands in it; `whole` is the text's length."""

    text: str
    places: tuple[int, ...]
    whole: int

    def place(self, spoken: int) -> int:
        """How many characters of the text are covered by so many spoken characters."""
        if spoken <= 0:
            return 0
        return self.whole if spoken >= len(self.places) else self.places[spoken - 1] + 1


def speakable(text: str) -> str:
    """What is said of a text. Empty if there is nothing to say."""
    return speakable_with_map(text).text


def speakable_with_map(text: str) -> Spoken:
    """What is said of a text, with the way back to its characters."""
    said = text[: _sources_at(text)]
    places = list(range(len(said)))
    for pattern, change in _CHANGES:
        said, places = _changed(said, places, pattern, change)
    if not any(character.isalnum() for character in said):
        said = ""
    begin, end = len(said) - len(said.lstrip()), len(said.rstrip())
    return Spoken(text=said[begin:end], places=tuple(places[begin:end]), whole=len(text))


def _sources_at(text: str) -> int:
    """Where the list of sources begins that ends a text; the text's length if there is none."""
    at, items = len(text.rstrip()), 0
    while at > 0:
        begin = text.rfind("\n", 0, at) + 1
        line = text[begin:at].strip()
        if items and _HEADING.fullmatch(line):
            return begin
        if line and not _ITEM.match(line):
            break
        items += bool(line)
        at = begin - 1
    return len(text)


def _changed(text: str, places: list[int], pattern: re.Pattern[str], change: _Change) -> tuple[str, list[int]]:
    parts: list[str] = []
    where: list[int] = []
    at = 0
    for found in pattern.finditer(text):
        begin, end = found.span()
        if begin == end:
            continue
        parts.append(text[at:begin])
        where += places[at:begin]
        new = change(found)
        if isinstance(new, int):
            kept, until = found.span(new)
            parts.append(text[kept:until])
            where += places[kept:until]
        else:
            parts.append(new)
            where += [places[begin]] * len(new)
        at = end
    if at == 0:
        return text, places
    return "".join([*parts, text[at:]]), where + places[at:]


def _nothing(found: re.Match[str]) -> str:
    del found
    return ""


def _inside(found: re.Match[str]) -> int:
    del found
    return 1


def _line_end(found: re.Match[str]) -> str:
    if found.start() == 0 or found.end() == len(found.string):
        return ""
    before = found.string[found.start() - 1]
    if not before.isalnum() and before not in ")]\"'”’»」":
        return " "
    return "。" if "\u2e80" <= before <= "\u9fff" else ". "


_CHANGES: tuple[tuple[re.Pattern[str], _Change], ...] = (
    (re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\ud800-\udfff\ufeff]"), _nothing),
    (re.compile("[\u2600-\u27bf\ufe00-\ufe0f\U0001f000-\U0001faff]"), _nothing),  # faces and other little pictures
    (re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE), _nothing),  # fences; what they hold is said
    (
        re.compile(r"!?\[([^\[\]\n]{0,500})\]\((?:[^()\s]|\([^()\s]{0,200}\)){0,1000}(?:\s\"[^\"\n]{0,500}\")?\)"),
        _inside,
    ),
    (re.compile(r"[ \t]?\[\d{1,4}(?:\s*[,，、–-]\s*\d{1,4})*\]"), _nothing),
    (re.compile(r"<?(?:https?://|ftp://|www\.)[\x21-\x7e]*[A-Za-z0-9/_#=&%~+-]>?"), _nothing),
    (re.compile(r"</?[A-Za-z][^<>\n]{0,300}>|<!--.{0,500}?-->", re.DOTALL), _nothing),
    (re.compile(r"\([ \t]*\)"), _nothing),  # where an address stood alone in brackets
    (re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,31});"), lambda found: html.unescape(found[0])),
    (re.compile(r"^[ \t]*(?:(?:[-*_=][ \t]*){3,}|\|?[ \t]*:?-[-:| \t]*\|[-:| \t]*)$", re.MULTILINE), _nothing),
    (re.compile(r"^[ \t]*\|[ \t]*|[ \t]*\|[ \t]*$", re.MULTILINE), _nothing),  # the edges of a table
    (re.compile(r"[ \t]*(?<!\|)\|(?!\|)[ \t]*"), lambda _: ", "),
    (re.compile(r"^(?:[ \t]*>)*[ \t]*(?:#{1,6}[ \t]+|[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?)?", re.MULTILINE), _nothing),
    (re.compile(r"`+|\*\*+|~~+|(?<!\w)[*_]+(?=\S)|(?<=\S)[*_]+(?!\w)"), _nothing),
    (re.compile(r"[ \t]*\n\s*"), _line_end),
    (re.compile(r"[ \t\u00a0\u3000]+"), lambda _: " "),
    (re.compile(r" +([.,;:!?…])"), _inside),
    (re.compile(r"[,;]+(?=[.!?])|(?<=[。！？，；])[ ]"), _nothing),
)
