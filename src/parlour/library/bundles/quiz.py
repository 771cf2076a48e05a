"""Quiz questions as other programs have them, between their file and a scenario: single and multiple choice."""

from collections.abc import Iterable, Sequence
from html.parser import HTMLParser

from parlour.catalog.entities import Question
from parlour.kernel.dataclass import dataclass

QUESTIONS_MAX = 200
OPTIONS_MAX = 20
CHARACTERS_MAX = 4_000
TRUE_FALSE = ("True", "False")

_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "tr"})
SHOWN = frozenset({"img", "object", "audio", "video", "math", "svg", "iframe", "embed", "picture"})


@dataclass(frozen=True, kw_only=True, slots=True)
class QuizOption:
    """An answer to choose."""

    text: str
    correct: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class QuizQuestion:
    """A question with its answers; with `allow_multiple` several of them may be right and may be chosen."""

    text: str
    options: tuple[QuizOption, ...]
    allow_multiple: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class QuizFault:
    """Why a question cannot be taken. `file` is its name in an archive, else ""; `line` counts from 1."""

    line: int
    reason: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.file else f"line {self.line}: {self.reason}"


class QuizFaults(Exception):
    """Everything that cannot be taken of a file of questions. Nothing of it was."""

    def __init__(self, faults: Iterable[QuizFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


def taken(found: Sequence[QuizQuestion], faults: Sequence[QuizFault]) -> tuple[QuizQuestion, ...]:
    """The questions of a file, if there are any, not too many, and none that cannot be taken; else `QuizFaults`."""
    faults = list(faults)
    if not found and not faults:
        faults.append(QuizFault(line=1, reason="there is no question in it"))
    if len(found) > QUESTIONS_MAX:
        faults.append(QuizFault(line=1, reason=f"more than {QUESTIONS_MAX} questions"))
    if faults:
        raise QuizFaults(faults)
    return tuple(found)


def true_false(*, right: bool) -> tuple[QuizOption, ...]:
    """The two answers to a statement."""
    return tuple(QuizOption(text=text, correct=(text == "True") == right) for text in TRUE_FALSE)


def is_true_false(question: QuizQuestion) -> bool:
    """Whether a question is a statement that is true or false."""
    return not question.allow_multiple and tuple(option.text for option in question.options) == TRUE_FALSE


def question_fault(question: QuizQuestion) -> str | None:
    """Why a question cannot be asked, or None if it can."""
    right = sum(option.correct for option in question.options)
    texts = (question.text, *(option.text for option in question.options))
    if not all(text.strip() for text in texts):
        return "the question or an answer has no words"
    if len(question.options) > OPTIONS_MAX:
        return f"more than {OPTIONS_MAX} answers"
    if max(map(len, texts)) > CHARACTERS_MAX:
        return f"a text of more than {CHARACTERS_MAX} characters"
    if right == 0:
        return "no answer is right"
    if right > 1 and not question.allow_multiple:
        return "several answers are right, but only one can be chosen"
    return None


def of_scenario(questions: Sequence[Question]) -> tuple[QuizQuestion, ...]:
    """The questions of a scenario."""
    return tuple(
        QuizQuestion(
            text=each.question_text,
            allow_multiple=each.allow_multiple,
            options=tuple(QuizOption(text=option.option_text, correct=option.is_correct) for option in each.options),
        )
        for each in questions
    )


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.shows = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shows = self.shows or tag in SHOWN
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        self.words.append(spaced(data))


def words_of_html(text: str) -> tuple[str, bool]:
    """The words of HTML, and whether it shows anything else (pictures, sounds)."""
    parser = _Words()
    parser.feed(text)
    parser.close()
    return tidy("".join(parser.words)), parser.shows


def spaced(text: str) -> str:
    """Text with one space where there are several, also at its ends."""
    return " ".join(f"_{text}_".split())[1:-1] if text.strip() else " "


def tidy(text: str) -> str:
    """Text without needless spaces and empty lines."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
