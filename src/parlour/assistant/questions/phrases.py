"""What counts as yes, no, stop and so on, and when a text consists of nothing else (lab protocol 6.4, B.1, B.2).

Everything here is fixed tables and whole-entry matching; no model takes part. Chinese entries stand
in their traditional forms too. A test proves that no entry is in both the yes and another table.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

Unit = tuple[str, bool]  # a word, or one Han character or emoji; and whether white space stands before it

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_APOSTROPHES = "'\u2018\u2019\u02bc"
_HYPHENS = "-\u2010\u2011"
_QUESTION_MARKS = re.compile("[?\u00bf\u037e\u055e\u061f\u1367\u1945\u203d\u2e2e\ua60f]")
_EMOJI_STYLE = "\ufe0f"

_YES = (
    "yes|y|yeah|yep|yup|ok|okay|sure|agree|agreed|i agree|approve|approved|allow|allowed|confirm|confirmed|correct"
    "|right|fine|go ahead|do it|proceed|yes please|please do|sounds good|looks good|no problem"
    "|是|是的|对|对的|好|好的|好吧|行|可以|同意|我同意|确认|确定|允许|批准|没问题|执行|执行吧|没错|嗯"
    "|對|對的|確認|確定|允許|沒問題|執行|執行吧|沒錯"
)
_NO = (
    "no|n|nope|nah|never|not now|do not|don't|dont|deny|refuse|reject|stop|cancel|disagree|no way"
    "|不|不是|不要|不行|不可以|不同意|不用|不用了|否|别|拒绝|取消|停止|算了"
    "|別|拒絕"
)
_COURTESY = "please|thanks|thank you|thx|👍|👌|✅|🙏|请|谢谢|谢谢你|麻烦了|請|謝謝|謝謝你|麻煩了"
_ABANDON = "abandon|cancel|stop|quit|never mind|nevermind|forget it|give up|放弃|取消|算了|不用了|不做了|放棄"
_STOP = "stop|stop here|enough|end|cancel|停止|停|到此为止|结束|取消|到此為止|到此爲止|結束"
_CONTINUE = "continue|go on|next|keep going|no comment|nothing|none|继续|下一步|没有|没有意见|繼續|沒有|沒有意見"


def fold(text: str) -> str:
    """NFKC and case folding: two texts that differ by width or case alone become equal."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _units(phrase: str) -> list[Unit]:
    """The words of a phrase; between Han characters, and between them and others, no space is needed."""
    units: list[Unit] = []
    for word in phrase.split():
        start = len(units)
        run = ""
        for character in word:
            if _HAN.match(character) or character in _COURTESY_EMOJI:
                if run:
                    units.append((run, False))
                    run = ""
                units.append((character, False))
            elif not (character == _EMOJI_STYLE and units and not run and units[-1][0] in _COURTESY_EMOJI):
                run += character
        if run:
            units.append((run, False))
        if len(units) > start:
            units[start] = (units[start][0], True)
    return units


_COURTESY_EMOJI = frozenset(entry for entry in _COURTESY.split("|") if len(entry) == 1 and not _HAN.match(entry))


class Table:
    """A set of phrases, found by their first unit."""

    def __init__(self, entries: Iterable[str]) -> None:
        self.entries = frozenset(entries)
        found: dict[str, list[Sequence[Unit]]] = {}
        for entry in sorted(self.entries):
            units = _units(fold(entry))
            found.setdefault(units[0][0], []).append(units)
        self._by_first: Mapping[str, list[Sequence[Unit]]] = found

    def __or__(self, other: "Table") -> "Table":
        return Table(self.entries | other.entries)

    def lengths_at(self, units: Sequence[Unit], at: int) -> list[int]:
        """How many units each entry takes that begins at this place."""
        return [
            len(entry)
            for entry in self._by_first.get(units[at][0], [])
            if list(units[at + 1 : at + len(entry)]) == list(entry[1:])
        ]


YES = Table(_YES.split("|"))
NO = Table(_NO.split("|"))
COURTESY = Table(_COURTESY.split("|"))
ABANDON = Table(_ABANDON.split("|"))
STOP = Table(_STOP.split("|"))
CONTINUE = Table(_CONTINUE.split("|"))
YES_OR_CONTINUE = YES | CONTINUE
NEVER_A_VALUE = YES | NO | CONTINUE


def phrases(text: str) -> list[str]:
    """A text, normalised and split at punctuation and line ends; empty phrases are left out."""
    found: list[str] = []
    for line in fold(text).splitlines():
        current = ""
        for at, character in enumerate(line):
            inside = 0 < at < len(line) - 1 and line[at - 1].isalnum() and line[at + 1].isalnum()
            if inside and character in _APOSTROPHES:
                current += "'"
            elif inside and character in _HYPHENS:
                current += "-"
            elif unicodedata.category(character).startswith("P"):
                found.append(current)
                current = ""
            else:
                current += character
        found.append(current)
    return [phrase for phrase in (" ".join(each.split()) for each in found) if phrase]


def is_in(phrase: str, table: Table) -> bool:
    """Whether a phrase consists of whole entries of the table and courtesy words, with at least one entry."""
    return _reach(phrase, table)[1]


def only(text: str, table: Table) -> bool:
    """Whether there is a phrase in the text, beside those of courtesy alone, and every one is in the table."""
    spoken = [phrase for phrase in phrases(text) if not is_courtesy(phrase)]
    return bool(spoken) and all(is_in(phrase, table) for phrase in spoken)


def is_courtesy(phrase: str) -> bool:
    """Whether a phrase consists of courtesy words alone."""
    return _reach(phrase, COURTESY)[1]


def says_nothing(text: str) -> bool:
    """Whether a text is empty, punctuation, or courtesy alone."""
    return all(is_courtesy(phrase) for phrase in phrases(text))


def asks_back(text: str) -> bool:
    """Whether there is a question mark of any script: what looks like a yes is then a question."""
    return bool(_QUESTION_MARKS.search(text) or _QUESTION_MARKS.search(fold(text)))


def _reach(phrase: str, table: Table) -> tuple[bool, bool]:
    """Whether the end is reached by courtesy words alone, and with an entry of the table; linear in the phrase."""
    units = _units(phrase)
    plain, with_entry = [False] * (len(units) + 1), [False] * (len(units) + 1)
    plain[0] = True
    for at in range(len(units)):
        if not (plain[at] or with_entry[at]):
            continue
        for length in table.lengths_at(units, at):
            with_entry[at + length] = True
        for length in COURTESY.lengths_at(units, at):
            plain[at + length] = plain[at + length] or plain[at]
            with_entry[at + length] = with_entry[at + length] or with_entry[at]
    return plain[-1], with_entry[-1]
