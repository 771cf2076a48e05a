"""Checks: what a program decides about a replay, and that nobody can make it slow."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from parlour.benchmarks.entities import MadeCall, Outcome, ReplayTurn
from parlour.benchmarks.judging.checks import check, failed
from parlour.catalog.benchmarks import Check
from parlour.catalog.patterns import pattern_fault, schema_fault
from tests.unit.judging_hall import turn

TALK = [turn("Hello there, Maya.", 1), turn("What have YOU tried?", 2), turn("Good bye.", 3)]
PERSON: Mapping[str, object] = {
    "type": "object",
    "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}


def outcome(of: Sequence[ReplayTurn] = TALK, /, **made: Any) -> Outcome:
    (found,) = check([Check(key="k", **made)], of)
    return found


@pytest.mark.parametrize(
    ("made", "passed", "where"),
    [
        ({"kind": "contains", "text": "have you  tried"}, True, 2),
        ({"kind": "contains", "text": "have you tried", "exact": True}, False, None),
        ({"kind": "contains", "text": "have YOU", "exact": True}, True, 2),
        ({"kind": "contains", "text": "o", "turns": "every"}, True, None),
        ({"kind": "contains", "text": "hello", "turns": "every"}, False, 2),
        ({"kind": "contains", "text": "hello", "turns": "last"}, False, 3),
        ({"kind": "contains", "text": "bye", "turns": "last"}, True, 3),
        ({"kind": "not_contains", "text": "tried"}, False, 2),
        ({"kind": "not_contains", "text": "tried", "turns": "last"}, True, 3),
        ({"kind": "not_contains", "text": "language model"}, True, None),
        ({"kind": "regex", "pattern": r"\?"}, True, 2),
        ({"kind": "regex", "pattern": r"^what\b"}, True, 2),
        ({"kind": "regex", "pattern": r"^what\b", "exact": True}, False, None),
        ({"kind": "not_regex", "pattern": r"\d"}, True, None),
        ({"kind": "not_regex", "pattern": r"bye\.$"}, False, 3),
        ({"kind": "length", "characters_max": 15}, False, 1),
        ({"kind": "length", "characters_max": 15, "turns": "last"}, True, 3),
        ({"kind": "length", "characters_min": 9}, True, None),
        ({"kind": "latency", "milliseconds_max": 10}, True, None),
        ({"kind": "latency", "milliseconds_max": 9}, False, 1),
        ({"kind": "ended"}, True, None),
    ],
)
def test_a_check_holds_in_any_turn_in_every_one_or_in_the_last(
    made: dict[str, Any], passed: bool, where: int | None
) -> None:
    found = outcome(**made)
    assert (found.passed, found.turn, found.required) == (passed, where, True)
    assert found.detail.endswith(".")


def test_what_is_sought_is_not_found_in_a_replay_without_turns_and_what_is_forbidden_is_not_there() -> None:
    assert not outcome((), kind="contains", text="a").passed
    assert not outcome((), kind="contains", text="a", turns="every").passed
    assert outcome((), kind="not_contains", text="a").passed
    assert not outcome((), kind="ended").passed
    assert not outcome([replace(TALK[0], state="writing")], kind="contains", text="hello").passed


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"name": "Ada", "age": 3}', None),
        ('```json\n{"name": "Ada"}\n```', None),
        ('{"name": "ada"}', "/name breaks 'pattern'"),
        ('{"name": "Ada", "age": -1}', "/age breaks 'minimum'"),
        ('{"age": 1}', "the answer breaks 'required'"),
        ('{"name": "Ada", "more": 1}', "the answer breaks 'additionalProperties'"),
        ('Sure: {"name": "Ada"}', "the answer is not JSON"),
        ("[" * 100_000, "the answer is not JSON"),
        (f'"{"a" * 100_000}"', "the answer has more than 100000 characters"),
    ],
)
def test_an_answer_is_json_of_the_schema_or_the_outcome_says_what_it_breaks(text: str, fault: str | None) -> None:
    found = outcome([turn(text)], kind="json_schema", schema=PERSON)
    assert (found.passed, found.detail.lower()) == (fault is None, f"{fault or 'it holds'}.".lower())


def call(arguments: str, name: str = "look_up", result: str | None = "found") -> MadeCall:
    return MadeCall(turn=1, call_id="c", name=name, arguments=arguments, result=result)


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        ('{"term": "x", "deep": {"a": [1, true]}, "more": 2}', True),
        ('{"term": "x", "deep": {"a": [1, 1]}}', False),
        ('{"term": "y", "deep": {"a": [1, true]}}', False),
        ('{"term": "x"}', False),
        ("[]", False),
        ("no json", False),
    ],
)
def test_a_call_has_at_least_the_arguments_that_the_check_names(arguments: str, passed: bool) -> None:
    wanted = {"term": "x", "deep": {"a": [1, True]}}
    turns = [turn("Let me see.", tool_calls=(call("{}", "other"), call(arguments)))]
    assert outcome(turns, kind="tool_called", tool="look_up", arguments=wanted).passed is passed
    assert outcome(turns, kind="tool_not_called", tool="look_up", arguments=wanted).passed is not passed
    assert outcome(turns, kind="tool_called", tool="look_up").passed
    assert outcome(turns, kind="tool_called", tool="delete").detail == "The tool delete was not called."


@pytest.mark.parametrize(
    ("made", "detail"),
    [
        ({"ending": "length"}, "The answer was cut off at its length."),
        ({"ending": "filtered"}, "The model's provider filtered the answer."),
        (
            {"ending": "tool_calls", "tool_calls": (call("{}", result=None),)},
            "The answer ended at a tool call without a result.",
        ),
        ({"content": "  "}, "The answer is empty."),
    ],
)
def test_an_answer_that_the_model_did_not_end_itself_has_not_ended(made: dict[str, Any], detail: str) -> None:
    found = outcome([replace(turn("Half an answ"), **made)], kind="ended")
    assert (found.passed, found.turn, found.detail) == (False, 1, detail)


def test_a_check_that_cannot_be_decided_fails_nothing_and_says_so() -> None:
    for made in ({"kind": "regex", "pattern": "(?=a)"}, {"kind": "json_schema", "schema": {"$ref": "http://x"}}):
        found = outcome(**made)
        assert not failed([found])
        assert found.detail.startswith("This check cannot be decided: ")
    unmeasured = outcome([turn("a", milliseconds=None)], kind="latency", milliseconds_max=1)
    assert not failed([unmeasured])
    assert not failed([outcome(kind="contains", text="zebra", required=False)])
    assert failed([outcome(kind="contains", text="zebra")])


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+$", r"(a|a)+$", r"(a|aa)+$", r"(.*a){20}$", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(x+x+)+y", r"(a?){50}a{50}b"],
)
def test_expressions_that_explode_by_backtracking_take_no_time_here(pattern: str) -> None:
    text = "a" * 50_000 + "x" * 50_000 + "!"
    begun = time.process_time()
    found = outcome([turn(text)], kind="regex", pattern=pattern)
    assert time.process_time() - begun < 2
    assert not found.passed


def test_expressions_whose_cost_has_no_bound_are_refused_in_words() -> None:
    for pattern in (r"(?=a)", r"(a)\1", "(", "", "a" * 501, "(x{1,900}){1,900}", r"(?<!a)b"):
        assert pattern_fault(pattern)
    assert pattern_fault(r"(?i)\bwhat\b.*\?") is None


def test_schemas_that_reach_out_explode_or_are_none_are_refused_in_words() -> None:
    deep: dict[str, object] = {}
    for _ in range(40):
        deep = {"not": deep}
    for schema in (
        {"$ref": "https://example.org/schema.json"},
        {"$ref": "#"},
        {"items": {"uniqueItems": True}},
        {"patternProperties": {"(a+)+$": {}}},
        {"properties": {"a": {"pattern": "(?=a)"}}},
        {"allOf": [{"unevaluatedProperties": False}]},
        {"type": "persn"},
        {"properties": {"a": 3}},
        {"enum": [float("nan"), object()]},
        {"description": "x" * 30_000},
        deep,
    ):
        assert schema_fault(schema)
    assert schema_fault(PERSON) is None


def test_a_large_answer_to_a_large_schema_is_given_up_and_not_gone_through_for_ever() -> None:
    schema: Mapping[str, object] = {"items": {"oneOf": [{"const": number} for number in range(1_000)]}}
    text = f"[{','.join(['7'] * 40_000)}]"
    checks = [Check(key=str(number), kind="json_schema", schema=schema, turns="every") for number in range(10)]
    begun = time.process_time()
    found = check(checks, [turn(text, number) for number in range(1, 11)])
    assert time.process_time() - begun < 5
    assert {each.detail for each in found} == {"The answer is too large to be checked."}
