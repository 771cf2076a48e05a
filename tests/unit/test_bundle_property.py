"""Whatever authors write: export, import into a fresh store, export again gives the same bytes."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlour.catalog import authored
from parlour.catalog.anchors import Anchors, anchors_id
from parlour.catalog.authored import NewContent, body_of
from parlour.catalog.entities import (
    Cohort,
    Document,
    Flag,
    Kind,
    Media,
    Option,
    Parameter,
    Persona,
    Question,
    Rubric,
    Scenario,
    Signals,
    Simulation,
    SimulationPart,
    Standard,
    StandardGroup,
    Statement,
)
from parlour.catalog.records import Record, RecordValue
from parlour.kernel.ids import named_id
from parlour.storage.tx import Tx
from tests.unit.bundle_desk import Desk, bytes_of

LETTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\x00")
LINES = st.text("a b\n#:-'\"{}[]&*!|>%@`~,?\té漢\u200d\u2028", max_size=80)
WORDS = st.one_of(
    st.text(LETTERS, max_size=40),
    LINES,
    st.lists(st.sampled_from(["some", "words", "here:"]), max_size=40).map(" ".join),
)
SAID = WORDS.filter(lambda text: bool(text.strip()) and "{{" not in text)
SEVERAL = st.lists(WORDS, max_size=3).map(tuple)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1000, 1000), st.floats(-5, 5, width=16), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)
Stored = tuple[Kind, str, object]


@st.composite
def details(draw: st.DrawFn) -> tuple[Parameter, ...]:
    """Values for placeholders."""
    names = draw(st.sets(st.sampled_from(["a", "b-1"])))
    return tuple(Parameter(id=named_id("detail", name), name=name, value=draw(SAID)) for name in sorted(names))


@st.composite
def house(draw: st.DrawFn) -> list[Stored]:
    """Content with ids of its own, as the library makes it."""
    count = 0

    def new() -> str:
        nonlocal count
        count += 1
        return named_id("test", str(count))

    documents = [
        Document(
            id=new(),
            name=name,
            description=draw(WORDS),
            text=draw(WORDS),
            template=draw(st.booleans()),
            fields=draw(details()),
            images=tuple(Media(id=new(), name=said, upload_id=new()) for said in draw(st.lists(SAID, max_size=1))),
        )
        for name in draw(st.lists(SAID, max_size=2))
    ]
    personas = [
        Persona(
            id=new(),
            name=name,
            color=draw(WORDS),
            instructions=draw(SAID),
            examples=draw(SEVERAL),
            parameters=draw(details()),
            flags=tuple(
                Flag(id=new(), name=said, description=draw(WORDS), value=draw(st.booleans()))
                for said in draw(st.lists(SAID, max_size=2))
            ),
        )
        for name in draw(st.lists(SAID, min_size=1, max_size=3))
    ]
    scenarios = [
        draw(scenario(new(), [each.id for each in personas], [each.id for each in documents]))
        for _ in range(draw(st.integers(1, 2)))
    ]
    marked = draw(rubric(new()))
    anchors = Anchors(
        id=anchors_id(marked.id), rubric_id=marked.id, strong=draw(st.sampled_from([(), ("Learner: a",)]))
    )
    flags = st.dictionaries(st.sampled_from(["hints_enabled", "use_custom", "text_enabled"]), st.booleans())
    parts = tuple(
        SimulationPart(scenario_id=each.id, rubric_id=marked.id, position=number, settings=draw(flags))
        for number, each in enumerate(scenarios)
    )
    simulation = Simulation(id=new(), name=draw(SAID), parts=parts)
    cohort = Cohort(id=new(), name=draw(SAID), simulation_ids=(simulation.id,), profile_ids=())
    values = tuple(
        RecordValue(id=new(), fields=fields) for fields in draw(st.lists(st.dictionaries(WORDS, JSON), max_size=2))
    )
    record = Record(id=new(), artifact_type="agent", name=draw(SAID), values={"flags": values} if values else {})
    return [
        *(("document", each.name, each) for each in documents),
        *(("persona", each.name, each) for each in personas),
        *(("scenario", each.name, each) for each in scenarios),
        ("rubric", marked.name, marked),
        ("anchors", "anchors", anchors),
        ("simulation", simulation.name, simulation),
        ("cohort", cohort.name, cohort),
        ("record", record.name, record),
    ]


@st.composite
def scenario(draw: st.DrawFn, content_id: str, personas: list[str], documents: list[str]) -> Scenario:
    def part(*names: object) -> str:
        return named_id(content_id, *map(str, names))

    texts = draw(SEVERAL)
    asked = draw(st.lists(st.tuples(SAID, st.lists(SAID, min_size=2, max_size=3)), max_size=2))
    return Scenario(
        id=content_id,
        name=draw(SAID),
        department_ids=draw(st.sampled_from([(), ("faculty",)])),
        objectives=tuple(Statement(id=part("objective", number), text=text) for number, text in enumerate(texts)),
        persona_ids=tuple(draw(st.lists(st.sampled_from(personas), min_size=1, unique=True))),
        document_ids=tuple(documents),
        parameters=tuple(
            Parameter(id=part(name), name=name, value=draw(SAID))
            for name in draw(st.sets(st.sampled_from(["a", "b-1"])))
        ),
        images=tuple(
            Media(id=part("image", name), name=name, upload_id=part(name)) for name in draw(st.lists(SAID, max_size=1))
        ),
        questions=tuple(
            Question(
                id=part("question", number),
                question_text=text,
                times=tuple(draw(st.lists(st.integers(0, 99), max_size=2))),
                options=tuple(
                    Option(
                        id=part("option", number, place),
                        question_id=part("question", number),
                        option_text=option,
                        is_correct=place == 0,
                    )
                    for place, option in enumerate(options)
                ),
            )
            for number, (text, options) in enumerate(asked)
        ),
        objectives_enabled=draw(st.booleans()),
    )


@st.composite
def rubric(draw: st.DrawFn, content_id: str) -> Rubric:
    groups: list[StandardGroup] = []
    for number, name in enumerate(draw(st.lists(SAID, min_size=1, max_size=3))):
        points = sorted(draw(st.sets(st.integers(0, 9), min_size=2, max_size=4)))
        group_id = named_id(content_id, str(number))
        standards = tuple(
            Standard(id=f"{group_id[:-1]}{each}", standard_group_id=group_id, name=draw(SAID), points=each)
            for each in points
        )
        signals = draw(st.sampled_from([None, Signals(), Signals(good=("open ... question",), enough=2)]))
        groups.append(
            StandardGroup(
                id=group_id, name=name, points=points[-1], pass_points=points[0], standards=standards, signals=signals
            )
        )
    total = sum(each.points for each in groups)
    return Rubric(id=content_id, name=draw(SAID), total_points=total, pass_points=total // 2, groups=tuple(groups))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(house())
def test_any_content_comes_back_the_same(content: list[Stored]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        here, there = Desk(Path(folder) / "here"), Desk(Path(folder) / "there")

        def store(tx: Tx) -> None:
            for kind, name, value in content:
                new = NewContent(id=getattr(value, "id"), kind=kind, name=name, body=body_of(value))  # noqa: B009
                authored.save(tx, new, None)

        here.database.write_here(store)
        first = here.export()
        there.bring(first)
        assert bytes_of(there.export()) == bytes_of(first)
        here.bring(first)
        second = here.export()
        assert bytes_of(second) == bytes_of(first)
        assert here.bring(second).written == 0
