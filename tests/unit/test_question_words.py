"""From words to values and choices, durations, and the schemas of structured answers (lab protocol 6.3, 6.4, 8.2)."""

from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.assistant.questions import durations, schemas
from parlour.assistant.questions.entities import Words
from parlour.assistant.questions.values import value_of
from parlour.assistant.questions.words import answer_of, collect, verify
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.pauses.entities import Body, Item, QuestionKind
from tests.unit.question_cases import BODIES, DESCRIPTION, DURATION, FILE, NAME, OPTIONS, VISIBILITY, asked

HANDLE = f"files/{'a' * 22}/data.csv"


def said(kind: QuestionKind, text: str, body: Body | None = None) -> Any:
    words = Words(text=text, message_id=None, author_id=AccountId("ada"), route="test")
    return answer_of(asked(kind, body), words)


@pytest.mark.lab("D10", "E14")
@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"experiment_name": "X", "Description": "long", "other": 1}', {NAME.key: "X", DESCRIPTION.key: "long"}),
        ('{"values": {"experiment_duration": "90 min"}}', {DURATION.key: "1h30m"}),
        ("experiment_name: X", {NAME.key: "X"}),
        ("Name = X\nDescription: two\nlines\nDuration：两个半小时", None),
        (
            "名称：接触电阻\n描述：测量\n时长：2小时",
            {NAME.key: "接触电阻", DESCRIPTION.key: "测量", DURATION.key: "2h"},
        ),
        ("Here you are:\n- EXPERIMENT NAME: X", {NAME.key: "X"}),
        ("Name (experiment_name): X; duration: 2 h", {NAME.key: "X", DURATION.key: "2h"}),
        ("duration: for ever", {}),
        ("X\nmeasure it\n2:30:00", {NAME.key: "X", DESCRIPTION.key: "measure it", DURATION.key: "2h30m"}),
        ("X\nmeasure it\nbanana", {NAME.key: "X", DESCRIPTION.key: "measure it"}),
        ("X\nmeasure it", {}),
        ("I would like to call it X", {}),
        ("", {}),
    ],
)
def test_collect_reads_objects_then_lines_then_places(text: str, values: dict[str, str] | None) -> None:
    expected = values
    if expected is None:
        expected = {NAME.key: "X", DESCRIPTION.key: "two\nlines", DURATION.key: "2h30m"}
    answer = said("collect", text)
    assert answer["values"] == expected
    assert answer.get("text") == (None if expected or not text else text)


@pytest.mark.parametrize("text", ["forget it", "Cancel, please.", "放弃", "算了！", "never mind", "stop", "放棄"])
def test_an_abandon_phrase_alone_abandons(text: str) -> None:
    assert said("collect", text) == {"abandon": True}
    assert said("verify", text) == {"decision": "abandon"}
    assert "abandon" not in said("collect", f"{text}\nwait a moment")


@pytest.mark.parametrize(
    "text", ["yes", "ok", "no", "none", "continue", "好的", "继续", "没有", "thanks", "👍", "yes, no", "..."]
)
def test_yes_no_continue_and_courtesy_are_never_a_value(text: str) -> None:
    assert collect(text, (NAME,)) == {"values": {}, "text": text}


def test_one_open_item_takes_the_whole_text() -> None:
    assert collect("  Contacts\n to MoS2 ", (NAME,)) == {"values": {NAME.key: "Contacts to MoS2"}}
    assert collect("a\nb", (DESCRIPTION,)) == {"values": {DESCRIPTION.key: "a\nb"}}
    assert collect("two hours", (DURATION,)) == {"values": {DURATION.key: "2h"}}
    assert collect("soon", (DURATION,)) == {"values": {}, "text": "soon"}
    assert collect("X", (NAME, VISIBILITY)) == {"values": {NAME.key: "X"}}
    assert collect("yes it works", (NAME,)) == {"values": {NAME.key: "yes it works"}}


def test_a_file_fills_an_open_file_item() -> None:
    assert collect("attach this", (FILE,), (HANDLE,)) == {"values": {"file": HANDLE}}
    assert collect("", (FILE, NAME), (HANDLE,)) == {"values": {"file": HANDLE}}
    assert collect("X", (FILE, NAME), (HANDLE,)) == {"values": {"file": HANDLE, NAME.key: "X"}}
    assert collect("forget it", (FILE,), (HANDLE,)) == {"abandon": True}
    assert collect("the one from yesterday", (FILE,)) == {"values": {}, "text": "the one from yesterday"}


@pytest.mark.lab("D11")
@pytest.mark.parametrize(
    ("text", "choices"),
    [
        *(
            ("1", [1]),
            ("1 and 3", [1, 3]),
            ("3, 1", [3, 1]),
            ("１和３", [1, 3]),
            ("#2", [2]),
            ("2.", [2]),
            ("(1)", [1]),
        ),
        *(
            ("第一", [1]),
            ("第一和第三", [1, 3]),
            ("一、三", [1, 3]),
            ("选二", [2]),
            ("第二个", [2]),
            ("我要第三篇", [3]),
        ),
        *(("the first and the third", [1, 3]), ("second please", [2]), ("2nd", [2]), ("1 1 1", [1]), ("1 and 9", [1])),
        *(("contacts to mos2", [1]), ("Graphene, grown", [2]), ("2402.00002", [2]), ("第三个实验", [3])),
        *(("2401.00001, 2402.00002", [1, 2]), ("2401.00001 and 2402.00002", [1, 2]), ("1\nGraphene, grown", [1])),
        ("1 2 3", [1, 2, 3]),
    ],
)
def test_select_takes_numbers_titles_and_ids(text: str, choices: list[int]) -> None:
    assert said("select", text) == {"choices": choices}


@pytest.mark.lab("D11")
@pytest.mark.parametrize("text", ["9", "1.5", "1-3", "h2o", "一起", "the blue one", "ok", "", "2401", "十一", "mos2"])
def test_select_takes_nothing_else(text: str) -> None:
    assert said("select", text) == {"choices": [], "text": text}
    assert said("select", text, replace(BODIES["select"], min=0)) == {"choices": []}


@pytest.mark.lab("D11")
@pytest.mark.parametrize(
    "text", ["none", "0", "都不要", "no", "不要", "None of them.", "no thanks", "都不要，谢谢", "forget it"]
)
def test_none_is_no_choice_or_gives_up(text: str) -> None:
    assert said("select", text, replace(BODIES["select"], min=0)) == {"choices": []}
    assert said("select", text) == {"abandon": True}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", {"decision": "confirm"}),
        ("好的，没问题", {"decision": "confirm"}),
        ("Name: Y", {"decision": "change", "values": {NAME.key: "Y"}}),
        ("yes, but Name: Y", {"decision": "change", "values": {}, "text": "yes, but Name: Y"}),
        ("visibility = LAB\nduration: 3h", {"decision": "change", "values": {"visibility": "lab", DURATION.key: "3h"}}),
        ("visibility: everyone", {"decision": "change", "values": {}, "text": "visibility: everyone"}),
        ("no", {"decision": "change", "values": {}, "text": "no"}),
        ("", {"decision": "change", "values": {}, "text": ""}),
        ("forget it", {"decision": "abandon"}),
    ],
)
def test_verify_confirms_changes_or_asks_again(text: str, answer: dict[str, object]) -> None:
    assert said("verify", text) == answer


def test_a_file_changes_the_file_that_is_verified() -> None:
    items = (replace(FILE, value="files/old/old.csv"),)
    assert verify("yes", items, (HANDLE,)) == {"decision": "change", "values": {"file": HANDLE}}


@pytest.mark.lab("E3")
@pytest.mark.parametrize("kind", ["instruct", "comment"])
def test_steering(kind: QuestionKind) -> None:
    word = {"instruct": "advise", "comment": "comment"}[kind]
    for text in ("", "  ", "continue", "yes", "ok, go on", "继续", "没有意见", "thanks", "👍", "nothing"):
        assert said(kind, text) == {"decision": "continue"}, text
    for text in ("stop", "Enough!", "到此为止", "停", "结束", "到此為止", "cancel please"):
        assert said(kind, text) == {"decision": "stop"}, text
    for text in ("no", "use the other paper", "stop using arXiv", "yes, but slower", "为什么？"):
        assert said(kind, text) == {"decision": word, "text": text}, text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from(sorted(BODIES)))
def test_any_text_is_some_answer_and_never_breaks(text: str, kind: QuestionKind) -> None:
    answer = said(kind, text)
    assert answer
    if kind == "collect":
        assert set(answer) <= {"values", "text", "abandon"}
    if kind == "select":
        assert all(1 <= choice <= len(OPTIONS) for choice in answer.get("choices", []))


@pytest.mark.lab("E14")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("2h30m", 9000), ("2:30:00", 9000), ("2:30", 9000), ("90 min", 5400), ("90min.", 5400), ("1.5 hours", 5400)),
        *(("half an hour", 1800), ("an hour and a half", 5400), ("two hours", 7200), ("2 hours and 30 minutes", 9000)),
        *(
            ("1 day, 2 h", 93_600),
            ("30 days", 2_592_000),
            ("1 week", 604_800),
            ("1m", 60),
            ("60s", 60),
            ("2H30M", 9000),
        ),
        *(
            ("两小时", 7200),
            ("两个半小时", 9000),
            ("半小时", 1800),
            ("半个小时", 1800),
            ("一天", 86_400),
            ("三十五分钟", 2100),
        ),
        *(
            ("1小时30分钟", 5400),
            ("兩小時", 7200),
            ("２小时", 7200),
            ("十二小时", 43_200),
            ("两天半", 216_000),
            ("一个钟头", 3600),
        ),
        *(("", None), ("90", None), ("soon", None), ("59s", None), ("31 days", None), ("-2h", None), ("2h 2h", None)),
        *(("0h", None), ("2 hours maybe", None), ("30m2h", None), ("9" * 40 + "h", None), ("2:99", None), ("半", None)),
    ],
)
def test_durations(text: str, seconds: int | None) -> None:
    assert durations.seconds(text) == seconds
    if seconds is not None:
        assert durations.seconds(durations.canonical(seconds)) == seconds


@given(st.integers(durations.SECONDS_MIN, durations.SECONDS_MAX))
def test_the_canonical_form_is_read_back(whole: int) -> None:
    assert durations.seconds(durations.canonical(whole)) == whole


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        *(
            ("date", "2026-03-04", "2026-03-04"),
            ("date", "2026年3月4日", "2026-03-04"),
            ("date", "2026/3/4", "2026-03-04"),
        ),
        *(("date", "2026-02-30", None), ("date", "soon", None), ("number", "１２", 12), ("number", "1,250.5", 1250.5)),
        *(
            ("number", 7, 7),
            ("number", True, None),
            ("number", "many", None),
            ("number", float("nan"), None),
            ("number", 10**400, None),
            ("number", "1e99", None),
        ),
        *(("file", HANDLE, HANDLE), ("file", "/etc/passwd", None), ("file", "files/../x", None)),
        *(("string", " a \n b ", "a b"), ("string", "", None), ("string", "x" * 501, None), ("text", "a\nb", "a\nb")),
        *(("text", "x\0", None), ("text", ["x"], None), ("duration", 90, None), ("duration", "90 min", "1h30m")),
    ],
)
def test_values(kind: Any, given: object, kept: object) -> None:
    assert value_of(Item(key="k", label="K", type=kind), given) == kept


@pytest.mark.lab("D1")
@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("authorize", {"decision": "allow"}),
        ("authorize", {"decision": "deny", "note": "not today"}),
        ("collect", {"values": {NAME.key: "X", DURATION.key: "90 min"}}),
        ("collect", {"abandon": True}),
        ("select", {"choices": [1, "2402.00002"]}),
        ("select", {"abandon": True}),
        ("verify", {"decision": "confirm"}),
        ("verify", {"decision": "change", "values": {"visibility": "lab"}}),
        ("verify", {"decision": "abandon"}),
        ("instruct", {"decision": "advise", "text": "slower"}),
        ("instruct", {"decision": "stop"}),
        ("comment", {"decision": "comment", "text": "good"}),
        ("comment", {"decision": "continue"}),
    ],
)
def test_every_kind_accepts_its_schema(kind: QuestionKind, answer: dict[str, Any]) -> None:
    schema: Any = schemas.answer_schema(asked(kind))
    jsonschema.Draft202012Validator.check_schema(schema)
    checked = schemas.check(asked(kind), answer)
    if "values" in answer and DURATION.key in answer["values"]:
        assert checked["values"] == {NAME.key: "X", DURATION.key: "1h30m"}
    else:
        assert checked == answer


@pytest.mark.lab("D1")
@pytest.mark.parametrize(
    ("kind", "answer", "pointer"),
    [
        ("authorize", {}, "/answer"),
        ("authorize", {"decision": "yes"}, "/answer/decision"),
        ("authorize", {"decision": True}, "/answer/decision"),
        ("authorize", {"decision": "allow", "values": {}}, "/answer"),
        ("authorize", {"decision": "deny", "note": "x" * 2_001}, "/answer/note"),
        ("collect", {}, "/answer"),
        ("collect", {"values": {}}, "/answer/values"),
        ("collect", {"values": {"other": "x"}}, "/answer/values"),
        ("collect", {"values": {NAME.key: 7}}, f"/answer/values/{NAME.key}"),
        ("collect", {"values": {NAME.key: " "}}, f"/answer/values/{NAME.key}"),
        ("collect", {"values": {DURATION.key: "soon"}}, f"/answer/values/{DURATION.key}"),
        ("collect", {"values": {NAME.key: "X"}, "abandon": True}, "/answer"),
        ("collect", {"abandon": False}, "/answer/abandon"),
        ("select", {"choices": []}, "/answer/choices"),
        ("select", {"choices": [1, 2, 3]}, "/answer/choices"),
        ("select", {"choices": [4]}, "/answer/choices/0"),
        ("select", {"choices": [True]}, "/answer/choices/0"),
        ("select", {"choices": [1, "2401.00001"]}, "/answer/choices"),
        ("verify", {"decision": "confirm", "values": {NAME.key: "Y"}}, "/answer/decision"),
        ("verify", {"decision": "change", "values": {"visibility": "all"}}, "/answer/values/visibility"),
        ("instruct", {"decision": "advise"}, "/answer"),
        ("instruct", {"decision": "comment", "text": "x"}, "/answer/decision"),
        ("comment", {"decision": "comment", "text": "  "}, "/answer/text"),
        ("comment", {"decision": "comment", "text": "a\0"}, "/answer/text"),
        ("instruct", {"decision": "advise", "text": "\ud800"}, "/answer/text"),
        ("collect", {"values": {NAME.key: "\udfff"}}, f"/answer/values/{NAME.key}"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(kind: QuestionKind, answer: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Refusal) as refused:
        schemas.check(asked(kind), answer)
    assert refused.value.code == "answer_invalid"
    assert pointer in [fault.pointer for fault in refused.value.faults]
