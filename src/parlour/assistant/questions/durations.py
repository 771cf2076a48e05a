"""Durations in people's words, by rule (lab protocol 8.2): 1 minute to 30 days, in English and Chinese.

`2h30m`, `2:30:00`, `90 min`, `half an hour`, `两小时`, `两个半小时`. The canonical form is like `2h30m`.
"""

import re

from parlour.assistant.questions.phrases import fold

SECONDS_MIN = 60
SECONDS_MAX = 30 * 86_400

_UNITS = {
    "d": 86_400,
    "day": 86_400,
    "days": 86_400,
    "天": 86_400,
    "日": 86_400,
    "h": 3600,
    "hr": 3600,
    "hrs": 3600,
    "hour": 3600,
    "hours": 3600,
    "小时": 3600,
    "小時": 3600,
    "钟头": 3600,
    "鐘頭": 3600,
    "m": 60,
    "min": 60,
    "mins": 60,
    "minute": 60,
    "minutes": 60,
    "分钟": 60,
    "分鐘": 60,
    "分": 60,
    "s": 1,
    "sec": 1,
    "secs": 1,
    "second": 1,
    "seconds": 1,
    "秒": 1,
    "秒钟": 1,
    "秒鐘": 1,
    "w": 604_800,
    "week": 604_800,
    "weeks": 604_800,
    "周": 604_800,
    "週": 604_800,
    "星期": 604_800,
}
_WORDS = {
    **{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6},
    **{"seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12},
}
_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2, "〇": 0}

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
_NUMBER = r"\d+(?:\.\d+)?|[零〇一二两兩三四五六七八九十]+|半|" + "|".join(sorted(_WORDS, key=len, reverse=True))
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_PART = re.compile(
    rf"\s*(?:and\b|,|,|、|又|零)?\s*(?P<half>half\s+an?\s+|半)?(?P<number>{_NUMBER})?\s*(?:个|個)?"
    rf"(?P<halves>半|\s+and\s+a\s+half)?\s*(?:个|個)?\s*(?P<unit>{_UNIT})(?![a-z])(?P<after>半|\s+and\s+a\s+half\b)?"
)


def seconds(text: str) -> int | None:
    """How long that is; None if it is no duration, or not 1 minute to 30 days."""
    folded = fold(text).strip().rstrip(".。!")
    clock = _CLOCK.fullmatch(folded)
    if clock is not None:
        hours, minutes, rest = (int(part or 0) for part in clock.groups())
        total = float(hours * 3600 + minutes * 60 + rest)
    else:
        total = _sum(folded)
    whole = round(total)
    return whole if SECONDS_MIN <= whole <= SECONDS_MAX else None


def canonical(whole: int) -> str:
    """The form in which a duration is kept and shown: `1d`, `2h30m`, `1m30s`."""
    parts: list[str] = []
    rest = whole
    for name, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{name}")
    return "".join(parts)


def _sum(text: str) -> float:
    """The sum of `number unit` parts that make up the whole text, each unit once and falling; else 0."""
    total, at, last = 0.0, 0, float("inf")
    while at < len(text):
        part = _PART.match(text, at)
        size = _UNITS[part["unit"]] if part else 0
        count = _count(part) if part else None
        if part is None or count is None or size >= last:
            return 0.0
        total, at, last = total + count * size, part.end(), float(size)
    return total


def _count(part: re.Match[str]) -> float | None:
    """How many of its unit a part says; None without any number."""
    number = part["number"]
    extra = 0.5 if part["halves"] or part["after"] else 0.0
    if part["half"]:
        return 0.5 if number is None and not extra else None
    if number == "半":
        return 0.5 if not extra else None
    value = _value(number) if number else None
    return None if value is None else value + extra


def _value(number: str) -> float | None:
    if number[0].isdecimal():
        return float(number) if len(number) <= 12 else None
    if number in _WORDS:
        return float(_WORDS[number])
    counted = chinese_number(number)
    return float(counted) if counted is not None else None


def chinese_number(text: str) -> int | None:
    """0 to 99 in Chinese numerals: 三, 十, 十二, 二十, 三十五, 两."""
    tens, mark, ones = text.partition("十")
    if mark:
        if (tens and tens not in _DIGITS) or (ones and ones not in _DIGITS):
            return None
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    return _DIGITS.get(text)
