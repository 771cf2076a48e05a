"""How many values of a type are to be made: as many as the instructions ask for, else a number that is usual."""

import re
from collections.abc import Mapping, Sequence

from parlour.library.making.table import Table

COUNT_MAX = 12
_USUAL: Mapping[str, int] = {
    "objectives": 3, "examples": 3, "standard_groups": 4, "questions": 3, "fields": 3, "scenarios": 2, "args": 2,
    "items": 2, "pricing": 2, "modalities": 2,
}  # fmt: skip
# Words by which instructions (English, German) speak of values, as beginnings.
_NOUNS: Mapping[str, Sequence[str]] = {
    "objectives": ("objective", "goal", "ziel", "lernziel"),
    "examples": ("example", "beispiel", "sample"),
    "standard_groups": ("criteri", "kriteri", "standard group"),
    "standards": ("level", "stufe", "standards"),
    "questions": ("question", "frage", "quiz question"),
    "problem_statements": ("problem statement", "problem", "ausgangslage"),
    "personas": ("persona", "character", "figur"),
    "documents": ("document", "dokument", "handout"),
    "scenarios": ("scenario", "szenari", "situation"),
    "simulations": ("simulation", "training"),
    "fields": ("field", "choice", "value", "auswahl"),
    "images": ("image", "picture", "bild"),
    "videos": ("video", "film"),
    "rubrics": ("rubric",),
    "args": ("argument", "parameter"),
    "tools": ("tool", "werkzeug"),
}
_WORDS: Mapping[str, int] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "ein": 1, "eine": 1, "einen": 1, "zwei": 2, "drei": 3, "vier": 4, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
    "fünf": 5, "zehn": 10, "a": 1, "an": 1,
}  # fmt: skip
_NUMBER = rf"\b(\d{{1,2}}|{'|'.join(_WORDS)})\b"


def count(type_name: str, table: Table) -> int:
    """How many values: `metadata.count`, else the number before the type's noun in the instructions, else usual."""
    wanted = table.order.metadata.get("count")
    if isinstance(wanted, int) and not isinstance(wanted, bool) and wanted > 0:
        return min(wanted, COUNT_MAX)
    return asked_for(type_name, table.asked) or _USUAL.get(type_name, 1)


def asked_for(type_name: str, text: str) -> int | None:
    """The last number that a text puts before the type's noun; at most one word stands between."""
    nouns = "|".join(map(re.escape, _NOUNS.get(type_name, ())))
    if not nouns:
        return None
    found = re.findall(rf"{_NUMBER}(?:\s+[\w-]+){{0,2}}?\s+(?:{nouns})", text.casefold())
    numbers = [int(each) if each.isdecimal() else _WORDS[each] for each in found]
    numbers = [each for each in numbers if each > 0]
    return min(numbers[-1], COUNT_MAX) if numbers else None
