"""Values become artifacts and artifacts values, on both stores, and nothing is lost on the way."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from parlour.catalog import authored
from parlour.catalog.benchmarks import Eval
from parlour.catalog.entities import Cohort, Document, Persona, Rubric, Scenario, Simulation
from parlour.drafts.values import Value, Values
from parlour.library import forms
from parlour.library.differences import differences
from parlour.library.forms import Compiled, Compiling, personas, simulations
from parlour.storage.tx import Tx
from tests.conftest import STORES
from tests.unit.library_house import House, link, named, one, open_house, value

ENTITIES = {
    "persona": Persona,
    "scenario": Scenario,
    "rubric": Rubric,
    "simulation": Simulation,
    "cohort": Cohort,
    "document": Document,
    "eval": Eval,
}


@pytest.fixture(scope="module", params=STORES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    yield from open_house(request.param, tmp_path_factory.mktemp("house"), request)


def compile_(house: House, artifact_type: str, artifact_id: str, values: Values, who: str = "root") -> Compiled:
    wanted = Compiling(actor=house.actor(who), artifact_type=artifact_type, artifact_id=artifact_id, values=values)
    return house.do(lambda tx: forms.compiled(tx, wanted))


def test_everything_in_the_sample_pack_comes_back_as_it_was(house: House) -> None:
    def rows(tx: Tx) -> list[authored.CurrentRow]:
        kinds = tuple(kind for kind in ENTITIES)
        return authored.listed(tx, authored.Listing(kinds=kinds, active=True, limit=1_000))  # pyright: ignore[reportArgumentType]

    found = house.do(rows)
    assert {row.kind for row in found} == set(ENTITIES)
    for row in found:
        values = house.do(lambda tx, row=row: forms.values_of(tx, row.kind, row.id))
        compiled = compile_(house, row.kind, row.id, values)
        assert compiled.findings == (), (row.kind, row.name)
        before, after = row.read(ENTITIES[row.kind]), compiled.content
        if isinstance(before, Cohort) and isinstance(after, Cohort):
            assert set(after.profile_ids) == set(before.profile_ids)
            before, after = (replace(each, profile_ids=(), instructor_ids=()) for each in (before, after))
        assert after == before, row.name
        assert {who for name in values for each in values[name] for who in each.by.values()} <= {"person"}


def test_signals_castings_and_captions_are_values_too(house: House) -> None:
    def all_of(kind: str) -> list[Value]:
        def read(tx: Tx) -> list[Value]:
            listing = authored.Listing(kinds=(kind,), active=True)  # pyright: ignore[reportArgumentType]
            sets = (forms.values_of(tx, kind, row.id) for row in authored.listed(tx, listing))
            return [each for values in sets for found in values.values() for each in found]

        return house.do(read)

    assert any(each.fields.get("signals") for each in all_of("rubric"))
    assert any(each.linked and each.fields.get("dialogue_id") for each in all_of("scenario"))
    assert any(each.fields.get("captions") for each in all_of("scenario"))


def test_points_that_follow_from_others_may_be_left_out(house: House) -> None:
    values: Values = {
        "names": one(name="Calm"),
        "standard_groups": (value("g1", name="Listens"), value("g2", name="Explains", points=4, pass_points=1)),
        "standards": (
            value("s1", name="No", points=0, standard_group_id="g1"),
            value("s2", name="Yes", points=3, standard_group_id="g1"),
            value("s3", name="No", points=0, standard_group_id="g2"),
            value("s4", name="Yes", points=4, standard_group_id="g2"),
        ),
        "anchors": (value("a", level="weak", text="Learner: No."),),
    }
    compiled = compile_(house, "rubric", "r", values)
    rubric = compiled.content
    assert isinstance(rubric, Rubric)
    assert compiled.findings == ()
    assert (rubric.total_points, rubric.pass_points) == (7, 5)
    assert [(group.points, group.pass_points) for group in rubric.groups] == [(3, 2), (4, 1)]
    assert compiled.anchors is not None
    assert compiled.anchors.weak == ("Learner: No.",)


def test_what_has_the_wrong_form_is_said_where_it_stands(house: House) -> None:
    persona = compile_(house, "persona", "p", {"names": one(name=7), "examples": (value("e", example=["x"]),)})
    assert [(each.type, each.value_id, each.field) for each in persona.findings] == [
        ("names", "one", "name"),
        ("examples", "e", "example"),
    ]
    values: Values = {
        "names": one(name="S"),
        "personas": (link(named("persona", "nobody")),),
        "questions": (value("q", question_text="?", times=[-1], options="none"),),
        "scenario_flags": (value("f", name="loud", value=True),),
        "objectives": (value("o", objective="x" * 200_001),),
        "standards": (value("s"),),
    }
    scenario = compile_(house, "scenario", "s", values)
    assert {(each.code, each.type, each.field) for each in scenario.findings} == {
        ("form.unknown_link", "personas", None),
        ("form.type", "questions", "times"),
        ("form.type", "questions", "options"),
        ("form.type", "scenario_flags", "name"),
        ("form.too_long", "objectives", "objective"),
        ("form.type", "standards", None),
    }
    simulation = compile_(
        house,
        "simulation",
        "x",
        {"scenarios": (), "scenario_rubrics": (value("r", scenario_id="gone", rubric_id=named("rubric", "no")),)},
    )
    assert [each.code for each in simulation.findings] == ["form.unknown_link"]


def test_a_file_is_what_it_is_whatever_its_value_says(house: House) -> None:
    def video(tx: Tx) -> Value:
        rows = authored.listed(tx, authored.Listing(kinds=("scenario",), active=True))
        found = (each for row in rows for each in forms.values_of(tx, "scenario", row.id).get("videos", ()))
        return next(each for each in found if each.fields.get("captions"))

    film = house.do(video)
    lying = replace(film, fields={**film.fields, "mime_type": "text/html"})
    compiled = compile_(house, "scenario", "s", {"videos": (lying,), "images": (replace(film, id="i"),)})
    scenario = compiled.content
    assert isinstance(scenario, Scenario)
    assert scenario.videos[0].mime_type == film.fields["mime_type"]
    assert [(each.code, each.type) for each in compiled.findings] == [("form.file", "images")]


def test_the_first_picture_of_a_published_scenario_is_shown_unless_somebody_said_no(house: House) -> None:
    rows = house.do(lambda tx: authored.listed(tx, authored.Listing(kinds=("scenario",), active=True, limit=1_000)))
    plain = next(row for row in rows if not row.read(Scenario).images)
    values = house.do(lambda tx: forms.values_of(tx, "scenario", plain.id))
    pictured = {**values, "images": (value("i", name="The desk", description="A desk."),)}
    shown = compile_(house, "scenario", plain.id, pictured).content
    assert isinstance(shown, Scenario)
    assert shown.images_enabled
    hidden = {**pictured, "scenario_flags": (value("f", name="images_enabled", value=False),)}
    assert getattr(compile_(house, "scenario", plain.id, hidden).content, "images_enabled", None) is False


def test_nobody_names_what_only_others_may_read(house: House) -> None:
    department = house.department("clinic")
    secret = house.made(
        "stranger", "persona", {"names": one(name="Hidden"), "instructions": one(template="You are hidden.")}
    )
    values: Values = {
        "names": one(name="S"),
        "personas": (link(secret.artifact_id),),
        "departments": (link(department),),
        "images": (value("i", name="x", upload_id="01890000-0000-7000-8000-000000000000"),),
    }
    found = compile_(house, "scenario", "s", values, who="instructor").findings
    assert {each.type for each in found} == {"personas", "departments", "images"}
    unknown = compile_(house, "scenario", "s", {"personas": (link(named("persona", "x")),)}, who="instructor").findings
    assert found[0].message == unknown[0].message
    assert {each.type for each in compile_(house, "scenario", "s", values, who="stranger").findings} == {"images"}


def test_positions_order_scenarios_and_settings_are_kept(house: House) -> None:
    found = house.do(
        lambda tx: [row.id for row in authored.listed(tx, authored.Listing(kinds=("scenario",), active=True))]
    )
    ids = found[:2]
    values: Values = {
        "names": one(name="Two"),
        "scenarios": (link(ids[0]), link(ids[1])),
        "scenario_positions": (value("p", scenario_id=ids[1], value=-1),),
        "scenario_time_limits": (value("t", scenario_id=ids[0], time_limit_seconds=90, negative=True),),
        "scenario_flags": (value("f", scenario_id=ids[1], name="hints_enabled", value=False),),
    }
    compiled = compile_(house, "simulation", "two", values)
    simulation = compiled.content
    assert isinstance(simulation, Simulation)
    assert compiled.findings == ()
    assert [part.scenario_id for part in simulation.parts] == [ids[1], ids[0]]
    assert [dict(part.settings) for part in simulation.parts] == [
        {"hints_enabled": False},
        {"time_limit": 90, "negative_time": True},
    ]
    again = compile_(house, "simulation", "two", simulations.values(simulation)).content
    assert again == simulation


def test_what_a_persona_says_of_itself_and_a_documents_fields_and_pictures_are_compiled(house: House) -> None:
    values: Values = {
        "names": one(name="Nia"),
        "parameter_fields": (value("a", name="place", value="home"), value("b", value="nameless")),
        "flags": (value("f", name="In a hurry", description="The bus."), value("g", name="active", value=False)),
    }
    persona = compile_(house, "persona", "p", values).content
    assert isinstance(persona, Persona)
    assert [(each.id, each.name, each.value) for each in persona.parameters] == [("a", "place", "home")]
    assert [(each.name, each.value) for each in persona.flags] == [("In a hurry", True), ("active", False)]
    assert not persona.may_be_chosen
    assert compile_(house, "persona", "p", personas.values(persona)).content == persona
    paper: Values = {
        "names": one(name="List"),
        "fields": (value("x", name="Opening hours", value="nine to five"), value("y", name="Who", description="Ann")),
        "images": (value("i", name="The desk", description="A desk."),),
    }
    document = compile_(house, "document", "d", paper).content
    assert isinstance(document, Document)
    assert [(each.name, each.value) for each in document.fields] == [("opening-hours", "nine to five"), ("who", "Ann")]
    assert [(each.id, each.description) for each in document.images] == [("i", "A desk.")]


def test_what_is_written_inside_a_scenario_takes_its_pictures_and_details_along(house: House) -> None:
    values: Values = {
        "names": one(name="Fair"),
        "images": (value("i", name="The stand"), value("j", name="Another")),
        "parameter_fields": (value("a", name="place", value="the fair"),),
        "personas": (value("p", name="Nia", instructions="At {{place}}.", parameter_field_ids=["a"]),),
        "documents": (value("d", name="List", text="At {{place}}.", image_ids=["i"], parameter_field_ids=["a"]),),
    }
    nested = {each.artifact_id: each.values for each in compile_(house, "scenario", "s", values).nested}
    persona = compile_(house, "persona", "p", nested["p"]).content
    document = compile_(house, "document", "d", nested["d"]).content
    assert isinstance(persona, Persona)
    assert isinstance(document, Document)
    assert [each.value for each in persona.parameters] == ["the fair"]
    assert [each.name for each in document.images] == ["The stand"]
    wrong = {**values, "documents": (value("d", name="List", text="x", image_ids=["k"]),)}
    found = compile_(house, "scenario", "s", wrong).findings
    assert [(each.code, each.type, each.field) for each in found] == [("form.unknown_link", "documents", "image_ids")]


def test_parameters_and_fields_that_are_artifacts_say_their_names_to_who_may_read_them(house: House) -> None:
    field = house.made("stranger", "field", {"names": one(name="the north hall"), "descriptions": one(description="N")})
    parameter = house.made(
        "stranger", "parameter", {"names": one(name="Hall No"), "fields": (link(field.artifact_id),)}
    )
    alone = house.made("stranger", "field", {"names": one(name="Price"), "descriptions": one(description="two")})
    values: Values = {
        "names": one(name="Nia"),
        "parameter_fields": (value("a", parameter_id=parameter.artifact_id, field_id=field.artifact_id),),
    }
    paper: Values = {"names": one(name="List"), "fields": (link(field.artifact_id), link(alone.artifact_id))}
    persona = compile_(house, "persona", "p", values, who="stranger").content
    document = compile_(house, "document", "d", paper, who="stranger").content
    assert isinstance(persona, Persona)
    assert isinstance(document, Document)
    assert [(each.name, each.value) for each in persona.parameters] == [("hall-no", "the north hall")]
    assert [(each.name, each.value) for each in document.fields] == [("hall-no", "the north hall"), ("price", "two")]
    made = house.made("stranger", "document", paper)
    for artifact_type, given in (("persona", values), ("document", paper)):
        foreign = compile_(house, artifact_type, "q", given, who="instructor")
        assert {each.code for each in foreign.findings} == {"form.unknown_link"}
        assert "north" not in authored.body_of(foreign.content)
    kept = compile_(house, "document", made.artifact_id, paper, who="instructor").content
    assert isinstance(kept, Document)
    assert kept.fields == document.fields  # what stood there goes on saying what it said


def test_secrets_are_never_kept(house: House) -> None:
    values: Values = {
        "names": one(name="Our provider"),
        "provider_keys": (value("k", provider_id="p", key="sk-secret", name="Main"),),
    }
    compiled = compile_(house, "setting", "s", values)
    assert "sk-secret" not in authored.body_of(compiled.content) + str(compiled.values)
    assert compiled.values["provider_keys"][0].fields == {"provider_id": "p", "name": "Main"}


def test_differences_say_what_was_added_changed_moved_and_removed() -> None:
    before: Values = {
        "names": (value("n", name="A"),),
        "examples": tuple(value(each, example=each) for each in "abcd"),
    }
    after: Values = {
        "names": (value("m", name="B"),),
        "examples": (
            value("d", example="d"),
            value("a", example="z"),
            value("b", example="b"),
            value("e", example="e"),
        ),
    }
    told = [(each.type, each.value_id, each.field, each.kind) for each in differences(before, after)]
    assert told == [
        ("examples", "c", None, "removed"),
        ("examples", "a", "example", "changed"),
        ("examples", "e", None, "added"),
        ("examples", "d", None, "moved"),
        ("names", "m", "name", "changed"),
    ]
    assert differences(before, before) == ()
