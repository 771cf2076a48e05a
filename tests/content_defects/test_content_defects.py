"""How much of what is wrong with content the lint sees, and how often it is red without a reason (issue 7)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from parlour.catalog.bundles import load_bundle
from parlour.drafts.values import Value
from parlour.library.checks.bundled import findings_of
from parlour.library.checks.linting import Surroundings, is_green, lint
from parlour.library.checks.reading_level import reading_level
from tests.content_defects import broken, good, held_out
from tests.content_defects.writing import MARA, persona, scenario

SAMPLE = Path(__file__).parents[2] / "content" / "teaching-practice"
CAUGHT_SHARE_MIN = 0.9
FALSE_ALARM_SHARE_MAX = 0.05


def test_the_lint_sees_nine_of_ten_defects_and_leaves_good_content_alone(capsys: pytest.CaptureFixture[str]) -> None:
    missed = [
        each.title
        for each in broken.ALL
        if each.code not in {found.code for found in lint(each.type, each.values) if found.severity != "note"}
    ]
    alarms = {
        each.title: [(found.code, found.quote) for found in lint(each.type, each.values) if found.severity != "note"]
        for each in good.ALL
        if not is_green(lint(each.type, each.values))
    }
    caught = len(broken.ALL) - len(missed)
    with capsys.disabled():
        print(
            f"\ncontent defects: {caught} of {len(broken.ALL)} caught ({100 * caught / len(broken.ALL):.0f} %), "
            f"{len(alarms)} false alarms on {len(good.ALL)} good ones ({100 * len(alarms) / len(good.ALL):.0f} %)"
        )
    assert len(broken.RUBRICS) + len(broken.PERSONAS) >= 20
    assert len(good.RUBRICS) + len(good.PERSONAS) >= 20
    assert caught >= CAUGHT_SHARE_MIN * len(broken.ALL), missed
    assert len(alarms) <= FALSE_ALARM_SHARE_MAX * len(good.ALL), alarms


def test_it_does_as_well_on_content_that_was_written_after_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    missed = [values for kind, values in held_out.BROKEN if is_green(lint(kind, values))]
    alarms = [lint(kind, values) for kind, values in held_out.GOOD if not is_green(lint(kind, values))]
    with capsys.disabled():
        print(
            f"\nheld out: {len(held_out.BROKEN) - len(missed)} of {len(held_out.BROKEN)} caught, "
            f"{len(alarms)} false alarms on {len(held_out.GOOD)} good ones"
        )
    assert len(missed) <= (1 - CAUGHT_SHARE_MIN) * len(held_out.BROKEN)
    assert len(alarms) <= FALSE_ALARM_SHARE_MAX * len(held_out.GOOD), alarms


def test_a_defect_is_told_at_its_place_with_advice() -> None:
    for each in broken.ALL:
        for found in lint(each.type, each.values):
            assert found.message, each.title
            assert found.advice, each.title
            if found.value_id is not None:
                assert found.type is not None
                assert found.value_id in {value.id for value in each.values[found.type]}


def test_what_a_persona_says_itself_needs_no_parameter_of_a_scenario() -> None:
    def unfilled(*fields: Mapping[str, object]) -> set[str]:
        told = tuple(Value(id=f"d{number}", fields=each) for number, each in enumerate(fields))
        asks = MARA.replace("a surgical ward", "{{place}}")
        met = {**persona("Mara Lind", asks, "It was a long night."), "parameter_fields": told}
        plays = {**scenario(), "personas": (Value(id="p", fields={}, linked=True),)}
        found = (
            *lint("persona", met, Surroundings(used_by=(plays,))),
            *lint("scenario", plays, Surroundings(linked={"p": met})),
        )
        return {each.code for each in found if each.code.endswith(".unfilled")}

    assert unfilled() == {"persona.unfilled", "scenario.unfilled"}
    assert unfilled({"name": "place", "value": ""}) == {"persona.unfilled", "scenario.unfilled"}
    assert unfilled({"name": "place", "value": "a ward"}) == set()
    assert unfilled({"parameter_id": "x", "field_id": "y"}) == set()  # the catalogue says its name


def test_a_parameter_is_used_by_whatever_is_filled() -> None:
    used: dict[str, Sequence[Mapping[str, object]]] = {
        "questions": [{"question_text": "At {{a}}?", "options": [{"option_text": "{{b}}", "is_correct": True}]}],
        "images": [{"name": "{{c}}", "description": "The {{d}}"}],
        "parameter_fields": [{"name": name, "value": name} for name in "abcde"],
    }
    found = [each for each in lint("scenario", scenario("", **used)) if each.code == "scenario.unused_parameter"]
    assert [each.quote for each in found] == ["e"]


def test_the_sample_pack_is_green() -> None:
    found = findings_of(load_bundle(SAMPLE))
    assert {(each.type, each.name) for each in found} >= {
        ("persona", "Maya Okafor"),
        ("rubric", "Supportive conversation"),
    }
    assert not [(each.name, finding) for each in found for finding in each.findings if finding.severity != "note"]


def test_values_of_any_shape_never_break_the_lint() -> None:
    strange: tuple[object, ...] = (None, 3, 2.5, True, "", "x" * 5000, [], [1, None], {"a": 1}, "\x00", "{{")
    for kind in ("rubric", "persona", "scenario", "simulation", "document", "cohort", "tool"):
        for thing in strange:
            names = (
                "name",
                "description",
                "template",
                "points",
                "pass_points",
                "value",
                "options",
                "standard_group_id",
            )
            odd = (Value(id="a", fields=dict.fromkeys(names, thing)), Value(id="b", fields={}))
            types = ("names", "points", "pass_points", "standard_groups", "standards", "instructions", "questions")
            types += ("personas", "scenarios", "scenario_time_limits", "texts", "examples", "parameter_fields")
            lint(kind, dict.fromkeys(types, odd))


def test_how_hard_a_text_is_is_said_by_a_named_formula_or_not_at_all() -> None:
    easy = "The cat sat on the mat. It was a warm day and she had milk. " * 8
    hard = (
        "The institutionalisation of interdisciplinary competency frameworks necessitates considerable "
        "administrative reorganisation throughout participating organisations, notwithstanding contractual "
        "obligations that are simultaneously in force and that complicate the implementation. "
    ) * 3
    german = "Der Hund läuft durch den Wald und bellt. Das Kind ist bei ihm und lacht laut. Sie gehen nach Haus. " * 5
    measured = [reading_level(text) for text in (easy, hard, german)]
    assert [(each.formula, each.hard) for each in measured if each] == [
        ("Flesch-Kincaid grade", False), ("Flesch-Kincaid grade", True), ("Wiener Sachtextformel", False),
    ]  # fmt: skip
    assert reading_level("Le chat est sur le tapis et il dort dans la maison. " * 10) is None
    assert reading_level("Too short to say.") is None
