"""Moodle's GIFT: single and multiple choice, true and false. Everything else is refused with its line and the reason.

Titles, categories and feedback have no place in a quiz question here and are not kept.
"""

import re
from collections.abc import Iterator, Sequence

from parlour.kernel.dataclass import dataclass
from parlour.library.bundles.given import BYTES_MAX
from parlour.library.bundles.quiz import (
    QuizFault,
    QuizFaults,
    QuizOption,
    QuizQuestion,
    is_true_false,
    question_fault,
    taken,
    tidy,
    true_false,
    words_of_html,
)

BLOCK_CHARACTERS_MAX = 60_000

_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_TITLE = re.compile(r"\s*::(?:\\.|[^\\])*?::", re.DOTALL)
_ANSWER = re.compile(r"([=~])((?:\\.|[^\\=~])*)", re.DOTALL)
_WEIGHT = re.compile(r"\s*%(-?[0-9]+(?:\.[0-9]+)?)%")
_SPECIAL = re.compile(r"([\\~=#{}:])")
_TRUE, _FALSE = frozenset({"T", "TRUE"}), frozenset({"F", "FALSE"})
_BLANK = "_____"
_ARROW = "-\\>"  # else two answers to match


class _RefusedError(Exception):
    """Why a question is not taken."""


@dataclass(frozen=True, slots=True)
class _Written:
    """One question as it stands in the file, and the line where it begins."""

    text: str
    line: int


def read_gift(text: str) -> tuple[QuizQuestion, ...]:
    """The questions of a file. Raises `QuizFaults` with every question that cannot be taken."""
    if len(text) > BYTES_MAX:
        raise QuizFaults([QuizFault(line=1, reason=f"the file is larger than {BYTES_MAX} characters")])
    found: list[QuizQuestion] = []
    faults: list[QuizFault] = []
    for written in _questions(text):
        try:
            question = _question(written.text)
            fault = question_fault(question)
        except _RefusedError as refused:
            fault = str(refused)
        else:
            found.append(question)
        if fault is not None:
            faults.append(QuizFault(line=written.line, reason=fault))
    return taken(found, faults)


def write_gift(questions: Sequence[QuizQuestion]) -> str:
    """Questions as a file; read again they are the same."""
    return "\n".join(_text(number, question) for number, question in enumerate(questions, 1))


def _questions(text: str) -> Iterator[_Written]:
    """The blocks between empty lines, without comments and categories."""
    lines: list[str] = []
    start = 1
    for number, line in enumerate([*text.removeprefix("\ufeff").splitlines(), ""], 1):
        bare = line.strip()
        if bare.startswith("//") or (bare.startswith("$CATEGORY:") and not lines):
            continue
        if bare:
            start = start if lines else number
            lines.append(line)
        elif lines:
            yield _Written("\n".join(lines), start)
            lines = []


def _question(text: str) -> QuizQuestion:
    if len(text) > BLOCK_CHARACTERS_MAX:
        raise _RefusedError(f"a question of more than {BLOCK_CHARACTERS_MAX} characters")
    text = _TITLE.sub("", text, count=1) if text.lstrip().startswith("::") else text
    named = _FORMAT.match(text)
    style = named[1].lower() if named else "moodle"
    opening, closing = _bare_index(text, "{"), _bare_index(text, "}")
    if opening is None or closing is None or closing < opening:
        raise _RefusedError("there are no answers in { }: a text that asks nothing")
    before, answers, after = (
        text[named.end() if named else 0 : opening],
        text[opening + 1 : closing],
        text[closing + 1 :],
    )
    if _bare_index(after, "{") is not None:
        raise _RefusedError("several gaps in one question; only one choice can be asked")
    asked = f"{before.rstrip()} {_BLANK} {after.lstrip()}" if after.strip() else before
    options, several = _options(answers, style)
    return QuizQuestion(text=_words(asked, style), options=options, allow_multiple=several)


def _bare_index(text: str, character: str) -> int | None:
    """Where a character stands that is not escaped."""
    found = re.search(rf"(?<!\\)(?:\\\\)*\{character}", text)
    return found.end() - 1 if found else None


def _options(answers: str, style: str) -> tuple[tuple[QuizOption, ...], bool]:
    answers = re.split(r"(?<!\\)####", answers, maxsplit=1)[0]
    bare = answers.strip()
    if not bare:
        raise _RefusedError("an essay; only choices can be asked")
    if bare.startswith("#"):
        raise _RefusedError("a number is asked for; only choices can be asked")
    word = re.split(r"(?<!\\)#", bare, maxsplit=1)[0].strip().upper()
    if word in _TRUE or word in _FALSE:
        return true_false(right=word in _TRUE), False
    found = list(_ANSWER.finditer(answers))
    if not found or answers[: found[0].start()].strip():
        raise _RefusedError("the answers begin with neither '=' nor '~'")
    if any(mark[1] == "=" and re.search(r"(?<!\\)->", mark[2]) for mark in found):
        raise _RefusedError("pairs to match; only choices can be asked")
    if all(mark[1] == "=" for mark in found):
        raise _RefusedError("a word is asked for; only choices can be asked")
    return _chosen(found, style)


def _chosen(found: Sequence[re.Match[str]], style: str) -> tuple[tuple[QuizOption, ...], bool]:
    several = not any(mark[1] == "=" for mark in found)
    options: list[QuizOption] = []
    for mark in found:
        weight = _WEIGHT.match(mark[2])
        share = float(weight[1]) if weight else (100.0 if mark[1] == "=" else 0.0)
        if not several and 0 < share < 100:
            raise _RefusedError("an answer that is right in part; an answer is right or wrong here")
        text = re.split(r"(?<!\\)#", mark[2][weight.end() if weight else 0 :], maxsplit=1)[0]
        options.append(QuizOption(text=_answer(text, style), correct=share > 0))
    return tuple(options), several


def _answer(text: str, style: str) -> str:
    own = _FORMAT.match(text)
    return _words(text[own.end() :], own[1].lower()) if own else _words(text, style)


def _words(text: str, style: str) -> str:
    unescaped = re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text, flags=re.DOTALL)
    if style == "html" or (style == "moodle" and re.search(r"<[a-zA-Z/!][^<>]*>", unescaped)):
        words, shows = words_of_html(unescaped)
        if shows:
            raise _RefusedError("a picture, sound or formula in the question; only words can be asked")
        return words
    return tidy(unescaped)


def _text(number: int, question: QuizQuestion) -> str:
    head = f"::Question {number}::[plain]{_escaped(question.text)} {{"
    if is_true_false(question):
        return f"{head}{'T' if question.options[0].correct else 'F'}}}\n"
    right = sum(option.correct for option in question.options)
    lines = [head]
    for option in question.options:
        if question.allow_multiple:
            mark = f"~%{_share(right)}%" if option.correct else "~%-100%"
        else:
            mark = "=" if option.correct else "~"
        guard = "[plain]" if option.text.startswith(("[", "%")) else ""
        lines.append(f"\t{mark}{guard}{_escaped(option.text).replace('->', _ARROW)}")
    return "\n".join([*lines, "}", ""])


def _share(right: int) -> str:
    return f"{100 / max(right, 1):.5f}".rstrip("0").rstrip(".")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", tidy(text)).replace("\n", "\\n")
