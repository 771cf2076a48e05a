"""Which options a text names (lab protocol 6.4, `select`): numbers that stand alone, exact titles or ids."""

import re
from collections.abc import Mapping, Sequence

from parlour.assistant.questions import phrases
from parlour.assistant.questions.durations import chinese_number
from parlour.assistant.questions.phrases import fold
from parlour.pauses.entities import Option

_NONE = (phrases.NO | phrases.ABANDON) | phrases.Table(
    [
        *("none", "none of them", "none of these", "neither", "nothing", "0", "没有", "沒有", "不选", "不選"),
        *("都不", "都不要", "都不用", "全都不要", "一个都不要", "一個都不要"),
    ]
)
_ORDINALS = {
    **{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5},
    **{"sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10},
}
_TOKEN = re.compile(r"[0-9a-z]+(?:[.:/'\-][0-9a-z]+)*|[\u3400-\u9fff]+")
_PLACE = re.compile(r"([1-9]\d{0,2})(?:st|nd|rd|th)?")
_HAN_FILL = re.compile(r"选择|選擇|我要|我选|我選|还有|還有|选|選|要|和|与|與|及|第|个|個|篇|号|號|项|項|条|條|请|請")
_HAN_NUMBER = re.compile(r"[一二两兩三四五六七八九]?十[一二三四五六七八九]?|[一二两兩三四五六七八九]")
_PIECES = re.compile(r"[\n,;，；、]+")


def chosen(text: str, options: Sequence[Option]) -> tuple[int, ...]:
    """The places of the options that a text names, each once, in the order in which it names them."""
    named = {fold(name).strip(): option.index for option in reversed(options) for name in (option.title, option.id)}
    whole = named.get(" ".join(fold(text).split()))
    if whole is not None:
        return (whole,)
    found: list[int] = []
    for piece in _PIECES.split(text):
        folded = " ".join(fold(piece).split())
        exact = named.get(folded)
        found += [exact] if exact is not None else _places(folded, named)
    inside = range(1, len(options) + 1)
    return tuple(dict.fromkeys(place for place in found if place in inside))


def says_none(text: str) -> bool:
    """Whether a text says that nothing is chosen."""
    return phrases.only(text, _NONE)


def _places(folded: str, named: Mapping[str, int]) -> list[int]:
    found: list[int] = []
    for token in _TOKEN.findall(folded):
        place = _PLACE.fullmatch(token)
        if token in named:
            found.append(named[token])
        elif place is not None:
            found.append(int(place[1]))
        elif token in _ORDINALS:
            found.append(_ORDINALS[token])
        elif not token[0].isascii():
            found += _han_places(token)
    return found


def _han_places(run: str) -> list[int]:
    """The numerals of a run of Han characters that consists of nothing else but words like 第 and 和."""
    rest = _HAN_FILL.sub(" ", run)
    numbers = rest.split()
    if not all(_HAN_NUMBER.fullmatch(number) for number in numbers):
        return []
    return [place for place in map(chinese_number, numbers) if place]
