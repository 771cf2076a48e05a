"""Bundles: what goes out and comes in again is the same, byte for byte, on both stores."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.accounts import actions as accounts
from parlour.catalog import actions, authored
from parlour.catalog.anchors import Anchors, anchors_id
from parlour.catalog.authored import NewContent, body_of
from parlour.catalog.bundles import BundleErrors, load_bundle
from parlour.catalog.entities import (
    Entry,
    Kind,
    Option,
    Parameter,
    Persona,
    Question,
    Rubric,
    Scenario,
    Simulation,
    SimulationPart,
    Standard,
    StandardGroup,
    Statement,
)
from parlour.catalog.publishing import publish
from parlour.catalog.records import Record, RecordValue
from parlour.catalog.shelf import item_of
from parlour.kernel.ids import named_id
from parlour.kernel.refusals import Refusal
from parlour.library.bundles.comparing import differences, of_bundle, of_store
from parlour.library.bundles.exporting import of_artifact, of_pack, yaml_of
from parlour.storage.tx import Tx
from tests.unit.bundle_desk import SAMPLE, Desk, bytes_of

PACK = "pack: {id: mine, name: Mine, description: Of the house.}\n"


@pytest.fixture
def desk(store_url: str, tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "here", store_url)
    made.people("learner", "instructor", "ada")
    return made


@pytest.fixture
def other(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "there")


def save(tx: Tx, kind: Kind, content_id: str, name: str, value: object) -> str:
    authored.save(tx, NewContent(id=content_id, kind=kind, name=name, body=body_of(value)), None)
    return content_id


def house(tx: Tx) -> dict[str, str]:
    """A simulation as authors of the house make one: with ids of its own everywhere."""
    ids = {name: tx.new_id() for name in ("ada", "ada2", "talk", "rubric", "simulation", "agent")}
    for name in ("ada", "ada2"):
        persona = Persona(
            id=ids[name], name="Ada: «the» first", description=" kept short ", instructions="Be {{mood}}."
        )
        save(tx, "persona", persona.id, persona.name, persona)
    question = tx.new_id()
    scenario = Scenario(
        id=ids["talk"],
        name="第一回の面談",
        problem_statements=(Statement(id=tx.new_id(), text="Line one.\n\n  Line two."),),
        persona_ids=(ids["ada"], ids["ada2"]),
        parameters=(Parameter(id=tx.new_id(), name="mood", value="yes"),),
        questions=(
            Question(
                id=question,
                question_text="Which?",
                times=(3, 9),
                options=(
                    Option(id=tx.new_id(), question_id=question, option_text="null", is_correct=True),
                    Option(id=tx.new_id(), question_id=question, option_text="- 'b' \"c\" # d"),
                ),
            ),
        ),
        questions_enabled=True,
    )
    save(tx, "scenario", scenario.id, scenario.name, scenario)
    group = tx.new_id()
    levels = [Standard(id=tx.new_id(), standard_group_id=group, name=f"Level {each}", points=each) for each in (0, 2)]
    rubric = Rubric(
        id=ids["rubric"],
        name="Short",
        total_points=2,
        pass_points=1,
        groups=(StandardGroup(id=group, name="聞く", points=2, pass_points=1, standards=tuple(levels)),),
    )
    save(tx, "rubric", rubric.id, rubric.name, rubric)
    anchors = Anchors(id=anchors_id(rubric.id), rubric_id=rubric.id, weak=("Learner: No.\nPersona: Oh.",))
    save(tx, "anchors", anchors.id, "short", anchors)
    part = SimulationPart(
        scenario_id=scenario.id, rubric_id=rubric.id, position=0, settings={"time_limit": 60, "hints_enabled": False}
    )
    simulation = Simulation(id=ids["simulation"], name="Short", parts=(part,))
    save(tx, "simulation", simulation.id, simulation.name, simulation)
    value = RecordValue(id=tx.new_id(), fields={"hex": "", "nested": {"a": [1, 2.5, None, " b "]}})
    link = RecordValue(id=ids["ada"], fields={}, linked=True)
    record = Record(id=ids["agent"], artifact_type="agent", name="Agent", values={"flags": (value,), "models": (link,)})
    save(tx, "record", record.id, record.name, record)
    return ids


def test_the_sample_pack_comes_back_the_same(desk: Desk, other: Desk) -> None:
    desk.bring(SAMPLE)
    first = desk.export()
    assert desk.bring(first).written == 0, "what was exported is what is there"
    assert other.bring(first).unchanged == 0, "nobody has to be there before"
    assert bytes_of(other.export()) == bytes_of(first)
    assert bytes_of(other.export(lambda tx: of_pack(tx, "teaching-practice"))) == bytes_of(first)
    home = named_id("teaching-practice", "home", "tutor-assessment")
    there = [store.database.read_here(lambda tx: actions.entry_for(tx, "home", home)) for store in (desk, other)]
    assert there[0] is not None
    assert there[1] is not None
    assert there[0].templates == there[1].templates
    cohort = named_id("teaching-practice", "cohort", "tutors")
    assert len(desk.database.read_here(lambda tx: accounts.learners_of_cohort(tx, cohort))) == 1, "people stay"


def test_content_of_the_house_comes_back_the_same_with_its_ids(desk: Desk, other: Desk) -> None:
    desk.bring(SAMPLE)
    ids = desk.database.write_here(house)
    first = desk.export()
    text = (first / "personas.yaml").read_text()
    assert "ada-the-first:" in text
    assert "ada-the-first-2:" in text
    assert text.count("id: ") == 7, "only what does not follow from its name"
    assert "pack:\n  id: library\n" in (first / "pack.yaml").read_text()
    other.bring(first)
    assert bytes_of(other.export()) == bytes_of(first)
    for content_id in ids.values():
        assert other.database.read_here(lambda tx, each=content_id: item_of(tx, each)) is not None
    again = desk.bring(first)
    assert again.written == 2, "only the two descriptions lost the spaces around them"
    assert bytes_of(desk.export()) == bytes_of(first)
    kept = desk.database.read_here(lambda tx: item_of(tx, ids["rubric"]))
    assert kept is not None
    assert isinstance(kept.content, Rubric)
    assert kept.content.groups[0].standards[0].standard_group_id == kept.content.groups[0].id


WRITTEN = """
pack: {id: desk, name: Desk}
documents:
  list:
    name: List
    text: "At {{place}}: honey for {{price}}."
    fields: {price: two}
    images: [{name: The stand, description: Jars in rows., file: stand.png}]
  plain: {name: Plain, text: Nothing to fill in.}
personas:
  nia:
    name: Nia
    instructions: "You sell {{wares}} at {{place}}."
    parameters: {wares: honey}
    flags: [{name: In a hurry, description: The bus leaves.}, {name: Has seen the list, value: false}]
  omar: {name: Omar, instructions: You sell books.}
scenarios:
  fair: {name: Fair, personas: [nia, omar], documents: [list, plain], parameters: {place: the fair}}
"""


def test_what_personas_and_documents_say_themselves_travels_with_the_pictures(desk: Desk, other: Desk) -> None:
    folder = desk.folder / "written"
    folder.mkdir()
    (folder / "desk.yaml").write_text(WRITTEN)
    (folder / "stand.png").write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    desk.bring(folder)
    first = desk.export()
    assert (first / "media" / "stand.png").read_bytes() == (folder / "stand.png").read_bytes()
    assert {"parameters:", "wares: honey", "price: two", "value: false"} <= {
        line.strip() for name in ("personas.yaml", "documents.yaml") for line in (first / name).read_text().splitlines()
    }
    other.bring(first)
    assert bytes_of(other.export()) == bytes_of(first)
    (folder / "desk.yaml").write_text(WRITTEN.replace("parameters: {wares: honey}", "parameters: {}"))
    with pytest.raises(BundleErrors, match="'nia' needs 'wares'"):
        load_bundle(folder)

    def as_before(tx: Tx) -> None:
        """As it was stored before there were such members."""
        for name in ("omar", "plain"):
            kind: Kind = "persona" if name == "omar" else "document"
            row = authored.current(tx, named_id("desk", kind, name))
            assert row is not None
            short = re.sub(r',"(parameters|flags|fields|images)":\[\]', "", row.body)
            assert short != row.body
            authored.save(tx, NewContent(id=row.id, kind=kind, name=row.name, body=short), None)

    desk.database.write_here(as_before)
    assert desk.bring(first).written == 0, "what has none of it stays the version that it is"


def test_one_artifact_travels_with_what_it_needs_and_nothing_else(desk: Desk, other: Desk) -> None:
    desk.bring(SAMPLE)
    ids = desk.database.write_here(house)
    text = desk.database.read_here(lambda tx: yaml_of(of_artifact(tx, ids["simulation"], alone=True)))
    file = desk.folder / "simulation.yaml"
    file.write_text(text, encoding="utf-8")
    assert "Maya" not in text
    assert other.bring(file).written == 6, "two personas, scenario, rubric with anchors, simulation"
    assert other.database.read_here(lambda tx: yaml_of(of_artifact(tx, ids["simulation"], alone=True))) == text
    homes = len(desk.database.read_here(lambda tx: actions.all_entries(tx, "home")))
    desk.bring(file)
    assert len(desk.database.read_here(lambda tx: actions.all_entries(tx, "home"))) == homes, "nothing is retired by it"
    with pytest.raises(Refusal, match="not_found"):
        desk.database.read_here(lambda tx: of_artifact(tx, named_id("no", "such")))


def test_what_differs_is_said_by_object_and_member(desk: Desk) -> None:
    desk.bring(SAMPLE)
    first = desk.export()
    bundle = load_bundle(first)
    assert desk.database.read_here(lambda tx: differences(of_store(tx, bundle), of_bundle(bundle))) == ()
    assert differences(of_bundle(bundle), of_bundle(bundle)) == ()
    rubrics = first / "rubrics.yaml"
    rubrics.write_text(rubrics.read_text().replace("name: Beginning", "name: Started", 1))
    personas = first / "personas.yaml"
    personas.write_text(personas.read_text().replace("  maya:", "  mia:"))
    for file in first.glob("*.yaml"):
        file.write_text(file.read_text().replace("[maya]", "[mia]").replace("      maya:", "      mia:"))
    changed = load_bundle(first)
    found = desk.database.read_here(lambda tx: differences(of_store(tx, changed), of_bundle(changed)))
    told = [(each.kind, f"{each.section}/{each.slug}") for each in found]
    assert ("added", "personas/mia") in told
    assert ("removed", "personas/maya") in told
    rubric = next(each for each in found if each.section == "rubrics")
    (member,) = rubric.members
    assert member.path == "groups.exploring.standards.2.name"
    assert (member.before, member.after) == ("Beginning", "Started")
    helena = next(each for each in changed.personas if each.id == named_id(changed.pack, "persona", "helena"))
    spoken = replace(helena, instructions=f"{helena.instructions} She hangs up if nobody listens.")
    longer = replace(changed, personas=tuple(spoken if each is helena else each for each in changed.personas))
    (late,) = differences(of_bundle(changed), of_bundle(longer))
    assert (late.members[0].after or "").endswith("She hangs up if nobody listens.")  # however long the text is


def test_ids_that_are_none_or_somebody_elses_are_refused_where_they_stand(desk: Desk) -> None:
    ids = desk.database.write_here(house)
    file = desk.folder / "ids.yaml"
    file.write_text(f"{PACK}personas:\n  p: {{id: 12, name: P, instructions: P.}}\n")
    with pytest.raises(BundleErrors, match=r"ids.yaml:3: expected a text"):
        load_bundle(file)
    file.write_text(f"{PACK}personas:\n  p: {{id: p, name: P, instructions: P.}}\n")
    with pytest.raises(BundleErrors, match=r"ids.yaml:3: 'p': 'p' is no id"):
        load_bundle(file)
    same = f"id: {ids['ada']}, name: P, instructions: P."
    file.write_text(f"{PACK}personas:\n  p: {{{same}}}\n  q: {{{same}}}\n")
    with pytest.raises(BundleErrors, match=r"ids.yaml:4: 'q' has the id of 'p'"):
        load_bundle(file)
    file.write_text(f"{PACK}personas:\n  p: {{id: {ids['talk']}, name: P, instructions: P.}}\n")
    bundle = load_bundle(file)
    with pytest.raises(BundleErrors, match=r"ids.yaml:3: 'p': something else has the id"):
        desk.database.write_here(lambda tx: publish(tx, bundle))
    file.write_text(f"{PACK}personas:\n  p: {{{same}}}\n")
    assert desk.bring(file).written == 1
    item = desk.database.read_here(lambda tx: item_of(tx, ids["ada"]))
    assert item is not None
    assert (item.name, item.pack, item.slug) == ("P", "mine", "p")


def test_anchors_belong_to_their_rubric_and_every_line_says_who_speaks(desk: Desk) -> None:
    rubric = (
        "rubrics:\n  r:\n    name: R\n    total_points: 1\n    pass_points: 1\n"
        "    groups:\n"
        "      g: {name: G, points: 1, pass_points: 1, standards: [{name: N, points: 0}, {name: Y, points: 1}]}\n"
    )
    file = desk.folder / "anchors.yaml"
    file.write_text(f"{PACK}{rubric}    anchors: {{weak: ['Somebody: Hi.']}}\n")
    with pytest.raises(BundleErrors, match=r"anchors.yaml:9: anchors: weak 1: every line begins with"):
        load_bundle(file)
    file.write_text(f"{PACK}{rubric}    anchors: {{weak: ['Learner: Hi.'], strong: ['Learner: How are you?']}}\n")
    desk.bring(file)
    found = desk.database.read_here(lambda tx: item_of(tx, named_id("mine", "rubric", "r")))
    assert found is not None
    assert found.anchors is not None
    assert (found.anchors.weak, found.anchors.strong) == (("Learner: Hi.",), ("Learner: How are you?",))
    file.write_text(f"{PACK}{rubric}")
    assert desk.bring(file).written == 0, "a bundle that says nothing of anchors leaves them"


def test_what_a_bundle_does_not_say_of_an_entry_stays(desk: Desk) -> None:
    scene = (
        "personas: {p: {name: P, instructions: P.}}\nscenarios: {s: {name: S, personas: [p]}}\n"
        "simulations: {m: {name: M, scenarios: [{scenario: s}]}}\n"
    )
    file = desk.folder / "entry.yaml"
    file.write_text(f"{PACK}{scene}home: {{h: {{name: H, simulation: m, learners: [ada], personas: {{ada: p}}}}}}\n")
    desk.bring(file)
    exported = desk.export()
    assert "ada" not in (exported / "home.yaml").read_text()
    assert desk.bring(exported).written == 0
    home = named_id("mine", "home", "h")
    ada = desk.database.read_here(lambda tx: accounts.account_by_user_id(tx, "ada"))
    entry: Entry | None = desk.database.read_here(lambda tx: actions.entry_for(tx, "home", home))
    assert ada is not None
    assert entry is not None
    seat = desk.database.read_here(lambda tx: actions.seat_for(tx, entry, ada.account_id))
    assert seat is not None
    assert seat.persona_id == named_id("mine", "persona", "p")


def test_what_was_edited_in_the_house_stays_until_its_bundle_changes(desk: Desk) -> None:
    desk.bring(SAMPLE)
    maya = named_id("teaching-practice", "persona", "maya")
    item = desk.database.read_here(lambda tx: item_of(tx, maya))
    assert item is not None
    assert isinstance(item.content, Persona)
    edited = replace(item.content, description="Edited on the page.")
    desk.database.write_here(lambda tx: save(tx, "persona", maya, edited.name, edited))

    def description() -> str:
        found = desk.database.read_here(lambda tx: item_of(tx, maya))
        assert found is not None
        assert isinstance(found.content, Persona)
        return found.content.description

    for _ in range(2):
        assert desk.bring(SAMPLE).written == 0
        assert description() == "Edited on the page."
    mine = desk.folder / "changed"
    shutil.copytree(SAMPLE, mine)
    personas = mine / "personas.yaml"
    personas.write_text(personas.read_text().replace("#2f855a", "#2f855b"))
    assert desk.bring(mine).written == 1
    assert description() == item.content.description
