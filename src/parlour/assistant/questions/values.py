"""The value of an item: which forms are taken, and the one form that is kept (lab protocol 6.3, 6.4, 8.2).

duration: like `2h30m`; date: `YYYY-MM-DD`; number: int or float; file: a handle; string: one line;
text: as it was said. `names_of` is how a person may call an item.
"""

import datetime
import re

from parlour.assistant.entities import JsonValue
from parlour.assistant.questions import durations
from parlour.assistant.questions.phrases import fold
from parlour.assistant.sentences import SENTENCES
from parlour.files import handles
from parlour.pauses.entities import Item

STRING_CHARS_MAX = 500
TEXT_CHARS_MAX = 32_000
NUMBER_MAX = 2**53

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?(?:e[+-]?\d{1,2})?")


def value_of(item: Item, given: object) -> JsonValue:
    """The value in the form that is kept; None if it is none for this item."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    if isinstance(given, int | float) and not abs(given) < NUMBER_MAX:  # nor is a NaN
        return None
    if item.type == "number" and not isinstance(given, str):
        return given
    text = str(given).strip()
    if not is_storable(text):
        return None
    match item.type:
        case "duration":
            whole = durations.seconds(text)
            return durations.canonical(whole) if whole is not None else None
        case "date":
            return _date(fold(text))
        case "number":
            return _number(fold(text).replace(",", ""))
        case "file":
            return text if handles.parse(text) is not None else None
        case "text":
            return text if 0 < len(text) <= TEXT_CHARS_MAX else None
        case _:
            return _string(item, text)


def is_storable(text: str) -> bool:
    """Whether every store keeps the text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def names_of(item: Item) -> frozenset[str]:
    """The key and the labels of an item in every language, folded, with spaces between words."""
    labels = [item.label, *(texts.get(f"fields.{item.key}", "") for texts in SENTENCES.values())]
    return frozenset(filter(None, (plain(name) for name in (item.key, *labels))))


def plain(name: str) -> str:
    """A name as it is compared: folded, one space between words."""
    return " ".join(re.sub(r"[_\-]+", " ", fold(name)).split())


def _string(item: Item, text: str) -> str | None:
    line = " ".join(text.split())
    if item.choices:
        return next((choice for choice in item.choices if fold(choice) == fold(line)), None)
    return line if 0 < len(line) <= STRING_CHARS_MAX else None


def _date(text: str) -> str | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return datetime.date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return None


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    value = int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    return value if abs(value) < NUMBER_MAX else None
