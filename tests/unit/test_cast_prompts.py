"""What models read of a scene with several personas: who is who, and who said what (Glow 6.3.2, 6.4.3)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from parlour.catalog.entities import Document, Flag, Media, Parameter, Persona, Rubric, Scenario, Statement
from parlour.conversations.entities import Mark, Message
from parlour.grading.prompt import Paper, grade_request
from parlour.kernel.ids import ChatId, MessageId
from parlour.turns.prompt import Scene, cast_of, hints_prompt, reply_prompt

NIA = Persona(id="nia", name="Nia", instructions="You are at {{place}}.", examples=("Well.",))
OMAR = Persona(id="omar", name="Omar", instructions="You sell books.")
SCENARIO = Scenario(
    id="s",
    name="Fair",
    description="A stand.",
    persona_ids=("nia", "omar"),
    parameters=(Parameter(id="p", name="place", value="the fair"),),
)


def message(kind: str, content: str, *marks: Mark) -> Message:
    return Message(
        id=MessageId(f"{kind}-{content[:5]}"),
        chat_id=ChatId("chat"),
        type="query" if kind == "query" else "response",
        parent_id=None,
        number=1,
        content=content,
        persona_id=marks[0].persona_id if marks else None,
        state="complete",
        created_at=0,
        completed_at=0,
        marks=marks,
    )


BOTH = message("response", "Hello.\n\nGood day.", Mark(persona_id="omar", at=0), Mark(persona_id="nia", at=8))
PATH = (message("query", "[[Omar]] Hi"), BOTH, message("query", "And?"))
SCENE = Scene(personas=(NIA, OMAR), scenario=SCENARIO, documents=(), path=PATH)


def test_a_message_knows_its_contents() -> None:
    assert [(each.persona_id, each.idx, each.content) for each in BOTH.contents] == [
        ("omar", 0, "Hello."),
        ("nia", 1, "Good day."),
    ]
    assert len({each.id for each in BOTH.contents}) == 2
    assert message("response", "").contents == ()
    assert [each.content for each in message("response", "Hi").contents] == ["Hi"]


def test_the_model_reads_who_is_who_and_its_own_markers() -> None:
    system, *said = reply_prompt(SCENE)
    for text in ("[[Nia]]\nYou are at the fair.", "- Well.", "[[Omar]]\nYou sell books.", "[[Nia]] or [[Omar]]"):
        assert text in system.content
    assert [(each.role, each.content) for each in said] == [
        ("user", "[[Omar]] Hi"),
        ("assistant", "[[Omar]]\nHello.\n\n[[Nia]]\nGood day."),
        ("user", "And?"),
    ]


def test_with_one_persona_there_are_no_markers() -> None:
    alone = Scene(personas=(NIA,), scenario=SCENARIO, documents=(), path=(PATH[0], message("response", "Hello.")))
    system, _, reply = reply_prompt(alone)
    assert "[[" not in system.content
    assert system.content.startswith("You are Nia in a practice conversation.")
    assert reply.content == "Hello."


def test_who_spoke_last_goes_on() -> None:
    assert cast_of(SCENE).default_id == "nia"
    begun = Scene(personas=(OMAR, NIA), scenario=SCENARIO, documents=(), path=PATH[:1])
    assert cast_of(begun).default_id == "omar"


def test_hints_are_asked_with_the_names_of_the_speakers() -> None:
    _, said = hints_prompt(SCENE)
    assert said.content.splitlines() == ["Learner: [[Omar]] Hi", "Omar: Hello.", "Nia: Good day.", "Learner: And?"]


def graded(names: Mapping[str, str], scenario: Scenario = SCENARIO) -> Any:
    rubric = Rubric(id="r", name="R", total_points=0, pass_points=0, groups=())
    paper = Paper(
        rubric=rubric,
        scenario=scenario,
        path=PATH,
        wanted=(),
        instructions=(),
        remarks=(),
        taken_seconds=1,
        limit_seconds=None,
        names=names,
    )
    return json.loads(grade_request(paper, "m", 1000).messages[1].content)


def test_the_grader_reads_who_spoke() -> None:
    lines = graded({"nia": "Nia", "omar": "Omar"})["transcript"]
    assert [(line["speaker"], line.get("name"), line["text"]) for line in lines] == [
        ("learner", None, "[[Omar]] Hi"),
        ("persona", "Omar", "Hello."),
        ("persona", "Nia", "Good day."),
        ("learner", None, "And?"),
    ]
    assert lines[1]["message_id"] == lines[2]["message_id"] == BOTH.id
    assert [line["text"] for line in graded({})["transcript"]] == ["[[Omar]] Hi", BOTH.content, "And?"]


def parameter(name: str, words: str) -> Parameter:
    return Parameter(id=name, name=name, value=words)


def test_what_a_persona_and_a_document_say_themselves_holds_where_the_scenario_says_nothing() -> None:
    nia = replace(
        NIA,
        instructions="You are at {{place}} and sell {{wares}} to {{nobody}}.",
        examples=("Fresh {{wares}}!",),
        parameters=(parameter("place", "home"), parameter("wares", "honey")),
        flags=(
            Flag(id="1", name="In a hurry", description="The bus leaves soon."),
            Flag(id="2", name="Has seen the list", value=False),
            Flag(id="3", name="active"),
        ),
    )
    sheet = Document(
        id="d",
        name="List",
        text="At {{place}}: {{wares}} for {{price}}.",
        fields=(parameter("place", "the hall"), parameter("price", "two")),
        images=(Media(id="i", name="The stand at {{place}}", description="Jars in rows."),),
    )
    scenario = replace(SCENARIO, parameters=(parameter("place", "the fair"), parameter("wares", " ")))
    (system, *_) = reply_prompt(Scene(personas=(nia,), scenario=scenario, documents=(sheet,), path=()))
    for text in (
        "You are at the fair and sell honey to {{nobody}}.\n\nWhat holds of you, and what does not:\n"
        "- In a hurry: yes. The bus leaves soon.\n- Has seen the list: no.\n\nSituation",
        "- Fresh honey!",
        "Document 'List':\nAt the fair:   for two.\nPictures in it:\n- The stand at the fair. Jars in rows.",
    ):
        assert text in system.content
    (both, *_) = reply_prompt(Scene(personas=(nia, OMAR), scenario=scenario, documents=(), path=()))
    assert "- Has seen the list: no.\nHow you talk, for example:\n- Fresh honey!" in both.content
    bare = replace(sheet, fields=(), images=())
    (system, *_) = reply_prompt(Scene(personas=(OMAR,), scenario=scenario, documents=(bare,), path=()))
    assert "Document 'List':\nAt {{place}}: {{wares}} for {{price}}." in system.content  # it is no form


def test_coach_and_grader_read_the_scenario_filled() -> None:
    scenario = replace(
        SCENARIO,
        description="A stand at {{place}}.",
        problem_statements=(Statement(id="p", text="Rain at {{place}}."),),
        objectives=(Statement(id="o", text="Sell at {{place}}."),),
    )
    (coach, _) = hints_prompt(replace(SCENE, scenario=scenario))
    assert "Situation: Fair. A stand at the fair.\nObjectives:\n- Sell at the fair." in coach.content
    assert graded({}, scenario)["scenario"] == {
        "name": "Fair",
        "description": "A stand at the fair.",
        "problem_statements": ["Rain at the fair."],
        "objectives": ["Sell at the fair."],
    }
