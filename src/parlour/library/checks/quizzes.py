"""What is wrong with quiz questions: nothing right to choose, or nothing wrong. Pure."""

import re
from collections.abc import Iterable, Mapping

from parlour.drafts.values import Value, Values
from parlour.library.checks.fields import flag, of, rows, text
from parlour.library.checks.findings import Finding
from parlour.library.checks.rules import at, told

_ALL_OF_THEM = re.compile(
    r"^\W*(?:all|none) of (?:the |these )?(?:above|these|them)\W*$|^\W*(?:alle|keine)(?: der)? (?:oben )?genannten\W*$"
    r"|^\W*以上(?:都|全)",
    re.IGNORECASE,
)


def quiz_findings(values: Values) -> list[Finding]:
    """What rules find in the questions of a scenario."""
    return [finding for question in of(values, "questions") for finding in _question(question)]


def _question(question: Value) -> Iterable[Finding]:
    if not text(question, "question_text"):
        place = at(question, "questions", "question_text")
        yield told("quiz.no_text", place, "A question has no words.", "Write the question, or remove it.")
    options = rows(question, "options")
    place = at(question, "questions", "options", text(question, "question_text"))
    right = [option for option in options if option.get("is_correct") is True]
    several = flag(question, "allow_multiple")
    if len(options) < 2:
        yield told(
            "quiz.too_few_options", place, "A question needs at least two options.", "Add options to choose from."
        )
    if options and not right:
        yield told("quiz.no_right_option", place, "None of the options is right.", "Mark the right one.")
    if len(right) > 1 and not several:
        message = f"{len(right)} options are right, and only one may be chosen."
        yield told("quiz.several_right", place, message, "Allow several, or mark only one.")
    if len(options) >= 2 and len(right) == len(options) and several:
        yield told("quiz.no_wrong_option", place, "Every option is right.", "Add one that is wrong and tempting.")
    yield from _wording(question, options)


def _wording(question: Value, options: Iterable[Mapping[str, object]]) -> Iterable[Finding]:
    seen: set[str] = set()
    for option in options:
        given = option.get("option_text")
        said = given.strip() if isinstance(given, str) else ""
        place = at(question, "questions", "options", said or text(question, "question_text"))
        if not said:
            yield told("quiz.empty_option", place, "An option has no words.", "Write it, or remove it.")
            continue
        key = " ".join(said.casefold().split()).rstrip(".")
        if key in seen:
            yield told("quiz.same_options", place, "Two options say the same.", "Change one of them.")
        seen.add(key)
        if _ALL_OF_THEM.match(said):
            advice = "It can be guessed from two of the others; allow several answers instead."
            yield told("quiz.all_of_the_above", place, "An option refers to the others.", advice)
