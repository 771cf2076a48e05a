"""A bundle is loaded whole or refused with every error, each with its file and line."""

import shutil
from pathlib import Path

import pytest

from parlour.catalog.bundles import BundleErrors, load_bundle
from parlour.catalog.phrases import found, phrase_fault, plain

SAMPLE = Path(__file__).parents[2] / "content" / "teaching-practice"

PACK = "pack: {id: p, name: P}\n"


def faults(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    file = tmp_path / "b.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BundleErrors) as caught:
        load_bundle(file)
    assert {error.path for error in caught.value.errors} == {"b.yaml"}
    return [(error.line, error.message) for error in caught.value.errors]


def test_the_sample_pack_has_what_a_newcomer_needs() -> None:
    bundle = load_bundle(SAMPLE)
    assert len(bundle.personas) >= 4
    assert len(bundle.scenarios) == 8
    assert all(scenario.problem_statements and scenario.objectives for scenario in bundle.scenarios)
    assert all(scenario.document_ids and scenario.castings for scenario in bundle.scenarios)
    rubric = bundle.rubrics[0]
    assert (rubric.total_points, rubric.pass_points, len(rubric.groups)) == (25, 18, 5)
    assert all([level.points for level in group.standards] == [1, 2, 3, 4, 5] for group in rubric.groups)
    first, second, *practices = bundle.entries
    assert first.kind == second.kind == "home"
    assert len(first.templates) == len(second.templates) == 3
    assert not any(template.hints_enabled for template in (*first.templates, *second.templates))
    assert [template.use_previous for template in (*first.templates, *second.templates)] == [False] * 3 + [True] * 3
    assert len(practices) >= 2
    assert all(template.hints_enabled for entry in practices for template in entry.templates)
    assert [template.time_limit for template in practices[1].templates] == [600, None, None]


def test_every_error_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        PACK
        + """personas:
  ada:
    name: Ada
    instructions: Be {{mood}} in {{place}}.
    colour: red
  ben: {name: 12, instructions: Hello.}
  cleo: {name: Cleo, instructions: "You are {{mood}}."}
scenarios:
  talk:
    name: Talk
    personas: [cleo, dora]
    documents: [paper]
    problem_statement_enabled: maybe
rubrics:
  r:
    name: R
    total_points: 7
    pass_points: 9
    groups:
      one:
        name: One
        points: 4
        pass_points: 3
        standards:
          - {name: low, points: 1}
          - {name: high, points: 5}
        signals: {good_moves: [waving]}
simulations:
  s:
    name: S
    scenarios: [{scenario: talks}]
home:
  h: {name: H, simulation: s, start_time: yesterday, cohorts: [nobody]}
"""
    )
    errors = faults(tmp_path, text)
    lines = [line for line, _ in errors]
    for line, part in [
        (6, "'colour' is not known here"),
        (7, "expected a text (put it in quotes)"),
        (14, "expected true or false"),
        (16, "points of 'One' are 4, its best standard gives 5"),
        (16, "total_points is 7, the standard groups sum to 4"),
        (16, "pass_points must be between 0 and 7"),
        (21, "there is no move 'waving'"),
        (32, "there is no scenario 'talks'"),
        (34, "there is no cohort 'nobody'"),
        (34, "'yesterday' is no time"),
    ]:
        near = [message for found_line, message in errors if abs(found_line - line) <= 1]
        assert any(part in message for message in near), (line, part, errors)
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("generate_images", "generate_images: there is no image model"),
        ("generate_videos", "generate_videos: there is no image model"),
    ],
)
def test_a_flag_that_needs_an_engine_that_is_not_there_is_refused_and_does_not_do_nothing(
    tmp_path: Path, flag: str, said: str
) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(SAMPLE, pack)
    cohort = pack / "cohort.yaml"
    cohort.write_text(cohort.read_text().replace("{time_limit: 600}", f"{{time_limit: 600, {flag}: true}}"))
    with pytest.raises(BundleErrors) as caught:
        load_bundle(pack)
    (error,) = caught.value.errors
    assert (error.path, error.line) == ("cohort.yaml", 39)
    assert said in error.message


def test_questions_are_not_generated_without_options(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(SAMPLE, pack)
    cohort = pack / "cohort.yaml"
    cohort.write_text(cohort.read_text().replace("{time_limit: 600}", "{time_limit: 600, generate_questions: true}"))
    with pytest.raises(BundleErrors) as caught:
        load_bundle(pack)
    assert [error.message for error in caught.value.errors] == [
        "generate_questions needs generate_options: questions need answers"
    ]


def test_references_are_checked_across_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PACK, encoding="utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.yaml").write_text(
        "scenarios:\n  talk:\n    name: T\n    personas:\n      - ada\n      - ben\n", encoding="utf-8"
    )
    (tmp_path / "c.yaml").write_text(
        "personas:\n  ada: {name: Ada, instructions: 'Be in {{place}}.'}\n", encoding="utf-8"
    )
    with pytest.raises(BundleErrors) as caught:
        load_bundle(tmp_path)
    assert [str(error) for error in caught.value.errors] == [
        "deep/b.yaml:3: parameters: 'ada' needs 'place'",
        "deep/b.yaml:6: there is no persona 'ben'",
    ]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("personas: {}\n", 1, "needs one 'pack' section"),
        (PACK + PACK, 2, "'pack' is here twice"),
        (PACK + "people: {}\n", 2, "'people' is no section"),
        (PACK + "documents:\n  x: &a {name: X}\n  y: *a\n", 4, "aliases"),
        (PACK + "documents:\n  X!: {name: X}\n", 3, "is no slug"),
        (PACK + "documents:\n  x: {name: X\n", 4, "not valid YAML"),
        (PACK + "documents: !!python/object:os.system {}\n", 2, "expected"),
        (PACK + "documents:\n  x: " + "[" * 40 + "]" * 40 + "\n", 3, "nested deeper"),
        (PACK + "documents:\n  x: {name: X, text: '" + "a" * 60_001 + "'}\n", 3, "at most 60000 characters"),
        (PACK + "documents:\n  x: {name: X}\n  x: {name: Y}\n", 4, "'x' is here twice"),
        (PACK + "# " + "a" * 2_100_000, 1, "larger than"),
    ],
)
def test_what_a_bundle_may_not_hold(tmp_path: Path, text: str, line: int, part: str) -> None:
    (error, *_) = faults(tmp_path, text)
    assert error[0] == line
    assert part in error[1]


def test_a_broken_dialogue_is_refused_with_its_reasons(tmp_path: Path) -> None:
    text = (
        PACK
        + """dialogues:
  d:
    start: nowhere
    moods: [{name: calm, at_least: -6}]
    moves: {dances: {kind: good, mood: 1}}
    states:
      here:
        about: x
        say: {angry: [Go]}
        hints: [one, two]
        rules: [{when: {any_of: ["(a|b"], moves: [flying]}, goto: there}]
    answers: {}
    fallback: [Hm.]
    closing: [Bye.]
    repair: Be kind.
"""
    )
    messages = " | ".join(message for _, message in faults(tmp_path, text))
    for part in [
        "no state 'nowhere'",
        "'dances' needs 'when'",
        "no mood 'angry'",
        "needs 3 different hints",
        "is no phrase",
        "no move 'flying'",
        "no state 'there'",
    ]:
        assert part in messages


def test_phrases_find_words_and_cannot_be_made_slow() -> None:
    phrase = "what ... (did|have) you ... tr*"
    assert found((phrase,), plain("So what exactly have you already TRIED?"))
    assert not found((phrase,), plain("whatever have you"))
    assert not found((phrase,), plain("what have your friends tried to do with all of it and why"))
    assert phrase_fault("(a+)*") is not None
    assert not found(("a ... a ... a ... z",), plain("a " * 20_000))
