"""Recordings and benchmarks in a bundle: read whole, or refused with every fault and its line."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.catalog.benchmark_rules import Bounds
from parlour.catalog.bundles import BundleErrors, load_bundle
from parlour.catalog.sources import Bundle
from parlour.kernel.ids import named_id

TEXT = r"""pack: {id: p, name: P}
personas:
  pat: {name: Pat, instructions: "You are Pat, and stuck."}
  kim: {name: Kim, instructions: "You are Kim."}
  out: {name: Out, instructions: "You are not here."}
scenarios:
  talk:
    {name: Talk, description: At the desk., personas: [pat, kim], objectives: [Ask first.],
     problem_statements: [It loops.]}
rubrics:
  small:
    name: Small
    total_points: 5
    pass_points: 3
    groups:
      asking: {name: Asking, points: 2, pass_points: 1, standards: [{points: 0, name: a}, {points: 2, name: b}]}
      warmth: {name: Warmth, points: 3, pass_points: 1, standards: [{points: 1, name: a}, {points: 3, name: b}]}
dialogues: {}
evals:
  good: {name: Good talk, description: How good.}
recordings:
  first:
    title: First
    scenario: talk
    messages:
      - {user: "I am stuck.", persona: pat}
      - {assistant: "What have you tried?"}
      - assistant: "Let me look."
        tool_calls: [{id: c1, name: look_up, arguments: {term: loop, deep: {n: [1, 2.5, true]}}}]
      - {tool: "A loop repeats.", call: c1}
      - {tool_calls: [{id: c2, name: look_up}]}
    checks:
      - {key: asks, kind: regex, pattern: "\\?", turns: any}
      - {key: short, kind: length, characters_max: 400, turns: every, required: false}
    grade: {rubric: small, levels: {asking: 2, warmth: 1}}
    consent: {statement: We wrote it., at: "2026-01-31T09:00:00Z"}
    seconds: 240
  second:
    title: Second
    part: persona
    messages: [{system: "Be Pat."}, {user: Hello}, {assistant: Hi}]
benchmarks:
  b:
    name: B
    eval: good
    repeats: 3
    judges: [scripted, "local:judge"]
    prefer: true
    baseline: two
    checks: [{key: polite, kind: not_contains, text: stupid}]
    candidates:
      one: {model: scripted, rubric: small, title: The first}
      two: {model: "local:model", temperature: 0.5, tools: [{name: look_up, parameters: {type: object}}]}
  c: {name: C, eval: good, recordings: [second], replay_mode: last_turn, auto_advance: true}
"""


def bundle(tmp_path: Path, text: str = TEXT, bounds: Bounds | None = None) -> Bundle:
    file = tmp_path / "b.yaml"
    file.write_text(text, encoding="utf-8")
    return load_bundle(file, bounds) if bounds else load_bundle(file)


def faults(tmp_path: Path, *edits: tuple[str, str], bounds: Bounds | None = None) -> list[tuple[int, str]]:
    """The faults of the bundle above with these pieces replaced, each with its line."""
    text = TEXT
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    with pytest.raises(BundleErrors) as caught:
        bundle(tmp_path, text, bounds)
    return [(error.line, error.message) for error in caught.value.errors]


def line_of(piece: str) -> int:
    return TEXT[: TEXT.index(piece)].count("\n") + 1


def test_a_recording_is_read_with_its_calls_checks_and_grade(tmp_path: Path) -> None:
    first, second = bundle(tmp_path).recordings
    assert (first.id, first.part, first.turns, first.seconds) == (
        named_id("p", "recording", "first"),
        "learner",
        3,
        240,
    )
    assert first.cluster == named_id("p", "scenario", "talk")
    assert second.cluster == second.id
    system, user, asks, looks, tool, again = first.messages
    assert [each.role for each in first.messages] == ["system", "user", "assistant", "assistant", "tool", "assistant"]
    assert user.persona_id == named_id("p", "persona", "pat")
    assert asks.content == "What have you tried?"
    assert looks.tool_calls[0].arguments == '{"term":"loop","deep":{"n":[1,2.5,true]}}'
    assert tool.tool_call_id == again.tool_calls[0].call_id.replace("2", "1") == "c1"
    for piece in ("You talk with Pat and Kim", "At the desk.", "It loops.", "- Ask first."):
        assert piece in system.content
    assert "stuck" not in system.content
    assert [check.key for check in first.checks] == ["asks", "short"]
    assert first.grade is not None
    assert (first.grade.score, first.grade.total_points, first.grade.pass_points) == (3, 5, 3)
    assert first.grade.totals == {
        named_id("p", "standard_group", "small", "asking"): 2,
        named_id("p", "standard_group", "small", "warmth"): 1,
    }
    assert first.consent is not None
    assert first.consent.at == 1769850000000
    assert second.messages[0].content == "Be Pat."


def test_the_part_of_a_persona_is_told_who_it_is(tmp_path: Path) -> None:
    text = TEXT.replace("    title: First\n", "    title: First\n    part: persona\n")
    system = bundle(tmp_path, text).recordings[0].messages[0].content
    assert "You are Pat, and stuck." in system
    assert "Ask first." not in system


def test_a_benchmark_is_read_with_its_candidates(tmp_path: Path) -> None:
    whole, other = (draft.benchmark for draft in bundle(tmp_path).benchmarks)
    assert [each.id for each in whole.recordings] == [named_id("p", "recording", slug) for slug in ("first", "second")]
    assert [each.id for each in other.recordings] == [named_id("p", "recording", "second")]
    one, two = whole.candidates
    assert (one.title, two.title, one.position, two.position) == ("The first", "two", 0, 1)
    assert one.rubric is not None
    assert two.rubric is None
    assert whole.baseline == two.id
    assert (whole.repeats, whole.judges, whole.prefer) == (3, ("scripted", "local:judge"), True)
    assert (other.replay_mode, other.auto_advance, other.candidates) == ("last_turn", True, ())


CASES: list[tuple[str, str, str]] = [
    ("{user: Hello}, {assistant: Hi}", "{user: Hello}", "recording 'second': there is no assistant message"),
    ("    scenario: talk\n", "    scenario: walk\n", "there is no scenario 'walk'"),
    ('stuck.", persona: pat', 'stuck.", persona: out', "'out' is no persona of this recording"),
    ('stuck.", persona: pat', 'stuck.", persona: tim', "there is no persona 'tim'"),
    ("{user: Hello}", "{user: Hello, system: Two}", "one message, one role: this has system and user"),
    ("{user: Hello}", "{call: c0}", "a message needs one of system, developer, user, assistant, tool"),
    ("call: c1}", "call: c9}", "a tool message answers a call before it: 'c9' is none"),
    ("{id: c2, name", "{id: c1, name", "the tool call 'c1' is here twice"),
    ("{id: c2, name: look_up}", "{id: c2, name: look up!}", "'look up!' is no name of a tool"),
    ("kind: length, characters_max: 400", "kind: length", "check 'short': 'length' needs 'characters_min' or"),
    (
        "kind: length, characters_max: 400",
        "kind: latency",
        "check 'short': 'latency' needs 'milliseconds_max'",
    ),
    (
        "kind: length, characters_max: 400",
        "kind: latency, milliseconds_max: 5, text: x",
        "'text' is nothing to 'latency'",
    ),
    ("kind: length", "kind: size", "expected one of contains, not_contains, regex"),
    ('pattern: "\\\\?"', 'pattern: "("', "check 'asks': '(' is no regular expression"),
    ('pattern: "\\\\?"', 'pattern: "(?=x)"', "check 'asks': '(?=x)' is no regular expression"),
    ('regex, pattern: "\\\\?"', "json_schema, schema: {type: thing}", "check 'asks': 'schema' is no JSON schema"),
    ("key: short", "key: asks", "recording 'first': two checks have the key 'asks'"),
    ("asking: 2, warmth: 1", "asking: 1, warmth: 1", "levels: no standard of 'asking' has 1 points"),
    ("asking: 2, warmth: 1", "asking: 2", "levels: 'warmth' is missing"),
    ("asking: 2, warmth: 1", "asking: 2, warmth: 1, depth: 1", "levels: 'depth' is no group of it"),
    ("grade: {rubric: small", "grade: {rubric: large", "there is no rubric 'large'"),
    ('at: "2026-01-31T09:00:00Z"', "at: yesterday", "'yesterday' is no time"),
    ("seconds: 240", "seconds: -1", "seconds must be between 0 and"),
    ("    eval: good\n", "    eval: bad\n", "there is no eval 'bad'"),
    ("recordings: [second]", "recordings: [third]", "there is no recording 'third'"),
    ("recordings: [second]", "recordings: [second, second]", "the recording 'second' is listed twice"),
    ("recordings: [second]", "recordings: some", "expected one of all"),
    ("replay_mode: last_turn", "replay_mode: live", "replay_mode live: the recording 'Second' has no scenario"),
    ("baseline: two", "baseline: three", "baseline: there is no candidate 'three'"),
    ("title: The first", "title: two", "two candidates have the title 'two'"),
    ('model: "local:model"', "model: gpt", "candidate 'two': 'gpt' names no model"),
    ("temperature: 0.5", "temperature: 3", "temperature must be between 0 and 2"),
    ("rubric: small, title", "rubric: big, title", "there is no rubric 'big'"),
    ("{type: object}", "{type: thing}", "tool 'look_up': 'parameters' is no JSON schema"),
    ("repeats: 3", "repeats: 0", "repeats must be between 1 and 100"),
    ('"local:judge"', "scripted", "the judge 'scripted' is listed twice"),
    ("kind: not_contains, text: stupid", "kind: not_contains", "check 'polite': 'not_contains' needs 'text'"),
    ("prefer: true", "prefer: maybe", "expected true or false"),
]


@pytest.mark.parametrize(("old", "new", "said"), CASES, ids=[said[:40] for _, _, said in CASES])
def test_each_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    found = faults(tmp_path, (old, new))
    places = [line for line, message in found if said in message]
    assert places, found
    assert len(found) == 1, found
    assert any(abs(line - line_of(old)) <= 3 or line in _tops(line_of(old)) for line in places), (found, line_of(old))


def _tops(line: int) -> list[int]:
    """Lines at which the object that holds a line begins, where a fault of the whole object is told."""
    lines = TEXT.splitlines()
    return [n + 2 for n in range(line) if lines[n].startswith("  ") and not lines[n].startswith("   ")][-1:]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    edits = [(old, new) for old, new, _ in (CASES[2], CASES[6], CASES[13], CASES[24], CASES[31])]
    assert len(faults(tmp_path, *edits)) == len(edits)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda bounds: replace(bounds, messages=4), "recording 'first': at most 4 messages, these are 6"),
        (lambda bounds: replace(bounds, recordings=1), "benchmark 'b': at most 1 recordings, these are 2"),
        (lambda bounds: replace(bounds, candidates=1), "benchmark 'b': at most 1 candidates, these are 2"),
    ],
)
def test_too_much_is_refused(tmp_path: Path, change: Callable[[Bounds], Bounds], said: str) -> None:
    assert said in [message for _, message in faults(tmp_path, bounds=change(Bounds()))]
