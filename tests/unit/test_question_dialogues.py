"""The dialogues of tool flows, from what the person reads to what the tool gets (lab protocol 6.4, flows 2 and 3)."""

import asyncio
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from parlour.assistant.entities import JsonValue, Language, Member
from parlour.assistant.questions import wording
from parlour.assistant.questions.actions import of_prompt
from parlour.assistant.questions.dialogue import Rules, collect, select, verify
from parlour.assistant.questions.entities import Choice, Field, NewQuestion, Prompt, Words
from parlour.assistant.questions.words import answer_of
from parlour.assistant.sentences import SENTENCES
from parlour.assistant.tools.ports import AbandonedError, Ask, FailedError, Operation, Outside
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import ProviderFault
from parlour.pauses.entities import Body, Item, Option
from tests.unit.question_cases import asked

NAME = Field(key="experiment_name", label="Name")
DESCRIPTION = Field(key="experiment_description", label="Description", type="text")
DURATION = Field(key="experiment_duration", label="Duration", type="duration")
VISIBILITY = Field(key="visibility", label="Visibility", required=False, choices=("private", "lab"))
PICK = Prompt(
    kind="select",
    text="Which papers?",
    options=(Choice(id="a", title="Alpha"), Choice(id="b", title="Beta", detail="2024"), Choice(id="c", title="Gamma")),
    min=1,
    max=2,
)


def member(language: Language = "en") -> Member:
    return Member(account_id=AccountId("ada"), user_id="ada", language=language, timezone="UTC")


class Person:
    """Answers what a dialogue asks with one text after another, as the server would read them."""

    def __init__(self, *texts: str, language: Language = "en") -> None:
        self.texts = list(texts)
        self.read: list[str] = []
        self.language: Language = language

    def talk(self, dialogue: Generator[Any, JsonValue, Any]) -> Any:
        try:
            wish = next(dialogue)
            while True:
                wish = dialogue.send(self._answer(wish)) if isinstance(wish, Ask) else self._call(dialogue, wish)
        except StopIteration as ended:
            return ended.value

    def _answer(self, wish: Ask) -> Any:
        new = of_prompt(wish.prompt, 72)
        self.read.append(wording.full_text(new, self.language))
        body = Body(
            text=new.text,
            items=tuple(
                Item(key=f.key, label=f.label, type=f.type, required=f.required, value=f.value, choices=f.choices)
                for f in new.fields
            ),
            options=tuple(Option(index=n, id=o.id, title=o.title) for n, o in enumerate(new.options, start=1)),
            min=new.min,
            max=new.max,
        )
        said = Words(text=self.texts.pop(0), message_id=None, author_id=AccountId("ada"), route="test")
        return answer_of(asked(new.kind, body), said)

    def _call(self, dialogue: Generator[Any, JsonValue, Any], wish: Outside) -> Any:
        try:
            return dialogue.send(asyncio.run(wish.call("key")))  # type: ignore[arg-type]
        except ProviderFault as fault:
            return dialogue.throw(FailedError(fault.text))


@pytest.mark.lab("D10")
def test_what_was_given_in_part_is_kept_and_only_the_rest_is_asked() -> None:
    person = Person("experiment_name: X", "measure the contacts")
    values = person.talk(collect(member(), "I need a name and a description.", (NAME, DESCRIPTION, VISIBILITY)))
    assert values == {"experiment_name": "X", "experiment_description": "measure the contacts"}
    assert person.read == [
        "I need a name and a description.\n- Name (experiment_name)\n- Description (experiment_description)\n"
        "- Visibility (visibility) [private, lab, optional]",
        "Thank you. This is still missing:\n- Description (experiment_description)",
    ]


@pytest.mark.lab("D10")
def test_the_sixth_round_abandons() -> None:
    person = Person("yes", "soon", "ok", "later", "two hours")
    assert person.talk(collect(member(), "How long?", (DURATION,))) == {"experiment_duration": "2h"}
    person = Person("yes", "soon", "ok", "later", "no", "two hours")
    with pytest.raises(AbandonedError):
        person.talk(collect(member(), "How long?", (DURATION,)))
    assert (len(person.read), person.texts) == (5, ["two hours"])
    short = Person("yes", "soon", "2h")
    with pytest.raises(AbandonedError):
        short.talk(collect(member(), "How long?", (DURATION,), Rules(rounds_max=2)))


def test_given_values_are_not_asked_again() -> None:
    person = Person()
    known = replace(NAME, value="X")
    assert person.talk(collect(member(), "?", (known,))) == {"experiment_name": "X"}
    assert person.read == []
    optional = Person("no")
    assert optional.talk(collect(member(), "Anything else?", (known, VISIBILITY))) == {"experiment_name": "X"}


@pytest.mark.parametrize("dialogue", [lambda: collect(member(), "?", (NAME,)), lambda: verify(member(), "?", (NAME,))])
def test_who_gives_up_is_asked_nothing_more(dialogue: Callable[[], Generator[Any, Any, Any]]) -> None:
    person = Person("forget it")
    with pytest.raises(AbandonedError):
        person.talk(dialogue())
    assert len(person.read) == 1


@pytest.mark.lab("D11")
@pytest.mark.parametrize(
    ("texts", "chosen", "questions"),
    [
        (["1 and 3"], ("a", "c"), 1),
        (["beta"], ("b",), 1),
        (["hm", "2"], ("b",), 2),
        (["1 2 3", "9", "1"], ("a",), 3),
        (["hm", "9", "1 2 3", "1"], None, 3),
        (["none"], None, 1),
        (["都不要"], None, 1),
    ],
)
def test_select_asks_again_at_most_twice(texts: Sequence[str], chosen: tuple[str, ...] | None, questions: int) -> None:
    person = Person(*texts)
    if chosen is None:
        with pytest.raises(AbandonedError):
            person.talk(select(member(), PICK))
    else:
        assert person.talk(select(member(), PICK)) == chosen
    assert len(person.read) == questions


@pytest.mark.lab("D11")
def test_with_a_minimum_of_none_what_is_not_understood_is_no_choice() -> None:
    offer = replace(PICK, min=0, extra_info="1. Alpha\n2. Beta")
    for text in ("none", "hm", "", "9"):
        person = Person(text)
        assert person.talk(select(member(), offer)) == ()
    assert person.read == ['Which papers?\nPlease answer with 1 to 2 numbers; "none" if none of them fits.']
    again = Person("1 2 3", "3")
    assert again.talk(select(member(), offer)) == ("c",)


def test_what_is_verified_can_be_changed_until_it_is_right() -> None:
    person = Person("duration: 3 hours", "hm", "没问题")
    fields = (replace(NAME, value="X"), replace(DURATION, value="2h"), VISIBILITY)
    assert person.talk(verify(member(), "Is this right?", fields)) == {
        "experiment_name": "X",
        "experiment_duration": "3h",
    }
    assert [text.splitlines()[0] for text in person.read] == [
        "Is this right?",
        "I have changed that. Is it right now?",
        "I did not understand what to change. Is this right?",
    ]
    assert person.read[1].splitlines()[1:4] == [
        "- Name (experiment_name): X",
        "- Duration (experiment_duration): 3h",
        "- Visibility (visibility): (nothing) [private, lab]",
    ]
    with pytest.raises(AbandonedError):
        Person(*["no"] * 6).talk(verify(member(), "Right?", fields))


def extracting(found: dict[str, Any] | None) -> Rules:
    async def call(_key: str) -> JsonValue:
        if found is None:
            raise ProviderFault("down", retryable=False)
        return found

    return Rules(extract=lambda _said, _fields: Outside(name="extract", call=call, idempotent=True))


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ({"experiment_name": "MoS2", "experiment_duration": "two hours"}, {"experiment_duration": "2h"}),
        ({"experiment_name": "Made up", "other": "MoS2"}, {}),
        ({"experiment_name": "contacts"}, {"experiment_name": "contacts"}),
        ({"experiment_name": ["MoS2"]}, {}),
        (None, {}),
    ],
)
def test_a_model_may_only_find_what_the_person_said(found: dict[str, Any] | None, kept: dict[str, str]) -> None:
    rest = {"experiment_name": "Name: N", "experiment_duration": "Duration: 1h"}
    second = "\n".join(line for key, line in rest.items() if key not in kept)
    person = Person("it is about contacts for two hours", second)
    values = person.talk(collect(member(), "?", (NAME, DURATION), extracting(found)))
    assert values == {"experiment_name": "N", "experiment_duration": "1h"} | kept
    again = person.read[1].splitlines()
    assert again[0] == (
        "Thank you. This is still missing:" if kept else "I could not read that. This is still missing:"
    )


def test_the_words_of_every_kind_stand_in_both_languages() -> None:
    operation = Operation(tool="t", title="新建实验", arguments={"experiment_name": "X", "steps": [1, {"a": None}]})
    text = wording.full_text(NewQuestion(kind="authorize", text="", operation=operation), "zh")
    assert text.splitlines() == [
        "可以这样做吗？新建实验",
        "- 名称 (experiment_name): X",
        '- steps: [1,{"a":null}]',
        "请回答“是”或“不”。没有明确的同意，什么都不会做。",
    ]
    thinking = NewQuestion(kind="instruct", text="", proposal={"thought": "Hm.", "tool": "t", "arguments": {"q": "x"}})
    assert wording.full_text(thinking, "en").splitlines()[:3] == [
        "What I think: Hm.",
        "I would now use t with:",
        "- q: x",
    ]
    done = {"tool": "t", "arguments": {}, "outcome": "done", "output": "x" * 3_000}
    commented = wording.full_text(NewQuestion(kind="comment", text="", proposal=done), "zh")
    assert commented.startswith("我使用了 t：已完成\n")
    assert len(commented) < 2_100
    options = wording.full_text(of_prompt(PICK, 72), "en").splitlines()
    assert options[:5] == ["Which papers?", "1. Alpha", "2. Beta", "   2024", "3. Gamma"]
    mine = [key for key in SENTENCES["en"] if key.startswith(("questions.", "fields."))]
    assert [key for key in mine if key not in SENTENCES["zh"]] == []
