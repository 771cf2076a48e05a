"""What operations do to the values of a draft, and how two sides' changes become one."""

import itertools
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.drafts.artifacts import draft_types
from parlour.drafts.values import ArtifactBody, Value, Values, Who
from parlour.kernel.refusals import Refusal
from parlour.library.drafting.fields import DRAFTED, check_fields, known_fields
from parlour.library.drafting.merging import Conflict, merged
from parlour.library.drafting.sheet import Marks, Operation, Sheet

MODEL: Who = "model"


def value(value_id: str, by: Who = "person", **fields: object) -> Value:
    state = "proposed" if by == "model" else "accepted"
    return Value(id=value_id, fields=fields, by=dict.fromkeys(fields, by), state=state)


def after(body: ArtifactBody, *operations: Operation, values_max: int = 10) -> ArtifactBody:
    """A body at version 4 after these operations."""
    numbers = itertools.count()
    sheet = Sheet(body, Marks(version=5, values_max=values_max, fresh_id=lambda: f"fresh{next(numbers)}"))
    for number, each in enumerate(operations):
        sheet.apply(each, f"/changes/{number}")
    return sheet.body()


def ids(values: Values, type_name: str) -> list[str]:
    return [each.id for each in values.get(type_name, ())]


def test_each_operation_does_what_it_says_and_marks_who_did_it() -> None:
    body = after(
        ArtifactBody(),
        Operation(op="put", type="names", fields={"name": "One"}),
        Operation(op="put", type="names", fields={"name": "Two"}),
        Operation(op="add", type="examples", value_id="a", fields={"example": "A", "gone": None}),
        Operation(op="add", type="examples", value_id="b", fields={}),
        Operation(op="add", type="examples", value_id="c", fields={}, position=0),
        Operation(op="set", type="examples", value_id="b", fields={"example": "B"}),
        Operation(op="move", type="examples", value_id="c", position=2),
        Operation(op="link", type="departments", artifact_id="d"),
        Operation(op="link", type="departments", artifact_id="d"),
    )
    assert [each.fields for each in body.values["names"]] == [{"name": "Two"}]
    assert ids(body.values, "examples") == ["a", "b", "c"]
    assert body.values["examples"][0].fields == {"example": "A"}
    assert body.values["examples"][1].by == {"example": "person"}
    assert [(each.id, each.linked) for each in body.values["departments"]] == [("d", True)]
    assert body.touched == {"names": 5, "examples": 5, "departments": 5}
    left = after(body, Operation(op="remove", type="examples", value_id="a"), Operation(op="remove", type="names"))
    assert ids(left.values, "examples") == ["b", "c"]
    assert "names" not in left.values


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        (Operation(op="set", type="examples", value_id="none", fields={}), "/changes/0/value_id"),
        (Operation(op="remove", type="examples", value_id="none"), "/changes/0/value_id"),
        (Operation(op="add", type="examples", value_id="a", fields={}), "/changes/0/value_id"),
        (Operation(op="add", type="standards", value_id="a", fields={}), "/changes/0/value_id"),
        (Operation(op="add", type="examples", fields={}), "/changes/0/type"),
        (Operation(op="add", type="names", fields={}), "/changes/0/type"),
        (Operation(op="refuse", type="examples", value_id="a"), "/changes/0/value_id"),
    ],
)
def test_what_cannot_be_done_names_its_place(asked: Operation, pointer: str) -> None:
    body = ArtifactBody(values={"examples": (value("a"), value("b")), "names": (value("n", name="N"),)})
    with pytest.raises(Refusal) as refused:
        after(body, asked, values_max=2)
    assert refused.value.code == "invalid_request"
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


def test_writing_over_a_models_field_makes_it_both_and_accepts_what_is_nobody_elses() -> None:
    proposed = value("p", MODEL, name="Its", points=3)
    body = ArtifactBody(values={"standards": (proposed,)})
    same = after(body, Operation(op="set", type="standards", value_id="p", fields={"name": "Its"}))
    assert same.values["standards"] == (proposed,)
    half = after(body, Operation(op="set", type="standards", value_id="p", fields={"name": "Mine"}))
    assert (half.values["standards"][0].by, half.values["standards"][0].state) == (
        {"name": "both", "points": "model"},
        "proposed",
    )
    whole = after(half, Operation(op="set", type="standards", value_id="p", fields={"points": None}))
    assert whole.values["standards"][0].fields == {"name": "Mine"}
    assert whole.values["standards"][0].state == "accepted"
    kinds = after(body, Operation(op="set", type="standards", value_id="p", fields={"points": True}))
    assert kinds.values["standards"][0].fields["points"] is True


def test_accepting_keeps_who_made_it_and_refusing_brings_back_what_was_there() -> None:
    old, mine = value("old", example="Old"), value("mine", example="Mine")
    first, second = value("first", MODEL, example="1"), value("second", MODEL, example="2")
    body = ArtifactBody(values={"examples": (first, second)}, replaced={"examples": (old,)})

    one = after(body, Operation(op="accept", type="examples", value_id="first"))
    assert [(each.id, each.state, each.by) for each in one.values["examples"]] == [
        ("first", "accepted", {"example": "model"}),
        ("second", "proposed", {"example": "model"}),
    ]
    assert one.touched == {}
    assert ids(one.replaced, "examples") == ["old"]
    settled = after(one, Operation(op="refuse", type="examples", value_id="second"))
    assert ids(settled.values, "examples") == ["first"]
    assert settled.replaced == {}

    none = after(body, *(Operation(op="refuse", type="examples", value_id=each) for each in ("first", "second")))
    assert ids(none.values, "examples") == ["old"]
    assert none.replaced == {}

    grown = replace(body, values={"examples": (first, mine, second)})
    all_refused = after(grown, Operation(op="refuse", type="examples"))
    assert ids(all_refused.values, "examples") == ["old", "mine"]
    all_accepted = after(grown, Operation(op="accept", type="examples"))
    assert {each.state for each in all_accepted.values["examples"]} == {"accepted"}
    assert all_accepted.replaced == {}

    again = ArtifactBody(values={"examples": (value("old", MODEL, example="New"),)}, replaced={"examples": (old,)})
    back = after(again, Operation(op="refuse", type="examples", value_id="old"))
    assert back.values["examples"][0].fields == {"example": "Old"}


def test_who_moves_a_scenario_goes_by_the_order_of_the_scenarios() -> None:
    body = ArtifactBody(
        values={
            "scenarios": (value("a"), value("b")),
            "scenario_positions": (value("p", scenario_id="a", value=0), value("q", scenario_id="b", value=1)),
        }
    )
    moved = after(body, Operation(op="move", type="scenarios", value_id="b", position=0))
    assert ids(moved.values, "scenarios") == ["b", "a"]
    assert "scenario_positions" not in moved.values


def test_what_names_a_value_goes_with_it_and_comes_back_with_it() -> None:
    groups = (value("g", name="Asking"), value("h", name="Telling"))
    standards = (value("s", standard_group_id="g"), value("t", standard_group_id="h"))
    body = ArtifactBody(values={"standard_groups": groups, "standards": standards})
    left = after(body, Operation(op="remove", type="standard_groups", value_id="g"))
    assert ids(left.values, "standards") == ["t"]
    assert left.touched == {"standard_groups": 5, "standards": 5}

    made = ArtifactBody(
        values={
            "standard_groups": (value("new", MODEL, name="New"),),
            "standards": (value("n", MODEL, standard_group_id="new"),),
        },
        replaced={"standard_groups": groups, "standards": standards},
    )
    whole = (Operation(op="refuse", type="standards"), Operation(op="refuse", type="standard_groups", value_id="new"))
    before = {"standard_groups": groups, "standards": standards}
    for order in (whole, whole[::-1], whole[1:]):
        back = after(made, *order)
        assert back.values == {
            name: tuple(replace(each, changed=5) for each in found) for name, found in before.items()
        }
        assert back.replaced == {}


@pytest.mark.parametrize(
    ("artifact_type", "type_name", "fields"),
    [
        ("persona", "names", {"name": 1}),
        ("persona", "names", {"nobody": "x"}),
        ("persona", "names", {"name": "a\0b"}),
        ("persona", "names", {"name": "\ud800"}),
        ("persona", "names", {"name": "x" * 60_001}),
        ("rubric", "standards", {"points": 1.5}),
        ("rubric", "standards", {"points": True}),
        ("rubric", "standards", {"points": 2**60}),
        ("model", "pricing", {"price": float("nan")}),
        ("model", "pricing", {"price": float("inf")}),
        ("scenario", "questions", {"options": "none"}),
        ("scenario", "questions", {"options": [[[[[[[1]]]]]]]}),
        ("scenario", "questions", {"options": [0] * 501}),
        ("scenario", "questions", {"options": [{"a": "\0"}]}),
        ("scenario", "questions", {"allow_multiple": 1}),
        ("invocation", "keys", {"key": "secret"}),
        ("setting", "provider_keys", {"key": "secret"}),
        ("model", "providers", {"key": "secret"}),
    ],
)
def test_fields_that_a_type_does_not_have_are_refused(
    artifact_type: str, type_name: str, fields: Mapping[str, object]
) -> None:
    with pytest.raises(Refusal) as refused:
        check_fields(known_fields(artifact_type, type_name), fields, "/fields")
    assert [fault.pointer for fault in refused.value.faults] == [f"/fields/{next(iter(fields))}"]


def test_every_type_of_every_artifact_has_fields() -> None:
    assert all(known_fields(artifact, each) for artifact in DRAFTED for each in draft_types(artifact))
    check_fields(known_fields("rubric", "standards"), {"name": "Clear", "points": 2, "description": None}, "/fields")


# Values of a type with three fields, by id: what both sides begin from, and what each makes of it.
FIELDS = st.dictionaries(st.sampled_from("xyz"), st.integers(0, 3), max_size=3)
SIDE = st.dictionaries(st.sampled_from("abcdef"), FIELDS, max_size=6)


def values_of(side: Mapping[str, Mapping[str, object]]) -> Values:
    return {"examples": tuple(Value(id=each, fields=fields) for each, fields in side.items())} if side else {}


def fields_of(values: Values) -> dict[str, dict[str, object]]:
    return {each.id: dict(each.fields) for each in values.get("examples", ())}


@settings(max_examples=300, deadline=None)
@given(base=SIDE, theirs=SIDE, mine=SIDE)
def test_nothing_that_a_side_changed_is_lost_without_a_word(
    base: dict[str, dict[str, int]], theirs: dict[str, dict[str, int]], mine: dict[str, dict[str, int]]
) -> None:
    values, conflicts = merged(values_of(base), values_of(theirs), values_of(mine), 9)
    found = fields_of(values)
    told = {(each.value_id, each.field) for each in conflicts}
    for value_id in {*base, *theirs, *mine}:
        for field in "xyz":
            was, now, own = (side.get(value_id, {}).get(field) for side in (base, theirs, mine))
            got = found.get(value_id, {}).get(field)
            if (value_id, None) in told or (value_id, field) in told:
                continue
            if own != was and value_id in mine:
                assert got == own, "what the draft changed is there"
            if now != was and value_id in theirs:
                assert got == now, "what others changed is there"
    for value_id, field in told:
        if field is not None:
            assert found[value_id].get(field) == mine[value_id].get(field), "the draft keeps its own"
        else:
            assert value_id in found, "what somebody changed is not thrown out"


@settings(max_examples=100, deadline=None)
@given(base=SIDE, other=SIDE)
def test_a_side_that_changed_nothing_leaves_what_the_other_has(
    base: dict[str, dict[str, int]], other: dict[str, dict[str, int]]
) -> None:
    start, changed = values_of(base), values_of(other)
    assert merged(start, start, changed, 9) == (changed, ())
    taken, conflicts = merged(start, changed, start, 9)
    assert (list(fields_of(taken).items()), conflicts) == (list(fields_of(changed).items()), ())
    assert merged(start, changed, changed, 9) == (changed, ())


def test_the_one_value_of_a_type_is_the_same_on_every_side_whatever_its_id() -> None:
    base = {"names": (value("a", name="Old"),)}
    theirs = {"names": (value("b", name="Theirs"),)}
    mine = {"names": (value("c", name="Mine"),)}
    values, conflicts = merged(base, theirs, mine, 9)
    assert [(each.id, dict(each.fields)) for each in values["names"]] == [("c", {"name": "Mine"})]
    assert conflicts == (Conflict(type="names", value_id="c", field="name", mine="Mine", theirs="Theirs"),)
    taken, none = merged(base, theirs, base, 9)
    assert [(each.id, dict(each.fields)) for each in taken["names"]] == [("a", {"name": "Theirs"})]
    assert none == ()
