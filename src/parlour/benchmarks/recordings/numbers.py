"""Addresses and numbers by which a person can be found: e-mail, telephone, matriculation. Pure.

Telephone numbers are those that look like one, or are said to be one. A number of a student is one that is said to
be one, and any other run of seven to ten digits (with up to two letters before) that is no round number.
"""

import re
from collections.abc import Iterator
from typing import Literal

from parlour.kernel.dataclass import dataclass

NumberKind = Literal["email", "phone", "student"]
PHONE_DIGITS_MIN, PHONE_DIGITS_MAX = 7, 15
_LOCAL_DIGITS_MIN = 9
_SAID_DIGITS_MIN = 4

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,256}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")
_INTERNATIONAL = re.compile(r"(?<![\w.])(?:\+|00)[1-9](?:[\s().\-/]{0,2}\d){6,14}(?!\w)")
_LOCAL = re.compile(r"(?<![\w.,])\(?0\d{1,5}\)?(?:[\s.\-/]{0,2}\d){4,12}(?![\w]|[.,]\d)")
_NORTH_AMERICAN = re.compile(r"(?<![\w.])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?!\w)")
_SAID_PHONE = re.compile(
    r"(?i:\b(?:phone|mobile|cell|whatsapp|call me|text me|ring me|telephone|telefon|handy|tel|nummer ist|number is)\b)"
    r"[^\d\n]{0,24}?(\+?\d(?:[\s().\-/]{0,2}\d){4,14})(?!\w)"
)
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{1,2}-\d{1,2}")
_SAID_STUDENT = re.compile(
    r"(?i:\b(?:im?matriculation|matric\w*|matr|matrikel\w*|student|enrol\w*|registration|roll|candidate|personal)\b"
    r"|\u5b66\u53f7|\u5b78\u865f)"
    r"(?i:[\s.:#-]{0,3}(?:numbers?|nos?|nr|nummer|id|card)\b)?(?i:[\s.:#=-]{0,3}(?:is|ist|was|war|:|\u662f))?[\s.:#=\"'-]{0,3}"
    r"([A-Za-z]{0,3}[- ]?\d{4,12})(?!\w)"
)
_BARE = re.compile(r"(?<![\w.,])[A-Za-z]{0,2}\d{7,10}(?![\w]|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Numbered:
    """An address or number and where it stands."""

    start: int
    end: int
    kind: NumberKind
    text: str


def numbers(text: str) -> Iterator[Numbered]:
    """Every address and number in a text; overlapping ones in the order in which they are to be believed."""
    for match in _EMAIL.finditer(text):
        yield Numbered(*match.span(), "email", match[0])
    for match in _SAID_STUDENT.finditer(text):
        if len(digits(match[1])) >= _SAID_DIGITS_MIN:
            yield Numbered(*match.span(1), "student", match[1])
    for pattern in (_INTERNATIONAL, _NORTH_AMERICAN, _LOCAL):
        for match in pattern.finditer(text):
            count = len(digits(match[0]))
            least = _LOCAL_DIGITS_MIN if pattern is _LOCAL else PHONE_DIGITS_MIN
            if least <= count <= PHONE_DIGITS_MAX and not _DATE.fullmatch(match[0]):
                yield Numbered(*match.span(), "phone", match[0])
    for match in _SAID_PHONE.finditer(text):
        if not _DATE.fullmatch(match[1]):
            yield Numbered(*match.span(1), "phone", match[1])
    for match in _BARE.finditer(text):
        if not match[0].endswith("000"):
            yield Numbered(*match.span(), "student", match[0])


def digits(text: str) -> str:
    """The digits of a text alone."""
    return "".join(each for each in text if each.isdigit())
