"""Quiz questions from Moodle's GIFT and from QTI: what can be asked is taken, everything else is refused and named."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.library.bundles.gift import read_gift, write_gift
from parlour.library.bundles.qti import read_qti, write_qti
from parlour.library.bundles.quiz import QuizFaults, QuizOption, QuizQuestion, tidy, true_false

GIFT = """\
// A comment
$CATEGORY: tutors

::Grant::Who is buried in Grant's tomb in New York City? {
=Grant#Right!
~No one
~Napoleon\\: the man#No.
####In general.
}

[html]<p>Two of <b>these</b> are right &amp; count.</p>{
~%50%<p>one</p>
~%50%two
~%-100%three
}

The sun rises in the east.{TRUE#yes#no}

Sugar is {~salty =sweet} on the tongue.
"""


def test_choices_of_gift_are_taken() -> None:
    single, several, statement, gap = read_gift(GIFT)
    assert single.text == "Who is buried in Grant's tomb in New York City?"
    assert [(each.text, each.correct) for each in single.options] == [
        ("Grant", True), ("No one", False), ("Napoleon: the man", False),
    ]  # fmt: skip
    assert (several.text, several.allow_multiple) == ("Two of these are right & count.", True)
    assert [(each.text, each.correct) for each in several.options] == [("one", True), ("two", True), ("three", False)]
    assert statement.options == true_false(right=True)
    assert gap.text == "Sugar is _____ on the tongue."


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("\n\nWrite something. {}", 3, "an essay"),
        ("How many? {#3:1}", 1, "a number is asked for"),
        ("Match. {=a -> b =c -> d =e -> f}", 1, "pairs to match"),
        ("Name it. {=one =two}", 1, "a word is asked for"),
        ("Only words.", 1, "asks nothing"),
        ("A? {=a ~%50%b ~c}", 1, "right in part"),
        ("A? {~a ~b}", 1, "no answer is right"),
        ("Look. {[html]=<img src=x> ~b}", 1, "begin with neither"),
        ("[html]Look <img src=x> {=a ~b}", 1, "a picture"),
        ("", 1, "there is no question"),
    ],
)
def test_what_is_no_choice_is_refused_with_line_and_reason(text: str, line: int, reason: str) -> None:
    with pytest.raises(QuizFaults) as refused:
        read_gift(text)
    assert refused.value.faults[0].line == line
    assert reason in refused.value.faults[0].reason


def item(body: str, *, declared: str = "<value>B</value>", head: str = "", cardinality: str = "single") -> bytes:
    return (
        f'<?xml version="1.0"?>\n{head}<assessmentItem identifier="q">\n'
        f'<responseDeclaration identifier="R" cardinality="{cardinality}"><correctResponse>{declared}</correctResponse>'
        f"</responseDeclaration>\n<itemBody>\n{body}\n</itemBody></assessmentItem>"
    ).encode()


CHOICE = (
    '<p>A text.</p><choiceInteraction responseIdentifier="R" maxChoices="1"><prompt>Which?</prompt>'
    '<simpleChoice identifier="A">one</simpleChoice><simpleChoice identifier="B">t<b>w</b>o</simpleChoice>'
    "</choiceInteraction>"
)


def test_choices_of_qti_are_taken_of_both_versions() -> None:
    wanted = QuizQuestion(
        text="A text.\nWhich?", options=(QuizOption(text="one"), QuizOption(text="two", correct=True))
    )
    assert read_qti(item(CHOICE)) == (wanted,)
    newer = item(CHOICE).decode()
    for name in ("choiceInteraction", "responseDeclaration", "correctResponse", "itemBody", "simpleChoice"):
        hyphened = "".join(f"-{each.lower()}" if each.isupper() else each for each in name)
        newer = newer.replace(f"<{name}", f"<qti-{hyphened}").replace(f"</{name}", f"</qti-{hyphened}")
    newer = newer.replace("assessmentItem", "qti-assessment-item").replace("responseIdentifier", "response-identifier")
    assert read_qti(newer.encode()) == (wanted,)
    several = read_qti(item(CHOICE, declared="<value>A</value><value>B</value>", cardinality="multiple"))
    assert several[0].allow_multiple
    assert all(option.correct for option in several[0].options)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (item(CHOICE, head='<!DOCTYPE a [<!ENTITY x "y">]>'), "a document type"),
        (item('<textEntryInteraction responseIdentifier="R"/>'), "a textentryinteraction"),
        (item(CHOICE + CHOICE), "2 choices in one item"),
        (item("<p>Nothing.</p>"), "no choices"),
        (item(f'<img src="x"/>{CHOICE}'), "a picture"),
        (item(CHOICE, declared="<value>C</value>"), "no answer is right"),
        (item(CHOICE, cardinality="ordered"), "the cardinality ordered"),
        (item("<p>open"), "not valid XML"),
        (item("<p>" * 80 + "</p>" * 80), "too many elements"),
        (b"<html/>", "no QTI item"),
        (b"PK\x03\x04 rubbish", "cannot be read"),
        (b"", "not valid XML"),
    ],
)
def test_other_items_and_dangerous_xml_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(QuizFaults) as refused:
        read_qti(content)
    assert reason in refused.value.faults[0].reason


def test_a_package_that_grows_too_much_is_refused_before_it_is_kept() -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.xml", b" " * (1024 * 1024) + item(CHOICE))
    with pytest.raises(QuizFaults) as refused:
        read_qti(package.getvalue())
    assert "too large" in str(refused.value)


TEXTS = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=40)
    | st.text("ab~=#{}:\\->%[]html<p> &;/\n", min_size=1, max_size=40)
).map(tidy).filter(lambda text: bool(text.strip()) and "\ufffe" not in text and "\uffff" not in text)  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> QuizQuestion:
    texts = draw(st.lists(TEXTS, min_size=2, max_size=5))
    several = draw(st.booleans())
    right = draw(st.sets(st.integers(0, len(texts) - 1), min_size=1)) if several else {draw(st.integers(0, 1))}
    options = tuple(QuizOption(text=text, correct=number in right) for number, text in enumerate(texts))
    return QuizQuestion(text=draw(TEXTS), options=options, allow_multiple=several)


@settings(max_examples=150, deadline=None)
@given(st.lists(questions(), min_size=1, max_size=4))
def test_what_is_exported_is_imported_the_same(asked: list[QuizQuestion]) -> None:
    assert read_gift(write_gift(asked)) == tuple(asked)
    assert read_qti(write_qti(asked)) == tuple(asked)
    assert read_qti(write_qti(asked, "3.0")) == tuple(asked)
    assert write_qti(asked) == write_qti(asked)
